// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/support/byte_reader.h"

namespace brink::support {

uint8_t ByteReader::fail_at_end() {
  pos_ = end_;
  fail(std::string(end_message_), offset());
  return 0;
}

template <unsigned bits, bool is_signed>
uint64_t ByteReader::read_leb() {
  constexpr unsigned kMaxBytes = (bits + 6) / 7;
  constexpr unsigned kLastBits = bits - 7 * (kMaxBytes - 1);  // payload bits of the last byte
  const uint32_t start = offset();
  if (pos_ == end_) return fail_at_end();
  uint64_t result = 0;
  for (unsigned i = 0; i < kMaxBytes; ++i) {
    if (pos_ == lookahead_end_) return fail_at_end();
    const uint8_t byte = *pos_++;
    result |= uint64_t{byte & 0x7fu} << (7 * i);
    if (i == kMaxBytes - 1) {
      if (byte & 0x80) {
        fail("integer representation too long", start);
        return 0;
      }
      // Excess bits must be zeros or, for a signed number, copies of the sign bit.
      const uint8_t excess =
          static_cast<uint8_t>((byte & 0x7f) >> (is_signed ? kLastBits - 1 : kLastBits));
      const uint8_t all_ones = 0x7f >> (is_signed ? kLastBits - 1 : kLastBits);
      if (excess != 0 && !(is_signed && excess == all_ones)) {
        fail("integer too large", start);
        return 0;
      }
    }
    if (!(byte & 0x80)) {
      if (pos_ > end_) return fail_at_end();
      const unsigned used = 7 * (i + 1);
      if (is_signed && used < 64 && (byte & 0x40)) result |= ~uint64_t{0} << used;
      return result;
    }
  }
  return 0;
}

template uint64_t ByteReader::read_leb<32, false>();
template uint64_t ByteReader::read_leb<64, false>();
template uint64_t ByteReader::read_leb<32, true>();
template uint64_t ByteReader::read_leb<33, true>();
template uint64_t ByteReader::read_leb<64, true>();

}  // namespace brink::support
