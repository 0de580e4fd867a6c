// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/text/numbers.h"

#include <bit>
#include <limits>
#include <string>

#include <catch2/catch.hpp>

namespace brink::text {
namespace {

constexpr uint64_t kMax64 = std::numeric_limits<uint64_t>::max();

TEST_CASE("Unsigned integers", "[numbers]") {
  CHECK(parse_unsigned("0", kMax64) == 0u);
  CHECK(parse_unsigned("1_000", kMax64) == 1000u);
  CHECK(parse_unsigned("0xFf_fF", kMax64) == 0xffffu);
  CHECK(parse_unsigned("18446744073709551615", kMax64) == kMax64);
  CHECK(parse_unsigned("18446744073709551616", kMax64) == std::nullopt);
  CHECK(parse_unsigned("0x1_0000_0000_0000_0000", kMax64) == std::nullopt);
  CHECK(parse_unsigned("255", 255) == 255u);
  CHECK(parse_unsigned("256", 255) == std::nullopt);
}

TEST_CASE("Integers reach from -2^(n-1) to 2^n - 1", "[numbers]") {
  CHECK(parse_integer("-1", 32) == 0xffffffffu);
  CHECK(parse_integer("+7", 32) == 7u);
  CHECK(parse_integer("-0x80000000", 32) == 0x80000000u);
  CHECK(parse_integer("-0x80000001", 32) == std::nullopt);
  CHECK(parse_integer("0xffffffff", 32) == 0xffffffffu);
  CHECK(parse_integer("4294967296", 32) == std::nullopt);
  CHECK(parse_integer("-9223372036854775808", 64) == uint64_t{1} << 63);
  CHECK(parse_integer("-9223372036854775809", 64) == std::nullopt);
  CHECK(parse_integer("-128", 8) == 0x80u);
  CHECK(parse_integer("-129", 8) == std::nullopt);
  CHECK(parse_integer("255", 8) == 0xffu);
}

struct F32 {
  std::string_view text;
  uint32_t bits;
};

TEST_CASE("Floats of 32 bits are rounded once", "[numbers]") {
  const F32 row = GENERATE(values<F32>({
      {"0", 0},
      {"-0", 0x80000000},
      {"1", 0x3f800000},
      {"1_0.5_0", 0x41280000},
      {"inf", 0x7f800000},
      {"-inf", 0xff800000},
      {"nan", 0x7fc00000},
      {"-nan:0x7f_ffff", 0xffffffff},
      {"nan:0x1", 0x7f800001},
      {"0x1p-149", 1},
      {"0x1p-150", 0},
      {"0x1.000002p-150", 1},
      {"0x0.8p-149", 0},
      {"0x1.fffffep127", 0x7f7fffff},
      {"0x1.fffffeffffffffffffffp127", 0x7f7fffff},
      {"0x1.fffffcp-127", 0x007fffff},
      {"0x1.fffffep-127", 0x00800000},
      {"0x1.000001p0", 0x3f800000},  // a tie, to even
      {"0x1.000003p0", 0x3f800002},  // a tie, to even
      {"0x1.0000010000000000000000001p0", 0x3f800001},
      {"0x100000000000000000000000p0", 0x6d800000},
      {"0x0.00000000000000000000001p0", 0x11800000},
      {"0x1p-99999999999999999999", 0},
      {"0x0p99999999999999999999", 0},
      {"3.4028234e38", 0x7f7fffff},
      {"1e-45", 1},
      {"1e-99999999999", 0},
      {"0e99999999999", 0},
      {"16777217", 0x4b800000},
      {"16777219", 0x4b800002},
  }));
  CAPTURE(row.text);
  const std::optional<uint32_t> bits = parse_f32(row.text);
  REQUIRE(bits.has_value());
  CHECK(*bits == row.bits);
}

TEST_CASE("Floats out of range", "[numbers]") {
  for (const std::string_view text :
       {"0x1p128", "-0x1.ffffffp127", "1e39", "340282356779733661637539395458142568448", "nan:0x0",
        "nan:0x80_0000", "1e99999999999", "0x1p99999999999999999999"}) {
    CAPTURE(text);
    CHECK(parse_f32(text) == std::nullopt);
  }
  for (const std::string_view text : {"0x1p1024", "1e309", "nan:0x0", "nan:0x10_0000_0000_0000"}) {
    CAPTURE(text);
    CHECK(parse_f64(text) == std::nullopt);
  }
  CHECK(parse_f32("340282356779733623858607532500980858880") == 0x7f7fffffu);
}

TEST_CASE("Floats of 64 bits", "[numbers]") {
  CHECK(parse_f64("0.1") == std::bit_cast<uint64_t>(0.1));
  CHECK(parse_f64("-0x1.921fb54442d18p+2") == std::bit_cast<uint64_t>(-0x1.921fb54442d18p+2));
  CHECK(parse_f64("0x0.0000000000001p-1022") == 1u);
  CHECK(parse_f64("4.9e-324") == 1u);
  CHECK(parse_f64("2.4e-324") == 0u);
  CHECK(parse_f64("0x1.fffffffffffff8p0") == std::bit_cast<uint64_t>(2.0));
  CHECK(parse_f64("0x1.00000000000008p0") == std::bit_cast<uint64_t>(1.0));
  CHECK(parse_f64("nan:0xf_ffff_ffff_ffff") == 0x7fffffffffffffffu);
  CHECK(parse_f64("1.7976931348623157e308") == 0x7fefffffffffffffu);
}

TEST_CASE("Very long numbers", "[numbers]") {
  const std::string zeros(100'000, '0');
  CHECK(parse_f64("0." + zeros + "1e100001") == std::bit_cast<uint64_t>(1.0));
  CHECK(parse_f64("1" + zeros + "e-100000") == std::bit_cast<uint64_t>(1.0));
  CHECK(parse_f64("0x1" + zeros + "p-400000") == std::bit_cast<uint64_t>(1.0));
  CHECK(parse_f64("0x0." + zeros + "1p400004") == std::bit_cast<uint64_t>(1.0));
  CHECK(parse_f32("1." + zeros + "1") == 0x3f800000u);
}

}  // namespace
}  // namespace brink::text
