// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// A cursor over hostile bytes, for decoders. The first failure is kept, later reads return zero and
// do not move: decoding code reads straight on and asks once, at a convenient place, whether all
// went well. No read ever touches a byte outside [begin, end),
// but for integers that a lookahead was allowed for.

#ifndef BRINK_SUPPORT_BYTE_READER_H_
#define BRINK_SUPPORT_BYTE_READER_H_

#include <bit>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "brink/error.h"

namespace brink::support {

class ByteReader {
 public:
  /// `base_offset` is what offset() gives at the first byte.
  explicit ByteReader(std::span<const uint8_t> bytes, uint32_t base_offset = 0)
      : begin_(bytes.data()),
        pos_(begin_),
        end_(begin_ + bytes.size()),
        lookahead_end_(end_),
        base_offset_(base_offset) {}

  uint32_t offset() const { return base_offset_ + static_cast<uint32_t>(pos_ - begin_); }
  uint32_t remaining() const { return static_cast<uint32_t>(end_ - pos_); }
  bool at_end() const { return pos_ == end_; }
  bool ok() const { return !error_.has_value(); }
  const uint8_t* position() const { return pos_; }
  const uint8_t* end() const { return end_; }

  /// Words for running out of bytes: "unexpected end" or "unexpected end of section or function".
  void set_end_message(std::string_view message) { end_message_ = message; }

  /// Lets an integer that starts before the end be judged by up to `size` bytes behind the end,
  /// which must exist: overlong and too large integers are called so, although they also run over
  /// the end. The specification's decoder checks the sizes of sections and bodies only after their
  /// content.
  void set_lookahead(size_t size) { lookahead_end_ = end_ + size; }

  uint8_t read_u8() {
    if (pos_ == end_) [[unlikely]]
      return fail_at_end();
    return *pos_++;
  }
  /// Moves on by bytes that are known to be there.
  void skip(uint32_t count) { pos_ += count; }
  /// The next byte without moving; 0 at the end.
  uint8_t peek_u8() const { return pos_ == end_ ? 0 : *pos_; }

  /// LEB128 (spec: binary values, integers): at most ceil(N/7) bytes, no excess bits.
  uint32_t read_u32() {
    if (pos_ != end_ && *pos_ < 0x80) [[likely]]
      return *pos_++;
    return static_cast<uint32_t>(read_leb<32, false>());
  }
  uint64_t read_u64() { return read_leb<64, false>(); }
  int32_t read_s32() { return static_cast<int32_t>(read_leb<32, true>()); }
  int64_t read_s33() { return static_cast<int64_t>(read_leb<33, true>()); }
  int64_t read_s64() { return static_cast<int64_t>(read_leb<64, true>()); }

  /// Fixed width, little endian.
  template <typename T>
  T read_fixed() {
    T value{};
    if (remaining() < sizeof(T)) [[unlikely]] {
      fail_at_end();
      return value;
    }
    std::memcpy(&value, pos_, sizeof(T));
    pos_ += sizeof(T);
    return value;
  }

  /// The next `size` bytes; empty, with an error, when there are fewer.
  std::span<const uint8_t> read_bytes(uint32_t size) {
    if (remaining() < size) [[unlikely]] {
      fail("length out of bounds", offset());
      return {};
    }
    const std::span<const uint8_t> result(pos_, size);
    pos_ += size;
    return result;
  }

  /// Keeps the first error; all further reads fail silently.
  void fail(std::string message, uint64_t at_offset, ErrorKind kind = ErrorKind::Malformed) {
    if (!error_) error_.emplace(kind, std::move(message), at_offset);
    pos_ = end_;
  }
  void fail(Error error) {
    if (!error_) error_.emplace(std::move(error));
    pos_ = end_;
  }

  /// The first error, if any; hands it out.
  Status status() {
    if (!error_) return {};
    return std::unexpected(std::move(*error_));
  }

 private:
  template <unsigned bits, bool is_signed>
  uint64_t read_leb();
  uint8_t fail_at_end();

  const uint8_t* begin_;
  const uint8_t* pos_;
  const uint8_t* end_;
  const uint8_t* lookahead_end_;
  uint32_t base_offset_;
  std::string_view end_message_ = "unexpected end";
  std::optional<Error> error_;
};

extern template uint64_t ByteReader::read_leb<32, false>();
extern template uint64_t ByteReader::read_leb<64, false>();
extern template uint64_t ByteReader::read_leb<32, true>();
extern template uint64_t ByteReader::read_leb<33, true>();
extern template uint64_t ByteReader::read_leb<64, true>();

}  // namespace brink::support

#endif  // BRINK_SUPPORT_BYTE_READER_H_
