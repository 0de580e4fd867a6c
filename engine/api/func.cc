// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include <array>

#include <fmt/format.h>

#include "brink/store.h"
#include "engine/runtime/store_state.h"
#include "engine/runtime/tiers.h"

namespace brink {

using runtime::FuncObject;
using runtime::Slot;
using runtime::StoreState;

namespace runtime {
Func make_host_func(Store& store, const FuncType& type, HostThunk thunk,
                    std::shared_ptr<void> callable) {
  StoreState& state = *store.state();
  FuncObject& function = state.functions.emplace_back();
  function.code = host_code();
  function.type_id = state.engine.state()->registry->intern(type);
  if (EngineState& engine = *state.engine.state(); engine.compiler != nullptr)
    function.native = engine.compiler->host_entry(engine, function.type_id);
  function.thunk = thunk;
  function.callable = callable.get();
  function.param_slots = slots_of(type.params);
  function.result_slots = slots_of(type.results);
  function.store = &state;
  for (const ValType param : type.params)
    function.has_traced_params |= is_traced(state.types(), param);
  state.host_callables.push_back(std::move(callable));
  return Func(&function);
}

void set_host_trap(StoreState& store, Trap trap) {
  store.host_trap = std::move(trap);
}

bool refuse_bytes(StoreState& store) {
  set_host_trap(store, make_trap("out of bounds memory access: what a host function was given is "
                                 "not in the memory that the caller exports",
                                 TrapCode::MemoryOutOfBounds)
                           .error());
  return false;
}

bool call_slots(FuncObject& function, uint64_t* slots) {
  StoreState& store = *function.store;
  const bool has_returned = call_function(store, function, slots);
  // What the host may hold of the call before is not this call's.
  if (!store.latest_results.empty()) [[unlikely]]
    store.latest_results.clear();
  return has_returned;
}

Trap take_trap(FuncObject& function) {
  return std::move(*function.store->trap);
}

Status check_type(const FuncObject& function, const FuncType& wanted) {
  const FuncType& type = *function.store->types().get(function.type_id).func();
  if (type == wanted) return {};
  return make_error(ErrorKind::Usage,
                    fmt::format("the function is {}, not {}", to_string(type), to_string(wanted)));
}

Caller make_caller(StoreState& store, InstanceObject* instance) {
  return Caller(*store.handle, instance);
}

}  // namespace runtime

namespace {

void write_value(Slot*& slot, const Value& value) {
  const V128 words = value.words();
  *slot++ = words.words[0];
  if (value.type().is_vector()) *slot++ = words.words[1];
}

Value read_value(const Slot*& slot, ValType type) {
  V128 words{{*slot++, 0}};
  if (type.is_vector()) words.words[1] = *slot++;
  return Value::from_words(type, words);
}

/// A host function behind a std::function: the boxed way.
struct BoxedHost {
  FuncType type;
  HostCallback callback;

  static bool thunk(void* callable, StoreState& store, runtime::InstanceObject* instance,
                    Slot* slots) {
    const auto& self = *static_cast<BoxedHost*>(callable);
    std::vector<Value> args;
    const Slot* source = slots;
    for (const ValType type : self.type.params) args.push_back(read_value(source, type));
    std::vector<Value> results;
    for (const ValType type : self.type.results) results.push_back(Value::from_words(type, {}));
    Caller caller(*store.handle, instance);
    CallResult<void> outcome = self.callback(caller, args, results);
    if (!outcome.has_value()) {
      runtime::set_host_trap(store, std::move(outcome).error());
      return false;
    }
    for (size_t i = 0; i < results.size(); ++i) {
      if (!store.types().matches(results[i].type(), self.type.results[i])) {
        runtime::set_host_trap(
            store, Trap{TrapCode::HostError,
                        fmt::format("host function returned {} where its type says {}",
                                    to_string(results[i].type()), to_string(self.type.results[i])),
                        {},
                        0});
        return false;
      }
    }
    for (const Value& result : results) write_value(slots, result);
    return true;
  }
};

}  // namespace

Func Func::create(Store& store, const FuncType& type, HostCallback callback) {
  return runtime::make_host_func(store, type, &BoxedHost::thunk,
                                 std::make_shared<BoxedHost>(BoxedHost{type, std::move(callback)}));
}

namespace {

/// Arguments that do not fit are the caller's mistake, reported as a trap that says so.
std::optional<Trap> check_arguments(const FuncObject& function, const FuncType& type,
                                    std::span<const Value> args) {
  if (args.size() != type.params.size())
    return Trap{TrapCode::HostError,
                fmt::format("the function takes {} arguments, {} were given", type.params.size(),
                            args.size()),
                {},
                0};
  for (size_t i = 0; i < args.size(); ++i) {
    const ValType expected = type.params[i];
    const ValType actual = args[i].type();
    const bool is_null = args[i].is_null() && expected.is_ref() && expected.nullable();
    if (is_null || actual == expected || function.store->types().matches(actual, expected))
      continue;
    return Trap{
        TrapCode::HostError,
        fmt::format("argument {} must be {}, not {}", i, to_string(expected), to_string(actual)),
        {},
        0};
  }
  return std::nullopt;
}

}  // namespace

CallResult<void> Func::call(std::span<const Value> args, std::span<Value> results) const {
  StoreState& store = *object_->store;
  const FuncType& type = *store.types().get(object_->type_id).func();
  if (std::optional<Trap> mistake = check_arguments(*object_, type, args))
    return std::unexpected(std::move(*mistake));
  if (results.size() != type.results.size())
    return make_trap(fmt::format("the function has {} results, room for {} was given",
                                 type.results.size(), results.size()));
  constexpr size_t kInline = 16;
  std::array<Slot, kInline> few = {};
  std::vector<Slot> many;
  const size_t needed = std::max(object_->param_slots, object_->result_slots);
  if (needed > kInline) many.resize(needed);
  Slot* const slots = needed > kInline ? many.data() : few.data();
  Slot* next = slots;
  for (const Value& arg : args) write_value(next, arg);
  if (!runtime::call_function(store, *object_, slots))
    return std::unexpected(std::move(*store.trap));
  const Slot* source = slots;
  store.latest_results.clear();
  for (size_t i = 0; i < results.size(); ++i) {
    results[i] = read_value(source, type.results[i]);
    if (runtime::is_traced(store.types(), type.results[i]))
      store.latest_results.push_back(results[i].ref_word());
  }
  return {};
}

CallResult<std::vector<Value>> Func::call(std::span<const Value> args) const {
  const size_t count = object_->store->types().get(object_->type_id).func()->results.size();
  std::vector<Value> results(count);
  CallResult<void> outcome = call(args, results);
  if (!outcome.has_value()) return std::unexpected(std::move(outcome).error());
  return results;
}

Value Func::to_value() const {
  return Value::ref(ValType::ref(HeapType::concrete(object_->type_id), false),
                    reinterpret_cast<uint64_t>(object_));
}

std::optional<Func> Func::from_value(const Value& value) {
  if (!value.type().is_ref() || value.is_null()) return std::nullopt;
  return Func(reinterpret_cast<FuncObject*>(value.ref_word()));
}

}  // namespace brink
