// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
#include "engine/compile/x64/vector_oracle.h"

#include <algorithm>
#include <bit>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

#include "engine/semantics/convert.h"
#include "engine/semantics/float.h"
#include "engine/semantics/integer.h"
#include "engine/semantics/relaxed_simd.h"
#include "engine/semantics/simd_convert.h"
#include "engine/semantics/simd_float.h"
#include "engine/semantics/simd_integer.h"
#include "engine/semantics/simd_lane.h"
#include "engine/semantics/simd_width.h"
#include "engine/semantics/test_values.h"
#include "engine/semantics/wide.h"

namespace brink::compile::x64 {

namespace {

template <typename T>
T read(const V128& bits) {
  if constexpr (std::is_same_v<T, V128>)
    return bits;
  else if constexpr (std::is_floating_point_v<T>)
    return semantics::test::from_bits<T>(static_cast<semantics::test::Bits<T>>(bits.words[0]));
  else
    return static_cast<T>(bits.words[0]);
}

template <typename T>
V128 write(T value) {
  if constexpr (std::is_same_v<T, V128>)
    return value;
  else
    return V128{{semantics::test::bits(value), 0}};
}

using Evaluate = std::optional<OracleResults> (*)(const OracleArguments&);

template <typename R, typename... A, size_t... I>
std::optional<OracleResults> call(R (*function)(A...), const OracleArguments& arguments,
                                  std::index_sequence<I...>) {
  if constexpr (std::is_same_v<R, TrapCode>) {
    return std::nullopt;
  } else if constexpr (std::is_same_v<R, semantics::Wide>) {
    const semantics::Wide wide = function(read<A>(arguments[I])...);
    return OracleResults{2, {write(wide.low), write(wide.high)}};
  } else {
    return OracleResults{1, {write(function(read<A>(arguments[I])...))}};
  }
}
template <typename R, typename... A>
std::optional<OracleResults> call_all(R (*function)(A...), const OracleArguments& arguments) {
  return call(function, arguments, std::index_sequence_for<A...>());
}
template <auto function>
std::optional<OracleResults> evaluate(const OracleArguments& arguments) {
  return call_all(function, arguments);
}

struct Entry {
  Opcode opcode;
  Evaluate evaluate;
};
constexpr Entry kEntries[] = {
#define BRINK_SEMANTICS(id, function) {Opcode::id, evaluate<&semantics::function>},
#include "engine/semantics/operations.def"
};

template <typename T>
V128 vector_of(std::mt19937_64& random) {
  semantics::test::LanesOf<T> lanes;
  for (T& lane : lanes) lane = semantics::test::any<T>(random);
  return semantics::test::vector_of<T>(lanes);
}

/// Float arithmetic may choose its NaNs.
bool chooses_nans(std::string_view mnemonic) {
  if (!mnemonic.starts_with("f32x4.") && !mnemonic.starts_with("f64x2.")) return false;
  const std::string_view name = mnemonic.substr(6);
  static constexpr std::string_view kNames[] = {"add",
                                                "sub",
                                                "mul",
                                                "div",
                                                "sqrt",
                                                "min",
                                                "max",
                                                "ceil",
                                                "floor",
                                                "trunc",
                                                "nearest",
                                                "relaxed_min",
                                                "relaxed_max",
                                                "relaxed_madd",
                                                "relaxed_nmadd",
                                                "demote_f64x2_zero",
                                                "promote_low_f32x4"};
  return std::ranges::find(kNames, name) != std::end(kNames);
}

template <typename F>
bool are_allowed_lanes(V128 got_bits, V128 want_bits, const OracleArguments& arguments,
                       bool same_lanes) {
  using B = semantics::test::Bits<F>;
  constexpr int kMantissa = sizeof(F) == 4 ? 23 : 52;
  constexpr B kQuiet = B{1} << (kMantissa - 1);
  constexpr B kPayload = (B{1} << kMantissa) - 1;
  const auto is_nan = [](F value) { return value != value; };
  const auto is_canonical = [](F value) {
    return (semantics::test::bits(value) & kPayload) == kQuiet;
  };
  const auto got = semantics::test::lanes<F>(got_bits);
  const auto want = semantics::test::lanes<F>(want_bits);
  for (size_t i = 0; i < got.size(); ++i) {
    if (semantics::test::bits(got[i]) == semantics::test::bits(want[i])) continue;
    if (!is_nan(got[i]) || !is_nan(want[i])) return false;
    if ((semantics::test::bits(got[i]) & kQuiet) == 0) return false;
    const bool all_canonical = std::ranges::all_of(arguments, [&](const V128& argument) {
      const F lane = semantics::test::lanes<F>(argument)[i];
      return !is_nan(lane) || is_canonical(lane);
    });
    if (same_lanes && all_canonical && !is_canonical(got[i])) return false;
  }
  return true;
}

}  // namespace

std::optional<OracleResults> oracle(Opcode opcode, const OracleArguments& arguments) {
  for (const Entry& entry : kEntries)
    if (entry.opcode == opcode) return entry.evaluate(arguments);
  return std::nullopt;
}

V128 any_vector(std::mt19937_64& random) {
  switch (random() % 6) {
    case 0: return vector_of<uint8_t>(random);
    case 1: return vector_of<uint16_t>(random);
    case 2: return vector_of<uint32_t>(random);
    case 3: return vector_of<uint64_t>(random);
    case 4: return vector_of<float>(random);
    default: return vector_of<double>(random);
  }
}

bool is_allowed(Opcode opcode, V128 got, V128 want, const OracleArguments& arguments) {
  if (got == want) return true;
  const std::string_view name = mnemonic(opcode);
  if (!chooses_nans(name)) return false;
  const bool same_lanes =
      opcode != Opcode::F32x4DemoteF64x2Zero && opcode != Opcode::F64x2PromoteLowF32x4;
  return name.starts_with("f32x4.") ? are_allowed_lanes<float>(got, want, arguments, same_lanes)
                                    : are_allowed_lanes<double>(got, want, arguments, same_lanes);
}

}  // namespace brink::compile::x64
