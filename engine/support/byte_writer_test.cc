// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/support/byte_writer.h"

#include <cstdint>
#include <limits>
#include <vector>

#include <catch2/catch.hpp>

namespace brink::support {
namespace {

using Bytes = std::vector<uint8_t>;

template <typename Write>
Bytes written(Write write) {
  ByteWriter writer;
  write(writer);
  return writer.take();
}

}  // namespace

TEST_CASE("integers get their shortest form") {
  CHECK(written([](auto& w) { w.write_u32(0); }) == Bytes{0x00});
  CHECK(written([](auto& w) { w.write_u32(127); }) == Bytes{0x7f});
  CHECK(written([](auto& w) { w.write_u32(128); }) == Bytes{0x80, 0x01});
  CHECK(written([](auto& w) { w.write_u32(0xffffffff); }) == Bytes{0xff, 0xff, 0xff, 0xff, 0x0f});
  CHECK(written([](auto& w) { w.write_s32(-1); }) == Bytes{0x7f});
  CHECK(written([](auto& w) { w.write_s32(63); }) == Bytes{0x3f});
  CHECK(written([](auto& w) { w.write_s32(64); }) == Bytes{0xc0, 0x00});
  CHECK(written([](auto& w) { w.write_s32(-64); }) == Bytes{0x40});
  CHECK(written([](auto& w) { w.write_s32(-65); }) == Bytes{0xbf, 0x7f});
  CHECK(written([](auto& w) { w.write_s64(std::numeric_limits<int64_t>::min()); }) ==
        Bytes{0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x7f});
  CHECK(written([](auto& w) { w.write_u64(~uint64_t{0}); }) ==
        Bytes{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01});
}

TEST_CASE("fixed width numbers are little endian") {
  CHECK(written([](auto& w) { w.write_fixed(uint32_t{0x01020304}); }) == Bytes{4, 3, 2, 1});
  CHECK(written([](auto& w) { w.write_fixed(1.0f); }) == Bytes{0, 0, 0x80, 0x3f});
}

TEST_CASE("names and bytes carry their length") {
  CHECK(written([](auto& w) { w.write_name("ab"); }) == Bytes{2, 'a', 'b'});
  CHECK(written([](auto& w) { w.write_name(""); }) == Bytes{0});
}

TEST_CASE("sizes are put before what was written") {
  CHECK(written([](auto& w) { w.write_section(7, [] {}); }) == Bytes{7, 0});
  const Bytes nested = written([](ByteWriter& w) {
    w.write_section(10, [&] {
      w.write_u32(1);
      w.write_sized([&] { w.write_u8(0x0b); });
    });
    w.write_u8(9);
  });
  CHECK(nested == Bytes{10, 3, 1, 1, 0x0b, 9});
}

TEST_CASE("a long content gets a size of several bytes") {
  const Bytes bytes = written([](ByteWriter& w) {
    const size_t begin = w.begin_sized();
    for (int i = 0; i < 300; ++i) w.write_u8(static_cast<uint8_t>(i));
    w.end_sized(begin);
  });
  REQUIRE(bytes.size() == 302);
  CHECK(bytes[0] == 0xac);
  CHECK(bytes[1] == 0x02);
  CHECK(bytes[2] == 0);
  CHECK(bytes[301] == static_cast<uint8_t>(299));
}

TEST_CASE("a writer is empty after its bytes were taken") {
  ByteWriter writer;
  writer.write_u8(1);
  CHECK(writer.take() == Bytes{1});
  CHECK(writer.size() == 0);
  CHECK(writer.bytes().empty());
}

}  // namespace brink::support
