// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Conversions between i32, i64, f32 and f64; the convention is in integer.h.

#ifndef BRINK_SEMANTICS_CONVERT_H_
#define BRINK_SEMANTICS_CONVERT_H_

#include <bit>
#include <cstdint>
#include <limits>

#include "brink/trap.h"
#include "engine/semantics/target.h"

namespace brink::semantics {

// --- Integer to integer ---

BRINK_OPERATION constexpr uint32_t i32_wrap_i64(uint64_t a) {
  return static_cast<uint32_t>(a);
}
BRINK_OPERATION constexpr uint64_t i64_extend_i32_s(uint32_t a) {
  return static_cast<uint64_t>(int64_t{static_cast<int32_t>(a)});
}
BRINK_OPERATION constexpr uint64_t i64_extend_i32_u(uint32_t a) {
  return a;
}

// --- Integer to float, rounded once to nearest even ---

BRINK_OPERATION float f32_convert_i32_s(uint32_t a) {
  return static_cast<float>(static_cast<int32_t>(a));
}
BRINK_OPERATION float f32_convert_i32_u(uint32_t a) {
  return static_cast<float>(a);
}
BRINK_OPERATION float f32_convert_i64_s(uint64_t a) {
  return static_cast<float>(static_cast<int64_t>(a));
}
BRINK_OPERATION float f32_convert_i64_u(uint64_t a) {
  return static_cast<float>(a);
}
BRINK_OPERATION double f64_convert_i32_s(uint32_t a) {
  return static_cast<int32_t>(a);
}
BRINK_OPERATION double f64_convert_i32_u(uint32_t a) {
  return a;
}
BRINK_OPERATION double f64_convert_i64_s(uint64_t a) {
  return static_cast<double>(static_cast<int64_t>(a));
}
BRINK_OPERATION double f64_convert_i64_u(uint64_t a) {
  return static_cast<double>(a);
}

// --- Float to float; a NaN comes out quiet ---

BRINK_OPERATION float f32_demote_f64(double a) {
  return static_cast<float>(a);
}
BRINK_OPERATION double f64_promote_f32(float a) {
  double result = a;
#if defined(__x86_64__)
  // Why: gcc would cancel a promotion against a demotion that it is inlined into, and a signalling
  // NaN would pass both untouched. This says that the value may have become another one.
  asm("" : "+x"(result));
#elif defined(__aarch64__)
  asm("" : "+w"(result));
#endif
  return result;
}

// --- Bits; a NaN stays as it is ---

BRINK_OPERATION constexpr uint32_t i32_reinterpret_f32(float a) {
  return std::bit_cast<uint32_t>(a);
}
BRINK_OPERATION constexpr uint64_t i64_reinterpret_f64(double a) {
  return std::bit_cast<uint64_t>(a);
}
BRINK_OPERATION constexpr float f32_reinterpret_i32(uint32_t a) {
  return std::bit_cast<float>(a);
}
BRINK_OPERATION constexpr double f64_reinterpret_i64(uint64_t a) {
  return std::bit_cast<double>(a);
}

// --- Float to integer, towards zero ---

namespace convert_detail {

inline constexpr int64_t kOutOfRange = std::numeric_limits<int64_t>::min();

/// `a` towards zero as an i64, or kOutOfRange when that is not one (or is just that one).
template <typename F>
BRINK_OPERATION int64_t truncate(F a) {
#if defined(BRINK_SEMANTICS_SSE4)
  // Why no intrinsic: gcc folds it, and to something else for a constant out of range.
  int64_t result;
  if constexpr (sizeof(F) == 4) asm("cvttss2si %1, %0" : "=r"(result) : "x"(a));
  if constexpr (sizeof(F) == 8) asm("cvttsd2si %1, %0" : "=r"(result) : "x"(a));
  return result;
#else
  constexpr F kLimit = 0x1p63;
  return a >= -kLimit && a < kLimit ? static_cast<int64_t>(a) : kOutOfRange;
#endif
}

template <typename F>
BRINK_OPERATION TrapCode why(F a) {
  return a != a ? TrapCode::InvalidConversionToInteger : TrapCode::IntegerOverflow;
}

// The i32s of either sign are those results that narrowing leaves as they are.

template <typename F>
BRINK_OPERATION TrapCode truncate_to_s32(F a, uint32_t& result) {
  const int64_t wide = truncate(a);
  if (wide != static_cast<int32_t>(wide)) [[unlikely]]
    return why(a);
  result = static_cast<uint32_t>(wide);
  return TrapCode::None;
}

template <typename F>
BRINK_OPERATION TrapCode truncate_to_u32(F a, uint32_t& result) {
  const int64_t wide = truncate(a);
  if (wide != static_cast<uint32_t>(wide)) [[unlikely]]
    return why(a);
  result = static_cast<uint32_t>(wide);
  return TrapCode::None;
}

template <typename F>
BRINK_OPERATION TrapCode truncate_to_s64(F a, uint64_t& result) {
  const int64_t wide = truncate(a);
  if (wide == kOutOfRange && a != F{-0x1p63}) [[unlikely]]
    return why(a);
  result = static_cast<uint64_t>(wide);
  return TrapCode::None;
}

// The upper half of the range is truncated after moving it down by 2^63, which is exact there. For
// whatever is not in either half, both attempts give a negative number.
template <typename F>
BRINK_OPERATION TrapCode truncate_to_u64(F a, uint64_t& result) {
  const int64_t lower = truncate(a);
  if (lower >= 0) [[likely]] {
    result = static_cast<uint64_t>(lower);
    return TrapCode::None;
  }
  const int64_t upper = truncate(a - F{0x1p63});
  if (upper < 0) [[unlikely]]
    return why(a);
  result = static_cast<uint64_t>(upper) | uint64_t{1} << 63;
  return TrapCode::None;
}

/// What a saturating conversion gives where the trapping one traps.
template <typename S, typename F>
BRINK_OPERATION S saturate(F a) {
  if (a != a) return 0;
  return a < 0 ? std::numeric_limits<S>::min() : std::numeric_limits<S>::max();
}

}  // namespace convert_detail

#define BRINK_TRUNC(integer, U, floating, F, sign, truncation)                   \
  BRINK_OPERATION TrapCode integer##_trunc_##floating##_##sign(F a, U& result) { \
    return convert_detail::truncation(a, result);                                \
  }

