// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// SANDBOX-CRITICAL: see store_image.h.

#include "engine/runtime/store_image.h"

#include <algorithm>
#include <atomic>

#include <fmt/format.h>

#include "engine/runtime/metrics.h"
#include "engine/support/check.h"
#include "engine/support/try.h"

namespace brink::runtime {
namespace {

std::atomic<uint32_t> parts_left_out = 0;

/// Tables that grew beyond this many elements give the memory back.
constexpr size_t kMaxSpareElements = 1 << 16;

}  // namespace

void StoreImage::leave_out_for_test(uint32_t parts) {
  parts_left_out = parts;
}

StoreImage::StoreImage(StoreState& store, const PoolConfig&)
    : store_(store),
      left_out_(parts_left_out),
      fuel_(static_cast<uint64_t>(store.exec.fuel)),
      shape_(shape_of(store)),
      extern_data_(store.extern_data.size()),
      metrics_(store.metrics.get()),
      roots_(store.roots.size() - store.free_roots.size()) {}

StoreImage::Shape StoreImage::shape_of(const StoreState& store) {
  return {store.instances.size(), store.memories.size(), store.tables.size(),
          store.globals.size(),   store.tags.size(),     store.host_callables.size()};
}

// ---- capturing ----

Result<std::unique_ptr<StoreImage>> StoreImage::capture(StoreState& store, const PoolConfig& config,
                                                        MemoryTemplates& templates,
                                                        const std::vector<bool>& tables_set) {
  std::unique_ptr<StoreImage> image(new StoreImage(store, config));
  if (templates.empty())
    for (const auto& memory : store.memories)
      templates.push_back(BRINK_TRY(PooledMemory::capture(*memory, config)));
  if (templates.size() != store.memories.size())
    return make_error(ErrorKind::Usage, "the instances of a pool have different memories");
  for (size_t i = 0; i < templates.size(); ++i)
    image->memories_.push_back(BRINK_TRY(PooledMemory::adopt(*store.memories[i], templates[i])));
  image->capture_tables(tables_set);
  image->capture_globals();
  image->capture_segments();
  image->heap_ = store.heap.save();
  return image;
}

void StoreImage::capture_tables(const std::vector<bool>& tables_set) {
  // With several instances anyone's code may write to anyone's table.
  const bool is_only = store_.instances.size() == 1;
  for (const auto& table : store_.tables) {
    bool may_be_set = true;
    if (is_only) {
      const auto& list = store_.instances.front()->table_list;
      const auto found = std::ranges::find(list, table.get());
      may_be_set = found != list.end() && tables_set[static_cast<size_t>(found - list.begin())];
    }
    table->is_touched = false;
    tables_.push_back({table.get(), may_be_set, {table->elements, table->elements + table->size}});
  }
}

void StoreImage::capture_globals() {
  const auto add = [&](GlobalObject& global) {
    if (global.type.is_mutable) globals_.push_back({&global, {global.value[0], global.value[1]}});
  };
  for (const auto& instance : store_.instances) {
    const wasm::Module& module = instance->module->decoded;
    const size_t own = module.globals.size() - module.imported_globals;
    for (size_t i = 0; i < own; ++i) add(instance->own_globals()[i]);
  }
  for (GlobalObject& global : store_.globals) add(global);
}

void StoreImage::capture_segments() {
  for (const auto& instance : store_.instances) {
    instance->has_dropped_segments = false;
    segments_.push_back({instance.get(), instance->dropped_data, instance->elements});
  }
}

// ---- going back ----

bool StoreImage::reset_store() {
  ExecContext& exec = store_.exec;
  if (shape_of(store_) != shape_ || store_.async != nullptr ||
      store_.roots.size() - store_.free_roots.size() != roots_) [[unlikely]]
    return false;
  if (store_.deadline.is_armed() || exec.interrupts.load(std::memory_order_relaxed) != 0)
      [[unlikely]] {
    store_.deadline.cancel();
    // Limits stay poisoned; poison without a reason is taken back by whoever meets it.
    exec.interrupts.store(0);
  }
  if (store_.trap || store_.host_trap) [[unlikely]] {
    store_.trap.reset();
    store_.host_trap.reset();
  }
  if (store_.extern_data.size() != extern_data_) [[unlikely]]
    store_.extern_data.resize(extern_data_);
  if (store_.data != nullptr) store_.data.reset();
  if (store_.metrics.get() != metrics_) [[unlikely]] {
    if (metrics_ != nullptr) return false;  // the slot's own are gone
    store_.metrics.reset();
  }
  store_.latest_results.clear();
  store_.exception = 0;
  exec.landing_exception = 0;
  exec.fuel = static_cast<int64_t>(fuel_);
  return true;
}

void StoreImage::reset_tables() {
  for (const SavedTable& saved : tables_) {
    TableObject& table = *saved.table;
    if (!table.is_touched && !saved.is_always_copied) continue;
    if (table.size != saved.elements.size()) {
      table.storage.resize(saved.elements.size());
      if (table.storage.capacity() > saved.elements.size() + kMaxSpareElements)
        table.storage.shrink_to_fit();
      table.elements = table.storage.data();
      table.size = saved.elements.size();
    }
    std::ranges::copy(saved.elements, table.elements);
    table.is_touched = false;
  }
}

void StoreImage::reset_segments() {
  for (const SavedSegments& saved : segments_) {
    InstanceObject& instance = *saved.instance;
    if (!instance.has_dropped_segments) continue;
    instance.dropped_data = saved.dropped_data;
    instance.elements = saved.elements;
    instance.has_dropped_segments = false;
  }
}

ResetOutcome StoreImage::reset() {
  if (store_.async != nullptr) [[unlikely]]
    return ResetOutcome::Broken;
  BRINK_CHECK(store_.exec.entry == nullptr);
  if (resets(ResetPart::Store) && !reset_store()) return ResetOutcome::Broken;
  if (resets(ResetPart::Globals))
    for (const SavedGlobal& saved : globals_) {
      saved.global->value[0] = saved.value[0];
      saved.global->value[1] = saved.value[1];
    }
  if (resets(ResetPart::Tables)) reset_tables();
  if (resets(ResetPart::Segments)) reset_segments();
  if (resets(ResetPart::Heap) && store_.heap.has_changed(*heap_)) store_.heap.restore(*heap_);
  ResetOutcome outcome = ResetOutcome::Ready;
  if (resets(ResetPart::Memories))
    for (PooledMemory& memory : memories_) outcome = std::max(outcome, memory.reset());
  return outcome;
}

Status StoreImage::reclaim() {
  for (PooledMemory& memory : memories_) BRINK_TRY(memory.reclaim());
  return {};
}

// ---- comparing ----

std::optional<std::string> StoreImage::find_difference() const {
  for (size_t i = 0; i < memories_.size(); ++i)
    if (const auto difference = memories_[i].find_difference())
      return fmt::format("memory {}: {}", i, *difference);
  for (size_t i = 0; i < tables_.size(); ++i) {
    const TableObject& table = *tables_[i].table;
    if (!std::ranges::equal(tables_[i].elements, std::span(table.elements, table.size)))
      return fmt::format("table {} has other elements", i);
  }
  for (size_t i = 0; i < globals_.size(); ++i)
    if (!std::ranges::equal(globals_[i].value, globals_[i].global->value))
      return fmt::format("mutable global {} has another value", i);
  for (const SavedSegments& saved : segments_)
    if (saved.instance->dropped_data != saved.dropped_data ||
        saved.instance->elements != saved.elements)
      return "a segment has been dropped";
  if (!store_.heap.equals(*heap_)) return "the heap of objects differs";
  const ExecContext& exec = store_.exec;
  if (exec.fuel != static_cast<int64_t>(fuel_) || exec.interrupts.load() != 0 ||
      store_.deadline.is_armed() || store_.trap || store_.host_trap || store_.exception != 0 ||
      !store_.latest_results.empty() || store_.extern_data.size() != extern_data_ ||
      store_.data != nullptr || exec.entry != nullptr || exec.has_left ||
      shape_of(store_) != shape_)
    return "the store keeps something of its last guest";
  return std::nullopt;
}

}  // namespace brink::runtime
