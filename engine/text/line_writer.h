// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// The lines of a listing: indentation, the column of byte offsets, and the way to the sink. A line
// is ended by the beginning of the next one, so that closing parentheses can still be put behind.

#ifndef BRINK_TEXT_LINE_WRITER_H_
#define BRINK_TEXT_LINE_WRITER_H_

#include <algorithm>
#include <cstdint>
#include <string>

#include "engine/text/literals.h"
#include "engine/text/printer.h"

namespace brink::text {

class LineWriter {
 public:
  static constexpr uint32_t kNoOffset = ~uint32_t{0};

  LineWriter(const PrintOptions& options, const TextSink& sink) : options_(options), sink_(sink) {}

  /// Ends the current line and begins one at a level of nesting; `offset` is shown if offsets are
  /// asked for. Returns where to append the rest of the line.
  std::string& begin_line(uint32_t level, uint32_t offset = kNoOffset) {
    if (has_line_) text_ += '\n';
    has_line_ = true;
    ++line_count_;
    if (text_.size() >= kPieceBytes) hand_out();
    if (options_.print_offsets) append_offset(offset);
    text_.append(column(level), ' ');
    return text_;
  }
  /// The current line.
  std::string& line() { return text_; }
  /// Lines begun so far.
  uint64_t line_count() const { return line_count_; }
  /// Ends the last line and hands out what is left.
  void finish() {
    if (has_line_) text_ += '\n';
    has_line_ = false;
    hand_out();
  }

  /// Where text begins at this level. Nesting beyond what anybody can read is not indented
  /// further, so that the text stays in proportion to the module.
  uint32_t column(uint32_t level) const { return std::min(level, kMaxLevel) * options_.indent; }

 private:
  static constexpr size_t kPieceBytes = 1 << 16;
  static constexpr uint32_t kMaxLevel = 64;

  void append_offset(uint32_t offset) {
    constexpr std::string_view kNone = "            ";
    if (offset == kNoOffset) {
      text_ += kNone;
      return;
    }
    text_ += "(;@";
    append_hex(text_, offset, kNone.size() - 6);
    text_ += ";) ";
  }
  void hand_out() {
    sink_(text_);
    text_.clear();
  }

  const PrintOptions& options_;
  const TextSink& sink_;
  std::string text_;
  bool has_line_ = false;
  uint64_t line_count_ = 0;
};

}  // namespace brink::text

#endif  // BRINK_TEXT_LINE_WRITER_H_
