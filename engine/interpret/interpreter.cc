// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/interpret/interpreter.h"

#include <cstdio>
#include <cstring>

#include "engine/interpret/dispatch.h"
#include "engine/interpret/handler_table.h"
#include "engine/interpret/translator.h"
#include "engine/platform/activation.h"
#include "engine/platform/native_stack.h"
#include "engine/runtime/store_state.h"
#include "engine/support/check.h"
#include "engine/support/trace.h"

namespace brink::interpret {

using runtime::StoreState;

// ---- code of a module ----

InterpreterCode::InterpreterCode(runtime::ModuleState& module) : module_(module) {
  const uint32_t imported = module.decoded.imported_functions;
  const auto count = static_cast<uint32_t>(module.decoded.functions.size());
  stubs_.resize(count - imported);
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
  if (const CodeHeader* code = current.load(std::memory_order_acquire); code->entry != nullptr)
    return code;
  Result<std::unique_ptr<FunctionCode>> code = translate_function(module_, function_index, nullptr);
  if (!code.has_value()) return std::unexpected(std::move(code).error());
  const CodeHeader* header = &(*code)->header;
  BRINK_TRACE(Translate, "func {}: {} words, frame of {} slots, {} tries", function_index,
              (*code)->words.size(), header->frame_slots, (*code)->tries.size());
  functions_.emplace(header->entry, *std::move(code));
  current.store(header, std::memory_order_release);
  return header;
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

// ---- entering from the host ----

namespace {

/// Native stack that a chain of handlers, runtime calls and a signal frame may need.
constexpr size_t kHostStackMargin = size_t{64} << 10;

bool fail(StoreState& store, TrapCode code) {
  store.trap = Trap{code, std::string(to_string(code)), {}, 0};
  return false;
}

/// Turns what the guest left in the context into store.trap.
bool take_trap(StoreState& store, const platform::Activation& activation) {
  ExecContext& rt = store.exec;
  TrapCode code = rt.trap;
  const void* pc = rt.trap_pc;
  Slot* fp = rt.trap_fp;
  if (activation.trap != TrapCode::None) {
    code = activation.trap;
    pc = reinterpret_cast<const void*>(activation.fault_arguments[0]);
    fp = reinterpret_cast<Slot*>(activation.fault_arguments[1]);
  }
  rt.trap = TrapCode::None;
  if (code == TrapCode::HostError && store.host_trap) {
    store.trap = std::move(store.host_trap);
    store.host_trap.reset();
  } else if (code == TrapCode::UncaughtException) {
    store.trap = make_exception_trap(store, store.exception);
  } else {
    std::string message(to_string(code));
    if (code == TrapCode::UndefinedElement || code == TrapCode::UninitializedElement)
      message += " " + std::to_string(rt.trap_detail);
    store.trap = Trap{code, std::move(message), {}, 0};
  }
  store.keep_interrupt(code);
  if (store.trap->backtrace.empty() && store.trap->code != TrapCode::Exit)
    store.trap->backtrace = make_backtrace(store, pc, fp);
  BRINK_TRACE(Trap, "{}, through {} frames", store.trap->message, store.trap->backtrace.size());
  return false;
}

bool call_host(StoreState& store, FuncObject& function, Slot* slots) {
  if (function.thunk(function.callable, *function.store, nullptr, slots)) return true;
  store.trap = store.host_trap ? std::move(*store.host_trap)
                               : Trap{TrapCode::HostError, "host function failed", {}, 0};
  store.host_trap.reset();
  return false;
}

/// The function's code, translated if need be; null and store.trap if that is impossible.
const CodeHeader* get_code(StoreState& store, FuncObject& function) {
  const CodeHeader* code = function.code->load(std::memory_order_acquire);
  if (code->entry != nullptr) return code;
  auto& interpreter = static_cast<InterpreterCode&>(*code->module->interpreter_code);
  Result<const CodeHeader*> translated = interpreter.translate(code->function_index);
  if (translated.has_value()) return *translated;
  store.trap = Trap{TrapCode::HostError, translated.error().message(), {}, 0};
  return nullptr;
}

}  // namespace

bool call_function(StoreState& store, FuncObject& function, Slot* slots) {
  if (function.is_host()) return call_host(store, function, slots);
  const CodeHeader* code = get_code(store, function);
  if (code == nullptr) return false;
  ExecContext& rt = store.exec;
  if (rt.stack_top == nullptr) {
    if (Status status = store.ensure_stack(); !status.has_value()) {
      store.trap = Trap{TrapCode::StackExhausted, status.error().message(), {}, 0};
      return false;
    }
  }
  Slot* const fp = rt.stack_top;
  const char* const here = static_cast<const char*>(__builtin_frame_address(0));
  if (fp + code->frame_slots > rt.stack_limit.load(std::memory_order_relaxed)) [[unlikely]] {
    const TrapCode interrupt = pending_interrupt(&rt);
    if (interrupt != TrapCode::None) {
      store.keep_interrupt(interrupt);
      return fail(store, interrupt);
    }
    if (fp + code->frame_slots > rt.stack_end) return fail(store, TrapCode::StackExhausted);
  }
  // Entries within entries use up the native stack. Its limit is asked for at the first of them.
  if (rt.entry == nullptr)
    rt.native_stack_limit = 0;
  else if (rt.native_stack_limit == 0)
    rt.native_stack_limit = platform::native_stack_limit(kHostStackMargin);
  if (reinterpret_cast<uintptr_t>(here) < rt.native_stack_limit)
    return fail(store, TrapCode::StackExhausted);

  for (uint32_t i = 0; i < code->param_slots; ++i) fp[i] = slots[i];
  for (uint32_t i = code->param_slots; i < code->link_slot; ++i) fp[i] = 0;
  fp[code->link_slot] = reinterpret_cast<Slot>(exit_stub());

  runtime::EntryRecord record;
  record.previous = rt.entry;
  record.caller_pc = rt.host_call_pc;
  record.caller_fp = rt.host_call_fp;
  rt.entry = &record;
  platform::Activation activation;
  InstanceObject* const instance = function.instance;
  const auto* const entry = static_cast<const CodeWord*>(code->entry);
  platform::enter_guest(
      activation,
      reinterpret_cast<platform::GuestFunction>(reinterpret_cast<void*>(entry->handler)),
      reinterpret_cast<uintptr_t>(entry), reinterpret_cast<uintptr_t>(fp),
      reinterpret_cast<uintptr_t>(instance->memory0_base), reinterpret_cast<uintptr_t>(instance),
      reinterpret_cast<uintptr_t>(&rt));
  const bool trapped = rt.trap != TrapCode::None || activation.trap != TrapCode::None;
  if (trapped) [[unlikely]]
    take_trap(store, activation);
  rt.entry = record.previous;
  rt.host_call_pc = record.caller_pc;
  rt.host_call_fp = record.caller_fp;
  rt.stack_top = fp;
  if (trapped) return false;
  for (uint32_t i = 0; i < function.result_slots; ++i) slots[i] = fp[i];
  return true;
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
