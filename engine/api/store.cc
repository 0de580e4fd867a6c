// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "brink/store.h"

#include <algorithm>

#include "engine/platform/clock.h"
#include "engine/runtime/async_call.h"
#include "engine/runtime/gc_objects.h"
#include "engine/runtime/metrics.h"
#include "engine/runtime/store_state.h"
#include "engine/runtime/tiers.h"

namespace brink {

using runtime::ExecContext;
using runtime::StoreState;

Store::Store(const Engine& engine, StoreLimits limits)
    : state_(std::make_shared<StoreState>(engine, limits)) {
  state_->handle = this;
}

Store::~Store() {
  // Host functions on its way out still find their store.
  if (state_ && state_->async != nullptr) state_->async->cancel();
}

Store::Store(Store&& other) noexcept : state_(std::move(other.state_)) {
  if (state_) state_->handle = this;
}

Store& Store::operator=(Store&& other) noexcept {
  if (this == &other) return *this;
  if (state_ && state_->async != nullptr) state_->async->cancel();
  state_ = std::move(other.state_);
  if (state_) state_->handle = this;
  return *this;
}

const Engine& Store::engine() const {
  return state_->engine;
}
const StoreLimits& Store::limits() const {
  return state_->limits;
}

StoreLimits StoreLimits::strict() {
  StoreLimits limits;
  limits.max_memory_bytes = uint64_t{256} << 20;
  limits.max_table_elements = 100'000;
  limits.max_instances = 100;
  limits.max_memories = 100;
  limits.max_tables = 1'000;
  limits.max_stack_bytes = uint64_t{512} << 10;
  limits.max_gc_heap_bytes = uint64_t{64} << 20;
  return limits;
}

void Store::set_metrics(MetricsCallback callback) {
  state_->metrics = callback ? std::make_unique<runtime::Metrics>(std::move(callback)) : nullptr;
}

void Store::set_data(std::shared_ptr<void> data) {
  state_->data = std::move(data);
}

void* Store::data() const {
  return state_->data.get();
}

void Store::set_fuel(uint64_t fuel) {
  state_->exec.fuel = static_cast<int64_t>(std::min<uint64_t>(fuel, INT64_MAX));
}

uint64_t Store::fuel() const {
  return static_cast<uint64_t>(std::max<int64_t>(state_->exec.fuel, 0));
}

void Store::set_deadline(std::chrono::steady_clock::time_point when) {
  const auto left = when - std::chrono::steady_clock::now();
  const int64_t nanoseconds =
      std::max<int64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(left).count(), 0);
  state_->arm_deadline(platform::clock_now(platform::Clock::Monotonic) +
                       static_cast<uint64_t>(nanoseconds));
}

void Store::clear_deadline() {
  state_->disarm_deadline();
}

void Store::Canceller::cancel() const {
  state_->interrupt(ExecContext::kCancelled);
}

Store::Canceller Store::canceller() const {
  return Canceller(state_);
}

Value Store::extern_ref(std::shared_ptr<void> data) {
  const uint64_t number = state_->extern_data.size();
  state_->extern_data.push_back(std::move(data));
  return Value::ref(ValType::ref(AbstractHeapType::Extern, false),
                    runtime::make_host_reference(number));
}

std::shared_ptr<void> Store::extern_data(const Value& value) const {
  const uint64_t word = value.ref_word();
  const uint64_t number = word >> 3;
  if (!runtime::is_host_reference(word) || number >= state_->extern_data.size()) return nullptr;
  return state_->extern_data[number];
}

HeapType Store::dynamic_type(const Value& value) const {
  if (!value.type().is_ref()) return AbstractHeapType::Bottom;
  const HeapType type = value.type().heap();
  if (value.is_null() || type.is(AbstractHeapType::Bottom)) return type;
  return runtime::dynamic_type(*state_, value.ref_word(), state_->types().top(type));
}

// ---- exceptions ----

std::unexpected<Trap> Store::throw_exception(const Tag& tag, std::span<const Value> payload) {
  const FuncType& type = *state_->types().get(tag.object()->type_id).func();
  if (payload.size() != type.params.size())
    return make_trap("the payload of an exception does not fit its tag");
  std::vector<runtime::Slot> slots;
  for (size_t i = 0; i < payload.size(); ++i) {
    const bool is_null =
        payload[i].is_null() && type.params[i].is_ref() && type.params[i].nullable();
    if (!is_null && !state_->types().matches(payload[i].type(), type.params[i]))
      return make_trap("the payload of an exception does not fit its tag");
    slots.push_back(payload[i].words().words[0]);
    if (type.params[i].is_vector()) slots.push_back(payload[i].words().words[1]);
  }
  // The payload is in no frame yet.
  ++state_->collection_bans;
  const runtime::RefWord word = runtime::new_exception(*state_, *tag.object(), slots.data());
  --state_->collection_bans;
  if (word == 0)
    return make_trap(std::string(to_string(TrapCode::HeapExhausted)), TrapCode::HeapExhausted);
  return std::unexpected(runtime::make_exception_trap(*state_, word));
}

