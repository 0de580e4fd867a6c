// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Builds the binary format (spec: binary format, values) in memory: the counterpart of ByteReader,
// used by the encoder and by the text parser. Integers get their shortest LEB128 form, so that
// equal content gives equal bytes.

#ifndef BRINK_SUPPORT_BYTE_WRITER_H_
#define BRINK_SUPPORT_BYTE_WRITER_H_

#include <bit>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace brink::support {

class ByteWriter {
 public:
  /// Bytes written so far.
  size_t size() const { return bytes_.size(); }
  std::span<const uint8_t> bytes() const { return bytes_; }
  /// Hands the bytes out; the writer is empty afterwards.
  std::vector<uint8_t> take() { return std::exchange(bytes_, {}); }
  void reserve(size_t size) { bytes_.reserve(size); }
  /// Drops everything after the first `size` bytes.
  void truncate(size_t size) { bytes_.resize(size); }

  void write_u8(uint8_t value) { bytes_.push_back(value); }
  void write_u32(uint32_t value) { write_unsigned(value); }
  void write_u64(uint64_t value) { write_unsigned(value); }
  void write_s32(int32_t value) { write_signed(value); }
  /// `value` must fit in 33 bits.
  void write_s33(int64_t value) { write_signed(value); }
  void write_s64(int64_t value) { write_signed(value); }

  /// Fixed width, little endian.
  template <typename T>
  void write_fixed(T value) {
    static_assert(std::is_trivially_copyable_v<T> && std::endian::native == std::endian::little);
    uint8_t raw[sizeof(T)];
    std::memcpy(raw, &value, sizeof(T));
    bytes_.insert(bytes_.end(), raw, raw + sizeof(T));
  }

  void write_bytes(std::span<const uint8_t> bytes) {
    bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
  }
  /// Length in bytes, then the bytes (spec: names, vectors of bytes).
  void write_sized_bytes(std::span<const uint8_t> bytes) {
    write_u32(static_cast<uint32_t>(bytes.size()));
    write_bytes(bytes);
  }
  void write_name(std::string_view name) {
    write_sized_bytes({reinterpret_cast<const uint8_t*>(name.data()), name.size()});
  }

  /// Begins something whose size in bytes stands before it (a section's content, a body). May be
  /// nested. The result goes to end_sized.
  [[nodiscard]] size_t begin_sized() const { return bytes_.size(); }
  /// Inserts the size of everything written since `begin` before it, in its shortest form.
  void end_sized(size_t begin) {
    uint8_t length[10];
    const size_t length_size = encode_unsigned(bytes_.size() - begin, length);
    bytes_.insert(bytes_.begin() + static_cast<std::ptrdiff_t>(begin), length,
                  length + length_size);
  }
  /// `write_content()` between begin_sized and end_sized.
  template <typename Function>
  void write_sized(Function&& write_content) {
    const size_t begin = begin_sized();
    std::forward<Function>(write_content)();
    end_sized(begin);
  }
  /// A section: its id, the size of its content, its content.
  template <typename Function>
  void write_section(uint8_t id, Function&& write_content) {
    write_u8(id);
    write_sized(std::forward<Function>(write_content));
  }

 private:
  static size_t encode_unsigned(uint64_t value, uint8_t* out) {
    size_t count = 0;
    for (; value >= 0x80; value >>= 7) out[count++] = static_cast<uint8_t>(value | 0x80);
    out[count++] = static_cast<uint8_t>(value);
    return count;
  }
  void write_unsigned(uint64_t value) {
    uint8_t encoded[10];
    const size_t count = encode_unsigned(value, encoded);
    bytes_.insert(bytes_.end(), encoded, encoded + count);
  }
  void write_signed(int64_t value) {
    // The last byte is the first whose bit 6 already is the sign of all that remains.
    while (value < -64 || value > 63) {
      bytes_.push_back(static_cast<uint8_t>(value | 0x80));
      value >>= 7;
    }
    bytes_.push_back(static_cast<uint8_t>(value & 0x7f));
  }

  std::vector<uint8_t> bytes_;
};

}  // namespace brink::support

#endif  // BRINK_SUPPORT_BYTE_WRITER_H_
