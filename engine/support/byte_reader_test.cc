// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/support/byte_reader.h"

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "engine/support/byte_writer.h"

namespace brink::support {
namespace {

using Bytes = std::vector<uint8_t>;

struct Outcome {
  int64_t value = 0;
  std::string message;  ///< empty if all went well
  uint64_t offset = 0;
  uint32_t left = 0;
};

/// Reads one integer; `read` is a member function of ByteReader.
template <typename Read>
Outcome read_integer(const Bytes& bytes, Read read, uint32_t lookahead = 0) {
  const std::span<const uint8_t> all(bytes);
  ByteReader reader(all.first(all.size() - lookahead), 100);
  reader.set_lookahead(lookahead);
  Outcome outcome;
  outcome.value = static_cast<int64_t>((reader.*read)());
  outcome.left = reader.remaining();
  if (const Status status = reader.status(); !status) {
    outcome.message = status.error().message();
    outcome.offset = status.error().offset();
  }
  return outcome;
}

struct Case {
  Bytes bytes;
  int64_t value;
};
struct BadCase {
  Bytes bytes;
  std::string message;
  uint64_t offset;
};

template <typename Read>
void check_good(const std::vector<Case>& cases, Read read) {
  for (const Case& c : cases) {
    const Outcome outcome = read_integer(c.bytes, read);
    INFO(c.value);
    CHECK(outcome.message == "");
    CHECK(outcome.value == c.value);
    CHECK(outcome.left == 0);
  }
}

template <typename Read>
void check_bad(const std::vector<BadCase>& cases, Read read) {
  for (const BadCase& c : cases) {
    const Outcome outcome = read_integer(c.bytes, read);
    INFO(c.message << " after " << c.bytes.size() << " bytes");
    CHECK(outcome.message == c.message);
    CHECK(outcome.offset == c.offset);
    CHECK(outcome.value == 0);
    CHECK(outcome.left == 0);
  }
}

const std::string kTooLong = "integer representation too long";
const std::string kTooLarge = "integer too large";
const std::string kEnd = "unexpected end";

}  // namespace

TEST_CASE("unsigned LEB128 of 32 bits") {
  check_good({{{0x00}, 0},
              {{0x7f}, 127},
              {{0x80, 0x01}, 128},
              {{0xe5, 0x8e, 0x26}, 624485},
              {{0x83, 0x00}, 3},
              {{0x80, 0x80, 0x80, 0x80, 0x00}, 0},
              {{0xff, 0xff, 0xff, 0xff, 0x0f}, 0xffffffff}},
             &ByteReader::read_u32);
  check_bad({{{0x80, 0x80, 0x80, 0x80, 0x80, 0x00}, kTooLong, 100},
             {{0x80, 0x80, 0x80, 0x80, 0x10}, kTooLarge, 100},
             {{0xff, 0xff, 0xff, 0xff, 0x1f}, kTooLarge, 100},
             {{}, kEnd, 100},
             {{0x80}, kEnd, 101},
             {{0x80, 0x80, 0x80, 0x80}, kEnd, 104}},
            &ByteReader::read_u32);
}

TEST_CASE("unsigned LEB128 of 64 bits") {
  check_good({{{0x00}, 0},
              {{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01}, -1},
              {{0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01},
               std::numeric_limits<int64_t>::min()}},
             &ByteReader::read_u64);
  check_bad({{{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02}, kTooLarge, 100},
             {{0x82, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00}, kTooLong, 100}},
            &ByteReader::read_u64);
}

TEST_CASE("signed LEB128 of 32 bits") {
  check_good({{{0x00}, 0},
              {{0x3f}, 63},
              {{0x40}, -64},
              {{0x7f}, -1},
              {{0xff, 0x7f}, -1},
              {{0x80, 0x7f}, -128},
              {{0xff, 0xff, 0xff, 0xff, 0x7f}, -1},
              {{0xff, 0xff, 0xff, 0xff, 0x07}, std::numeric_limits<int32_t>::max()},
              {{0x80, 0x80, 0x80, 0x80, 0x78}, std::numeric_limits<int32_t>::min()}},
             &ByteReader::read_s32);
  check_bad({{{0x80, 0x80, 0x80, 0x80, 0x70}, kTooLarge, 100},
             {{0xff, 0xff, 0xff, 0xff, 0x0f}, kTooLarge, 100},
             {{0x80, 0x80, 0x80, 0x80, 0x1f}, kTooLarge, 100},
             {{0xff, 0xff, 0xff, 0xff, 0x4f}, kTooLarge, 100},
             {{0x80, 0x80, 0x80, 0x80, 0x80, 0x00}, kTooLong, 100},
             {{0xff, 0xff, 0xff, 0xff, 0xff, 0x7f}, kTooLong, 100},
             {{0xff}, kEnd, 101}},
            &ByteReader::read_s32);
}

TEST_CASE("signed LEB128 of 33 and 64 bits") {
  check_good({{{0x40}, -64},
              {{0xff, 0xff, 0xff, 0xff, 0x0f}, 0xffffffff},
              {{0x80, 0x80, 0x80, 0x80, 0x70}, -(int64_t{1} << 32)}},
             &ByteReader::read_s33);
  check_bad({{{0xff, 0xff, 0xff, 0xff, 0x1f}, kTooLarge, 100},
             {{0x80, 0x80, 0x80, 0x80, 0x60}, kTooLarge, 100}},
            &ByteReader::read_s33);
  check_good({{{0x7f}, -1},
              {{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x00},
               std::numeric_limits<int64_t>::max()},
              {{0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x7f},
               std::numeric_limits<int64_t>::min()}},
             &ByteReader::read_s64);
  check_bad({{{0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x7e}, kTooLarge, 100},
             {{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01}, kTooLarge, 100}},
            &ByteReader::read_s64);
}

TEST_CASE("every integer that is written is read back") {
  std::vector<uint64_t> values = {0, 1, 2};
  for (int bit = 0; bit < 64; ++bit)
    for (const int64_t around : {-1, 0, 1}) values.push_back((uint64_t{1} << bit) + around);
  for (const uint64_t value : values) {
    ByteWriter writer;
    writer.write_u32(static_cast<uint32_t>(value));
    writer.write_u64(value);
    writer.write_s32(static_cast<int32_t>(value));
    writer.write_s33(static_cast<int32_t>(value));
    writer.write_s33(static_cast<uint32_t>(value));
    writer.write_s64(static_cast<int64_t>(value));
    writer.write_fixed(value);
    ByteReader reader(writer.bytes());
    INFO(value);
    CHECK(reader.read_u32() == static_cast<uint32_t>(value));
    CHECK(reader.read_u64() == value);
    CHECK(reader.read_s32() == static_cast<int32_t>(value));
    CHECK(reader.read_s33() == static_cast<int32_t>(value));
    CHECK(reader.read_s33() == static_cast<uint32_t>(value));
    CHECK(reader.read_s64() == static_cast<int64_t>(value));
    CHECK(reader.read_fixed<uint64_t>() == value);
    CHECK(reader.at_end());
    CHECK(reader.ok());
  }
}

TEST_CASE("an integer that runs over the end is judged in whole if the bytes are there") {
  const Bytes too_long = {0x80, 0x80, 0x80, 0x80, 0x80, 0x00};
  CHECK(read_integer(too_long, &ByteReader::read_u32, 4).message == kTooLong);
  const Bytes too_large = {0x80, 0x80, 0x80, 0x80, 0x70};
  CHECK(read_integer(too_large, &ByteReader::read_u32, 1).message == kTooLarge);
  const Bytes good = {0x80, 0x80, 0x01};
  const Outcome outcome = read_integer(good, &ByteReader::read_u32, 1);
  CHECK(outcome.message == kEnd);
  CHECK(outcome.offset == 102);
  CHECK(read_integer(good, &ByteReader::read_u32, 3).offset == 100);
}

TEST_CASE("the first failure stays, and later reads give zero") {
  const Bytes bytes = {1, 2, 3};
  ByteReader reader(bytes, 10);
  reader.set_end_message("no more");
  CHECK(reader.read_u8() == 1);
  CHECK(reader.peek_u8() == 2);
  CHECK(reader.read_fixed<uint32_t>() == 0);
  CHECK_FALSE(reader.ok());
  CHECK(reader.at_end());
  CHECK(reader.read_u8() == 0);
  CHECK(reader.read_u32() == 0);
  CHECK(reader.read_s64() == 0);
  CHECK(reader.read_bytes(1).empty());
  CHECK(reader.peek_u8() == 0);
  reader.fail("another", 0);
  const Status status = reader.status();
  REQUIRE_FALSE(status);
  CHECK(status.error().message() == "no more");
  CHECK(status.error().kind() == ErrorKind::Malformed);
  CHECK(status.error().offset() == 13);  // where the bytes end
}

TEST_CASE("bytes are handed out in place") {
  const Bytes bytes = {1, 2, 3};
  ByteReader reader(bytes);
  const auto two = reader.read_bytes(2);
  CHECK(two.data() == bytes.data());
  CHECK(two.size() == 2);
  CHECK(reader.read_bytes(0).empty());
  CHECK(reader.ok());
  CHECK(reader.read_bytes(2).empty());
  CHECK(reader.status().error().message() == "length out of bounds");
}

}  // namespace brink::support
