// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// SANDBOX-CRITICAL: see memory.h.

#include "engine/runtime/memory.h"

#include <algorithm>
#include <cstring>

#include <fmt/format.h>

#include "engine/runtime/store_state.h"
#include "engine/support/trace.h"
#include "engine/support/try.h"

namespace brink::runtime {
namespace {

/// What a guarded access can reach: 32-bit index + 32-bit offset + the access.
constexpr uint64_t kGuardedBytes = (uint64_t{8} << 30) + (uint64_t{64} << 10);
constexpr uint64_t kMax32Bytes = uint64_t{4} << 30;
/// User space of common systems; keeps sums of sizes far from overflow.
constexpr uint64_t kMax64Bytes = uint64_t{1} << 47;

/// What the reservations of guarded memories may need before address space counts as scarce.
constexpr uint64_t kAmpleBytes = 16 * kGuardedBytes;
/// Where it is scarce, a memory starts with this part of what is left, and moves as it grows.
constexpr uint64_t kScarceParts = 64;
constexpr uint64_t kMaxScarceBytes = uint64_t{64} << 20;
constexpr uint64_t kMinScarceBytes = uint64_t{64} << 10;

/// The most bytes that the type allows, as far as we can count them.
uint64_t type_max_bytes(const MemoryType& type) {
  const uint64_t ceiling = type.address == AddressType::I32 ? kMax32Bytes : kMax64Bytes;
  if (!type.limits.max || *type.limits.max > ceiling >> type.page_size_log2) return ceiling;
  return *type.limits.max << type.page_size_log2;
}

uint64_t round_up(uint64_t bytes) {
  const uint64_t page = platform::page_size();
  return (bytes + page - 1) & ~(page - 1);
}

/// Address space for a memory of `bytes` now and at most `max_bytes`.
uint64_t reservation_bytes(const MemoryType& type, const EngineConfig& config, uint64_t bytes,
                           uint64_t max_bytes) {
  if (is_guarded_memory(type, config)) return kGuardedBytes;
  // Shared memories must not move, so all they may ever need is reserved.
  uint64_t ahead = max_bytes;
  if (!type.is_shared)
    ahead = std::min(ahead, affordable_reservation(config.memory_reservation_bytes));
  return std::max<uint64_t>(round_up(std::max(ahead, bytes)), 1);
}

}  // namespace

uint64_t affordable_reservation(uint64_t wanted) {
  const std::optional<uint64_t> left = platform::address_space_left();
  if (!left || *left >= kAmpleBytes) return wanted;
  return std::min(wanted, std::clamp(*left / kScarceParts, kMinScarceBytes, kMaxScarceBytes));
}

bool is_guarded_memory(const MemoryType& type, const EngineConfig& config) {
  return type.address == AddressType::I32 &&
         type.page_size_log2 == MemoryType::kDefaultPageSizeLog2 &&
         config.memory_reservation_bytes >= uint64_t{8} << 30;
}

Result<std::shared_ptr<MemoryObject>> MemoryObject::create(StoreState& store,
                                                           const MemoryType& type) {
  const EngineConfig& config = store.engine.config();
  const uint64_t max_bytes = std::min(type_max_bytes(type), store.limits.max_memory_bytes);
  if (type.limits.min > max_bytes >> type.page_size_log2)
    return make_error(ErrorKind::Limit,
                      fmt::format("memory minimum size of {} pages exceeds the limit of {} bytes",
                                  type.limits.min, max_bytes));
  if (store.memories.size() >= store.limits.max_memories)
    return make_error(ErrorKind::Limit, fmt::format("the store's limit of {} memories is reached",
                                                    store.limits.max_memories));
  auto memory = std::make_shared<MemoryObject>();
  memory->type = type;
  memory->max_bytes = max_bytes;
  memory->is_guarded = is_guarded_memory(type, config);
  const uint64_t bytes = type.limits.min << type.page_size_log2;
  memory->reservation =
      BRINK_TRY(platform::Reservation::reserve(reservation_bytes(type, config, bytes, max_bytes)));
  memory->base = memory->reservation.base();
  if (bytes != 0) BRINK_TRY(memory->reservation.commit(0, round_up(bytes)));
  if (memory->is_guarded)
    memory->registration =
        BRINK_TRY(platform::register_guest_memory(memory->base, memory->reservation.size()));
  memory->bytes.store(bytes, std::memory_order_release);
  BRINK_TRACE(Memory, "made: {} bytes, at most {}, {} reserved, {}", bytes, max_bytes,
              memory->reservation.size(), memory->is_guarded ? "guarded" : "checked");
  return memory;
}

std::optional<uint64_t> MemoryObject::grow(uint64_t delta_pages) {
  const std::scoped_lock lock(grow_mutex);
  const uint64_t current = bytes.load(std::memory_order_relaxed);
  const uint64_t previous = current >> type.page_size_log2;
  if (delta_pages == 0) return previous;
  if (delta_pages > (max_bytes - current) >> type.page_size_log2 ||
      !make_room(current, current + (delta_pages << type.page_size_log2))) {
    BRINK_TRACE(Memory, "cannot grow from {} bytes by {} pages", current, delta_pages);
    return std::nullopt;
  }
  const uint64_t wanted = current + (delta_pages << type.page_size_log2);
  bytes.store(wanted, std::memory_order_release);
  BRINK_TRACE(Memory, "grown from {} to {} bytes", current, wanted);
  return previous;
}

/// Makes the bytes from `current` to `wanted` accessible.
bool MemoryObject::make_room(uint64_t current, uint64_t wanted) {
  const uint64_t committed = round_up(current);
  const uint64_t needed = round_up(wanted);
  if (needed > reservation.size() && !move_to_larger(needed)) return false;
  return needed <= committed || reservation.commit(committed, needed - committed).has_value();
}

/// Checked memories only: code reads the base anew at each access.
bool MemoryObject::move_to_larger(uint64_t needed) {
  if (is_pinned) return false;
  if (is_guarded || type.is_shared) return false;
  const uint64_t size = std::max(needed, std::min(round_up(max_bytes), reservation.size() * 2));
  Result<platform::Reservation> larger = platform::Reservation::reserve(size);
  if (!larger.has_value()) return false;
  const uint64_t current = bytes.load(std::memory_order_relaxed);
  if (current != 0) {
    if (!larger->commit(0, round_up(current)).has_value()) return false;
    std::memcpy(larger->base(), base, current);
  }
  reservation = *std::move(larger);
  base = reservation.base();
  return true;
}

}  // namespace brink::runtime
