// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// SANDBOX-CRITICAL: see write_tracker.h.

#include "engine/platform/write_tracker.h"

#include <sys/mman.h>

#include <algorithm>
#include <cerrno>
#include <new>
#include <optional>

#include "engine/platform/fault_handler.h"
#include "engine/platform/range_registry.h"
#include "engine/platform/system_error.h"
#include "engine/platform/virtual_memory.h"
#include "engine/support/try.h"

namespace brink::platform {
namespace {

// Never destroyed, as those of the fault handler.
union ImmortalRegistry {
  constexpr ImmortalRegistry() : value() {}
  ~ImmortalRegistry() {}
  RangeRegistry value;
};
constinit ImmortalRegistry immortal;
constexpr RangeRegistry& trackers = immortal.value;

bool protect(uint8_t* base, size_t bytes, int protection) {
  return ::mprotect(base, bytes, protection) == 0;
}

}  // namespace

RangeRegistry& write_tracker_registry() {
  return trackers;
}

void WriteTracker::Free::operator()(uint32_t* pages) const {
  std::free(pages);
}

WriteTracker::WriteTracker(uint8_t* base, size_t bytes)
    : base_(base),
      page_bytes_(page_size()),
      page_count_(static_cast<uint32_t>(bytes / page_bytes_)),
      bits_(new(std::nothrow) std::atomic<uint64_t>[page_count_ / 64 + 1]()),
      pages_(static_cast<uint32_t*>(std::malloc(page_count_ * sizeof(uint32_t)))) {}

WriteTracker::~WriteTracker() {
  if (is_registered_) trackers.remove(reinterpret_cast<uintptr_t>(base_), size());
}

Result<std::unique_ptr<WriteTracker>> WriteTracker::create(uint8_t* base, size_t bytes) {
  const size_t page = page_size();
  const size_t pages = bytes / page;
  if (pages == 0 || bytes % page != 0 || pages > UINT32_MAX / sizeof(uint32_t))
    return make_error(ErrorKind::Usage, "not a view whose writes can be tracked");
  BRINK_TRY(install_fault_handler());
  std::unique_ptr<WriteTracker> tracker(new (std::nothrow) WriteTracker(base, bytes));
  if (tracker == nullptr || tracker->bits_ == nullptr || tracker->pages_ == nullptr ||
      !trackers.add(reinterpret_cast<uintptr_t>(base), bytes,
                    reinterpret_cast<uintptr_t>(tracker.get())))
    return make_error(ErrorKind::Limit, "no memory to track writes");
  tracker->is_registered_ = true;
  return tracker;
}

WriteTracker* find_write_tracker(uintptr_t address) {
  const std::optional<uintptr_t> found = trackers.find(address);
  return found ? reinterpret_cast<WriteTracker*>(*found) : nullptr;
}

void WriteTracker::note(uint32_t page) {
  const uint64_t mask = uint64_t{1} << (page % 64);
  if ((bits_[page / 64].fetch_or(mask, std::memory_order_acq_rel) & mask) != 0) return;
  pages_[count_.fetch_add(1, std::memory_order_acq_rel)] = page;
}

bool WriteTracker::unprotect(uint32_t first, uint32_t count) {
  return protect(base_ + first * page_bytes_, count * page_bytes_, PROT_READ | PROT_WRITE);
}

// One mapping with one protection needs no boundaries inside.
bool WriteTracker::unprotect_all() {
  is_whole_.store(true, std::memory_order_release);
  return unprotect(0, page_count_);
}

bool WriteTracker::on_write_fault(uintptr_t address) {
  const auto page =
      static_cast<uint32_t>((address - reinterpret_cast<uintptr_t>(base_)) / page_bytes_);
  // Noted first. If it is noted already, another thread is between that and the next line.
  note(page);
  return unprotect(page, 1) || unprotect_all();
}

Status WriteTracker::make_writable(size_t offset, size_t bytes) {
  if (bytes == 0 || offset >= size() || is_whole()) return {};
  const auto first = static_cast<uint32_t>(offset / page_bytes_);
  const size_t last_byte = offset + std::min(bytes, size() - offset) - 1;
  const auto end = static_cast<uint32_t>(last_byte / page_bytes_ + 1);
  for (uint32_t page = first; page < end;) {
    if (is_noted(page)) {
      ++page;
      continue;
    }
    const uint32_t run = page;
    while (page < end && !is_noted(page)) note(page++);
    if (!unprotect(run, page - run) && !unprotect_all())
      return make_system_error("cannot make memory writable", errno);
  }
  return {};
}

Status WriteTracker::protect_all() {
  if (!protect(base_, size(), PROT_READ)) return make_system_error("cannot protect memory", errno);
  const uint32_t count = count_.exchange(0);
  for (uint32_t i = 0; i < count; ++i)
    bits_[pages_[i] / 64].fetch_and(~(uint64_t{1} << (pages_[i] % 64)));
  is_whole_.store(false, std::memory_order_release);
  return {};
}

}  // namespace brink::platform
