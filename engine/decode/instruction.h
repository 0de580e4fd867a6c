// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// One instruction with its immediates, as data. Lists of unbounded length (labels of br_table,
// catch clauses, types of select) are handed out by the reader beside it.

#ifndef BRINK_DECODE_INSTRUCTION_H_
#define BRINK_DECODE_INSTRUCTION_H_

#include <cstdint>

#include "brink/types.h"
#include "brink/v128.h"
#include "engine/wasm/opcode.h"

namespace brink::decode {

/// Memory immediate (spec: memarg).
struct MemArg {
  uint32_t memory_index = 0;
  uint32_t align_log2 = 0;
  uint64_t offset = 0;
};

/// One catch clause of a try_table.
struct CatchClause {
  enum class Kind : uint8_t { Catch = 0, CatchRef = 1, CatchAll = 2, CatchAllRef = 3 };
  Kind kind = Kind::Catch;
  uint32_t tag_index = 0;
  uint32_t label_depth = 0;
  bool has_tag() const { return kind == Kind::Catch || kind == Kind::CatchRef; }
  bool has_ref() const { return kind == Kind::CatchRef || kind == Kind::CatchAllRef; }
};

/// Block type (spec: block types): empty, one result, or a type index.
struct BlockType {
  enum class Kind : uint8_t { Empty, Value, Type };
  Kind kind = Kind::Empty;
  ValType value;
  uint32_t type_index = 0;
};

/// One decoded instruction. Which immediates hold anything is told by info(opcode).imm.
struct Instruction {
  Opcode opcode = Opcode::Nop;
  uint32_t offset = 0;  ///< of the opcode, from the start of the module
  uint32_t index = 0;   ///< first index: label, function, type, local, global, table, ...
  uint32_t index2 = 0;  ///< second index: table, field, source, ...; array.new_fixed: count
  uint8_t lane = 0;
  MemArg memarg;
  HeapType heap = AbstractHeapType::Bottom;   ///< br_on_cast: the source
  HeapType heap2 = AbstractHeapType::Bottom;  ///< br_on_cast: the target
  bool nullable = false;                      ///< of heap, where the instruction says so
  bool nullable2 = false;
  /// block, loop, if, try_table: the block type.
  BlockType block;
  uint64_t bits = 0;  ///< i32.const (zero-extended), i64.const, f32.const, f64.const
  V128 vector;        ///< v128.const, shuffle lanes
};

}  // namespace brink::decode

#endif  // BRINK_DECODE_INSTRUCTION_H_
