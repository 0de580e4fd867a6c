// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/runtime/parking_lot.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <condition_variable>
#include <list>
#include <mutex>

namespace brink::runtime {
namespace {

using Clock = std::chrono::steady_clock;

struct Waiter {
  const void* address = nullptr;
  bool woken = false;
  std::condition_variable wake;
};

/// Waiters of all addresses with the same hash, oldest first.
struct Bucket {
  std::mutex mutex;
  std::list<Waiter*> waiters;
};

constexpr size_t kBuckets = 64;

Bucket& bucket_of(const void* address) {
  static std::array<Bucket, kBuckets> buckets;
  const uint64_t bits = reinterpret_cast<uintptr_t>(address) >> 2;
  return buckets[(bits * 0x9e3779b97f4a7c15u) >> 58];
}

uint64_t load_cell(const void* address, uint32_t bytes) {
  return bytes == 4 ? __atomic_load_n(static_cast<const uint32_t*>(address), __ATOMIC_SEQ_CST)
                    : __atomic_load_n(static_cast<const uint64_t*>(address), __ATOMIC_SEQ_CST);
}

/// How often a sleeper looks whether its guest is to stop.
constexpr std::chrono::milliseconds kSlice(10);

}  // namespace

WaitResult wait_on(const void* address, uint64_t expected, uint32_t bytes, int64_t timeout_ns,
                   ExecContext& rt) {
  Bucket& bucket = bucket_of(address);
  std::unique_lock lock(bucket.mutex);
  // Under the lock: a notify between the comparison and the sleep would be lost.
  if (load_cell(address, bytes) != expected) return WaitResult::NotEqual;
  Waiter waiter;
  waiter.address = address;
  bucket.waiters.push_back(&waiter);
  // Far enough to be for ever, near enough not to overflow.
  constexpr int64_t kLongest = int64_t{1} << 61;
  const int64_t bounded = timeout_ns < 0 ? kLongest : std::min(timeout_ns, kLongest);
  const Clock::time_point end = Clock::now() + std::chrono::nanoseconds(bounded);
  while (!waiter.woken && Clock::now() < end && rt.interrupts.load() == 0)
    waiter.wake.wait_until(lock, std::min(end, Clock::now() + kSlice));
  if (waiter.woken) return WaitResult::Woken;
  bucket.waiters.remove(&waiter);
  return WaitResult::TimedOut;
}

uint32_t notify(const void* address, uint32_t count) {
  Bucket& bucket = bucket_of(address);
  const std::scoped_lock lock(bucket.mutex);
  uint32_t woken = 0;
  for (auto i = bucket.waiters.begin(); i != bucket.waiters.end() && woken < count;) {
    if ((*i)->address != address) {
      ++i;
      continue;
    }
    (*i)->woken = true;
    (*i)->wake.notify_one();
    i = bucket.waiters.erase(i);
    ++woken;
  }
  return woken;
}

}  // namespace brink::runtime
