// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// From a place in a module's bytes back to the text they were made of. Decoder and validator speak
// of byte offsets; whoever parsed text turns their errors into line, column, source line.

#ifndef BRINK_TEXT_SOURCE_MAP_H_
#define BRINK_TEXT_SOURCE_MAP_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "brink/error.h"

namespace brink::text {

/// Pairs (byte offset, source offset), ascending in the byte offset. What lies between two entries
/// belongs to the earlier one.
class SourceMap {
 public:
  struct Entry {
    uint32_t binary_offset = 0;
    uint32_t source_offset = 0;
  };

  void add(uint32_t binary_offset, uint32_t source_offset) {
    entries_.push_back({binary_offset, source_offset});
  }
  /// Appends another map, whose offsets count from `base`.
  void append(const SourceMap& other, uint32_t base);
  void clear() { entries_.clear(); }

  /// Where in the source the byte comes from; nullopt before the first entry.
  std::optional<uint32_t> source_offset(uint64_t binary_offset) const;
  const std::vector<Entry>& entries() const { return entries_; }

 private:
  std::vector<Entry> entries_;
};

/// Line and column of an offset in `source`. Linear: for errors.
TextPosition locate(std::string_view source, uint32_t offset);

/// The line that contains `offset`, without its line break; tabs become spaces, so that a caret
/// below it stands where it should.
std::string line_at(std::string_view source, uint32_t offset);

/// The lines of many offsets of one source.
class LineTable {
 public:
  explicit LineTable(std::string_view source);
  uint32_t line(uint32_t offset) const;

 private:
  std::vector<uint32_t> starts_;
};

/// An error of the text itself, at `offset` of `source`.
std::unexpected<Error> make_error_at(ErrorKind kind, std::string message, std::string_view source,
                                     uint32_t offset);

/// The same error with the position that its byte offset has in `source`. An error without byte
/// offset, or with a position, stays as it is.
Error attach_position(Error error, const SourceMap& map, std::string_view source);

}  // namespace brink::text

#endif  // BRINK_TEXT_SOURCE_MAP_H_
