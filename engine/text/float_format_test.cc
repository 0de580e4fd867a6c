// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/text/float_format.h"

#include <bit>
#include <catch2/catch.hpp>
#include <charconv>
#include <limits>
#include <random>

namespace brink::text {
namespace {

std::string f32(uint32_t bits) {
  std::string out;
  append_f32(out, bits);
  return out;
}
std::string f64(uint64_t bits) {
  std::string out;
  append_f64(out, bits);
  return out;
}
std::string f32(float value) {
  return f32(std::bit_cast<uint32_t>(value));
}
std::string f64(double value) {
  return f64(std::bit_cast<uint64_t>(value));
}

TEST_CASE("finite numbers take their shortest decimal form") {
  CHECK(f32(0.0f) == "0");
  CHECK(f32(-0.0f) == "-0");
  CHECK(f32(0.1f) == "0.1");
  CHECK(f32(16777216.0f) == "16777216");
  CHECK(f32(std::numeric_limits<float>::max()) == "3.4028235e+38");
  CHECK(f32(std::numeric_limits<float>::denorm_min()) == "1e-45");
  CHECK(f64(-0.0) == "-0");
  CHECK(f64(3.141592653589793) == "3.141592653589793");
  CHECK(f64(1e300) == "1e+300");
  CHECK(f64(std::numeric_limits<double>::denorm_min()) == "5e-324");
  CHECK(f64(-std::numeric_limits<double>::min()) == "-2.2250738585072014e-308");
}

TEST_CASE("infinities and NaNs keep sign and payload") {
  CHECK(f32(0x7f800000u) == "inf");
  CHECK(f32(0xff800000u) == "-inf");
  CHECK(f32(0x7fc00000u) == "nan");
  CHECK(f32(0xffc00000u) == "-nan");
  CHECK(f32(0x7f800001u) == "nan:0x1");
  CHECK(f32(0xffffffffu) == "-nan:0x7fffff");
  CHECK(f64(uint64_t{0x7ff8000000000000}) == "nan");
  CHECK(f64(uint64_t{0xfff8000000000000}) == "-nan");
  CHECK(f64(uint64_t{0x7ff4000000000000}) == "nan:0x4000000000000");
  CHECK(f64(uint64_t{0xffffffffffffffff}) == "-nan:0xfffffffffffff");
}

TEST_CASE("the decimal form of any finite number reads back to the same bits") {
  std::mt19937_64 random(20);
  for (int i = 0; i < 20000; ++i) {
    const uint64_t bits = random();
    const double expected = std::bit_cast<double>(bits);
    if (expected != expected || expected - expected != 0) continue;
    const std::string text = f64(bits);
    double value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    CHECK(std::bit_cast<uint64_t>(value) == bits);
  }
}

}  // namespace
}  // namespace brink::text
