// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/compile/runtime/native_frames.h"

#include <algorithm>

#include "engine/runtime/gc_objects.h"
#include "engine/support/check.h"

namespace brink::compile {

using runtime::EntryRecord;
using runtime::ExecContext;
using runtime::GuestPoint;
using runtime::InstanceObject;
using runtime::StoreState;

namespace {

template <typename T>
T word_at(uintptr_t address) {
  return *reinterpret_cast<const T*>(address);
}

/// A frame of SwitchInstance: its address in the stub, the instance of who called it, and the
/// return address there.
///
///     sp - 8   switch_return    sp   instance    sp + 8   return address
struct ReturnPoint {
  const void* pc = nullptr;
  uintptr_t sp = 0;  ///< with the return address popped
  InstanceObject* instance = nullptr;

  bool is_switch() const { return pc == stubs().switch_return; }
  void skip_switch() {
    instance = word_at<InstanceObject*>(sp);
    pc = word_at<const void*>(sp + 8);
    sp += 16;
  }
};

}  // namespace

NativeWalk::NativeWalk(StoreState& store, const GuestPoint& point, const EntryRecord* entry)
    : state_(compiler_state(*store.engine.state())),
      base_(entry->native_base),
      pc_(point.native_pc),
      sp_(point.native_sp),
      instance_(point.instance) {
  find_code();
}

void NativeWalk::find_code() {
  function_.reset();
  ReturnPoint point{pc_, sp_, instance_};
  while (point.is_switch()) point.skip_switch();
  pc_ = point.pc;
  sp_ = point.sp;
  instance_ = point.instance;
  if (sp_ - 8 == base_) return;
  module_ = state_.registry.find(pc_);
  BRINK_CHECK(module_ != nullptr);
  function_ = module_->find(pc_);
  BRINK_CHECK(function_.has_value());
}

void NativeWalk::next() {
  const CodeView& object = function_->object;
  // A frame of the stack check's slow path is not there yet.
  const bool has_frame = object.entry_check == 0 || offset() != object.entry_check;
  const uintptr_t return_address = sp_ + (has_frame ? object.frame_bytes : 0);
  pc_ = word_at<const void*>(return_address);
  sp_ = return_address + 8;
  find_code();
}

bool is_entry_point(const ExecContext& rt) {
  ReturnPoint point{rt.native_pc, rt.native_sp, nullptr};
  while (point.is_switch()) point.skip_switch();
  return point.sp - 8 == rt.entry->native_base;
}

uintptr_t lowest_sp(CompilerState& state, const void* pc, uintptr_t sp) {
  const CompiledModule* module = state.registry.find(pc);
  BRINK_CHECK(module != nullptr);
  const std::optional<CompiledModule::Function> function = module->find(pc);
  BRINK_CHECK(function.has_value());
  const CodeView& object = function->object;
  const bool has_frame = object.entry_check == 0 || function->offset_of(pc) != object.entry_check;
  return has_frame ? sp : sp - object.frame_bytes;
}

// ---- backtraces ----

void describe(StoreState& store, const GuestPoint& point, const EntryRecord* entry,
              std::vector<Frame>& frames, size_t max) {
  for (NativeWalk walk(store, point, entry); !walk.at_end(); walk.next()) {
    const CodeView& object = walk.function().object;
    const auto site = std::ranges::lower_bound(object.sites, walk.offset(), {}, &CodeSite::offset);
    const bool is_known = site != object.sites.end() && site->offset == walk.offset() &&
                          site->position != ir::kNoPosition;
    // Stopped by its stack check, a function has not begun yet; its caller is who is told of.
    if (!is_known) continue;
    ir::PositionId id = site->position;
    do {
      const ir::Position position = object.positions[id];
      if (frames.size() == max) return;
      frames.push_back(Frame{walk.module().name,
                             walk.module().function_name(position.function_index),
                             position.function_index, position.offset,
                             runtime::instance_of_frame(store, walk.instance(), walk.module())});
      id = position.caller;
    } while (id != ir::kNoPosition);
  }
}

// ---- garbage collection ----

void mark(StoreState& store, const GuestPoint& point, const EntryRecord* entry) {
  for (NativeWalk walk(store, point, entry); !walk.at_end(); walk.next()) {
    const CodeView& object = walk.function().object;
    const auto map = std::ranges::lower_bound(object.maps, walk.offset(), {}, &CodeMap::offset);
    if (map == object.maps.end() || map->offset != walk.offset()) continue;
    for (uint32_t i = 0; i < map->slot_count; ++i)
      store.heap.mark(word_at<runtime::RefWord>(walk.sp() + object.map_slots[map->first_slot + i]));
  }
}

// ---- exceptions ----

namespace {

bool catches(const CodeView& object, const CodeLanding& landing, const InstanceObject& instance,
             const runtime::TagObject* tag) {
  for (uint32_t i = 0; i < landing.clause_count; ++i) {
    const uint32_t index = object.clauses[landing.first_clause + i].tag_index;
    if (index == ir::HandlerClause::kAll || instance.tag_list[index] == tag) return true;
  }
  return false;
}

}  // namespace

bool find_landing(StoreState& store, const GuestPoint& point, const EntryRecord* entry,
                  uint64_t exception) {
  const runtime::TagObject* tag = runtime::exception_tag(store.heap, exception);
  for (NativeWalk walk(store, point, entry); !walk.at_end(); walk.next()) {
    const CodeView& object = walk.function().object;
    const auto landing =
        std::ranges::lower_bound(object.landings, walk.offset(), {}, &CodeLanding::offset);
    if (landing == object.landings.end() || landing->offset != walk.offset()) continue;
    if (!catches(object, *landing, *walk.instance(), tag)) continue;
    ExecContext& rt = store.exec;
    rt.landing_pc = walk.function().code + landing->landing;
    rt.landing_sp = walk.sp();
    rt.landing_instance = walk.instance();
    return true;
  }
  return false;
}

}  // namespace brink::compile
