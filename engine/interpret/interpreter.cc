// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/interpret/interpreter.h"

#include <algorithm>
#include <cstdio>
#include <cstring>

#include "engine/interpret/dispatch.h"
#include "engine/interpret/handler_table.h"
#include "engine/interpret/translator.h"
#include "engine/platform/activation.h"
#include "engine/runtime/tiers.h"
#include "engine/support/check.h"
#include "engine/support/trace.h"
#include "engine/support/try.h"

namespace brink::interpret {

using runtime::StoreState;

/// Bytes of a body that the compiler takes about a millisecond for.
constexpr uint32_t kMaxBytesToWaitFor = 4096;

// ---- code of a module ----

InterpreterCode::InterpreterCode(runtime::ModuleState& module) : module_(module) {
  const uint32_t imported = module.decoded.imported_functions;
  const auto count = static_cast<uint32_t>(module.decoded.functions.size());
  stubs_ = std::make_unique<CodeHeader[]>(count - imported);
  for (uint32_t i = imported; i < count; ++i) {
    CodeHeader& stub = stubs_[i - imported];
    stub.function_index = i;
    stub.module = &module;
    module.code[i].store(&stub, std::memory_order_relaxed);
  }
}

Result<const CodeHeader*> InterpreterCode::translate(uint32_t function_index) {
  const std::scoped_lock lock(mutex_);
  std::atomic<const CodeHeader*>& current = module_.code[function_index];
  const CodeHeader* stub = current.load(std::memory_order_acquire);
  if (stub->entry != nullptr || stub->native.load(std::memory_order_acquire)) return stub;
  Result<std::unique_ptr<FunctionCode>> code = translate_function(module_, function_index, nullptr);
  if (!code.has_value()) return std::unexpected(std::move(code).error());
  const CodeHeader* header = &(*code)->header;
  BRINK_TRACE(Translate, "func {}: {} words, frame of {} slots, {} tries", function_index,
              (*code)->words.size(), header->slots(), (*code)->tries.size());
  functions_.emplace(header->entry, *std::move(code));
  // Meanwhile it may have been compiled.
  if (current.compare_exchange_strong(stub, header, std::memory_order_acq_rel)) return header;
  return stub;
}

Result<const CodeHeader*> InterpreterCode::prepare(uint32_t function_index) {
  const CodeHeader* header = BRINK_TRY(translate(function_index));
  const runtime::TierOperations* compiler = module_.engine.state()->compiler;
  if (compiler == nullptr || compiler->compile_now == nullptr || header->entry == nullptr ||
      module_.engine.config().loop_stress)
    return header;
  if (module_.decoded.functions[function_index].body.size > kMaxBytesToWaitFor) return header;
  const FunctionCode* code = find(header->entry);
  if (code == nullptr || code->loops.empty()) return header;
  compiler->compile_now(module_, function_index);
  return module_.code[function_index].load(std::memory_order_acquire);
}

void InterpreterCode::open_loop(uint32_t function_index, uint32_t offset) {
  const std::scoped_lock lock(mutex_);
  for (const auto& [start, code] : functions_) {
    if (code->header.function_index != function_index) continue;
    for (LoopSite& loop : code->loops) {
      if (loop.offset != offset || !loop.can_leave) continue;
      LoopSite* const first = const_cast<LoopSite*>(code->loop_at(loop.word));
      if (first->handler != nullptr) return;
      Handler* const header = &code->words[first->word].handler;
      first->handler = *header;
      // Guests that run the code see one handler or the other, and both may go on.
      __atomic_store_n(header, open_loop_handler(), __ATOMIC_RELEASE);
      return;
    }
  }
}

const LoopSite* FunctionCode::loop_at(uint32_t word) const {
  const auto found = std::ranges::lower_bound(loops, word, {}, &LoopSite::word);
  return found != loops.end() && found->word == word ? &*found : nullptr;
}

const FunctionCode* InterpreterCode::find(const void* address) const {
  const std::scoped_lock lock(mutex_);
  auto after = functions_.upper_bound(address);
  if (after == functions_.begin()) return nullptr;
  const FunctionCode& code = *std::prev(after)->second;
  const CodeWord* end = code.words.data() + code.words.size();
  return address < end ? &code : nullptr;
}

const FrameMap& InterpreterCode::frame_map(const FunctionCode& code) {
  const std::scoped_lock lock(mutex_);
  std::unique_ptr<FrameMap>& map = frame_maps_[&code];
  if (map != nullptr) return *map;
  TranslationNotes notes;
  const auto again = translate_function(module_, code.header.function_index, &notes);
  BRINK_CHECK(again.has_value() && (*again)->words.size() == code.words.size());
  map = std::make_unique<FrameMap>(std::move(notes.frame_map));
  return *map;
}

// ---- entering from C++ ----

namespace {

/// The function's code, translated if need be; null and store.trap if that is impossible.
const CodeHeader* get_code(StoreState& store, FuncObject& function) {
  const CodeHeader* code = function.code->load(std::memory_order_acquire);
  if (code->entry != nullptr) return code;
  auto& interpreter = static_cast<InterpreterCode&>(*code->module->interpreter_code);
  Result<const CodeHeader*> translated = interpreter.prepare(code->function_index);
  if (translated.has_value()) return *translated;
  store.trap = Trap{TrapCode::HostError, translated.error().message(), {}, 0};
  return nullptr;
}

/// Somebody asks where the time goes, and compiled code is just crossing over to this function.
void note_crossing(StoreState& store, const FuncObject& function) {
  const runtime::TierOperations* compiler = store.engine.state()->compiler;
  if (compiler != nullptr && compiler->note != nullptr)
    compiler->note(*function.instance, function.function_index, 2);
}

/// Whether the function's frame fits now; else the trap why not.
TrapCode check_stack(StoreState& store, const FuncObject& function, const Slot* end) {
  if (end <= store.exec.stack_limit.load(std::memory_order_relaxed)) return TrapCode::None;
  if (store.take_sample()) note_crossing(store, function);
  if (const TrapCode interrupt = pending_interrupt(&store.exec); interrupt != TrapCode::None) {
    store.keep_interrupt(interrupt);
    return interrupt;
  }
  return end > store.exec.stack_end ? TrapCode::StackExhausted : TrapCode::None;
}

runtime::GuestPoint point_of_trap(const ExecContext& rt, const platform::Activation& activation) {
  runtime::GuestPoint point;
  const bool is_fault = activation.trap != TrapCode::None;
  point.pc = is_fault ? reinterpret_cast<const void*>(activation.fault_arguments[0]) : rt.trap_pc;
  point.fp = is_fault ? reinterpret_cast<const Slot*>(activation.fault_arguments[1]) : rt.trap_fp;
  return point;
}

}  // namespace

CallOutcome enter(StoreState& store, FuncObject& function, Slot* slots, bool is_crossing) {
  const CodeHeader* code = get_code(store, function);
  if (code == nullptr) return CallOutcome::Trapped;
  ExecContext& rt = store.exec;
  if (rt.stack_top == nullptr) {
    if (Status status = store.ensure_stack(); !status.has_value()) {
      store.trap = Trap{TrapCode::StackExhausted, status.error().message(), {}, 0};
      return CallOutcome::Trapped;
    }
  }
  Slot* const fp = rt.stack_top;
  const uint32_t frame_slots = code->slots();
  if (frame_slots == CodeHeader::kNotEnterable) {  // compiled meanwhile
    rt.tail_callee = &function;
    rt.tail_slots = slots;
    return CallOutcome::TailCall;
  }
  const TrapCode refusal = check_stack(store, function, fp + frame_slots);
  if (refusal != TrapCode::None) return runtime::refuse_entry(store, refusal);
  if (!runtime::has_host_stack(rt)) return runtime::refuse_entry(store, TrapCode::StackExhausted);

  for (uint32_t i = 0; i < code->param_slots; ++i) fp[i] = slots[i];
  for (uint32_t i = code->param_slots; i < code->link_slot; ++i) fp[i] = 0;
  fp[code->link_slot] = reinterpret_cast<Slot>(exit_stub());

  const runtime::EntryScope scope(rt, is_crossing);
  platform::Activation activation;
  InstanceObject* const instance = function.instance;
  const auto* const entry = static_cast<const CodeWord*>(code->entry);
  rt.has_left = false;
  platform::enter_guest(
      activation,
      reinterpret_cast<platform::GuestFunction>(reinterpret_cast<void*>(BRINK_HANDLER_AT(entry))),
      reinterpret_cast<uintptr_t>(entry), reinterpret_cast<uintptr_t>(fp),
      reinterpret_cast<uintptr_t>(instance->memory0_base), reinterpret_cast<uintptr_t>(instance),
      reinterpret_cast<uintptr_t>(&rt));
  rt.stack_top = fp;
  if (rt.has_left || activation.trap != TrapCode::None) [[unlikely]] {
    rt.has_left = false;
    return runtime::finish_left_entry(store, activation, point_of_trap(rt, activation));
  }
  for (uint32_t i = 0; i < function.result_slots; ++i) slots[i] = fp[i];
  return CallOutcome::Returned;
}

namespace {

void open_loop(runtime::ModuleState& module, uint32_t function_index, uint32_t offset) {
  static_cast<InterpreterCode&>(*module.interpreter_code).open_loop(function_index, offset);
}

}  // namespace

const runtime::TierOperations& tier_operations() {
  static const runtime::TierOperations operations = [] {
    runtime::TierOperations own = {&enter, &describe, &mark, &find_landing};
    own.open_loop = &open_loop;
    return own;
  }();
  return operations;
}

// ---- tracing ----

/// lo offset in the module, hi function index and opcode (10 bits).
void trace_instruction(BRINK_STATE) {
  const WideOperands op = pc[1].wide;
  write_trace(TraceChannel::Interp, fmt::format("func {} +{:#x} {}", op.hi >> 10, op.lo,
                                                mnemonic(static_cast<Opcode>(op.hi & 1023))));
  BRINK_NEXT(2);
}

}  // namespace brink::interpret
