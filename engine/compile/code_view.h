// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// What the runtime reads of a compiled function, wherever it lies: in a CodeObject in memory or in
// the tables of an artifact's file. See code_object.h for the meaning of each part.

#ifndef BRINK_COMPILE_CODE_VIEW_H_
#define BRINK_COMPILE_CODE_VIEW_H_

#include <cstdint>
#include <span>

#include "engine/compile/code_object.h"

namespace brink::compile {

struct CodeView {
  uint32_t function_index = 0;
  uint32_t code_bytes = 0;
  uint32_t frame_bytes = 0;
  uint32_t entry_check = 0;
  std::span<const uint8_t> code;
  std::span<const CodeSite> sites;
  std::span<const CodeMap> maps;
  std::span<const uint32_t> map_slots;
  std::span<const CodeLanding> landings;
  std::span<const ir::HandlerClause> clauses;
  std::span<const ir::Position> positions;
};

inline CodeView view_of(const CodeObject& object) {
  return {object.function_index, object.code_bytes, object.frame_bytes, object.entry_check,
          object.code,           object.sites,      object.maps,        object.map_slots,
          object.landings,       object.clauses,    object.positions};
}

}  // namespace brink::compile

#endif  // BRINK_COMPILE_CODE_VIEW_H_
