// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Which engine this is, as far as compiled code cares: artifacts of one run in another only if
// these are the same.

#ifndef BRINK_COMPILE_ARTIFACT_IDENTITY_H_
#define BRINK_COMPILE_ARTIFACT_IDENTITY_H_

#include <cstdint>
#include <span>
#include <string_view>

namespace brink::compile::artifact {

/// "0.1.0": for people.
std::string_view engine_version();

/// Of the sources of the compiler and the runtime, and of `layout`: offsets and sizes that code
/// depends on and that only the compiler of the engine knows. The same sources give the same number
/// on every machine.
uint64_t engine_fingerprint(std::span<const uint64_t> layout);

}  // namespace brink::compile::artifact

#endif  // BRINK_COMPILE_ARTIFACT_IDENTITY_H_
