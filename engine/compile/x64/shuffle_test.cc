// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
#include "engine/compile/x64/shuffle.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <random>
#include <string>

namespace brink::compile::x64 {

namespace {

constexpr ShuffleLevel kSse = {};
constexpr ShuffleLevel kAvx2 = {.avx2 = true};
constexpr ShuffleLevel kAvx512 = {.avx2 = true, .avx512 = true};
constexpr ShuffleLevel kVbmi = {.avx2 = true, .avx512 = true, .vbmi = true};

/// The lanes that a plan gives, by the model of its instructions.
Lanes run(const ShufflePlan& plan) {
  std::array<Lanes, 2 + ShufflePlan::kMaxSteps> values = {};
  for (uint8_t i = 0; i < 16; ++i) {
    values[0][i] = i;
    values[1][i] = 16 + i;
  }
  if (plan.is_zero) {
    Lanes zeros;
    zeros.fill(kZeroLane);
    return zeros;
  }
  for (uint8_t i = 0; i < plan.count; ++i) {
    const ShuffleStep& step = plan.steps[i];
    REQUIRE(step.first < 2 + i);
    REQUIRE(step.second < 2 + i);
    const Lanes& first = values[step.first];
    const Lanes& second = values[step.second];
    Lanes& result = values[2 + i];
    if (step.inst == ShuffleInst::Por) {
      for (size_t k = 0; k < result.size(); ++k) {
        REQUIRE((first[k] == kZeroLane || second[k] == kZeroLane));
        result[k] = first[k] == kZeroLane ? second[k] : first[k];
      }
      continue;
    }
    result = lanes_of(step);
    for (uint8_t& lane : result)
      if (lane != kZeroLane) lane = lane < 16 ? first[lane] : second[lane - 16];
  }
  return values[plan.result];
}

std::string text(const Lanes& lanes) {
  std::string result;
  for (const uint8_t lane : lanes) result += std::to_string(lane) + " ";
  return result;
}

void check(const Lanes& lanes) {
  for (const ShuffleLevel level : {kSse, kAvx2, kAvx512, kVbmi}) {
    const ShufflePlan plan = plan_shuffle(lanes, level);
    if (run(plan) != lanes) FAIL("lanes " << text(lanes) << " got " << text(run(plan)));
    if (!level.avx512) {
      for (uint8_t i = 0; i < plan.count; ++i) {
        REQUIRE(plan.steps[i].inst != ShuffleInst::Vpternlog);
        REQUIRE(plan.steps[i].inst != ShuffleInst::Vpermi2b);
      }
    }
  }
}

template <uint32_t size>
Lanes from_elements(const std::array<uint8_t, 16 / size>& elements) {
  Lanes lanes;
  for (uint32_t i = 0; i < 16; ++i)
    lanes[i] = static_cast<uint8_t>(elements[i / size] * size + i % size);
  return lanes;
}

struct Case {
  Lanes lanes;
  ShuffleInst inst;
};

}  // namespace

TEST_CASE("shuffles that are one instruction") {
  using enum ShuffleInst;
  const Case cases[] = {
      {from_elements<4>({3, 1, 0, 2}), Pshufd},
      {from_elements<4>({7, 7, 4, 4}), Pshufd},
      {from_elements<2>({3, 1, 0, 2, 4, 5, 6, 7}), Pshuflw},
      {from_elements<2>({0, 1, 2, 3, 7, 7, 5, 4}), Pshufhw},
      {from_elements<1>({0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23}), Punpcklbw},
      {from_elements<1>({24, 8, 25, 9, 26, 10, 27, 11, 28, 12, 29, 13, 30, 14, 31, 15}), Punpckhbw},
      {from_elements<2>({0, 8, 1, 9, 2, 10, 3, 11}), Punpcklwd},
      {from_elements<4>({2, 6, 3, 7}), Punpckhdq},
      {from_elements<8>({2, 0}), Punpcklqdq},
      {from_elements<8>({1, 2}), Shufpd},
      {from_elements<8>({0, 3}), Pblendw},
      {from_elements<4>({3, 0, 5, 6}), Shufps},
      {from_elements<4>({0, 1, 7, 3}), Insertps},
      {from_elements<2>({0, 9, 2, 11, 12, 5, 6, 15}), Pblendw},
      {from_elements<1>({5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20}), Palignr},
      {from_elements<1>({5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4}), Palignr},
      {from_elements<1>({0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7}), Punpcklbw},
      {from_elements<1>({15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0}), Pshufb},
  };
  for (const Case& each : cases) {
    const ShufflePlan plan = plan_shuffle(each.lanes, kSse);
    INFO(text(each.lanes));
    CHECK(plan.count == 1);
    CHECK(plan.steps[0].inst == each.inst);
    check(each.lanes);
  }
}

TEST_CASE("shuffles with zeros") {
  using enum ShuffleInst;
  constexpr uint8_t z = kZeroLane;
  const Case cases[] = {
      {{0, 1, 2, 3, 4, 5, 6, 7, z, z, z, z, z, z, z, z}, Movq},
      {{0, z, 1, z, 2, z, 3, z, 4, z, 5, z, 6, z, 7, z}, Pmovzxbw},
      {{16, 17, 18, 19, z, z, z, z, 20, 21, 22, 23, z, z, z, z}, Pmovzxdq},
      {{z, z, z, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}, Pslldq},
      {{13, 14, 15, z, z, z, z, z, z, z, z, z, z, z, z, z}, Psrldq},
      {{z, z, z, z, 4, 5, 6, 7, z, z, z, z, 12, 13, 14, 15}, Insertps},
      {{0, z, 2, z, 4, z, 6, z, 8, z, 10, z, 12, z, 14, z}, Pand},
      {{15, z, 2, z, 4, z, 6, z, 8, z, 10, z, 12, z, 14, z}, Pshufb},
  };
  for (const Case& each : cases) {
    const ShufflePlan plan = plan_shuffle(each.lanes, kSse);
    INFO(text(each.lanes));
    CHECK(plan.count == 1);
    CHECK(plan.steps[0].inst == each.inst);
    check(each.lanes);
  }
  Lanes zeros;
  zeros.fill(z);
  CHECK(plan_shuffle(zeros, kSse).is_zero);
}

TEST_CASE("shuffles that give an operand back") {
  Lanes lanes;
  for (uint8_t i = 0; i < 16; ++i) lanes[i] = i;
  CHECK(plan_shuffle(lanes, kSse).count == 0);
  CHECK(plan_shuffle(lanes, kSse).result == 0);
  for (uint8_t& lane : lanes) lane += 16;
  CHECK(plan_shuffle(lanes, kSse).result == 1);
}

TEST_CASE("broadcasts take no constant with AVX2") {
  const Lanes bytes = {};
  CHECK(plan_shuffle(bytes, kAvx2).steps[0].inst == ShuffleInst::Vpbroadcastb);
  CHECK(plan_shuffle(bytes, kSse).steps[0].inst == ShuffleInst::Pshufb);
  check(bytes);
}

TEST_CASE("every shuffle of double words takes two instructions at most") {
  for (uint32_t i = 0; i < 8 * 8 * 8 * 8; ++i) {
    const Lanes lanes =
        from_elements<4>({static_cast<uint8_t>(i & 7), static_cast<uint8_t>(i >> 3 & 7),
                          static_cast<uint8_t>(i >> 6 & 7), static_cast<uint8_t>(i >> 9)});
    const ShufflePlan plan = plan_shuffle(lanes, kSse);
    if (plan.count > 2) FAIL(text(lanes));
    check(lanes);
  }
}

TEST_CASE("random shuffles") {
  std::mt19937 random(7);
  for (int i = 0; i < 20000; ++i) {
    Lanes lanes;
    // All of them, or few sources, or in place with exceptions; some with zeros.
    const uint32_t kind = random() % 4;
    const uint8_t base = random() % 32;
    for (uint8_t k = 0; k < 16; ++k) {
      if (kind == 0)
        lanes[k] = random() % 32;
      else if (kind == 1)
        lanes[k] = (base + random() % 16) % 32;
      else if (kind == 2)
        lanes[k] = static_cast<uint8_t>(k + (random() % 2) * 16);
      else
        lanes[k] = random() % 5 == 0 ? random() % 32 : k;
    }
    if (random() % 4 == 0)
      for (uint8_t& lane : lanes)
        if (random() % 3 == 0) lane = kZeroLane;
    check(lanes);
  }
}

TEST_CASE("windows, halves and words that do not collide are gathered first") {
  // Bytes 4 to 19 in reverse order; the low halves mixed; words of either operand, swapped.
  Lanes window;
  Lanes halves;
  Lanes words;
  for (uint8_t i = 0; i < 16; ++i) {
    window[i] = 19 - i;
    halves[i] = static_cast<uint8_t>(i * 5 % 8 + (i % 3 == 0 ? 16 : 0));
    words[i] = static_cast<uint8_t>((i ^ 1) + (i / 2 % 3 == 0 ? 16 : 0));
  }
  for (const Lanes& lanes : {window, halves, words}) {
    const ShufflePlan plan = plan_shuffle(lanes, kSse);
    INFO(text(lanes));
    CHECK(plan.count == 2);
    CHECK(plan.steps[1].inst == ShuffleInst::Pshufb);
    check(lanes);
  }
}

TEST_CASE("what nothing else does is vpermi2b or three instructions") {
  Lanes lanes;
  for (uint8_t i = 0; i < 16; ++i) lanes[i] = static_cast<uint8_t>(i * 13 % 32 ^ (i > 7 ? 1 : 0));
  CHECK(plan_shuffle(lanes, kAvx2).count == 3);
  CHECK(plan_shuffle(lanes, kVbmi).count == 1);
  check(lanes);
}

}  // namespace brink::compile::x64
