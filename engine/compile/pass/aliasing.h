// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Which instructions read and write what. Places are grouped into kinds that never overlap:
// memories by index, globals by index, the collector's heap, the engine's structures.

#ifndef BRINK_COMPILE_PASS_ALIASING_H_
#define BRINK_COMPILE_PASS_ALIASING_H_

#include <cstdint>

#include "engine/compile/ir/ir.h"
#include "engine/wasm/module.h"

namespace brink::compile {

/// A kind of place: memories as their index, ir::region, own globals one by one; imported globals
/// are one kind, as two of them may be the same.
using PlaceKind = uint32_t;
inline constexpr PlaceKind kImportedGlobals = 0x80000000u;
inline constexpr PlaceKind kFirstGlobal = 0x80000001u;

/// What an instruction does to memory.
struct Access {
  enum class Kind : uint8_t {
    None,
    Load,     ///< one place
    Store,    ///< one place
    Clobber,  ///< may read and write any place but constant ones
  };
  Kind kind = Kind::None;
  PlaceKind place = 0;
  ir::ValueId base = ir::kNoValue;    ///< address without offset; for globals their index
  ir::ValueId stored = ir::kNoValue;  ///< Store: the value
  uint32_t offset = 0;
  uint8_t bytes = 0;
  bool may_trap = false;
};

Access access_of(const wasm::Module& module, const ir::Function& function, const ir::Inst& inst);

/// Whether two accesses of the same place kind may touch the same bytes.
bool may_overlap(const Access& a, const Access& b);

}  // namespace brink::compile

#endif  // BRINK_COMPILE_PASS_ALIASING_H_
