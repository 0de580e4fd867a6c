// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/platform/range_registry.h"

#include <cstdlib>
#include <new>

#include "engine/support/check.h"

namespace brink::platform {

RangeRegistry::~RangeRegistry() {
  free_retired();
  for (Bucket& bucket : buckets_) std::free(bucket.load());
  std::free(wide_.load());
}

RangeRegistry::Table* RangeRegistry::new_table(uint32_t capacity) {
  void* memory = std::malloc(sizeof(Table) + capacity * sizeof(Entry));
  if (memory == nullptr) return nullptr;
  Table* table = new (memory) Table;
  table->capacity = capacity;
  for (uint32_t i = 0; i < capacity; ++i) new (table->entries() + i) Entry;
  return table;
}

// Calls visit for each bucket that the range belongs in until one call returns false; returns
// whether all did. Two granules may share a bucket; then it is visited twice.
template <typename Visit>
bool RangeRegistry::for_each_bucket(uintptr_t base, size_t size, Visit visit) {
  const uintptr_t first = base >> kGranuleBits;
  const uintptr_t last = (base + (size - 1)) >> kGranuleBits;
  if (last - first >= kMaxGranules) return visit(wide_);
  for (uintptr_t granule = first; granule <= last; ++granule) {
    if (!visit(buckets_[granule % kBuckets])) return false;
  }
  return true;
}

bool RangeRegistry::add(uintptr_t base, size_t size, uintptr_t value) {
  BRINK_CHECK(size != 0 && base + (size - 1) >= base);
  const std::lock_guard lock(mutex_);
  const bool complete = for_each_bucket(
      base, size, [&](Bucket& bucket) { return add_to(bucket, base, size, value); });
  if (complete) return true;
  for_each_bucket(base, size, [&](Bucket& bucket) {
    remove_from(bucket, base, size);
    return true;
  });
  return false;
}

void RangeRegistry::remove(uintptr_t base, size_t size) {
  const std::lock_guard lock(mutex_);
  for_each_bucket(base, size, [&](Bucket& bucket) {
    remove_from(bucket, base, size);
    return true;
  });
}

bool RangeRegistry::add_to(Bucket& bucket, uintptr_t base, size_t size, uintptr_t value) {
  constexpr uint32_t kFirstCapacity = 2;
  Table* table = bucket.load(std::memory_order_relaxed);
  const uint32_t live = table == nullptr ? 0 : table->live;
  if (table == nullptr || table->count.load(std::memory_order_relaxed) == table->capacity) {
    // Twice the living, so that the copying is paid for by the additions in between.
    Table* fresh = new_table(live < kFirstCapacity ? kFirstCapacity : live * 2);
    if (fresh == nullptr) return false;
    for (uint32_t i = 0; table != nullptr && i < table->capacity; ++i) {
      const Entry& old = table->entries()[i];
      const size_t old_size = old.size.load(std::memory_order_relaxed);
      if (old_size == 0) continue;
      Entry& copy = fresh->entries()[fresh->live++];
      copy.base.store(old.base.load(std::memory_order_relaxed), std::memory_order_relaxed);
      copy.size.store(old_size, std::memory_order_relaxed);
      copy.value.store(old.value.load(std::memory_order_relaxed), std::memory_order_relaxed);
    }
    BRINK_DCHECK(fresh->live == live);
    fresh->count.store(live, std::memory_order_relaxed);
    bucket.store(fresh, std::memory_order_seq_cst);
    retire(table);
    table = fresh;
  }
  const uint32_t count = table->count.load(std::memory_order_relaxed);
  Entry& entry = table->entries()[count];
  entry.base.store(base, std::memory_order_relaxed);
  entry.size.store(size, std::memory_order_relaxed);
  entry.value.store(value, std::memory_order_relaxed);
  table->live = live + 1;
  table->count.store(count + 1, std::memory_order_release);
  return true;
}

void RangeRegistry::remove_from(Bucket& bucket, uintptr_t base, size_t size) {
  Table* table = bucket.load(std::memory_order_relaxed);
  if (table == nullptr) return;
  const uint32_t count = table->count.load(std::memory_order_relaxed);
  for (uint32_t i = 0; i < count; ++i) {
    Entry& entry = table->entries()[i];
    if (entry.base.load(std::memory_order_relaxed) != base) continue;
    if (entry.size.load(std::memory_order_relaxed) != size) continue;
    entry.size.store(0, std::memory_order_relaxed);
    --table->live;
  }
  if (table->live != 0) return;
  bucket.store(nullptr, std::memory_order_seq_cst);
  retire(table);
}

// Correctness of freeing: readers_ and the buckets are accessed in one total order (seq_cst). A
// reader counts itself before it loads a bucket; a table is taken out of its bucket before readers_
// is looked at here. So whoever is not counted now will load the bucket later and find the new one.
void RangeRegistry::retire(Table* table) {
  if (table != nullptr) {
    table->next_retired = retired_;
    retired_ = table;
  }
  if (readers_.load(std::memory_order_seq_cst) == 0) free_retired();
}

void RangeRegistry::free_retired() {
  while (retired_ != nullptr) {
    Table* next = retired_->next_retired;
    std::free(retired_);
    retired_ = next;
  }
}

const RangeRegistry::Entry* RangeRegistry::search(const Table* table, uintptr_t address) {
  if (table == nullptr) return nullptr;
  const uint32_t count = table->count.load(std::memory_order_acquire);
  for (uint32_t i = 0; i < count; ++i) {
    const Entry& entry = table->entries()[i];
    // An address below the base wraps around to a distance that no size reaches.
    const uintptr_t distance = address - entry.base.load(std::memory_order_relaxed);
    if (distance < entry.size.load(std::memory_order_relaxed)) return &entry;
  }
  return nullptr;
}

std::optional<uintptr_t> RangeRegistry::find(uintptr_t address) const {
  readers_.fetch_add(1, std::memory_order_seq_cst);
  const Bucket& bucket = buckets_[(address >> kGranuleBits) % kBuckets];
  const Entry* entry = search(bucket.load(std::memory_order_seq_cst), address);
  if (entry == nullptr) entry = search(wide_.load(std::memory_order_seq_cst), address);
  std::optional<uintptr_t> value;
  if (entry != nullptr) value = entry->value.load(std::memory_order_relaxed);
  readers_.fetch_sub(1, std::memory_order_release);
  return value;
}

void RangeRegistry::after_fork_in_child() {
  readers_.store(0, std::memory_order_relaxed);
  mutex_.unlock();
}

}  // namespace brink::platform
