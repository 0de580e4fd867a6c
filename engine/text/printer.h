// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Prints a decoded module in the text format.
//
// Invariant: reading the text back gives the same module: the same sections with the same content,
// types at the same indices, every number bit for bit, names, custom sections at their places,
// branch hints. Not kept is what says nothing: overlong LEB128 forms, empty sections, how locals
// of one type are grouped.
//
// The module needs to be decoded, not validated: indices that lead nowhere print as numbers. Bodies
// are hostile bytes here; text up to the first malformed one has then been handed out already.

#ifndef BRINK_TEXT_PRINTER_H_
#define BRINK_TEXT_PRINTER_H_

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "brink/error.h"
#include "engine/wasm/module.h"

namespace brink::text {

struct PrintOptions {
  bool fold = false;           ///< S-expressions instead of one instruction a line
  bool skeleton = false;       ///< "..." in place of bodies, data and elements; not readable back
  bool name_unnamed = false;   ///< make up identifiers for everything that has no name
  bool print_offsets = false;  ///< each line begins with the byte offset of what it shows
  uint32_t indent = 2;         ///< columns a level
};

/// Takes the text in pieces, in order.
using TextSink = std::function<void(std::string_view)>;

Status print_module(const wasm::Module& module, const PrintOptions& options, const TextSink& sink);

/// The whole text at once.
Result<std::string> print_module(const wasm::Module& module, const PrintOptions& options = {});

}  // namespace brink::text

#endif  // BRINK_TEXT_PRINTER_H_
