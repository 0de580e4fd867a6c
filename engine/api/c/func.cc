// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Functions: calls from C, and C functions as imports.

#include <algorithm>
#include <cstring>
#include <vector>

#include "engine/api/c/handles.h"
#include "engine/api/c/types.h"
#include "engine/runtime/store_state.h"
#include "engine/runtime/tiers.h"

using brink::Caller;
using brink::CallResult;
using brink::Func;
using brink::FuncType;
using brink::Trap;
using brink::ValType;
using brink::Value;
using brink::capi::StoreBox;

struct brink_caller_t {
  Caller& caller;
  StoreBox& box;
};

namespace {

/// What belongs to a callback's environment, once it is not called any more.
struct Environment {
  Environment(void* env, void (*finalizer)(void*)) : env(env), finalizer(finalizer) {}
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;
  ~Environment() {
    if (finalizer != nullptr) finalizer(env);
  }
  void* env;
  void (*finalizer)(void*);
};

/// A vector of values for the time of a call; deletes the references in it.
class ScopedValues {
 public:
  explicit ScopedValues(size_t size) { wasm_val_vec_new_uninitialized(&vec_, size); }
  ScopedValues(const ScopedValues&) = delete;
  ScopedValues& operator=(const ScopedValues&) = delete;
  ~ScopedValues() { wasm_val_vec_delete(&vec_); }
  wasm_val_vec_t& vec() { return vec_; }

 private:
  wasm_val_vec_t vec_;
};

constexpr const char* kNoVectors = "wasm_val_t has no room for a v128";

wasm_trap_t* make_trap(StoreBox& box, std::string message) {
  return new wasm_trap_t(box.shared_from_this(), brink::make_trap(std::move(message)).error());
}

CallResult<void> call_back(StoreBox& box, const FuncType& type,
                           const brink::capi::Callback& callback, Caller& caller,
                           std::span<const Value> args, std::span<Value> results) {
  ScopedValues given(args.size());
  ScopedValues returned(results.size());
  for (size_t i = 0; i < args.size(); ++i)
    if (!brink::capi::to_val(box, args[i], &given.vec().data[i]))
      return brink::make_trap(kNoVectors);
  // Callbacks that set no kind mean the one of the type.
  for (size_t i = 0; i < results.size(); ++i)
    if (!brink::capi::to_val(box, results[i], &returned.vec().data[i]))
      return brink::make_trap(kNoVectors);
  if (wasm_trap_t* trap = callback(caller, &given.vec(), &returned.vec()))
    return std::unexpected(brink::capi::take_trap(trap));
  for (size_t i = 0; i < results.size(); ++i) {
    const std::optional<Value> value =
        brink::capi::to_value(box, returned.vec().data[i], type.results[i]);
    if (!value.has_value())
      return brink::make_trap("host function returned something else than its type says");
    results[i] = *value;
  }
  return {};
}

}  // namespace

namespace brink::capi {

Func make_func(StoreBox& box, const FuncType& type, Callback callback) {
  return Func::create(box.store, type,
                      [&box, type, callback = std::move(callback)](
                          Caller& caller, std::span<const Value> args, std::span<Value> results) {
                        return call_back(box, type, callback, caller, args, results);
                      });
}

Trap take_trap(wasm_trap_t* trap) {
  const std::unique_ptr<wasm_trap_t> own(trap);
  return own->get();
}

}  // namespace brink::capi

wasm_func_t* wasm_func_new(wasm_store_t* store, const wasm_functype_t* type,
                           wasm_func_callback_t callback) {
  return new wasm_func_t(
      store->box, brink::capi::make_func(
                      *store->box, type->get(),
                      [callback](Caller&, const wasm_val_vec_t* args, wasm_val_vec_t* results) {
                        return callback(args, results);
                      }));
}

wasm_func_t* wasm_func_new_with_env(wasm_store_t* store, const wasm_functype_t* type,
                                    wasm_func_callback_with_env_t callback, void* env,
                                    void (*finalizer)(void*)) {
  auto environment = std::make_shared<Environment>(env, finalizer);
  return new wasm_func_t(
      store->box,
      brink::capi::make_func(
          *store->box, type->get(),
          [callback, environment](Caller&, const wasm_val_vec_t* args, wasm_val_vec_t* results) {
            return callback(environment->env, args, results);
          }));
}

