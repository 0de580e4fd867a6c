// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// SANDBOX-CRITICAL: see pool_core.h.

#include "engine/api/pool_core.h"

#include <algorithm>

#include <fmt/format.h>

#include "engine/runtime/code_scan.h"
#include "engine/runtime/tiers.h"
#include "engine/support/check.h"

namespace brink::runtime {
namespace {

/// Mappings that a slot gets beyond those it is made with: a stretch of pages that is learned to be
/// written lies between two others.
constexpr uint64_t kLearnedMappings = 8;
/// Long for one slot to be reclaimed.
constexpr auto kReclaimTime = std::chrono::milliseconds(1);
/// User space of the common systems.
constexpr uint64_t kAddressSpace = uint64_t{1} << 47;

std::atomic<uint64_t> next_id = 1;

}  // namespace

// ---- making ----

PoolCore::PoolCore(const InstancePre& instance, const PoolConfig& config)
    : id_(next_id.fetch_add(1)), pre_(instance), config_(config) {
  plan_calls();
  tables_set_ = tables_set_by_code(pre_.module().decoded());
  has_checks_ = config_.verify || !calls_at_take_.empty();
  slots_ = std::make_unique<PoolSlot[]>(config_.max_instances);
  for (uint32_t i = config_.max_instances; i-- > 0;) {
    slots_[i].core = this;
    empty_.push_back(&slots_[i]);
  }
}

PoolCore::~PoolCore() = default;

void PoolCore::plan_calls() {
  const wasm::Module& module = pre_.module().decoded();
  std::vector<uint32_t> calls;
  if (module.start) calls.push_back(*module.start);
  const auto& exports = pre_.module().state()->exports;
  if (const auto found = exports.find("_initialize");
      config_.run_initialize && found != exports.end()) {
    const wasm::Export& item = module.exports[found->second];
    if (item.kind == ExternKind::Func) {
      const FuncType& type = module.function_type(item.index);
      if (type.params.empty() && type.results.empty()) calls.push_back(item.index);
    }
  }
  // In their order: what comes after a call that has to be made each time is made each time.
  for (const uint32_t function : calls) {
    const bool is_pure = calls_at_take_.empty() && calls_no_imports(module, function);
    (is_pure ? calls_at_creation_ : calls_at_take_).push_back(function);
  }
}

std::expected<void, InstantiateError> PoolCore::init() {
  if (config_.max_instances == 0)
    return std::unexpected(Error(ErrorKind::Usage, "a pool of no instances"));
  const std::optional<uint64_t> mappings = platform::mappings_left();
  SlotResult first = create();
  if (!first.has_value()) return std::unexpected(std::move(first).error());
  compute_limits(**first, mappings);
  put(**first);
  for (uint32_t i = 1; i < std::min(config_.initial_instances, limits_.max_instances); ++i) {
    SlotResult slot = create();
    if (!slot.has_value()) return std::unexpected(std::move(slot).error());
    put(**slot);
  }
  return {};
}

void PoolCore::compute_limits(const PoolSlot& first, std::optional<uint64_t> mappings_before) {
  const StoreState& store = *first.store->state();
  for (const auto& memory : store.memories)
    limits_.reserved_bytes_per_slot += memory->reservation.size();
  // The interpreter's stack, and that of compiled code, which is twice as large.
  limits_.reserved_bytes_per_slot += 3 * config_.limits.max_stack_bytes;
  const uint64_t left = platform::address_space_left().value_or(kAddressSpace);
  limits_.by_address_space = left / std::max<uint64_t>(limits_.reserved_bytes_per_slot, 1) + 1;
  limits_.by_map_count = config_.max_instances;
  const std::optional<uint64_t> mappings = platform::mappings_left();
  if (mappings && mappings_before) {
    const uint64_t used = *mappings_before > *mappings ? *mappings_before - *mappings : 0;
    limits_.by_map_count = *mappings / (used + kLearnedMappings) + 1;
  }
  limits_.max_instances = static_cast<uint32_t>(
      std::min({uint64_t{config_.max_instances}, limits_.by_address_space, limits_.by_map_count}));
  const std::scoped_lock lock(mutex_);
  empty_.erase(empty_.begin(), empty_.begin() + (config_.max_instances - limits_.max_instances));
}

SlotResult PoolCore::create() {
  PoolSlot* slot = nullptr;
  {
    const std::scoped_lock lock(mutex_);
    if (empty_.empty() || is_stopped_) return nullptr;
    slot = empty_.back();
    empty_.pop_back();
  }
  existing_.fetch_add(1);
  auto filled = fill(*slot);
  if (filled.has_value()) {
    created_.fetch_add(1);
    return slot;
  }
  empty(*slot);
  return std::unexpected(std::move(filled).error());
}

std::expected<void, InstantiateError> PoolCore::fill(PoolSlot& slot) {
  const Module& module = pre_.module();
  Store& store = slot.store.emplace(module.engine(), config_.limits);
  store.set_fuel(config_.fuel);
  Linker linker(store);
  if (pre_.definer())
    if (Status status = pre_.definer()(linker); !status.has_value())
      return std::unexpected(std::move(status).error());
  auto imports = linker.resolve(module);
  if (!imports.has_value()) return std::unexpected(std::move(imports).error());
  auto made = instantiate(*store.state(), module.state(), *imports);
  if (!made.has_value()) return std::unexpected(std::move(made).error());
  slot.instance.emplace(*made);
  if (auto status = run(slot, calls_at_creation_); !status.has_value()) return status;
  // The first slot is alone; later ones only read the templates' list.
  auto image = StoreImage::capture(*store.state(), config_, templates_, tables_set_);
  if (!image.has_value()) return std::unexpected(std::move(image).error());
  slot.image = *std::move(image);
  return {};
}

std::expected<void, InstantiateError> PoolCore::run(PoolSlot& slot,
                                                    const std::vector<uint32_t>& functions) {
  StoreState& store = *slot.store->state();
  for (const uint32_t index : functions) {
    Slot none[2] = {};
    if (!call_function(store, *slot.instance->object()->func_ref(index), none))
      return std::unexpected(std::move(*store.trap));
  }
  return {};
}

void PoolCore::empty(PoolSlot& slot) {
  slot.image.reset();
  slot.instance.reset();
  // Somebody may keep the state. The place of its Store will be another one's.
  const std::shared_ptr<StoreState> state = slot.store ? slot.store->state() : nullptr;
  slot.store.reset();
  if (state != nullptr) state->handle = nullptr;
  {
    const std::scoped_lock lock(mutex_);
    empty_.push_back(&slot);
  }
  lists_->wake();
  forget_slots(1);
}

void PoolCore::forget_slots(uint32_t count) {
  if (existing_.fetch_sub(count) == count) {
    // Moved out first: this object ends with it.
    const std::shared_ptr<PoolCore> last = std::move(self_);
  }
}

// ---- taking ----

PoolSlot* PoolCore::steal() {
  return static_cast<PoolSlot*>(lists_->steal());
}

SlotResult PoolCore::take_slowly(PoolSlot* slot) {
  if (slot == nullptr || config_.verify) {
    if (slot != nullptr) lists_->push(*slot);
    SlotResult found = take_unstarted();
    if (!found.has_value()) return found;
    slot = *found;
  }
  if (auto status = run(*slot, calls_at_take_); !status.has_value()) {
    give_back(*slot);
    return std::unexpected(std::move(status).error());
  }
  return slot;
}

SlotResult PoolCore::take_unstarted() {
  auto* slot = static_cast<PoolSlot*>(lists_->pop());
  if (slot == nullptr) {
    SlotResult found = find_slot();
    if (!found.has_value()) return found;
    slot = *found;
  }
  if (!config_.verify) return slot;
  const auto difference = slot->image->find_difference();
  if (!difference) return slot;
  std::string message = fmt::format("a pooled instance is not as its image: {}", *difference);
  empty(*slot);
  return std::unexpected(Error(ErrorKind::Usage, std::move(message)));
}

/// One that is on no list of this thread.
SlotResult PoolCore::find_slot() {
  PoolSlot* slot = steal();
  if (slot == nullptr) slot = help_reclaiming();
  if (slot == nullptr) {
    SlotResult made = create();
    if (!made.has_value()) return made;
    slot = *made;
  }
  if (slot == nullptr) slot = wait();
  if (slot != nullptr) return slot;
  return std::unexpected(
      Error(ErrorKind::Limit,
            fmt::format("all {} instances of the pool are taken", limits_.max_instances)));
}

PoolSlot* PoolCore::wait() {
  const auto end = std::chrono::steady_clock::now() + config_.max_wait;
  PoolSlot* slot = nullptr;
  uint64_t seen = lists_->begin_waiting();
  for (;;) {
    slot = steal();
    if (slot == nullptr) slot = help_reclaiming();
    if (slot == nullptr) slot = create().value_or(nullptr);
    // What is being reclaimed comes back soon.
    const auto now = std::chrono::steady_clock::now();
    if (slot != nullptr || (now >= end && reclaiming_.load() == 0)) break;
    seen = lists_->wait(seen, std::max(end, now + kReclaimTime));
  }
  lists_->end_waiting();
  return slot;
}

// ---- giving back ----

void PoolCore::give_back(PoolSlot& slot) {
  // A Canceller or a Root of the last life would reach into the next.
  const bool is_ours = slot.store->state().use_count() == 1;
  std::atomic_thread_fence(std::memory_order_acquire);
  const ResetOutcome outcome = is_ours ? slot.image->reset() : ResetOutcome::Broken;
  if (outcome == ResetOutcome::Ready) [[likely]]
    return put(slot);
  if (outcome == ResetOutcome::Broken || !queue(slot)) empty(slot);
}

void PoolCore::put(PoolSlot& slot) {
  // Once the slot is on the list, anybody may take it away, and this object with it. The lists live
  // on, as this thread has one of them.
  SlotLists& lists = *lists_;
  lists.push(slot);
  if (lists.is_closed()) [[unlikely]] {
    while (auto* const left = static_cast<PoolSlot*>(lists.steal())) left->core->empty(*left);
    return;
  }
  lists.wake();
}

// ---- the long way ----

bool PoolCore::queue(PoolSlot& slot) {
  const std::scoped_lock lock(mutex_);
  if (is_stopped_) return false;
  queued_.push_back(&slot);
  if (!reclaimer_.joinable()) reclaimer_ = std::thread([this] { reclaim_queued(); });
  has_queued_.notify_one();
  return true;
}

void PoolCore::reclaim_queued() {
  std::unique_lock lock(mutex_);
  while (!is_stopped_) {
    if (queued_.empty()) {
      has_queued_.wait(lock);
      continue;
    }
    std::vector<PoolSlot*> batch;
    batch.swap(queued_);
    reclaiming_.fetch_add(static_cast<uint32_t>(batch.size()));
    lock.unlock();
    for (PoolSlot* slot : batch) {
      reclaimed_.fetch_add(1, std::memory_order_relaxed);
      if (slot->image->reclaim().has_value())
        put(*slot);
      else
        empty(*slot);
      reclaiming_.fetch_sub(1);
    }
    lock.lock();
  }
}

PoolSlot* PoolCore::help_reclaiming() {
  PoolSlot* slot = nullptr;
  {
    const std::scoped_lock lock(mutex_);
    if (queued_.empty()) return nullptr;
    slot = queued_.back();
    queued_.pop_back();
  }
  reclaimed_.fetch_add(1, std::memory_order_relaxed);
  if (slot->image->reclaim().has_value()) return slot;
  empty(*slot);
  return nullptr;
}

// ---- the end ----

void PoolCore::close(std::shared_ptr<PoolCore> self) {
  self_ = std::move(self);
  std::vector<PoolSlot*> left;
  {
    const std::scoped_lock lock(mutex_);
    is_stopped_ = true;
    has_queued_.notify_all();
  }
  if (reclaimer_.joinable()) reclaimer_.join();
  {
    const std::scoped_lock lock(mutex_);
    left.swap(queued_);
  }
  lists_->close();
  for (PoolSlot* slot : left) empty(*slot);
  while (PoolSlot* const slot = steal()) empty(*slot);
  forget_slots(1);
}

PoolStats PoolCore::stats() const {
  PoolStats stats;
  stats.slots = existing_.load() - 1;
  stats.created = created_.load();
  stats.reclaimed = reclaimed_.load();
  stats.runs_start_once = !calls_at_creation_.empty();
  return stats;
}

}  // namespace brink::runtime
