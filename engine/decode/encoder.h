// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Module to binary format. Everything that is decoded into structures is written anew, in its
// shortest form; what the module keeps as bytes (bodies, constant expressions, data, custom
// sections) is copied. Hence: a binary in its shortest form comes out as it went in, and encoding
// twice gives the same bytes as encoding once.

#ifndef BRINK_DECODE_ENCODER_H_
#define BRINK_DECODE_ENCODER_H_

#include <cstdint>
#include <vector>

#include "engine/wasm/module.h"

namespace brink::decode {

/// The sections that `module.sections` lists, in that order.
std::vector<uint8_t> encode_module(const wasm::Module& module);

}  // namespace brink::decode

#endif  // BRINK_DECODE_ENCODER_H_