wasm_func_t* brink_func_new(wasm_store_t* store, const wasm_functype_t* type,
                            brink_func_callback_t callback, void* env, void (*finalizer)(void*)) {
  auto environment = std::make_shared<Environment>(env, finalizer);
  StoreBox& box = *store->box;
  return new wasm_func_t(
      store->box, brink::capi::make_func(
                      box, type->get(),
                      [callback, environment, &box](Caller& caller, const wasm_val_vec_t* args,
                                                    wasm_val_vec_t* results) {
                        brink_caller_t handle{caller, box};
                        return callback(environment->env, &handle, args, results);
                      }));
}

wasm_extern_t* brink_caller_export(brink_caller_t* caller, const char* name) {
  const std::optional<brink::Instance> instance = caller->caller.instance();
  if (!instance.has_value()) return nullptr;
  const std::optional<brink::Extern> item = instance->find_export(name);
  return item.has_value() ? brink::capi::to_extern(caller->box, *item) : nullptr;
}

uint8_t* brink_caller_slice(brink_caller_t* caller, uint64_t address, uint64_t size) {
  const std::optional<brink::Memory> memory = caller->caller.memory();
  if (!memory.has_value()) return nullptr;
  const auto bytes = memory->slice(address, size);
  return bytes.has_value() ? bytes->data() : nullptr;
}

// ---- types ----

wasm_functype_t* wasm_func_type(const wasm_func_t* func) {
  return brink::capi::to_functype(func->store->store.state()->types(), func->get().type());
}
size_t wasm_func_param_arity(const wasm_func_t* func) {
  return func->get().type().params.size();
}
size_t wasm_func_result_arity(const wasm_func_t* func) {
  return func->get().type().results.size();
}

// ---- calls ----

namespace {

/// Converts the arguments, calls, and hands the results to `give(index, value)`, which says whether
/// it could take them.
template <typename Convert, typename Give>
wasm_trap_t* call(const wasm_func_t& func, size_t arg_count, size_t result_count, Convert convert,
                  Give give) {
  StoreBox& box = *func.store;
  const Func target = func.get();
  const FuncType& type = *box.store.state()->types().get(target.object()->type_id).func();
  if (arg_count != type.params.size())
    return make_trap(box, "the number of arguments does not fit the function");
  std::vector<Value> values(arg_count + type.results.size());
  const std::span<Value> args = std::span(values).first(arg_count);
  const std::span<Value> results = std::span(values).subspan(arg_count);
  for (size_t i = 0; i < arg_count; ++i) {
    const std::optional<Value> value = convert(box, i, type.params[i]);
    if (!value.has_value())
      return make_trap(box,
                       "argument " + std::to_string(i) + " must be " + to_string(type.params[i]));
    args[i] = *value;
  }
  CallResult<void> outcome = target.call(args, results);
  if (!outcome.has_value()) return new wasm_trap_t(func.store, std::move(outcome).error());
  // Programs that expect a trap bring no room for results.
  for (size_t i = 0; i < std::min(results.size(), result_count); ++i)
    if (!give(box, i, results[i])) return make_trap(box, kNoVectors);
  return nullptr;
}

std::optional<Value> to_value(StoreBox& box, const brink_val_t& value, ValType type) {
  if (!type.is_vector()) {
    wasm_val_t plain;
    plain.kind = value.kind;
    if (wasm_valkind_is_ref(value.kind))
      plain.of.ref = value.of.ref;
    else
      plain.of.i64 = value.of.i64;
    return brink::capi::to_value(box, plain, type);
  }
  if (value.kind != BRINK_V128) return std::nullopt;
  brink::V128 vector;
  std::memcpy(&vector, value.of.v128, sizeof vector);
  return Value::v128(vector);
}

void give_value(StoreBox& box, const Value& value, brink_val_t* out) {
  wasm_val_t plain;
  if (brink::capi::to_val(box, value, &plain)) {
    out->kind = plain.kind;
    if (wasm_valkind_is_ref(plain.kind))
      out->of.ref = plain.of.ref;
    else
      out->of.i64 = plain.of.i64;
    return;
  }
  out->kind = BRINK_V128;
  const brink::V128 vector = value.v128();
  std::memcpy(out->of.v128, &vector, sizeof vector);
}

}  // namespace

