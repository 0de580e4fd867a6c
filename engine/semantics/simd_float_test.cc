// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Lane-wise float instructions against the models of the scalar ones.

#include "engine/semantics/simd_float.h"

#include "engine/semantics/float_model.h"
#include "engine/semantics/test_values.h"

namespace brink::semantics {
namespace {

using namespace test;

using Unary = V128 (*)(V128);
using Binary = V128 (*)(V128, V128);

template <typename F>
void check_unary(Unary function, F (*model)(F)) {
  for (const auto& [a, unused] : vector_pairs<F>()) {
    const LanesOf<F> got = lanes<F>(function(a));
    for (size_t i = 0; i < kLanes<F>; ++i) {
      const F lane = lanes<F>(a)[i];
      if (!is_allowed(got[i], model(lane), {lane}))
        FAIL(std::hex << "lane " << i << " of " << hex(a) << ": got " << bits(got[i]) << ", want "
                      << bits(model(lane)));
    }
  }
}

template <typename F>
void check_binary(Binary function, F (*model)(F, F)) {
  for (const auto& [a, b] : vector_pairs<F>()) {
    const LanesOf<F> got = lanes<F>(function(a, b));
    for (size_t i = 0; i < kLanes<F>; ++i) {
      const F x = lanes<F>(a)[i];
      const F y = lanes<F>(b)[i];
      if (!is_allowed(got[i], model(x, y), {x, y}))
        FAIL(std::hex << "lane " << i << " of " << hex(a) << " and " << hex(b) << ": got "
                      << bits(got[i]) << ", want " << bits(model(x, y)));
    }
  }
}

TEST_CASE("simd float arithmetic", "[semantics][simd]") {
  check_binary<float>(f32x4_add, model::add);
  check_binary<double>(f64x2_add, model::add);
  check_binary<float>(f32x4_sub, model::sub);
  check_binary<double>(f64x2_sub, model::sub);
  check_binary<float>(f32x4_mul, model::mul);
  check_binary<double>(f64x2_mul, model::mul);
  check_binary<float>(f32x4_div, model::div);
  check_binary<double>(f64x2_div, model::div);
  check_unary<float>(f32x4_sqrt, model::sqrt);
  check_unary<double>(f64x2_sqrt, model::sqrt);
}

TEST_CASE("simd rounding to whole numbers", "[semantics][simd]") {
  check_unary<float>(f32x4_ceil, model::ceil);
  check_unary<double>(f64x2_ceil, model::ceil);
  check_unary<float>(f32x4_floor, model::floor);
  check_unary<double>(f64x2_floor, model::floor);
  check_unary<float>(f32x4_trunc, model::trunc);
  check_unary<double>(f64x2_trunc, model::trunc);
  check_unary<float>(f32x4_nearest, model::nearest);
  check_unary<double>(f64x2_nearest, model::nearest);
}

TEST_CASE("simd float min and max", "[semantics][simd]") {
  check_binary<float>(f32x4_min, model::min);
  check_binary<double>(f64x2_min, model::min);
  check_binary<float>(f32x4_max, model::max);
  check_binary<double>(f64x2_max, model::max);
}

/// Operations that pass bits on; lanes compared as integers.
template <typename F>
void check_bits(Unary function, F (*model)(F)) {
  check_lanes<F, Bits<F>>(function, [=](F a) { return bits(model(a)); });
}

TEST_CASE("simd abs and neg keep the payload of a NaN", "[semantics][simd]") {
  check_bits<float>(f32x4_abs, model::abs);
  check_bits<double>(f64x2_abs, model::abs);
  check_bits<float>(f32x4_neg, model::neg);
  check_bits<double>(f64x2_neg, model::neg);
}

template <typename F>
void check_pseudo(Binary pmin, Binary pmax) {
  check_lanes<F, Bits<F>>(pmin, [](F a, F b) { return bits(model::order(b, a) == -1 ? b : a); });
  check_lanes<F, Bits<F>>(pmax, [](F a, F b) { return bits(model::order(a, b) == -1 ? b : a); });
}

TEST_CASE("pmin and pmax give one of the operands as it is", "[semantics][simd]") {
  check_pseudo<float>(f32x4_pmin, f32x4_pmax);
  check_pseudo<double>(f64x2_pmin, f64x2_pmax);
}

template <typename F>
void check_order(Binary function, bool (*model)(int order)) {
  check_lanes<F, Bits<F>>(function, [=](F a, F b) { return model(model::order(a, b)) ? -1 : 0; });
}

TEST_CASE("simd float comparisons", "[semantics][simd]") {
  const auto eq = [](int order) { return order == 0; };
  const auto ne = [](int order) { return order != 0; };
  const auto lt = [](int order) { return order == -1; };
  const auto gt = [](int order) { return order == 1; };
  const auto le = [](int order) { return order == -1 || order == 0; };
  const auto ge = [](int order) { return order == 1 || order == 0; };
  check_order<float>(f32x4_eq, eq);
  check_order<double>(f64x2_eq, eq);
  check_order<float>(f32x4_ne, ne);
  check_order<double>(f64x2_ne, ne);
  check_order<float>(f32x4_lt, lt);
  check_order<double>(f64x2_lt, lt);
  check_order<float>(f32x4_gt, gt);
  check_order<double>(f64x2_gt, gt);
  check_order<float>(f32x4_le, le);
  check_order<double>(f64x2_le, le);
  check_order<float>(f32x4_ge, ge);
  check_order<double>(f64x2_ge, ge);
}

}  // namespace
}  // namespace brink::semantics
