// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// What a module is made of, for a person: sections with offsets and sizes, what it imports and
// exports, what it defines, and its code as a listing with offsets and bytes. Unlike the printer's
// text this is not for reading back, and a malformed function ends in a remark instead of an error.

#ifndef BRINK_TEXT_INSPECT_H_
#define BRINK_TEXT_INSPECT_H_

#include <cstdint>

#include "engine/text/printer.h"
#include "engine/wasm/module.h"

namespace brink::text {

struct InspectOptions {
  bool sections = true;
  bool imports = true;
  bool exports = true;
  bool definitions = false;  ///< functions with the sizes of their bodies, memories, segments, ...
};

struct ListingOptions {
  bool show_bytes = true;  ///< the bytes of each instruction beside it
};

void inspect_module(const wasm::Module& module, const InspectOptions& options,
                    const TextSink& sink);

/// The code of all functions, in order.
void list_functions(const wasm::Module& module, const ListingOptions& options,
                    const TextSink& sink);
/// Of one function; of an imported one only its type.
void list_function(const wasm::Module& module, uint32_t function_index,
                   const ListingOptions& options, const TextSink& sink);

}  // namespace brink::text

#endif  // BRINK_TEXT_INSPECT_H_
