// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// SANDBOX-CRITICAL: see memory.h.

#include "engine/runtime/memory.h"

#include <algorithm>
#include <cstring>

#include <fmt/format.h>

#include "engine/runtime/store_state.h"
#include "engine/support/try.h"

namespace brink::runtime {
namespace {

/// What a guarded access can reach: 32-bit index + 32-bit offset + the access.
constexpr uint64_t kGuardedBytes = (uint64_t{8} << 30) + (uint64_t{64} << 10);
constexpr uint64_t kMax32Bytes = uint64_t{4} << 30;
/// User space of common systems; keeps sums of sizes far from overflow.
constexpr uint64_t kMax64Bytes = uint64_t{1} << 47;

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

}  // namespace

bool is_guarded_memory(const MemoryType& type, const EngineConfig& config) {
  return type.address == AddressType::I32 &&
         type.page_size_log2 == MemoryType::kDefaultPageSizeLog2 &&
         config.memory_reservation_bytes >= uint64_t{8} << 30;
}

Result<std::unique_ptr<MemoryObject>> MemoryObject::create(StoreState& store,
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
  auto memory = std::make_unique<MemoryObject>();
  memory->type = type;
  memory->store = &store;
  memory->max_bytes = max_bytes;
  memory->is_guarded = is_guarded_memory(type, config);
  const uint64_t bytes = type.limits.min << type.page_size_log2;
  // Shared memories must not move, so all they may ever need is reserved.
  const uint64_t ahead =
      type.is_shared ? max_bytes : std::min(max_bytes, config.memory_reservation_bytes);
  const uint64_t reserved =
      memory->is_guarded ? kGuardedBytes : std::max<uint64_t>(round_up(std::max(ahead, bytes)), 1);
  memory->reservation = BRINK_TRY(platform::Reservation::reserve(reserved));
  memory->base = memory->reservation.base();
  if (bytes != 0) BRINK_TRY(memory->reservation.commit(0, round_up(bytes)));
  if (memory->is_guarded)
    memory->registration =
        BRINK_TRY(platform::register_guest_memory(memory->base, memory->reservation.size()));
  memory->bytes.store(bytes, std::memory_order_release);
  return memory;
}

std::optional<uint64_t> MemoryObject::grow(uint64_t delta_pages) {
  const std::scoped_lock lock(grow_mutex);
  const uint64_t current = bytes.load(std::memory_order_relaxed);
  const uint64_t previous = current >> type.page_size_log2;
  if (delta_pages == 0) return previous;
  if (delta_pages > (max_bytes - current) >> type.page_size_log2) return std::nullopt;
  const uint64_t wanted = current + (delta_pages << type.page_size_log2);
  const uint64_t committed = round_up(current);
  const uint64_t needed = round_up(wanted);
  if (needed > reservation.size() && !move_to_larger(needed)) return std::nullopt;
  if (needed > committed && !reservation.commit(committed, needed - committed).has_value())
    return std::nullopt;
  bytes.store(wanted, std::memory_order_release);
  return previous;
}

/// Checked memories only: code reads the base anew at each access.
bool MemoryObject::move_to_larger(uint64_t needed) {
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
