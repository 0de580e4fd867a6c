// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Floating-point numbers as the text format writes them (spec: text format, floating-point).
//
// Invariant: reading the text back gives the same bits. Finite numbers come as the shortest decimal
// that rounds to them, NaNs with sign and payload.

#ifndef BRINK_TEXT_FLOAT_FORMAT_H_
#define BRINK_TEXT_FLOAT_FORMAT_H_

#include <cstdint>
#include <string>

namespace brink::text {

/// Appends "1.5", "-0", "6.02e+23", "inf", "-nan", "nan:0x200001" to `out`.
void append_f32(std::string& out, uint32_t bits);
void append_f64(std::string& out, uint64_t bits);

}  // namespace brink::text

#endif  // BRINK_TEXT_FLOAT_FORMAT_H_
