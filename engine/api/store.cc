// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "brink/store.h"

#include <algorithm>

#include "engine/interpret/interpreter.h"
#include "engine/platform/clock.h"
#include "engine/runtime/store_state.h"

namespace brink {

using runtime::ExecContext;
using runtime::StoreState;

Store::Store(const Engine& engine, StoreLimits limits)
    : state_(std::make_shared<StoreState>(engine, limits)) {
  state_->handle = this;
}

Store::~Store() = default;

Store::Store(Store&& other) noexcept : state_(std::move(other.state_)) {
  if (state_) state_->handle = this;
}

Store& Store::operator=(Store&& other) noexcept {
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

void Store::set_fuel(uint64_t fuel) {
  state_->exec.fuel = static_cast<int64_t>(std::min<uint64_t>(fuel, INT64_MAX));
}

uint64_t Store::fuel() const {
  return static_cast<uint64_t>(std::max<int64_t>(state_->exec.fuel, 0));
}

void Store::set_deadline(std::chrono::steady_clock::time_point when) {
  clear_deadline();
  const auto left = when - std::chrono::steady_clock::now();
  const int64_t nanoseconds =
      std::max<int64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(left).count(), 0);
  const uint64_t now = platform::clock_now(platform::Clock::Monotonic);
  Result<platform::Deadline> deadline = platform::Deadline::arm(
      now + static_cast<uint64_t>(nanoseconds),
      [](void* state) { static_cast<StoreState*>(state)->interrupt(ExecContext::kDeadline); },
      state_.get());
  if (deadline.has_value())
    state_->deadline = *std::move(deadline);
  else
    state_->interrupt(ExecContext::kDeadline);  // no thread for a timer: refuse to run unbounded
}

void Store::clear_deadline() {
  state_->deadline.cancel();
  state_->exec.interrupts.fetch_and(~ExecContext::kDeadline);
}

void Store::Canceller::cancel() const {
  state_->interrupt(ExecContext::kCancelled);
}

Store::Canceller Store::canceller() const {
  return Canceller(state_);
}

Value Store::extern_ref(std::shared_ptr<void> data) {
  state_->extern_data.push_back(std::move(data));
  return Value::ref(ValType::ref(AbstractHeapType::Extern, false), state_->extern_data.size());
}

std::shared_ptr<void> Store::extern_data(const Value& value) const {
  const uint64_t word = value.ref_word();
  if (word == 0 || word > state_->extern_data.size()) return nullptr;
  return state_->extern_data[word - 1];
}

// ---- instances ----

std::expected<Instance, InstantiateError> Instance::create(Store& store, const Module& module,
                                                           std::span<const Extern> imports) {
  auto made = runtime::instantiate(*store.state(), module.state(), imports);
  if (!made.has_value()) return std::unexpected(std::move(made).error());
  runtime::InstanceObject* instance = *made;
  if (const auto start = module.decoded().start) {
    runtime::Slot none[2] = {};
    if (!interpret::call_function(*store.state(), *instance->func_ref(*start), none))
      return std::unexpected(std::move(*store.state()->trap));
  }
  return Instance(instance);
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
