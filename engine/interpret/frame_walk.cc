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

FrameWalk::FrameWalk(StoreState& store, const void* pc, const Slot* fp, bool calls_host)
    : store_(store),
      entry_(store.exec.entry),
      pc_(static_cast<const CodeWord*>(pc)),
      fp_(fp),
      calls_host_(calls_host) {
  find_code();
}

void FrameWalk::find_code() {
  const auto find_in = [this](ModuleState* module) {
    code_ = static_cast<const InterpreterCode&>(*module->interpreter_code).find(pc_);
    if (code_ != nullptr) module_ = module;
    return code_ != nullptr;
  };
  code_ = nullptr;
  if (pc_ == nullptr || (module_ != nullptr && find_in(module_))) return;
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
  calls_host_ = target == exit_stub();
  if (calls_host_) {
    if (entry_ == nullptr) {
      code_ = nullptr;
      return;
    }
    pc_ = static_cast<const CodeWord*>(entry_->caller_pc);
    fp_ = entry_->caller_fp;
    entry_ = entry_->previous;
  } else {
    if (target == return_to_instance_stub()) target = reinterpret_cast<const CodeWord*>(link[1]);
    fp_ -= target[-1].wide.lo;
    pc_ = target - kCallWords;
  }
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

bool find_landing(ExecContext& rt, const CodeWord* pc, Slot* fp, InstanceObject* instance,
                  uint64_t exception, Unwind from) {
  const runtime::TagObject* tag = runtime::exception_tag(rt.store->heap, exception);
  for (bool is_searched = from == Unwind::Here;; is_searched = true) {
    const auto& module_code =
        static_cast<const InterpreterCode&>(*instance->module->interpreter_code);
    const FunctionCode* code = module_code.find(pc);
    BRINK_CHECK(code != nullptr);
    const auto word = static_cast<uint32_t>(pc - code->words.data());
    const auto landing = is_searched ? find_clause(*code, word, *instance, tag) : std::nullopt;
    if (landing) {
      rt.landing_pc = code->words.data() + *landing;
      rt.landing_fp = fp;
      rt.landing_instance = instance;
      return true;
    }
    const Slot* link = fp + code->header.link_slot;
    const auto* target = reinterpret_cast<const CodeWord*>(link[0]);
    if (target == exit_stub()) return false;
    if (target == return_to_instance_stub()) {
      target = reinterpret_cast<const CodeWord*>(link[1]);
      instance = reinterpret_cast<InstanceObject*>(link[2]);
    }
    fp -= target[-1].wide.lo;
    pc = target - kCallWords;
  }
}

Trap make_exception_trap(StoreState& store, uint64_t exception) {
  const runtime::TagObject& tag = *runtime::exception_tag(store.heap, exception);
  store.exception = exception;
  std::string message(to_string(TrapCode::UncaughtException));
  message += " of type [";
  for (const ValType type : store.types().get(tag.type_id).func()->params) {
    if (message.back() != '[') message += ' ';
    message += to_string(type);
  }
  message += ']';
  Trap trap{TrapCode::UncaughtException, std::move(message), {}, 0};
  trap.exception = Value::ref(ValType::ref(AbstractHeapType::Exn, false), exception);
  return trap;
}

// ---- garbage collection ----

void mark_frames(StoreState& store) {
  const ExecContext& rt = store.exec;
  const bool is_host = rt.safepoint_pc == nullptr;
  FrameWalk walk(store, is_host ? rt.host_call_pc : rt.safepoint_pc,
                 is_host ? rt.host_call_fp : rt.safepoint_fp, is_host);
  for (; !walk.at_end(); walk.next()) {
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
