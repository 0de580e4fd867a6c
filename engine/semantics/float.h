// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// The instructions of f32 and f64; the convention is in integer.h. A row of the tables defines both
// widths; F is the operand type.
//
// NaNs (spec: NaN propagation). abs, neg and copysign are operations on bits: payload and quiet bit
// stay as they are. Every other instruction gives a quiet NaN: the machine sets the quiet bit of an
// operand's payload, or makes the canonical NaN, and both are what the specification allows.
//
// Invariants of the environment: round to nearest even, no flush to zero, and a compiler that does
// not contract a multiplication and an addition of the guest's into one operation
// (-ffp-contract=off, which linking to this folder's target sets).

#ifndef BRINK_SEMANTICS_FLOAT_H_
#define BRINK_SEMANTICS_FLOAT_H_

#include <bit>
#include <cstdint>

#include "engine/semantics/target.h"

namespace brink::semantics {

namespace float_detail {

template <typename F>
struct BitsOf;
template <>
struct BitsOf<float> {
  using Type = uint32_t;
};
template <>
struct BitsOf<double> {
  using Type = uint64_t;
};
template <typename F>
using Bits = typename BitsOf<F>::Type;

/// `whole`, a rounded to a whole number. Where that is not an instruction, compilers and libraries
/// hand a NaN back as it came.
template <typename F>
BRINK_OPERATION F quieted(F a, F whole) {
#if defined(BRINK_SEMANTICS_SSE4) || defined(BRINK_SEMANTICS_NEON)
  static_cast<void>(a);
  return whole;
#else
  return a != a ? a + a : whole;
#endif
}

#if defined(BRINK_SEMANTICS_NEON)

// The machine's fmin and fmax are the specification's, and no builtin of both compilers names them
// for scalars.
#define BRINK_MACHINE(name, F, modifier)                            \
  BRINK_OPERATION F name(F a, F b) {                                \
    F result;                                                       \
    asm("f" #name " %" modifier "0, %" modifier "1, %" modifier "2" \
        : "=w"(result)                                              \
        : "w"(a), "w"(b));                                          \
    return result;                                                  \
  }
BRINK_MACHINE(min, float, "s")
BRINK_MACHINE(min, double, "d")
BRINK_MACHINE(max, float, "s")
BRINK_MACHINE(max, double, "d")
#undef BRINK_MACHINE

#else

// Operands that are ordered and differ take one predicted branch. Equal ones differ in bits only
// when they are zeros of either sign: min has the sign if either has it, max if both have.

template <typename F>
BRINK_OPERATION F min(F a, F b) {
  if (__builtin_islessgreater(a, b)) [[likely]]
    return a < b ? a : b;
  if (a == b) return std::bit_cast<F>(std::bit_cast<Bits<F>>(a) | std::bit_cast<Bits<F>>(b));
  return a + b;
}

template <typename F>
BRINK_OPERATION F max(F a, F b) {
  if (__builtin_islessgreater(a, b)) [[likely]]
    return a > b ? a : b;
  if (a == b) return std::bit_cast<F>(std::bit_cast<Bits<F>>(a) & std::bit_cast<Bits<F>>(b));
  return a + b;
}

#endif

}  // namespace float_detail

#define BRINK_UNARY(name, f32_expression, f64_expression) \
  BRINK_OPERATION float f32_##name(float a) {             \
    return f32_expression;                                \
  }                                                       \
  BRINK_OPERATION double f64_##name(double a) {           \
    return f64_expression;                                \
  }

#define BRINK_BINARY(name, f32_expression, f64_expression) \
  BRINK_OPERATION float f32_##name(float a, float b) {     \
    return f32_expression;                                 \
  }                                                        \
  BRINK_OPERATION double f64_##name(double a, double b) {  \
    return f64_expression;                                 \
  }

#define BRINK_COMPARE(name, expression)                     \
  BRINK_OPERATION uint32_t f32_##name(float a, float b) {   \
    return expression;                                      \
  }                                                         \
  BRINK_OPERATION uint32_t f64_##name(double a, double b) { \
    return expression;                                      \
  }

// clang-format off

BRINK_UNARY(abs, __builtin_fabsf(a), __builtin_fabs(a))
BRINK_UNARY(neg, -a, -a)
BRINK_UNARY(ceil, float_detail::quieted(a, __builtin_ceilf(a)),
            float_detail::quieted(a, __builtin_ceil(a)))
BRINK_UNARY(floor, float_detail::quieted(a, __builtin_floorf(a)),
            float_detail::quieted(a, __builtin_floor(a)))
BRINK_UNARY(trunc, float_detail::quieted(a, __builtin_truncf(a)),
            float_detail::quieted(a, __builtin_trunc(a)))
BRINK_UNARY(nearest, float_detail::quieted(a, __builtin_roundevenf(a)),
            float_detail::quieted(a, __builtin_roundeven(a)))
BRINK_UNARY(sqrt, __builtin_sqrtf(a), __builtin_sqrt(a))

BRINK_BINARY(add, a + b, a + b)
BRINK_BINARY(sub, a - b, a - b)
BRINK_BINARY(mul, a * b, a * b)
BRINK_BINARY(div, a / b, a / b)
BRINK_BINARY(min, float_detail::min(a, b), float_detail::min(a, b))
BRINK_BINARY(max, float_detail::max(a, b), float_detail::max(a, b))
BRINK_BINARY(copysign, __builtin_copysignf(a, b), __builtin_copysign(a, b))

BRINK_COMPARE(eq, a == b)
BRINK_COMPARE(ne, a != b)
BRINK_COMPARE(lt, a < b)
BRINK_COMPARE(gt, a > b)
BRINK_COMPARE(le, a <= b)
BRINK_COMPARE(ge, a >= b)

// clang-format on

#undef BRINK_COMPARE
#undef BRINK_BINARY
#undef BRINK_UNARY

}  // namespace brink::semantics

#endif  // BRINK_SEMANTICS_FLOAT_H_
