// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// For the tests of this folder: the operands to try, and lane-wise comparison of a vector function
// with a model of one lane.

#ifndef BRINK_SEMANTICS_TEST_VALUES_H_
#define BRINK_SEMANTICS_TEST_VALUES_H_

#include <array>
#include <bit>
#include <catch2/catch.hpp>
#include <concepts>
#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "brink/v128.h"

namespace brink::semantics::test {

using Random = std::mt19937_64;

template <typename T>
struct BitsOf {
  using Type = T;
};
template <>
struct BitsOf<float> {
  using Type = uint32_t;
};
template <>
struct BitsOf<double> {
  using Type = uint64_t;
};
template <typename T>
using Bits = typename BitsOf<T>::Type;

template <typename T>
Bits<T> bits(T value) {
  return std::bit_cast<Bits<T>>(value);
}
template <typename T>
T from_bits(Bits<T> value) {
  return std::bit_cast<T>(value);
}

/// Integers at and beside every power of two of interest.
template <std::integral T>
std::vector<T> edges() {
  using U = std::make_unsigned_t<T>;
  std::vector<T> values;
  for (const int power : {0, 1, 3, 4, 7, 8, 15, 16, 23, 24, 31, 32, 52, 53, 62, 63}) {
    if (power >= static_cast<int>(sizeof(U) * 8)) break;
    const U one = static_cast<U>(U{1} << power);
    for (const int delta : {-1, 0, 1}) {
      values.push_back(static_cast<T>(one + delta));
      values.push_back(static_cast<T>(0 - one + delta));
    }
  }
  return values;
}

/// Floats where an operation changes its mind: zeros, subnormals, halves, the limits of the integer
/// types with their neighbours, infinities, NaNs quiet and signalling; each with both signs.
template <std::floating_point F>
std::vector<F> edges() {
  using B = Bits<F>;
  constexpr int kMantissa = sizeof(F) == 4 ? 23 : 52;
  constexpr B kSign = B{1} << (sizeof(F) * 8 - 1);
  const B infinity = bits(std::numeric_limits<F>::infinity());
  std::vector<B> patterns = {
      0,
      1,
      (B{1} << kMantissa) - 1,  // the greatest subnormal
      B{1} << kMantissa,        // the least normal
      infinity - 1,             // the greatest finite
      infinity,
      infinity | B{1} << (kMantissa - 1),           // canonical NaN
      infinity | B{1} << (kMantissa - 1) | 0x1234,  // quiet, with a payload
      infinity | 1,                                 // signalling
      infinity | ((B{1} << (kMantissa - 1)) - 1),   // signalling, all of the payload
  };
  for (const double value :
       {0.1,          0.5,          1.0,          1.5,          2.0,          2.5,
        3.0,          3.5,          0.25,         1e10,         3.14159,      1e-20,
        127.0,        255.0,        32767.0,      65535.0,      2147483520.0, 4294967040.0,
        0x1p23,       0x1p24,       0x1p31,       0x1p32,       0x1p52,       0x1p53,
        0x1p62,       0x1p63,       0x1p64,       0x1p127,      8388607.5,    4503599627370495.5,
        2147483647.0, 2147483647.9, 2147483648.9, 4294967295.0, 4294967295.9}) {
    const B pattern = bits(static_cast<F>(value));
    patterns.insert(patterns.end(), {pattern, pattern - 1, pattern + 1});
  }
  std::vector<F> values;
  for (const B pattern : patterns) {
    values.push_back(from_bits<F>(pattern));
    values.push_back(from_bits<F>(pattern | kSign));
  }
  return values;
}

/// Any value: half of the time an edge, else random bits.
template <typename T>
T any(Random& random) {
  static const std::vector<T> kEdges = edges<T>();
  const uint64_t choice = random();
  if (choice & 1) return kEdges[(choice >> 1) % kEdges.size()];
  return from_bits<T>(static_cast<Bits<T>>(random()));
}

template <typename T>
std::vector<T> operands() {
  std::vector<T> values = edges<T>();
  Random random(1);
  for (int i = 0; i < 4000; ++i) values.push_back(any<T>(random));
  return values;
}

/// All pairs of edges, and random ones.
template <typename T>
std::vector<std::pair<T, T>> operand_pairs() {
  std::vector<std::pair<T, T>> pairs;
  const std::vector<T> values = edges<T>();
  for (const T a : values)
    for (const T b : values) pairs.emplace_back(a, b);
  Random random(2);
  for (int i = 0; i < 4000; ++i) {
    const T a = any<T>(random);
    pairs.emplace_back(a, any<T>(random));
  }
  return pairs;
}

// --- Vectors ---

template <typename T>
inline constexpr size_t kLanes = sizeof(V128) / sizeof(T);
template <typename T>
using LanesOf = std::array<T, kLanes<T>>;

template <typename T>
LanesOf<T> lanes(V128 v) {
  return std::bit_cast<LanesOf<T>>(v);
}
template <typename T>
V128 vector_of(const LanesOf<T>& lanes) {
  return std::bit_cast<V128>(lanes);
}

/// Vectors that together hold the pairs, each pair in several lanes.
template <typename T>
std::vector<std::pair<V128, V128>> vector_pairs() {
  const std::vector<std::pair<T, T>> pairs = operand_pairs<T>();
  std::vector<std::pair<V128, V128>> vectors;
  for (size_t start = 0; start < pairs.size(); start += kLanes<T> > 4 ? 3 : 1) {
    LanesOf<T> a;
    LanesOf<T> b;
    for (size_t i = 0; i < kLanes<T>; ++i) std::tie(a[i], b[i]) = pairs[(start + i) % pairs.size()];
    vectors.emplace_back(vector_of<T>(a), vector_of<T>(b));
  }
  return vectors;
}

inline std::string hex(V128 v) {
  std::string text;
  for (const uint8_t byte : lanes<uint8_t>(v)) {
    text += "0123456789abcdef"[byte >> 4];
    text += "0123456789abcdef"[byte & 15];
  }
  return text;
}

/// Fails with the operands unless the vectors are the same.
inline void expect_vector(V128 got, V128 want, V128 a, V128 b = {}) {
  if (got == want) return;
  FAIL("operands " << hex(a) << " " << hex(b) << ": got " << hex(got) << ", want " << hex(want));
}

/// `function` is `model` lane by lane, from lanes of T to lanes of R (of the same size).
template <typename T, typename R = T, typename Model>
void check_lanes(V128 (*function)(V128), Model model) {
  for (const auto& [a, unused] : vector_pairs<T>()) {
    LanesOf<R> want;
    for (size_t i = 0; i < kLanes<T>; ++i) want[i] = static_cast<R>(model(lanes<T>(a)[i]));
    expect_vector(function(a), vector_of<R>(want), a);
  }
}
template <typename T, typename R = T, typename Model>
void check_lanes(V128 (*function)(V128, V128), Model model) {
  for (const auto& [a, b] : vector_pairs<T>()) {
    LanesOf<R> want;
    for (size_t i = 0; i < kLanes<T>; ++i)
      want[i] = static_cast<R>(model(lanes<T>(a)[i], lanes<T>(b)[i]));
    expect_vector(function(a, b), vector_of<R>(want), a, b);
  }
}

}  // namespace brink::semantics::test

#endif  // BRINK_SEMANTICS_TEST_VALUES_H_
