// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// What the simd_*.h headers share: vector types of the compilers' own extension, whose operators
// work on all lanes at once, and the ways between them, V128 and the machine's intrinsics.
//
// Invariant: V128 is only storage. No operation looks at it but through as<> and to_v128, which
// both compilers turn into one load and one store, or into nothing.

#ifndef BRINK_SEMANTICS_SIMD_H_
#define BRINK_SEMANTICS_SIMD_H_

#include <bit>
#include <concepts>
#include <cstdint>
#include <type_traits>

#include "brink/v128.h"
#include "engine/semantics/target.h"

/// The expression for this machine.
#if defined(BRINK_SEMANTICS_SSE4)
#define BRINK_SEMANTICS_PICK(sse, neon, portable) sse
#elif defined(BRINK_SEMANTICS_NEON)
#define BRINK_SEMANTICS_PICK(sse, neon, portable) neon
#else
#define BRINK_SEMANTICS_PICK(sse, neon, portable) portable
#endif

namespace brink::semantics::simd {

using s8x16 __attribute__((vector_size(16))) = int8_t;
using u8x16 __attribute__((vector_size(16))) = uint8_t;
using s16x8 __attribute__((vector_size(16))) = int16_t;
using u16x8 __attribute__((vector_size(16))) = uint16_t;
using s32x4 __attribute__((vector_size(16))) = int32_t;
using u32x4 __attribute__((vector_size(16))) = uint32_t;
using s64x2 __attribute__((vector_size(16))) = int64_t;
using u64x2 __attribute__((vector_size(16))) = uint64_t;
using f32x4 __attribute__((vector_size(16))) = float;
using f64x2 __attribute__((vector_size(16))) = double;

/// The lanes of `v` as `Vector` has them.
template <typename Vector>
BRINK_OPERATION Vector as(V128 v) {
  return std::bit_cast<Vector>(v);
}

template <typename Vector>
BRINK_OPERATION V128 to_v128(Vector v) {
  static_assert(sizeof(Vector) == sizeof(V128));
  return std::bit_cast<V128>(v);
}

template <typename Vector>
using LaneOf = std::remove_cvref_t<decltype(Vector{}[0])>;

/// The integer `lane` in every lane.
template <typename Vector>
BRINK_OPERATION Vector splat(std::integral auto lane) {
  return Vector{} + static_cast<LaneOf<Vector>>(lane);
}

/// Bit by bit: `a` where `mask` is set, else `b`.
template <typename Vector>
BRINK_OPERATION Vector choose(Vector mask, Vector a, Vector b) {
  return (a & mask) | (b & ~mask);
}

#if defined(BRINK_SEMANTICS_SSE4)
BRINK_OPERATION __m128i m128i(V128 v) {
  return (__m128i)as<s64x2>(v);
}
BRINK_OPERATION __m128 m128(V128 v) {
  return (__m128)as<f32x4>(v);
}
BRINK_OPERATION __m128d m128d(V128 v) {
  return (__m128d)as<f64x2>(v);
}
BRINK_OPERATION V128 from_m128i(__m128i v) {
  return to_v128((s64x2)v);
}
BRINK_OPERATION V128 from_m128(__m128 v) {
  return to_v128((f32x4)v);
}
BRINK_OPERATION V128 from_m128d(__m128d v) {
  return to_v128((f64x2)v);
}
#endif

}  // namespace brink::semantics::simd

#endif  // BRINK_SEMANTICS_SIMD_H_
