// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/interpret/frame_walk.h"

#include <algorithm>

#include "engine/interpret/translator.h"
#include "engine/runtime/gc_objects.h"
#include "engine/support/check.h"

namespace brink::interpret {

using runtime::ModuleState;
using runtime::StoreState;

FrameWalk::FrameWalk(StoreState& store, const runtime::GuestPoint& point)
    : store_(store),
      pc_(static_cast<const CodeWord*>(point.pc)),
      fp_(point.fp),
      instance_(point.instance),
      calls_host_(point.calls_host) {
  find_code();
  if (point.is_left) next();
}

void FrameWalk::find_code() {
  const auto find_in = [this](ModuleState* module) {
    code_ = static_cast<const InterpreterCode&>(*module->interpreter_code).find(pc_);
    if (code_ != nullptr) module_ = module;
    return code_ != nullptr;
  };
  code_ = nullptr;
  if (pc_ == nullptr || (instance_ != nullptr && find_in(instance_->module)) ||
      (module_ != nullptr && find_in(module_)))
    return;
  const ModuleState* last = module_;
  for (const auto& instance : store_.instances) {
    if (instance->module == last) continue;
    last = instance->module;
    if (find_in(instance->module)) return;
  }
}

void FrameWalk::next() {
  const Slot* link = fp_ + code_->header.link_slot;
  const auto* target = reinterpret_cast<const CodeWord*>(link[0]);
  calls_host_ = false;
  if (target == exit_stub()) {
    code_ = nullptr;
    return;
  }
  if (target == return_to_instance_stub()) {
    target = reinterpret_cast<const CodeWord*>(link[1]);
    instance_ = reinterpret_cast<InstanceObject*>(link[2]);
  }
  fp_ -= target[-1].wide.lo;
  pc_ = target - kCallWords;
  find_code();
}

// ---- exceptions ----

namespace {

/// Where this function catches an exception thrown at `word`, if it does.
std::optional<uint32_t> find_clause(const FunctionCode& code, uint32_t word,
                                    const InstanceObject& instance, const runtime::TagObject* tag) {
  uint32_t max_level = ~uint32_t{0};
  for (const TryRange& range : code.tries) {
    if (word < range.start || word >= range.end || range.level > max_level) continue;
    for (uint32_t i = 0; i < range.clause_count; ++i) {
      const TryClause& clause = code.clauses[range.first_clause + i];
      if (clause.tag == TryClause::kAll || instance.tag_list[clause.tag] == tag)
        return clause.landing;
    }
    if (range.delegate_level != TryRange::kNoDelegate) max_level = range.delegate_level;
  }
  return std::nullopt;
}

}  // namespace

bool find_landing(StoreState& store, const runtime::GuestPoint& point, const runtime::EntryRecord*,
                  uint64_t exception) {
  const runtime::TagObject* tag = runtime::exception_tag(store.heap, exception);
  for (FrameWalk walk(store, point); !walk.at_end(); walk.next()) {
    const auto landing = find_clause(walk.code(), walk.word(), *walk.instance(), tag);
    if (!landing) continue;
    ExecContext& rt = store.exec;
    rt.landing_pc = walk.code().words.data() + *landing;
    rt.landing_fp = const_cast<Slot*>(walk.fp());
    rt.landing_instance = walk.instance();
    return true;
  }
  return false;
}

// ---- garbage collection ----

void mark(StoreState& store, const runtime::GuestPoint& innermost, const runtime::EntryRecord*) {
  for (FrameWalk walk(store, innermost); !walk.at_end(); walk.next()) {
    auto& code = static_cast<InterpreterCode&>(*walk.module().interpreter_code);
    const FrameMap& map = code.frame_map(walk.code());
    const auto point = std::ranges::lower_bound(map.points, walk.word(), {}, &Safepoint::word);
    BRINK_CHECK(point != map.points.end() && point->word == walk.word());
    const auto mark = [&](const std::vector<uint32_t>& slots) {
      for (const uint32_t slot : slots) store.heap.mark(walk.fp()[slot]);
    };
    mark(map.locals);
    mark(point->operands);
    if (walk.calls_host()) mark(point->arguments);
  }
}

}  // namespace brink::interpret
