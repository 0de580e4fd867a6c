// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/compile/ir/fold.h"

#include <bit>
#include <tuple>
#include <type_traits>

#include "brink/trap.h"
#include "engine/compile/ir/editor.h"
#include "engine/semantics/convert.h"
#include "engine/semantics/float.h"
#include "engine/semantics/integer.h"
#include "engine/semantics/relaxed_simd.h"
#include "engine/semantics/simd_convert.h"
#include "engine/semantics/simd_float.h"
#include "engine/semantics/simd_integer.h"
#include "engine/semantics/simd_lane.h"
#include "engine/semantics/simd_width.h"
#include "engine/semantics/wide.h"

namespace brink::compile::ir {
namespace {

template <typename T>
T read(const V128& bits) {
  if constexpr (std::is_same_v<T, V128>)
    return bits;
  else if constexpr (std::is_same_v<T, float>)
    return std::bit_cast<float>(static_cast<uint32_t>(bits.words[0]));
  else if constexpr (std::is_same_v<T, double>)
    return std::bit_cast<double>(bits.words[0]);
  else
    return static_cast<T>(bits.words[0]);
}

template <typename T>
V128 write(T value) {
  if constexpr (std::is_same_v<T, V128>)
    return value;
  else if constexpr (std::is_same_v<T, float>)
    return V128{{std::bit_cast<uint32_t>(value), 0}};
  else if constexpr (std::is_same_v<T, double>)
    return V128{{std::bit_cast<uint64_t>(value), 0}};
  else
    return V128{{static_cast<uint64_t>(value), 0}};
}

/// The most arguments that a function takes, with its immediates and the place for its result.
constexpr size_t kMaxArguments = 4;
using Arguments = std::array<V128, kMaxArguments>;
using Evaluate = bool (*)(const Arguments&, Folded&);

/// Calls the function on the first of the arguments. One that may trap puts its result into its
/// last argument.
template <typename R, typename... A, size_t... I>
bool call(R (*function)(A...), const Arguments& arguments, Folded& folded,
          std::index_sequence<I...>) {
  std::tuple<std::remove_reference_t<A>...> values{
      read<std::remove_reference_t<A>>(arguments[I])...};
  folded.count = 1;
  if constexpr (std::is_same_v<R, TrapCode>) {
    if (std::apply(function, values) != TrapCode::None) return false;
    folded.results[0] = write(std::get<sizeof...(A) - 1>(values));
  } else if constexpr (std::is_same_v<R, semantics::Wide>) {
    const semantics::Wide wide = std::apply(function, values);
    folded = {2, {write(wide.low), write(wide.high)}};
  } else {
    folded.results[0] = write(std::apply(function, values));
  }
  return true;
}

template <typename R, typename... A>
constexpr size_t arity(R (*)(A...)) {
  return sizeof...(A);
}

template <auto function>
bool evaluate(const Arguments& arguments, Folded& folded) {
  return call(function, arguments, folded, std::make_index_sequence<arity(function)>());
}

const std::array<Evaluate, kOpcodeCount>& evaluators() {
  static const std::array<Evaluate, kOpcodeCount> kTable = [] {
    std::array<Evaluate, kOpcodeCount> table = {};
#define BRINK_SEMANTICS(id, function) \
  table[static_cast<size_t>(Opcode::id)] = evaluate<&semantics::function>;
#include "engine/semantics/operations.def"
    for (uint32_t i = 0; i < kOpcodeCount; ++i)
      if (kOpcodes[i].feature == Feature::RelaxedSimd) table[i] = nullptr;
    return table;
  }();
  return kTable;
}

}  // namespace

std::optional<V128> constant_bits(const Function& function, ValueId value) {
  const Inst& inst = function[value];
  if (inst.op == Op::RefNull) return V128{};
  if (!is_constant(inst)) return std::nullopt;
  if (inst.op == to_op(Opcode::V128Const)) return function.vectors[inst.imm];
  return V128{{inst.imm, 0}};
}

std::optional<Folded> fold(const Function& function, const Inst& inst) {
  if (!is_wasm(inst.op)) return std::nullopt;
  const Evaluate evaluate = evaluators()[static_cast<size_t>(inst.op)];
  if (evaluate == nullptr) return std::nullopt;
  Arguments arguments;
  size_t count = 0;
  for (const ValueId arg : function.args(inst)) {
    const std::optional<V128> bits = constant_bits(function, arg);
    if (!bits) return std::nullopt;
    arguments[count++] = *bits;
  }
  const ImmKind immediate = info(to_opcode(inst.op)).imm;
  if (immediate == ImmKind::Lane) arguments[count] = V128{{inst.lane, 0}};
  if (immediate == ImmKind::Shuffle) arguments[count] = function.vectors[inst.imm];
  Folded folded;
  if (!evaluate(arguments, folded)) return std::nullopt;
  return folded;
}

}  // namespace brink::compile::ir
