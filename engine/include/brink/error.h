// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Errors are values. Every operation that can fail because of its input returns a Result; an Error
// says what is wrong, where, and (for a person) what to do. Bugs of ours are never Errors: they are
// BRINK_CHECK failures and abort.

#ifndef BRINK_ERROR_H_
#define BRINK_ERROR_H_

#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace brink {

/// What sort of failure it is. The first three are the specification's, in the order in which a
/// module meets them.
enum class ErrorKind : uint8_t {
  Malformed,   ///< the bytes or the text are not a module (spec: binary and text format)
  Invalid,     ///< a module that does not validate (spec: validation)
  Unlinkable,  ///< imports are missing or of the wrong type (spec: instantiation)
  Limit,       ///< an implementation or configured limit would be exceeded
  Io,          ///< the operating system refused something
  Usage,       ///< the caller asked for something that makes no sense
  Artifact,    ///< an ahead-of-time artifact is damaged, or made for another engine or processor
};

/// Where in a text a position lies; both count from 1, columns in Unicode scalar values.
struct TextPosition {
  uint32_t line = 0;
  uint32_t column = 0;
  friend bool operator==(const TextPosition&, const TextPosition&) = default;
};

/// One failure. Eight bytes, movable, so that Result<T> stays cheap where nothing fails.
class [[nodiscard]] Error {
 public:
  static constexpr uint64_t kNoOffset = ~uint64_t{0};

  struct Detail {
    ErrorKind kind;
    /// Begins with the specification suite's phrase where the suite has one, then the specifics.
    std::string message;
    /// Byte offset in the module's binary form, or kNoOffset.
    uint64_t offset = kNoOffset;
    /// Line and column when the module came from text; line 0 when it did not.
    TextPosition position{};
    /// The line of source text that `position` names, without its line break.
    std::string source_line{};
  };

  Error(ErrorKind kind, std::string message, uint64_t offset = kNoOffset);
  explicit Error(Detail detail);

  ErrorKind kind() const { return detail_->kind; }
  const std::string& message() const { return detail_->message; }
  bool has_offset() const { return detail_->offset != kNoOffset; }
  uint64_t offset() const { return detail_->offset; }
  bool has_position() const { return detail_->position.line != 0; }
  TextPosition position() const { return detail_->position; }
  const std::string& source_line() const { return detail_->source_line; }

  Detail& detail() { return *detail_; }
  const Detail& detail() const { return *detail_; }

  /// The message with its place, e.g. "unknown local: local index 3 ... (at offset 0x41)". For text
  /// also the source line with a caret below it. Ends without a line break.
  std::string to_string() const;

 private:
  std::unique_ptr<Detail> detail_;  // never null, but for a moved-from Error
};

template <typename T>
using Result = std::expected<T, Error>;

/// A Result without a value.
using Status = Result<void>;

/// The one place where errors are made: set a breakpoint on it.
std::unexpected<Error> make_error(ErrorKind kind, std::string message,
                                  uint64_t offset = Error::kNoOffset);

/// "malformed module", "invalid module", ... the words a message to a person starts with.
std::string_view to_string(ErrorKind kind);

}  // namespace brink

#endif  // BRINK_ERROR_H_
