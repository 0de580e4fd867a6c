// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/semantics/simd_lane.h"

#include "engine/semantics/test_values.h"

namespace brink::semantics {
namespace {

using namespace test;

const V128 kBytes = {{0x0706050403020100, 0x0f0e0d0c0b0a0908}};

/// Vectors of random bytes, with zero and full bytes among them.
std::vector<V128> some_vectors() {
  Random random(6);
  std::vector<V128> vectors = {{}, {{~uint64_t{0}, ~uint64_t{0}}}, kBytes};
  for (int i = 0; i < 500; ++i) {
    LanesOf<uint8_t> bytes;
    for (uint8_t& byte : bytes) byte = any<uint8_t>(random);
    vectors.push_back(vector_of<uint8_t>(bytes));
  }
  return vectors;
}

template <typename Lane, typename Operand>
void check_splat(V128 (*splat)(Operand)) {
  for (const Operand a : operands<Operand>()) {
    LanesOf<Bits<Lane>> want;
    want.fill(static_cast<Bits<Lane>>(bits(a)));
    if (splat(a) != vector_of<Bits<Lane>>(want))
      FAIL(std::hex << bits(a) << ": got " << hex(splat(a)));
  }
}

TEST_CASE("splat", "[semantics][simd]") {
  check_splat<uint8_t>(i8x16_splat);
  check_splat<uint16_t>(i16x8_splat);
  check_splat<uint32_t>(i32x4_splat);
  check_splat<uint64_t>(i64x2_splat);
  check_splat<float>(f32x4_splat);
  check_splat<double>(f64x2_splat);
}

/// `Lane` is the lane as the instruction extends it to `R`.
template <typename Lane, typename R>
void check_extract(R (*extract)(V128, uint32_t)) {
  for (const V128 a : some_vectors()) {
    for (uint32_t lane = 0; lane < kLanes<Lane>; ++lane) {
      const Bits<R> want = static_cast<Bits<R>>(bits(lanes<Lane>(a)[lane]));
      const Bits<R> got = bits(extract(a, lane));
      if (got != want) FAIL("lane " << lane << " of " << hex(a) << ": got " << got);
    }
  }
}

template <typename Lane, typename Operand>
void check_replace(V128 (*replace)(V128, Operand, uint32_t)) {
  Random random(7);
  for (const V128 a : some_vectors()) {
    for (uint32_t lane = 0; lane < kLanes<Lane>; ++lane) {
      const Operand value = any<Operand>(random);
      auto want = lanes<Bits<Lane>>(a);
      want[lane] = static_cast<Bits<Lane>>(bits(value));
      expect_vector(replace(a, value, lane), vector_of<Bits<Lane>>(want), a);
    }
  }
}

TEST_CASE("extract and replace lanes", "[semantics][simd]") {
  check_extract<int8_t>(i8x16_extract_lane_s);
  check_extract<uint8_t>(i8x16_extract_lane_u);
  check_extract<int16_t>(i16x8_extract_lane_s);
  check_extract<uint16_t>(i16x8_extract_lane_u);
  check_extract<uint32_t>(i32x4_extract_lane);
  check_extract<uint64_t>(i64x2_extract_lane);
  check_extract<float>(f32x4_extract_lane);
  check_extract<double>(f64x2_extract_lane);
  check_replace<uint8_t>(i8x16_replace_lane);
  check_replace<uint16_t>(i16x8_replace_lane);
  check_replace<uint32_t>(i32x4_replace_lane);
  check_replace<uint64_t>(i64x2_replace_lane);
  check_replace<float>(f32x4_replace_lane);
  check_replace<double>(f64x2_replace_lane);
}

TEST_CASE("swizzle gives 0 for numbers above 15", "[semantics][simd]") {
  const std::vector<V128> vectors = some_vectors();
  for (int number = 0; number < 256; ++number) {
    LanesOf<uint8_t> numbers;
    for (size_t i = 0; i < 16; ++i) numbers[i] = static_cast<uint8_t>(number + i);
    for (size_t v = 0; v < 20; ++v) {
      LanesOf<uint8_t> want;
      for (size_t i = 0; i < 16; ++i)
        want[i] = numbers[i] < 16 ? lanes<uint8_t>(vectors[v])[numbers[i]] : 0;
      const V128 selector = vector_of<uint8_t>(numbers);
      expect_vector(i8x16_swizzle(vectors[v], selector), vector_of<uint8_t>(want), vectors[v],
                    selector);
    }
  }
}

TEST_CASE("shuffle picks from both operands", "[semantics][simd]") {
  const std::vector<V128> vectors = some_vectors();
  Random random(8);
  for (size_t v = 1; v < vectors.size(); ++v) {
    const auto a = lanes<uint8_t>(vectors[v - 1]);
    const auto b = lanes<uint8_t>(vectors[v]);
    LanesOf<uint8_t> numbers;
    LanesOf<uint8_t> want;
    for (size_t i = 0; i < 16; ++i) {
      numbers[i] = static_cast<uint8_t>(random() % 32);
      want[i] = numbers[i] < 16 ? a[numbers[i]] : b[numbers[i] - 16];
    }
    expect_vector(i8x16_shuffle(vectors[v - 1], vectors[v], vector_of<uint8_t>(numbers)),
                  vector_of<uint8_t>(want), vectors[v - 1], vectors[v]);
  }
}

void check_bitwise(V128 (*function)(V128, V128), bool (*model)(bool, bool)) {
  check_lanes<uint8_t>(function, [=](uint8_t a, uint8_t b) {
    int result = 0;
    for (int i = 0; i < 8; ++i) result |= model(a >> i & 1, b >> i & 1) << i;
    return result;
  });
}

TEST_CASE("v128 bitwise logic", "[semantics][simd]") {
  check_bitwise(v128_and, [](bool a, bool b) { return a && b; });
  check_bitwise(v128_andnot, [](bool a, bool b) { return a && !b; });
  check_bitwise(v128_or, [](bool a, bool b) { return a || b; });
  check_bitwise(v128_xor, [](bool a, bool b) { return a != b; });
  check_lanes<uint8_t>(v128_not, [](uint8_t a) { return 255 - a; });
}

TEST_CASE("bitselect takes each bit from one operand", "[semantics][simd]") {
  const std::vector<V128> vectors = some_vectors();
  for (size_t v = 2; v < vectors.size(); ++v) {
    const V128 a = vectors[v - 2];
    const V128 b = vectors[v - 1];
    const V128 mask = vectors[v];
    V128 want;
    for (int word = 0; word < 2; ++word)
      for (int i = 0; i < 64; ++i) {
        const V128& from = (mask.words[word] >> i & 1) != 0 ? a : b;
        want.words[word] |= from.words[word] & uint64_t{1} << i;
      }
    expect_vector(v128_bitselect(a, b, mask), want, a, b);
  }
}

template <typename Lane>
void check_tests(uint32_t (*all_true)(V128), uint32_t (*bitmask)(V128)) {
  std::vector<V128> vectors = some_vectors();
  // Every single lane, set to its top bit alone, to 1, or to 0 among lanes that are not.
  for (size_t i = 0; i < kLanes<Lane>; ++i) {
    LanesOf<Lane> zeros = {};
    zeros[i] = static_cast<Lane>(Lane{1} << (sizeof(Lane) * 8 - 1));
    vectors.push_back(vector_of<Lane>(zeros));
    zeros[i] = 1;
    vectors.push_back(vector_of<Lane>(zeros));
    LanesOf<Lane> ones;
    ones.fill(1);
    vectors.push_back(vector_of<Lane>(ones));
    ones[i] = 0;
    vectors.push_back(vector_of<Lane>(ones));
  }
  for (const V128 a : vectors) {
    uint32_t all = 1;
    uint32_t mask = 0;
    uint32_t any = 0;
    for (size_t i = 0; i < kLanes<Lane>; ++i) {
      const Lane lane = lanes<Lane>(a)[i];
      if (lane == 0) all = 0;
      if (lane != 0) any = 1;
      if (lane >> (sizeof(Lane) * 8 - 1) != 0) mask |= 1u << i;
    }
    if (all_true(a) != all || bitmask(a) != mask || v128_any_true(a) != any)
      FAIL(hex(a) << ": got " << all_true(a) << " " << bitmask(a) << " " << v128_any_true(a));
  }
}

TEST_CASE("any_true, all_true and bitmask", "[semantics][simd]") {
  check_tests<uint8_t>(i8x16_all_true, i8x16_bitmask);
  check_tests<uint16_t>(i16x8_all_true, i16x8_bitmask);
  check_tests<uint32_t>(i32x4_all_true, i32x4_bitmask);
  check_tests<uint64_t>(i64x2_all_true, i64x2_bitmask);
}

}  // namespace
}  // namespace brink::semantics
