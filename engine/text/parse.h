// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Text -> bytes. Text has no path of its own into the engine: what comes out of here goes through
// the ordinary decoder and validator, whose errors attach_position (source_map.h) turns into places
// in the text.

#ifndef BRINK_TEXT_PARSE_H_
#define BRINK_TEXT_PARSE_H_

#include <cstdint>
#include <string_view>
#include <vector>

#include "brink/error.h"
#include "brink/features.h"
#include "engine/text/source_map.h"

namespace brink::text {

struct ParseOptions {
  /// Keep identifiers in a name section.
  bool emit_names = true;
  /// Decides on nothing but this: without memory64, limits are numbers of 32 bits in the text
  /// already.
  Features features = Features::all();
};

/// A module in the binary format. Not decoded yet: what needs no identifiers to be judged (types,
/// index bounds, limits) is left to the decoder and the validator.
struct ParsedModule {
  std::vector<uint8_t> bytes;
  SourceMap map;  ///< empty for `(module binary ...)`
};

/// `(module ...)`, or the fields of a module without that wrapping; `(module binary "...")` and
/// `(module quote "...")` too. Errors have a position.
Result<ParsedModule> parse_module(std::string_view source, const ParseOptions& options = {});

/// The `(module ...)` that begins at `offset` of a larger source, whose positions errors and map
/// have. `source` has passed check_source.
Result<ParsedModule> parse_module_at(std::string_view source, uint32_t offset,
                                     const ParseOptions& options = {});

}  // namespace brink::text

#endif  // BRINK_TEXT_PARSE_H_
