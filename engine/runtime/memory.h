// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// SANDBOX-CRITICAL: a mistake here lets a guest leave its memory. Changes need a second reader.
//
// Linear memories (spec: memory instances). Two kinds:
//
//   guarded: a reservation so large that base + 32-bit index + 32-bit offset + 16 bytes stays
//   inside.
//            Code does not check; pages past the current size are inaccessible and an access
//            faults.
//   checked: everything else (64-bit memories, pages of one byte, small reservations). Code
//   compares
//            with `bytes` before every access.
//
//     guarded  base                 base + bytes                               base + 8 GiB + page
//              | accessible, zeroed | inaccessible ............................................ |
//
// Invariant: the base of a guarded or shared memory never changes while it lives. A checked memory
// may move when it outgrows its reservation.
//
// A memory belongs to the stores that have it: to one, or, if it is shared, to any number, on any
// threads.

#ifndef BRINK_RUNTIME_MEMORY_H_
#define BRINK_RUNTIME_MEMORY_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>

#include "brink/engine.h"
#include "brink/error.h"
#include "brink/types.h"
#include "engine/platform/fault_handler.h"
#include "engine/platform/virtual_memory.h"
#include "engine/platform/write_tracker.h"
#include "engine/runtime/layout.h"

namespace brink::runtime {

/// `wanted` bytes of reservation for a memory, or fewer if the process has not enough address space
/// for some memories of that size. Fewer than wanted means: checked memories.
uint64_t affordable_reservation(uint64_t wanted);

/// Whether a memory of this type is guarded, so that code for memory 0 needs no checks.
bool is_guarded_memory(const MemoryType& type, const EngineConfig& config);

struct MemoryObject : std::enable_shared_from_this<MemoryObject> {
  uint8_t* base = nullptr;
  std::atomic<uint64_t> bytes = 0;  ///< current size
  bool is_guarded = false;
  /// A guest has stopped with its address in a register.
  bool is_pinned = false;
  MemoryType type;
  uint64_t max_bytes = 0;  ///< what grow may reach: the type's and the first store's limits
  platform::Reservation reservation;
  platform::FaultRange registration;
  /// Of a pool's memory whose writes are learned, else null.
  std::unique_ptr<platform::WriteTracker> tracker;
  std::mutex grow_mutex;  ///< shared memories grow from several threads

  static Result<std::shared_ptr<MemoryObject>> create(StoreState& store, const MemoryType& type);

  uint64_t pages() const { return bytes.load(std::memory_order_acquire) >> type.page_size_log2; }
  /// Previous size in pages, or nullopt.
  std::optional<uint64_t> grow(uint64_t delta_pages);
  /// Whether [offset, offset + size) lies inside.
  bool contains(uint64_t offset, uint64_t size) const {
    const uint64_t current = bytes.load(std::memory_order_relaxed);
    return offset <= current && size <= current - offset;
  }
  /// Before the kernel writes there: it does not fault as code does.
  Status make_writable(uint64_t offset, uint64_t size) {
    return tracker == nullptr ? Status() : tracker->make_writable(offset, size);
  }

 private:
  bool make_room(uint64_t current, uint64_t wanted);
  bool move_to_larger(uint64_t needed);
};

}  // namespace brink::runtime

#endif  // BRINK_RUNTIME_MEMORY_H_
