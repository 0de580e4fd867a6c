// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/text/source_map.h"

#include <algorithm>
#include <utility>

namespace brink::text {

namespace {

/// A line ends with "\n", "\r" or "\r\n" (spec: white space). True at the last character of one.
bool ends_line(std::string_view source, size_t pos) {
  return source[pos] == '\n' ||
         (source[pos] == '\r' && (pos + 1 == source.size() || source[pos + 1] != '\n'));
}

size_t line_start(std::string_view source, size_t offset) {
  while (offset > 0 && !ends_line(source, offset - 1)) --offset;
  return offset;
}

uint32_t column_of(std::string_view source, size_t start, size_t offset) {
  uint32_t column = 1;
  for (const char c : source.substr(start, offset - start))
    if ((c & 0xc0) != 0x80) ++column;
  return column;
}

}  // namespace

void SourceMap::append(const SourceMap& other, uint32_t base) {
  entries_.reserve(entries_.size() + other.entries_.size());
  for (const Entry& entry : other.entries_) add(entry.binary_offset + base, entry.source_offset);
}

std::optional<uint32_t> SourceMap::source_offset(uint64_t binary_offset) const {
  const auto after = std::ranges::upper_bound(entries_, binary_offset, {}, &Entry::binary_offset);
  if (after == entries_.begin()) return std::nullopt;
  return std::prev(after)->source_offset;
}

TextPosition locate(std::string_view source, uint32_t offset) {
  const size_t end = std::min<size_t>(offset, source.size());
  TextPosition position{1, 1};
  for (size_t i = 0; i < end; ++i)
    if (ends_line(source, i)) ++position.line;
  position.column = column_of(source, line_start(source, end), end);
  return position;
}

std::string line_at(std::string_view source, uint32_t offset) {
  const size_t start = line_start(source, std::min<size_t>(offset, source.size()));
  const size_t end = std::min(source.find_first_of("\r\n", start), source.size());
  std::string line(source.substr(start, end - start));
  std::ranges::replace(line, '\t', ' ');
  return line;
}

LineTable::LineTable(std::string_view source) : starts_{0} {
  for (size_t i = 0; i < source.size(); ++i)
    if (ends_line(source, i)) starts_.push_back(static_cast<uint32_t>(i + 1));
}

uint32_t LineTable::line(uint32_t offset) const {
  return static_cast<uint32_t>(std::ranges::upper_bound(starts_, offset) - starts_.begin());
}

std::unexpected<Error> make_error_at(ErrorKind kind, std::string message, std::string_view source,
                                     uint32_t offset) {
  std::unexpected<Error> result = make_error(kind, std::move(message));
  result.error().detail().position = locate(source, offset);
  result.error().detail().source_line = line_at(source, offset);
  return result;
}

Error attach_position(Error error, const SourceMap& map, std::string_view source) {
  if (!error.has_offset() || error.has_position()) return error;
  const std::optional<uint32_t> offset = map.source_offset(error.offset());
  if (!offset) return error;
  error.detail().position = locate(source, *offset);
  error.detail().source_line = line_at(source, *offset);
  return error;
}

}  // namespace brink::text
