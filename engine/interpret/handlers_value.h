// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Handlers of all instructions that only compute: shape x semantics function x operand modes. The
// sources that include this file instantiate it for a part of the opcode table each, so that they
// compile side by side.

#ifndef BRINK_INTERPRET_HANDLERS_VALUE_H_
#define BRINK_INTERPRET_HANDLERS_VALUE_H_

#include <tuple>
#include <type_traits>

#include "engine/interpret/handler_table.h"
#include "engine/interpret/operands.h"
#include "engine/semantics/convert.h"
#include "engine/semantics/float.h"
#include "engine/semantics/integer.h"
#include "engine/semantics/relaxed_simd.h"
#include "engine/semantics/simd_convert.h"
#include "engine/semantics/simd_float.h"
#include "engine/semantics/simd_integer.h"
#include "engine/semantics/simd_lane.h"
#include "engine/semantics/wide.h"

namespace brink::interpret {
namespace {

/// Operand and result types of a semantics function; `TrapCode f(A..., R&)` traps.
template <typename F>
struct FunctionTraits;
template <typename R, typename... As>
struct FunctionTraits<R (*)(As...)> {
  using Args = std::tuple<As...>;
  static constexpr size_t kLast = sizeof...(As) - 1;
  static constexpr bool kTraps = std::is_same_v<R, TrapCode>;
  using Last = std::tuple_element_t<kLast, Args>;
  using Result = std::conditional_t<kTraps, std::remove_reference_t<Last>, R>;
  static constexpr size_t kArity = sizeof...(As) - (kTraps ? 1 : 0);
};
template <auto fn>
using Traits = FunctionTraits<decltype(fn)>;
template <auto fn, size_t i>
using Arg = std::tuple_element_t<i, typename Traits<fn>::Args>;
template <auto fn>
using ResultOf = typename Traits<fn>::Result;

template <auto fn, Mode src, Mode dst>
void unary(BRINK_STATE) {
  using A = Arg<fn, 0>;
  const auto a = BRINK_READ(A, src, b);
  if constexpr (Traits<fn>::kTraps) {
    ResultOf<fn> result;
    const TrapCode trap = fn(a, result);
    if (trap != TrapCode::None) [[unlikely]]
      BRINK_RAISE(trap);
    BRINK_WRITE(ResultOf<fn>, dst, result);
  } else {
    BRINK_WRITE(ResultOf<fn>, dst, fn(a));
  }
  BRINK_NEXT(2);
}

template <auto fn, Mode left, Mode right, Mode dst>
void binary(BRINK_STATE) {
  using A = Arg<fn, 0>;
  using B = Arg<fn, 1>;
  const auto a = BRINK_READ(A, left, b);
  const auto b = BRINK_READ(B, right, c);
  constexpr uint32_t kWords = kImmWords<Arg<fn, 1>, right>;
  if constexpr (Traits<fn>::kTraps) {
    ResultOf<fn> result;
    const TrapCode trap = fn(a, b, result);
    if (trap != TrapCode::None) [[unlikely]]
      BRINK_RAISE(trap);
    BRINK_WRITE(ResultOf<fn>, dst, result);
  } else {
    BRINK_WRITE(ResultOf<fn>, dst, fn(a, b));
  }
  BRINK_NEXT(kWords);
}

template <auto fn>
void ternary(BRINK_STATE) {
  const V128 a = BRINK_READ(V128, Mode::Slot, b);
  const V128 b = BRINK_READ(V128, Mode::Slot, c);
  const V128 c = BRINK_READ(V128, Mode::Slot, d);
  BRINK_WRITE(V128, Mode::Slot, fn(a, b, c));
  BRINK_NEXT(2);
}

/// The left operand is the constant; b right.
template <auto fn, Mode right, Mode dst>
void binary_constant_left(BRINK_STATE) {
  using A = Arg<fn, 0>;
  using B = Arg<fn, 1>;
  const A a = immediate<A>(pc);
  const B b = BRINK_READ(B, right, b);
  constexpr uint32_t kWords = kImmWords<A, Mode::Imm>;
  BRINK_WRITE(ResultOf<fn>, dst, fn(a, b));
  BRINK_NEXT(kWords);
}

/// a result, b vector, c lane number.
template <auto fn, Mode src, Mode dst>
void extract_lane(BRINK_STATE) {
  const V128 a = BRINK_READ(V128, src, b);
  BRINK_WRITE(ResultOf<fn>, dst, fn(a, pc[1].operands.c));
  BRINK_NEXT(2);
}

/// a result, b vector, c scalar, d lane number.
template <auto fn, Mode vector, Mode scalar>
void replace_lane(BRINK_STATE) {
  using B = Arg<fn, 1>;
  const V128 a = BRINK_READ(V128, vector, b);
  const auto b = BRINK_READ(B, scalar, c);
  BRINK_WRITE(V128, Mode::Slot, fn(a, b, pc[1].operands.d));
  BRINK_NEXT(2);
}

/// Words 2 and 3: the lane numbers.
template <auto fn, Mode left, Mode right>
void shuffle(BRINK_STATE) {
  const V128 a = BRINK_READ(V128, left, b);
  const V128 b = BRINK_READ(V128, right, c);
  const V128 lanes = load_slot<V128>(&pc[2].bits);
  BRINK_WRITE(V128, Mode::Slot, fn(a, b, lanes));
  BRINK_NEXT(4);
}

/// a left, b right, imm target; a constant right operand is in word 2. `fn` is a comparison, or any
/// instruction whose result is a condition.
template <auto fn, Mode left, Mode right, bool negate, bool backward>
void compare_branch(BRINK_STATE) {
  using T = Arg<fn, 0>;
  const T a = BRINK_READ(T, left, a);
  T b;
  if constexpr (right == Mode::Imm) {
    b = static_cast<T>(pc[2].bits);
  } else {
    b = BRINK_READ(T, right, b);
  }
  if ((fn(a, b) != 0) != negate) {
    pc += pc[1].operands.imm;
    if constexpr (backward) {
      if (fp >= rt->stack_limit.load(std::memory_order_relaxed)) [[unlikely]]
        BRINK_GOTO(poll_interrupts);
    }
    BRINK_NEXT(0);
  }
  BRINK_NEXT(right == Mode::Imm ? 3 : 2);
}

template <typename T>
inline constexpr bool kIsVector = std::is_same_v<T, V128>;

// Which combinations exist. Results that are vectors always go to their slot as well: two stores
// less matter little beside the operation, and the table stays half as large.

template <auto fn, Mode a, Mode dst>
consteval Handler unary_handler() {
  if constexpr (kIsVector<ResultOf<fn>> && dst == Mode::Acc)
    return nullptr;
  else
    return unary<fn, a, dst>;
}

template <auto fn, Mode a, Mode b, Mode dst>
consteval Handler binary_handler() {
  constexpr bool same_class = !kIsVector<Arg<fn, 0>> || kIsVector<Arg<fn, 1>>;
  if constexpr (kIsVector<ResultOf<fn>> && dst == Mode::Acc)
    return nullptr;
  else if constexpr (a == Mode::Acc && b == Mode::Acc && same_class)
    return nullptr;
  else if constexpr (b == Mode::Imm && kIsVector<Arg<fn, 1>>)
    return nullptr;
  else
    return binary<fn, a, b, dst>;
}

template <OpClass cls, auto fn, Mode a, Mode b, bool negate, bool backward>
consteval Handler compare_branch_handler() {
  constexpr bool is_integer = std::is_integral_v<Arg<fn, 0>>;
  // The negation of an integer comparison is another comparison; with NaN it is not.
  if constexpr (is_integer && negate && cls == OpClass::Compare)
    return nullptr;
  else if constexpr (!is_integer && b == Mode::Imm)
    return nullptr;
  else if constexpr (a == Mode::Acc && b == Mode::Acc)
    return nullptr;
  else
    return compare_branch<fn, a, b, negate, backward>;
}

template <OpClass cls, auto fn>
consteval ValueHandlers make_value_handlers() {
  ValueHandlers result;
  constexpr Mode kS = Mode::Slot, kA = Mode::Acc, kI = Mode::Imm;
  if constexpr (cls == OpClass::Unary || cls == OpClass::Test) {
    result.by_mode[0][0][0] = unary_handler<fn, kS, kS>();
    result.by_mode[0][0][1] = unary_handler<fn, kS, kA>();
    result.by_mode[1][0][0] = unary_handler<fn, kA, kS>();
    result.by_mode[1][0][1] = unary_handler<fn, kA, kA>();
  } else if constexpr (cls == OpClass::Binary || cls == OpClass::Compare) {
    result.by_mode[0][0][0] = binary_handler<fn, kS, kS, kS>();
    result.by_mode[0][0][1] = binary_handler<fn, kS, kS, kA>();
    result.by_mode[0][1][0] = binary_handler<fn, kS, kA, kS>();
    result.by_mode[0][1][1] = binary_handler<fn, kS, kA, kA>();
    result.by_mode[0][2][0] = binary_handler<fn, kS, kI, kS>();
    result.by_mode[0][2][1] = binary_handler<fn, kS, kI, kA>();
    result.by_mode[1][0][0] = binary_handler<fn, kA, kS, kS>();
    result.by_mode[1][0][1] = binary_handler<fn, kA, kS, kA>();
    result.by_mode[1][1][0] = binary_handler<fn, kA, kA, kS>();
    result.by_mode[1][1][1] = binary_handler<fn, kA, kA, kA>();
    result.by_mode[1][2][0] = binary_handler<fn, kA, kI, kS>();
    result.by_mode[1][2][1] = binary_handler<fn, kA, kI, kA>();
    // Commutative operations have the constant on the right, comparisons are exchanged.
    if constexpr (cls == OpClass::Binary && !Traits<fn>::kTraps && !kIsVector<Arg<fn, 0>>) {
      result.by_mode[2][0][0] = binary_constant_left<fn, kS, kS>;
      result.by_mode[2][0][1] = binary_constant_left<fn, kS, kA>;
      result.by_mode[2][1][0] = binary_constant_left<fn, kA, kS>;
      result.by_mode[2][1][1] = binary_constant_left<fn, kA, kA>;
    }
  } else if constexpr (cls == OpClass::Ternary) {
    result.by_mode[0][0][0] = ternary<fn>;
  } else if constexpr (cls == OpClass::ExtractLane) {
    result.by_mode[0][0][0] = extract_lane<fn, kS, kS>;
    result.by_mode[0][0][1] = extract_lane<fn, kS, kA>;
    result.by_mode[1][0][0] = extract_lane<fn, kA, kS>;
    result.by_mode[1][0][1] = extract_lane<fn, kA, kA>;
  } else if constexpr (cls == OpClass::ReplaceLane) {
    result.by_mode[0][0][0] = replace_lane<fn, kS, kS>;
    result.by_mode[0][1][0] = replace_lane<fn, kS, kA>;
    result.by_mode[1][0][0] = replace_lane<fn, kA, kS>;
    result.by_mode[1][1][0] = replace_lane<fn, kA, kA>;
  } else if constexpr (cls == OpClass::Shuffle) {
    result.by_mode[0][0][0] = shuffle<fn, kS, kS>;
    result.by_mode[0][1][0] = shuffle<fn, kS, kA>;
    result.by_mode[1][0][0] = shuffle<fn, kA, kS>;
  }
  return result;
}

template <OpClass cls, auto fn>
consteval CompareBranchHandlers make_compare_branch_handlers() {
  CompareBranchHandlers result;
  constexpr Mode kS = Mode::Slot, kA = Mode::Acc, kI = Mode::Imm;
#define BRINK_ROW(i, j, a, b)                                                         \
  result.by_mode[i][j][0][0] = compare_branch_handler<cls, fn, a, b, false, false>(); \
  result.by_mode[i][j][0][1] = compare_branch_handler<cls, fn, a, b, false, true>();  \
  result.by_mode[i][j][1][0] = compare_branch_handler<cls, fn, a, b, true, false>();  \
  result.by_mode[i][j][1][1] = compare_branch_handler<cls, fn, a, b, true, true>();
  BRINK_ROW(0, 0, kS, kS)
  BRINK_ROW(0, 1, kS, kA)
  BRINK_ROW(0, 2, kS, kI)
  BRINK_ROW(1, 0, kA, kS)
  BRINK_ROW(1, 2, kA, kI)
#undef BRINK_ROW
  return result;
}

/// The handlers of one instruction if `Part::has(opcode)`, instantiated only then.
template <typename Part, Opcode opcode, auto fn>
const ValueHandlers* value_row() {
  if constexpr (Part::has(opcode)) {
    static constexpr ValueHandlers kRow = make_value_handlers<info(opcode).cls, fn>();
    return &kRow;
  } else {
    return nullptr;
  }
}

template <typename Part, Opcode opcode, auto fn>
const CompareBranchHandlers* compare_branch_row() {
  if constexpr (Part::has(opcode) && fuses_with_branch(opcode)) {
    static constexpr CompareBranchHandlers kRow =
        make_compare_branch_handlers<info(opcode).cls, fn>();
    return &kRow;
  } else {
    return nullptr;
  }
}

/// Enters the rows of `Part` into the tables.
template <typename Part>
void fill_rows(ValueTables& tables) {
#define BRINK_SEMANTICS(id, function)                                                 \
  if (const auto* row = value_row<Part, Opcode::id, &semantics::function>())          \
    tables.values[static_cast<size_t>(Opcode::id)] = row;                             \
  if (const auto* row = compare_branch_row<Part, Opcode::id, &semantics::function>()) \
    tables.compare_branches[static_cast<size_t>(Opcode::id)] = row;
#include "engine/semantics/operations.def"
}

}  // namespace

}  // namespace brink::interpret

#endif  // BRINK_INTERPRET_HANDLERS_VALUE_H_
