// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// SANDBOX-CRITICAL: a mistake here lets a host's bug pass for a guest's trap, or the reverse.
//
// Owns the question the fault handler asks: does this address lie in a range somebody registered?
// Ranges come and go on any thread, by the tens of thousands, while other threads ask from inside
// signal handlers, where no lock may be taken and nothing allocated.
//
//     granule = address >> 32            the address space in pieces of 4 GiB
//     bucket  = granule % kBuckets       each range is entered in the bucket of every granule it
//                                        touches; one of very many granules only in `wide_`
//     bucket -> Table { count, entries[] }, searched from front to back
//
// A linear memory's reservation of 8 GiB is entered three times; with 16,000 of them a bucket
// holds about a dozen entries.
//
// Readers (find) only load, and are counted while they do. Writers hold a mutex; they
//   - append an entry first and raise the count after it,
//   - remove by setting an entry's size to 0, for good: an entry is never written a second time,
//   - replace a full table by a fresh one without the dead entries, and free the old one at a
//     moment when the count of readers is 0, that is when no reader can still hold it.
//
// Invariants: find() is async-signal-safe and wait-free; remove() allocates nothing and cannot
// fail; a range that stays registered throughout a find() is found by it.

#ifndef BRINK_PLATFORM_RANGE_REGISTRY_H_
#define BRINK_PLATFORM_RANGE_REGISTRY_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>

namespace brink::platform {

class RangeRegistry {
 public:
  /// Ready before any constructor runs.
  constexpr RangeRegistry() = default;
  RangeRegistry(const RangeRegistry&) = delete;
  RangeRegistry& operator=(const RangeRegistry&) = delete;
  /// Nobody else may be using the registry.
  ~RangeRegistry();

  /// Enters [base, base + size) with a value that find() reports. False when there is no memory for
  /// it; nothing is entered then. Ranges must not overlap, nor be empty.
  [[nodiscard]] bool add(uintptr_t base, size_t size, uintptr_t value);
  /// Takes out what add() entered under the same base and size.
  void remove(uintptr_t base, size_t size);
  /// The value of the range that `address` lies in. Async-signal-safe.
  std::optional<uintptr_t> find(uintptr_t address) const;

  /// Around fork(): the child's copy is consistent, and its dead threads are no longer readers.
  void before_fork() { mutex_.lock(); }
  void after_fork_in_parent() { mutex_.unlock(); }
  void after_fork_in_child();

 private:
  struct Entry {
    std::atomic<uintptr_t> base{0};
    std::atomic<size_t> size{0};  // 0 once the entry is dead
    std::atomic<uintptr_t> value{0};
  };
  struct Table {
    std::atomic<uint32_t> count{0};
    uint32_t live = 0;  // the writers' own
    uint32_t capacity = 0;
    Table* next_retired = nullptr;
    Entry* entries() { return reinterpret_cast<Entry*>(this + 1); }
    const Entry* entries() const { return reinterpret_cast<const Entry*>(this + 1); }
  };
  using Bucket = std::atomic<Table*>;

  static constexpr size_t kBuckets = 4096;
  static constexpr unsigned kGranuleBits = 32;
  static constexpr uintptr_t kMaxGranules = 16;  // a range that touches more is a wide one

  template <typename Visit>
  bool for_each_bucket(uintptr_t base, size_t size, Visit visit);
  static Table* new_table(uint32_t capacity);
  static const Entry* search(const Table* table, uintptr_t address);
  bool add_to(Bucket& bucket, uintptr_t base, size_t size, uintptr_t value);
  void remove_from(Bucket& bucket, uintptr_t base, size_t size);
  void retire(Table* table);
  void free_retired();

  std::array<Bucket, kBuckets> buckets_{};
  Bucket wide_{nullptr};
  mutable std::atomic<uint32_t> readers_{0};
  std::mutex mutex_;          // guards all writing
  Table* retired_ = nullptr;  // replaced, perhaps still read
};

}  // namespace brink::platform

#endif  // BRINK_PLATFORM_RANGE_REGISTRY_H_
