// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/runtime/slot_lists.h"

#include <vector>

namespace brink::runtime {
namespace {

std::atomic<uint64_t> next_id = 1;

/// The thread's lists are given up already; what its other thread-local objects free goes to lists
/// that no other thread will own.
constinit thread_local bool is_ending = false;

}  // namespace

/// What a thread has to give up when it ends.
struct SlotLists::ThreadLists {
  struct Entry {
    std::shared_ptr<SlotLists> owner;
    List* list;
  };
  std::vector<Entry> entries;

  ~ThreadLists() {
    for (const Entry& entry : entries) disown(entry);
    latest_id = 0;
    is_ending = true;
  }
  static void disown(const Entry& entry) {
    const std::scoped_lock lock(entry.owner->mutex_);
    entry.list->is_owned = false;
  }
  void forget_closed() {
    std::erase_if(entries, [](const Entry& entry) { return entry.owner->is_closed_.load(); });
  }
};

thread_local constinit uint64_t SlotLists::latest_id = 0;
thread_local constinit SlotLists::List* SlotLists::latest_list = nullptr;
thread_local SlotLists::ThreadLists SlotLists::thread_lists;

SlotLists::SlotLists() : id_(next_id.fetch_add(1)) {}

SlotLists::List& SlotLists::find_own_list() {
  List* own = nullptr;
  if (!is_ending)
    for (const ThreadLists::Entry& entry : thread_lists.entries)
      if (entry.owner.get() == this) own = entry.list;
  if (own == nullptr) {
    if (!is_ending) thread_lists.forget_closed();
    {
      const std::scoped_lock lock(mutex_);
      for (List& list : lists_)
        if (!list.is_owned) own = &list;
      if (own == nullptr) own = &lists_.emplace_back();
      own->is_owned = true;
    }
    if (!is_ending) thread_lists.entries.push_back({shared_from_this(), own});
  }
  latest_id = id_;
  latest_list = own;
  return *own;
}

FreeSlot* SlotLists::steal() {
  FreeSlot* slot = nullptr;
  {
    const std::scoped_lock lock(mutex_);
    for (List& list : lists_) {
      slot = list.first.exchange(nullptr, std::memory_order_seq_cst);
      if (slot != nullptr) break;
    }
  }
  if (slot == nullptr) return nullptr;
  FreeSlot* rest = slot->next.load(std::memory_order_relaxed);
  while (rest != nullptr) {
    FreeSlot* const next = rest->next.load(std::memory_order_relaxed);
    push(*rest);
    rest = next;
  }
  return slot;
}

// ---- waiting ----

uint64_t SlotLists::begin_waiting() {
  waiting_.fetch_add(1, std::memory_order_seq_cst);
  const std::scoped_lock lock(wake_mutex_);
  return wakes_;
}

uint64_t SlotLists::wait(uint64_t seen, std::chrono::steady_clock::time_point until) {
  std::unique_lock lock(wake_mutex_);
  woken_.wait_until(lock, until, [&] { return wakes_ != seen; });
  return wakes_;
}

void SlotLists::wake_all() {
  const std::scoped_lock lock(wake_mutex_);
  ++wakes_;
  woken_.notify_all();
}

}  // namespace brink::runtime
