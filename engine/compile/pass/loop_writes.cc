// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/compile/pass/loop_writes.h"

#include <algorithm>

namespace brink::compile {

void LoopWrites::add(PlaceKind place) {
  if (std::ranges::find(places_, place) == places_.end()) places_.push_back(place);
  if (places_.size() > kMaxPlaces) everything_ = true;
}

void LoopWrites::add(const LoopWrites& other) {
  everything_ |= other.everything_;
  for (const PlaceKind place : other.places_) add(place);
}

bool LoopWrites::may_write(PlaceKind place) const {
  if (place == ir::region::kConstant) return false;
  return everything_ || std::ranges::find(places_, place) != places_.end();
}

std::vector<LoopWrites> find_loop_writes(const wasm::Module& module, const ir::Function& function,
                                         const ControlFlow& flow) {
  std::vector<LoopWrites> writes(flow.loops().size());
  for (uint32_t i = 0; i < writes.size(); ++i) {
    const Loop& loop = flow.loops()[i];
    for (const ir::BlockId block : loop.blocks) {
      for (const ir::ValueId id : function.blocks[block].insts) {
        const Access access = access_of(module, function, function[id]);
        if (access.kind == Access::Kind::Clobber) writes[i].add_everything();
        if (access.kind == Access::Kind::Store) writes[i].add(access.place);
      }
    }
    if (loop.parent != Loop::kNone) writes[loop.parent].add(writes[i]);
  }
  return writes;
}

}  // namespace brink::compile