wasm_trap_t* wasm_func_call(const wasm_func_t* func, const wasm_val_vec_t* args,
                            wasm_val_vec_t* results) {
  return call(
      *func, args != nullptr ? args->size : 0, results != nullptr ? results->size : 0,
      [&](StoreBox& box, size_t i, ValType type) {
        return brink::capi::to_value(box, args->data[i], type);
      },
      [&](StoreBox& box, size_t i, const Value& value) {
        return brink::capi::to_val(box, value, &results->data[i]);
      });
}

wasm_trap_t* brink_func_call(const wasm_func_t* func, const brink_val_t* args, size_t arg_count,
                             brink_val_t* results, size_t result_count) {
  return call(
      *func, arg_count, result_count,
      [&](StoreBox& box, size_t i, ValType type) { return to_value(box, args[i], type); },
      [&](StoreBox& box, size_t i, const Value& value) {
        give_value(box, value, &results[i]);
        return true;
      });
}

wasm_trap_t* brink_func_call_unchecked(const wasm_func_t* func, uint64_t* slots) {
  brink::runtime::FuncObject& object = *func->get().object();
  if (brink::runtime::call_function(*object.store, object, slots)) return nullptr;
  return new wasm_trap_t(func->store, std::move(*object.store->trap));
}

void brink_val_delete(brink_val_t* value) {
  if (wasm_valkind_is_ref(value->kind)) delete std::exchange(value->of.ref, nullptr);
}

// ---- exceptions ----

wasm_trap_t* brink_throw(wasm_store_t* store, const brink_tag_t* tag, const brink_val_t* payload,
                         size_t size) {
  StoreBox& box = *store->box;
  const FuncType type = tag->get().type().type;
  std::vector<Value> values;
  for (size_t i = 0; i < size && i < type.params.size(); ++i) {
    const std::optional<Value> value = to_value(box, payload[i], type.params[i]);
    if (!value.has_value())
      return make_trap(box, "the payload of an exception does not fit its tag");
    values.push_back(*value);
  }
  if (size != type.params.size())
    return make_trap(box, "the payload of an exception does not fit its tag");
  return new wasm_trap_t(store->box, box.store.throw_exception(tag->get(), values).error());
}

namespace {

bool is_exception(const wasm_ref_t& ref) {
  if (ref.kind != brink::capi::RefKind::Other) return false;
  const Value& value = static_cast<const brink::capi::OtherRef&>(ref).get();
  return ref.store->store.state()->types().top(value.type().heap()) == brink::AbstractHeapType::Exn;
}

}  // namespace

wasm_ref_t* brink_trap_exception(const wasm_trap_t* trap) {
  const Trap& content = trap->get();
  if (content.code != brink::TrapCode::UncaughtException || trap->store == nullptr) return nullptr;
  return brink::capi::to_ref(*trap->store, content.exception);
}

brink_tag_t* brink_exception_tag(const wasm_ref_t* ref) {
  if (ref == nullptr || !is_exception(*ref)) return nullptr;
  const Value& value = static_cast<const brink::capi::OtherRef&>(*ref).get();
  return new brink_tag_t(ref->store, ref->store->store.exception_tag(value));
}

size_t brink_exception_payload(const wasm_ref_t* ref, brink_val_t* out, size_t size) {
  if (ref == nullptr || !is_exception(*ref)) return 0;
  const Value& value = static_cast<const brink::capi::OtherRef&>(*ref).get();
  const std::vector<Value> values = ref->store->store.exception_payload(value);
  for (size_t i = 0; i < std::min(size, values.size()); ++i)
    give_value(*ref->store, values[i], &out[i]);
  return values.size();
}