BRINK_TRUNC(i32, uint32_t, f32, float, s, truncate_to_s32)
BRINK_TRUNC(i32, uint32_t, f32, float, u, truncate_to_u32)
BRINK_TRUNC(i32, uint32_t, f64, double, s, truncate_to_s32)
BRINK_TRUNC(i32, uint32_t, f64, double, u, truncate_to_u32)
BRINK_TRUNC(i64, uint64_t, f32, float, s, truncate_to_s64)
BRINK_TRUNC(i64, uint64_t, f32, float, u, truncate_to_u64)
BRINK_TRUNC(i64, uint64_t, f64, double, s, truncate_to_s64)
BRINK_TRUNC(i64, uint64_t, f64, double, u, truncate_to_u64)

#undef BRINK_TRUNC

// On aarch64 the saturating conversion is one instruction; the last two columns are the names of
// its registers.
#if defined(BRINK_SEMANTICS_NEON)
#define BRINK_TRUNC_SAT(integer, U, S, floating, F, sign, to, from)     \
  BRINK_OPERATION U integer##_trunc_sat_##floating##_##sign(F a) {      \
    U result;                                                           \
    asm("fcvtz" #sign " %" to "0, %" from "1" : "=r"(result) : "w"(a)); \
    return result;                                                      \
  }
#else
#define BRINK_TRUNC_SAT(integer, U, S, floating, F, sign, to, from)                  \
  BRINK_OPERATION U integer##_trunc_sat_##floating##_##sign(F a) {                   \
    U result;                                                                        \
    if (integer##_trunc_##floating##_##sign(a, result) == TrapCode::None) [[likely]] \
      return result;                                                                 \
    return static_cast<U>(convert_detail::saturate<S>(a));                           \
  }
#endif

BRINK_TRUNC_SAT(i32, uint32_t, int32_t, f32, float, s, "w", "s")
BRINK_TRUNC_SAT(i32, uint32_t, uint32_t, f32, float, u, "w", "s")
BRINK_TRUNC_SAT(i32, uint32_t, int32_t, f64, double, s, "w", "d")
BRINK_TRUNC_SAT(i32, uint32_t, uint32_t, f64, double, u, "w", "d")
BRINK_TRUNC_SAT(i64, uint64_t, int64_t, f32, float, s, "x", "s")
BRINK_TRUNC_SAT(i64, uint64_t, uint64_t, f32, float, u, "x", "s")
BRINK_TRUNC_SAT(i64, uint64_t, int64_t, f64, double, s, "x", "d")
BRINK_TRUNC_SAT(i64, uint64_t, uint64_t, f64, double, u, "x", "d")

#undef BRINK_TRUNC_SAT

}  // namespace brink::semantics

#endif  // BRINK_SEMANTICS_CONVERT_H_
