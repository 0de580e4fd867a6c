// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Binary format to Module (spec: binary format, modules). Everything is decoded but function
// bodies, of which only the extent is taken: their content is decoded in the one pass that also
// validates and translates it.
//
// The result is well-formed but not valid: indices are whatever the bytes say, except that every
// ByteRange lies within the module. Memory use stays in proportion to the input; see limits.h.

#ifndef BRINK_DECODE_MODULE_DECODER_H_
#define BRINK_DECODE_MODULE_DECODER_H_

#include <cstdint>
#include <span>

#include "brink/error.h"
#include "brink/features.h"
#include "engine/wasm/module.h"

namespace brink::decode {

/// The module keeps `bytes` alive.
Result<wasm::Module> decode_module(wasm::SharedBytes bytes, Features features = {});

/// Whether to look for the bodies of functions. Where that is known from elsewhere, the code
/// section is not touched: Function::body stays empty, to be filled in.
enum class Bodies : uint8_t { Find, Skip };

/// The caller keeps `bytes` alive for as long as the module lives.
Result<wasm::Module> decode_module(std::span<const uint8_t> bytes, Features features = {},
                                   Bodies bodies = Bodies::Find);

}  // namespace brink::decode

#endif  // BRINK_DECODE_MODULE_DECODER_H_
