// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// For the tests of this folder: what a float instruction gives, computed in 113-bit floats and
// rounded once. A double has 53 bits, and 113 >= 2 * 53 + 2, so that rounding the wide result of
// one operation to a double (or to a float) is the same as rounding the exact result.

#ifndef BRINK_SEMANTICS_FLOAT_MODEL_H_
#define BRINK_SEMANTICS_FLOAT_MODEL_H_

#include <catch2/catch.hpp>
#include <cmath>
#include <cstdint>
#include <initializer_list>

#include "engine/semantics/test_values.h"

namespace brink::semantics::test {

#if defined(__x86_64__)
__extension__ typedef __float128 Quad;
#else
using Quad = long double;
#endif
static_assert(sizeof(Quad) == 16);

__extension__ typedef __int128 Big;

template <typename F>
inline constexpr int kMantissaBits = sizeof(F) == 4 ? 23 : 52;
template <typename F>
inline constexpr Bits<F> kSignBit = Bits<F>{1} << (sizeof(F) * 8 - 1);
template <typename F>
inline constexpr Bits<F> kQuietBit = Bits<F>{1} << (kMantissaBits<F> - 1);
template <typename F>
inline constexpr Bits<F> kInfinityBits = (kSignBit<F> - 1) & ~((Bits<F>{1} << kMantissaBits<F>)-1);

// NaNs are told apart by their bits, never by an operation under test.
template <typename F>
bool is_nan(F a) {
  return (bits(a) & ~kSignBit<F>) > kInfinityBits<F>;
}
template <typename F>
bool is_canonical_nan(F a) {
  return (bits(a) & ~kSignBit<F>) == (kInfinityBits<F> | kQuietBit<F>);
}
template <typename F>
bool is_quiet_nan(F a) {
  return is_nan(a) && (bits(a) & kQuietBit<F>) != 0;
}
template <typename F>
bool is_negative(F a) {
  return (bits(a) & kSignBit<F>) != 0;
}
template <typename F>
F canonical_nan() {
  return from_bits<F>(kInfinityBits<F> | kQuietBit<F>);
}

/// Whether `got` is a correct result where `want` is one: the same bits, or where a NaN is due, a
/// quiet NaN, which has to be a canonical one when no operand is a NaN of another kind.
template <typename F, typename Operand>
bool is_allowed(F got, F want, std::initializer_list<Operand> operands) {
  if (!is_nan(want)) return bits(got) == bits(want);
  for (const Operand operand : operands)
    if (is_nan(operand) && !is_canonical_nan(operand)) return is_quiet_nan(got);
  return is_canonical_nan(got);
}

namespace model {

template <typename F>
F add(F a, F b) {
  return static_cast<F>(static_cast<Quad>(a) + static_cast<Quad>(b));
}
template <typename F>
F sub(F a, F b) {
  return static_cast<F>(static_cast<Quad>(a) - static_cast<Quad>(b));
}
template <typename F>
F mul(F a, F b) {
  return static_cast<F>(static_cast<Quad>(a) * static_cast<Quad>(b));
}
template <typename F>
F div(F a, F b) {
  return static_cast<F>(static_cast<Quad>(a) / static_cast<Quad>(b));
}

/// The float whose square is nearest: candidates around the library's root, judged by where the
/// operand is between the squares of the midpoints, which have 108 bits.
template <typename F>
F sqrt(F a) {
  if (is_nan(a) || (is_negative(a) && a != 0)) return canonical_nan<F>();
  if (a == 0 || bits(a) == kInfinityBits<F>) return a;
  F root = std::sqrt(a);
  const auto middle = [](F x, Bits<F> neighbour) {
    return (static_cast<Quad>(x) + static_cast<Quad>(from_bits<F>(neighbour))) / 2;
  };
  while (true) {
    const Quad below = middle(root, bits(root) - 1);
    const Quad above = middle(root, bits(root) + 1);
    if (below * below > static_cast<Quad>(a))
      root = from_bits<F>(bits(root) - 1);
    else if (above * above < static_cast<Quad>(a))
      root = from_bits<F>(bits(root) + 1);
    else
      return root;
  }
}

/// `round` says, from the whole part below `a` and the fraction above it, whether to go up.
template <typename F>
F to_whole(F a, auto goes_up) {
  if (is_nan(a)) return canonical_nan<F>();
  if (bits(a) == kInfinityBits<F> || bits(a) == (kInfinityBits<F> | kSignBit<F>)) return a;
  if (a >= F{0x1p60} || a <= F{-0x1p60}) return a;
  Big below = static_cast<Big>(static_cast<int64_t>(a));
  if (static_cast<Quad>(below) > static_cast<Quad>(a)) --below;
  const Quad fraction = static_cast<Quad>(a) - static_cast<Quad>(below);
  const Big whole = fraction != 0 && goes_up(below, fraction) ? below + 1 : below;
  const F magnitude = static_cast<F>(static_cast<Quad>(whole < 0 ? -whole : whole));
  return from_bits<F>(bits(magnitude) | (bits(a) & kSignBit<F>));
}

template <typename F>
F ceil(F a) {
  return to_whole(a, [](Big, Quad) { return true; });
}
template <typename F>
F floor(F a) {
  return to_whole(a, [](Big, Quad) { return false; });
}
template <typename F>
F trunc(F a) {
  return to_whole(a, [](Big below, Quad) { return below < 0; });
}
template <typename F>
F nearest(F a) {
  return to_whole(a, [](Big below, Quad fraction) {
    return fraction > Quad{0.5} || (fraction == Quad{0.5} && below % 2 != 0);
  });
}

template <typename F>
F min(F a, F b) {
  if (is_nan(a) || is_nan(b)) return canonical_nan<F>();
  if (a == 0 && b == 0) return is_negative(a) ? a : b;
  return static_cast<Quad>(a) < static_cast<Quad>(b) ? a : b;
}
template <typename F>
F max(F a, F b) {
  if (is_nan(a) || is_nan(b)) return canonical_nan<F>();
  if (a == 0 && b == 0) return is_negative(a) ? b : a;
  return static_cast<Quad>(a) > static_cast<Quad>(b) ? a : b;
}

// Operations on bits.
template <typename F>
F abs(F a) {
  return from_bits<F>(bits(a) & ~kSignBit<F>);
}
template <typename F>
F neg(F a) {
  return from_bits<F>(bits(a) ^ kSignBit<F>);
}
template <typename F>
F copysign(F a, F b) {
  return from_bits<F>((bits(a) & ~kSignBit<F>) | (bits(b) & kSignBit<F>));
}

/// -1, 0 or 1; 2 if one is a NaN. Through the order of sign and magnitude that bit patterns have.
template <typename F>
int order(F a, F b) {
  if (is_nan(a) || is_nan(b)) return 2;
  const auto rank = [](F x) {
    const Big magnitude = bits(x) & ~kSignBit<F>;
    return is_negative(x) ? -magnitude : magnitude;
  };
  return rank(a) < rank(b) ? -1 : rank(a) > rank(b) ? 1 : 0;
}

/// A whole number that a Big cannot hold is out of every range that is asked about.
enum class Kind : uint8_t { NotANumber, TooLow, TooHigh, Whole };
struct Truncated {
  Kind kind;
  Big whole;
};

template <typename F>
Truncated truncated(F a, Big lowest, Big highest) {
  if (is_nan(a)) return {Kind::NotANumber, 0};
  if (a >= F{0x1p100}) return {Kind::TooHigh, 0};
  if (a <= F{-0x1p100}) return {Kind::TooLow, 0};
  const Big whole = static_cast<Big>(static_cast<Quad>(a));
  if (whole < lowest) return {Kind::TooLow, whole};
  if (whole > highest) return {Kind::TooHigh, whole};
  return {Kind::Whole, whole};
}

template <typename F>
Big truncated_saturating(F a, Big lowest, Big highest) {
  const Truncated result = truncated(a, lowest, highest);
  switch (result.kind) {
    case Kind::NotANumber: return 0;
    case Kind::TooLow: return lowest;
    case Kind::TooHigh: return highest;
    case Kind::Whole: return result.whole;
  }
  return 0;
}

/// The float nearest to a whole number below 2^64, ties to even, by its digits.
template <typename F>
F from_whole(Big value) {
  const bool negative = value < 0;
  uint64_t magnitude = static_cast<uint64_t>(negative ? -value : value);
  int exponent = 0;
  bool half = false;
  bool rest = false;
  while (magnitude >> (kMantissaBits<F> + 1) != 0) {
    rest |= half;
    half = (magnitude & 1) != 0;
    magnitude >>= 1;
    ++exponent;
  }
  if (half && (rest || (magnitude & 1) != 0)) ++magnitude;
  const F result = static_cast<F>(std::ldexp(static_cast<double>(magnitude), exponent));
  return negative ? neg(result) : result;
}

inline double promote(float a) {
  if (is_nan(a)) return canonical_nan<double>();
  const uint32_t pattern = bits(a) & ~kSignBit<float>;
  const int exponent = static_cast<int>(pattern >> 23);
  const uint32_t fraction = pattern & 0x7fffff;
  double magnitude = INFINITY;
  if (exponent == 0)
    magnitude = std::ldexp(static_cast<double>(fraction), -149);
  else if (exponent < 255)
    magnitude = std::ldexp(static_cast<double>(fraction | 0x800000), exponent - 150);
  return is_negative(a) ? neg(magnitude) : magnitude;
}

/// By the digits: the lowest of the 53 that a float at this exponent does not have are rounded off.
inline float demote(double a) {
  if (is_nan(a)) return canonical_nan<float>();
  const uint64_t pattern = bits(a) & ~kSignBit<double>;
  const int exponent = static_cast<int>(pattern >> 52) - 1023;
  const uint64_t digits = (pattern & 0xfffffffffffff) | uint64_t{1} << 52;
  // A float's last digit is worth 2^(exponent - 23), and never less than 2^-149.
  const int dropped = std::max(exponent - 23, -149) - (exponent - 52);
  uint32_t result = 0;
  if (pattern == kInfinityBits<double>) {
    result = kInfinityBits<float>;
  } else if (dropped < 60) {
    uint64_t kept = digits >> dropped;
    const uint64_t rest = digits & ((uint64_t{1} << dropped) - 1);
    const uint64_t half = uint64_t{1} << (dropped - 1);
    if (rest > half || (rest == half && kept % 2 != 0)) ++kept;
    // The leading digit of a normal float adds one to the exponent field below it.
    const uint64_t field = exponent < -126 ? 0 : static_cast<uint64_t>(exponent + 126);
    result = static_cast<uint32_t>(std::min<uint64_t>((field << 23) + kept, kInfinityBits<float>));
  }
  return from_bits<float>(result | (is_negative(a) ? kSignBit<float> : 0));
}

}  // namespace model
}  // namespace brink::semantics::test

#endif  // BRINK_SEMANTICS_FLOAT_MODEL_H_
