// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// From instruction and operand modes to the handler. A null handler means that there is none for
// this combination; the translator then moves an operand to a slot, which every row supports.

#ifndef BRINK_INTERPRET_HANDLER_TABLE_H_
#define BRINK_INTERPRET_HANDLER_TABLE_H_

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "engine/interpret/code.h"
#include "engine/wasm/opcode.h"

namespace brink::interpret {

/// Handlers of one instruction that computes: by the modes of its first and second operand and of
/// its result (Slot, Acc). Instructions with one operand use row b = Slot.
struct ValueHandlers {
  Handler by_mode[3][3][2] = {};
  Handler get(Mode a, Mode b, Mode result) const {
    return by_mode[static_cast<int>(a)][static_cast<int>(b)][static_cast<int>(result)];
  }
};

/// Handlers of "compare and branch": by operand modes, whether the condition is negated, and
/// whether the branch goes back to a loop.
struct CompareBranchHandlers {
  Handler by_mode[2][3][2][2] = {};
  Handler get(Mode a, Mode b, bool negate, bool backward) const {
    return by_mode[static_cast<int>(a)][static_cast<int>(b)][negate][backward];
  }
};

/// Handlers of a load or store. Guarded: memory 0, 32-bit index, no check; address in a slot, the
/// accumulator, or absent (Imm: the offset is all). `value` is the result's or the operand's mode.
/// Checked: any memory; address and value in slots; word 1: a value, b address, imm memory; word 2:
/// offset; by address type.
/// Sums: the address is the 32-bit sum of two operands, the first in a slot or the accumulator, the
/// second a constant (imm, the offset is 0) or a slot (c, the offset is the 16 bits of d).
struct AccessHandlers {
  Handler guarded[3][3] = {};
  Handler plus_constant[2][3] = {};
  Handler plus_slot[2][3] = {};
  Handler checked[2] = {};
};

/// The handlers that are not named after an instruction of the format.
enum class InternalOp : uint16_t {
#define BRINK_INTERNAL_OP(id, words, layout) id,
#include "engine/interpret/internal_ops.def"
};

inline constexpr uint32_t kInternalOpCount = 0
#define BRINK_INTERNAL_OP(id, words, layout) +1
#include "engine/interpret/internal_ops.def"
    ;

/// All handlers. Rows are null for instructions of another shape.
struct ValueTables {
  std::array<const ValueHandlers*, kOpcodeCount> values = {};
  std::array<const CompareBranchHandlers*, kOpcodeCount> compare_branches = {};
};
struct HandlerTables : ValueTables {
  std::array<const AccessHandlers*, kOpcodeCount> accesses = {};
  std::array<Handler, kInternalOpCount> internal = {};
};
const HandlerTables& handlers();

/// Whether a branch can be fused with an instruction that makes its condition.
constexpr bool fuses_with_branch(Opcode opcode) {
  return info(opcode).cls == OpClass::Compare || opcode == Opcode::I32And;
}

inline Handler internal_handler(InternalOp op) {
  return handlers().internal[static_cast<size_t>(op)];
}

// The sources that hold the handlers enter them here.
void fill_integer_rows(ValueTables& tables);
void fill_float_rows(ValueTables& tables);
void fill_simd_low_rows(ValueTables& tables);
void fill_simd_high_rows(ValueTables& tables);
void fill_access_rows(std::array<const AccessHandlers*, kOpcodeCount>& rows);
void fill_atomic_rows(std::array<const AccessHandlers*, kOpcodeCount>& rows);
void fill_control_handlers(std::array<Handler, kInternalOpCount>& handlers);
void fill_call_handlers(std::array<Handler, kInternalOpCount>& handlers);
void fill_state_handlers(std::array<Handler, kInternalOpCount>& handlers);
void fill_gc_handlers(std::array<Handler, kInternalOpCount>& handlers);
void fill_exception_handlers(std::array<Handler, kInternalOpCount>& handlers);

/// For disassembly: what a handler is and how to print its operands.
enum class Shape : uint8_t {
  Value,
  CompareBranch,
  Access,
  AccessPlusConstant,
  AccessPlusSlot,
  CheckedAccess,
  Internal
};
struct HandlerName {
  Shape shape;
  uint16_t op = 0;     ///< Opcode or InternalOp
  Mode modes[3] = {};  ///< operand, operand, result
  bool negate = false;
  bool backward = false;
};
/// nullptr for what is no handler.
const HandlerName* find_handler_name(Handler handler);

}  // namespace brink::interpret

#endif  // BRINK_INTERPRET_HANDLER_TABLE_H_
