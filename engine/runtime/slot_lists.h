// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Free slots of a pool, in a list for each thread. A thread puts slots on its own list and takes
// from it with one atomic operation on memory that no other thread touches; one whose list is empty
// takes all of somebody else's.
//
// Invariants:
//   - Only its thread puts slots on a list. So between its thread's look at the first two slots and
//     the exchange, the list can become empty, but never longer: the exchange cannot mistake one
//     list for another (no ABA).
//   - A slot is on at most one list. Slots live as long as the lists.

#ifndef BRINK_RUNTIME_SLOT_LISTS_H_
#define BRINK_RUNTIME_SLOT_LISTS_H_

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>

namespace brink::runtime {

struct FreeSlot {
  std::atomic<FreeSlot*> next = nullptr;
};

class SlotLists : public std::enable_shared_from_this<SlotLists> {
 public:
  static std::shared_ptr<SlotLists> create() { return std::shared_ptr<SlotLists>(new SlotLists); }
  SlotLists(const SlotLists&) = delete;
  SlotLists& operator=(const SlotLists&) = delete;

  /// From this thread's list; null if it is empty.
  FreeSlot* pop() {
    List& list = own_list();
    FreeSlot* first = list.first.load(std::memory_order_acquire);
    while (first != nullptr) {
      FreeSlot* const next = first->next.load(std::memory_order_relaxed);
      if (list.first.compare_exchange_strong(first, next, std::memory_order_acquire)) break;
    }
    return first;
  }
  void push(FreeSlot& slot) {
    List& list = own_list();
    FreeSlot* first = list.first.load(std::memory_order_relaxed);
    do {
      slot.next.store(first, std::memory_order_relaxed);
    } while (!list.first.compare_exchange_strong(first, &slot, std::memory_order_seq_cst));
  }
  /// From any list; the others that were on it are this thread's from now on.
  FreeSlot* steal();

  // Waiting for a slot: begin_waiting(), look for one, wait() if there was none, look again ...
  // end_waiting(). Who has put a slot anywhere calls wake(); one that was put between the look and
  // the wait ends the wait.

  uint64_t begin_waiting();
  /// `seen`: what begin_waiting(), or the last wait(), returned.
  uint64_t wait(uint64_t seen, std::chrono::steady_clock::time_point until);
  void end_waiting() { waiting_.fetch_sub(1); }
  void wake() {
    if (waiting_.load(std::memory_order_seq_cst) != 0) [[unlikely]]
      wake_all();
  }

  /// Threads drop what they keep for it when they next use other lists. Who puts a slot on a list
  /// and finds it closed then is to look for slots once more.
  void close() { is_closed_.store(true, std::memory_order_seq_cst); }
  bool is_closed() const { return is_closed_.load(std::memory_order_seq_cst); }

 private:
  struct alignas(64) List {
    std::atomic<FreeSlot*> first = nullptr;
    bool is_owned = true;  // by a thread that lives; guarded by the mutex
  };
  struct ThreadLists;

  SlotLists();
  List& own_list() { return latest_id == id_ ? *latest_list : find_own_list(); }
  List& find_own_list();
  void wake_all();

  // The lists that this thread used last.
  static thread_local constinit uint64_t latest_id;
  static thread_local constinit List* latest_list;
  static thread_local ThreadLists thread_lists;

  const uint64_t id_;  ///< never used again
  std::atomic<bool> is_closed_ = false;
  std::mutex mutex_;
  std::deque<List> lists_;

  std::atomic<uint32_t> waiting_ = 0;
  std::mutex wake_mutex_;
  std::condition_variable woken_;
  uint64_t wakes_ = 0;
};

}  // namespace brink::runtime

#endif  // BRINK_RUNTIME_SLOT_LISTS_H_