Tag Store::exception_tag(const Value& exception) const {
  return Tag(
      const_cast<runtime::TagObject*>(runtime::exception_tag(state_->heap, exception.ref_word())));
}

std::vector<Value> Store::exception_payload(const Value& exception) const {
  const runtime::Slot* slot = runtime::exception_payload(state_->heap, exception.ref_word());
  std::vector<Value> values;
  for (const ValType type : exception_tag(exception).type().type.params) {
    values.push_back(Value::from_words(type, {{slot[0], type.is_vector() ? slot[1] : 0}}));
    slot += type.slots();
  }
  return values;
}

// ---- garbage collection ----

Store::Root::Root(std::shared_ptr<StoreState> state, const Value& value)
    : state_(std::move(state)), value_(value) {
  const bool is_traced = runtime::is_traced(state_->types(), value.type());
  const runtime::RefWord word = is_traced ? value.ref_word() : 0;
  if (state_->free_roots.empty()) {
    index_ = state_->roots.size();
    state_->roots.push_back(word);
  } else {
    index_ = state_->free_roots.back();
    state_->free_roots.pop_back();
    state_->roots[index_] = word;
  }
}

Store::Root::Root(Root&& other) noexcept
    : state_(std::move(other.state_)), value_(other.value_), index_(other.index_) {}

Store::Root& Store::Root::operator=(Root&& other) noexcept {
  std::swap(state_, other.state_);
  std::swap(value_, other.value_);
  std::swap(index_, other.index_);
  return *this;
}

Store::Root::~Root() {
  if (state_ == nullptr) return;
  state_->roots[index_] = 0;
  state_->free_roots.push_back(index_);
}

Store::Root Store::root(const Value& value) {
  return Root(state_, value);
}

void Store::collect_garbage() {
  runtime::collect_garbage(*state_);
}

uint64_t Store::gc_heap_bytes() const {
  return state_->heap.used_bytes();
}

// ---- instances ----

namespace {

std::expected<Instance, InstantiateError> instantiate(Store& store, const Module& module,
                                                      std::span<const Extern> imports) {
  auto made = runtime::instantiate(*store.state(), module.state(), imports);
  if (!made.has_value()) return std::unexpected(std::move(made).error());
  runtime::InstanceObject* instance = *made;
  if (const auto start = module.decoded().start) {
    runtime::Slot none[2] = {};
    if (!runtime::call_function(*store.state(), *instance->func_ref(*start), none))
      return std::unexpected(std::move(*store.state()->trap));
  }
  return Instance(instance);
}

}  // namespace

std::expected<Instance, InstantiateError> Instance::create(Store& store, const Module& module,
                                                           std::span<const Extern> imports) {
  if (store.state()->metrics == nullptr) return instantiate(store, module, imports);
  return runtime::measure_instantiation(*store.state(),
                                        [&] { return instantiate(store, module, imports); });
}

std::optional<Extern> Instance::find_export(std::string_view name) const {
  return object_->find_export(name);
}

namespace {

template <typename T>
std::optional<T> flatten(const std::optional<Extern>& item,
                         std::optional<T> (Extern::*get)() const) {
  return item ? (*item.*get)() : std::nullopt;
}

}  // namespace

std::optional<Func> Instance::func(std::string_view name) const {
  return flatten(find_export(name), &Extern::func);
}
std::optional<Memory> Instance::memory(std::string_view name) const {
  return flatten(find_export(name), &Extern::memory);
}
std::optional<Table> Instance::table(std::string_view name) const {
  return flatten(find_export(name), &Extern::table);
}
std::optional<Global> Instance::global(std::string_view name) const {
  return flatten(find_export(name), &Extern::global);
}

Module Instance::module() const {
  return Module(object_->module_owner);
}

std::optional<Memory> Caller::memory() const {
  if (instance_ == nullptr) return std::nullopt;
  return Instance(instance_).memory("memory");
}

std::optional<Instance> Caller::instance() const {
  if (instance_ == nullptr) return std::nullopt;
  return Instance(instance_);
}

}  // namespace brink
