// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Threaded code: what the translator writes and the handlers read. An instruction is a run of
// 8-byte words. The first is the address of its handler, most have one word of operands after it:
//
//     word 0   | handler                                  |
//     word 1   | a: 16 | b: 16 | c: 16 | d: 16 |            operand names are frame slots
//              | a: 16 | b: 16 |    imm: 32    |            ... with a constant, offset or branch
//              |    lo: 32     |    hi: 32     |            ... or two wide fields
//     word 2.. | 64-bit constants, pointers                |
//
// Fields by shape:
//     binary           a result, b left, c right or imm right    (f64 constant: word 2)
//     unary            a result, b operand
//     compare-branch   a left, b right (slot or 16-bit constant), imm target
//     branch           a condition, imm target
//     load             a result, b address, imm offset            store: a value, b address
//     call             word 1 callee, word 2: lo callee's frame, so that at a return pc[-1].lo
//     gives
//                      the way back to the caller's frame
//
// A branch target counts words from the branch's own first word.

#ifndef BRINK_INTERPRET_CODE_H_
#define BRINK_INTERPRET_CODE_H_

#include <cstdint>

#include "brink/v128.h"
#include "engine/runtime/instance.h"
#include "engine/runtime/layout.h"
#include "engine/runtime/tiers.h"

namespace brink::interpret {

using runtime::CallOutcome;
using runtime::CodeHeader;
using runtime::ExecContext;
using runtime::FuncObject;
using runtime::InstanceObject;
using runtime::Slot;

union CodeWord;

/// The vector accumulator: a vector register, unlike a struct.
typedef uint64_t VectorAcc __attribute__((vector_size(16)));

/// The machine's state travels in arguments, that is, in registers: pc, frame, base of memory 0 (if
/// guarded), instance, execution context, and an accumulator for each class of values.
using Handler = void (*)(const CodeWord* pc, Slot* fp, uint8_t* mem, InstanceObject* inst,
                         ExecContext* rt, uint64_t acc, float facc, double dacc, VectorAcc vacc);

struct Operands {
  uint16_t a, b;
  union {
    struct {
      uint16_t c, d;
    };
    int32_t imm;
  };
};

struct WideOperands {
  uint32_t lo, hi;
};

union CodeWord {
  Handler handler;
  Operands operands;
  WideOperands wide;
  uint64_t bits;
  const CodeHeader* header;
  const void* pointer;
};
static_assert(sizeof(CodeWord) == 8);

/// Words of the call instructions of all kinds: handler, callee, operands.
inline constexpr uint32_t kCallWords = 3;

/// Bit beside the heap type in the operand of a cast: null passes.
inline constexpr uint32_t kNullableCast = 1u << 31;
inline constexpr uint32_t cast_operand(HeapType heap, bool nullable) {
  return heap.code() | (nullable ? kNullableCast : 0);
}

/// Where an operand of a handler comes from, or its result goes to.
enum class Mode : uint8_t {
  Slot,  ///< a frame slot; a result goes to the accumulator as well
  Acc,   ///< the accumulator of its class only
  Imm,   ///< a constant in the instruction
};

/// The accumulator a type travels in.
enum class AccClass : uint8_t { Int, F32, F64, Vector };
inline constexpr uint32_t kAccClasses = 4;

inline constexpr AccClass acc_class(ValType type) {
  switch (type.kind()) {
    case ValKind::F32: return AccClass::F32;
    case ValKind::F64: return AccClass::F64;
    case ValKind::V128: return AccClass::Vector;
    default: return AccClass::Int;
  }
}

}  // namespace brink::interpret

#endif  // BRINK_INTERPRET_CODE_H_
