// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// What compiling a function gives: position-independent bytes, the places in them that name
// something outside, and the tables that describe them. Kept in memory by CompiledModule, or in a
// file by the artifact; in both cases nothing but the relocations has to be filled in.

#ifndef BRINK_COMPILE_CODE_OBJECT_H_
#define BRINK_COMPILE_CODE_OBJECT_H_

#include <cstdint>
#include <vector>

#include "engine/compile/ir/ir.h"

namespace brink::compile {

/// What the 32-bit displacement at a relocation is relative to: all are signed distances from the
/// end of the field plus `addend`.
enum class RelocationKind : uint8_t {
  Entry,   ///< slot of the module's data area that holds the current entry of function `index`
  Stub,    ///< slot of the data area that holds the address of stub `index` (see stubs.def)
  Trap,    ///< slot of the data area that holds the address of the stub of trap code `index`
  TypeId,  ///< 32-bit word of the data area: canonical id of the module's type `index`
  Direct,  ///< the code of function `index` itself, compiled together with this one
};

struct Relocation {
  uint32_t offset = 0;  ///< of the field in the code
  RelocationKind kind = RelocationKind::Entry;
  int32_t addend = 0;  ///< bytes of the instruction behind the field, negative
  uint32_t index = 0;
};

/// A place that a backtrace or a trap may name.
struct CodeSite {
  /// Of a call: the return address. Of an access that may fault: its first byte.
  uint32_t offset = 0;
  ir::PositionId position = ir::kNoPosition;  ///< in CodeObject::positions
};

/// The references in a frame while it waits for a callee to return.
struct CodeMap {
  uint32_t offset = 0;  ///< return address
  uint32_t first_slot = 0;
  uint32_t slot_count = 0;  ///< in CodeObject::map_slots: bytes from the stack pointer
};

/// Where a call goes on when its callee throws.
struct CodeLanding {
  uint32_t offset = 0;   ///< return address of the call
  uint32_t landing = 0;  ///< code offset
  uint32_t first_clause = 0;
  uint32_t clause_count = 0;  ///< in CodeObject::clauses
};

struct CodeObject {
  static constexpr uint32_t kNoLoop = ~uint32_t{0};

  uint32_t function_index = 0;
  uint32_t loop_offset = kNoLoop;  ///< of a LoopEntry; else the code is the whole function's
  std::vector<uint8_t> code;  ///< starts with the entry; constants at the end; 16-byte aligned
  uint32_t code_bytes = 0;    ///< without the constants
  uint32_t frame_bytes = 0;   ///< from the stack pointer to the return address
  /// Return address of the stack check's slow path, taken before the frame is there; 0 if none.
  uint32_t entry_check = 0;
  std::vector<Relocation> relocations;
  std::vector<CodeSite> sites;  ///< this and the next two by offset
  std::vector<CodeMap> maps;
  std::vector<CodeLanding> landings;
  std::vector<uint32_t> map_slots;
  std::vector<ir::HandlerClause> clauses;
  std::vector<ir::Position> positions;
};

}  // namespace brink::compile

#endif  // BRINK_COMPILE_CODE_OBJECT_H_
