// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// SANDBOX-CRITICAL: see pooled_memory.h.

#include "engine/runtime/pooled_memory.h"

#include <algorithm>
#include <cstring>

#include <fmt/format.h>

#include "engine/support/try.h"

namespace brink::runtime {
namespace {

/// Lives after which pages that are not written any more are looked for, and for how many lives. A
/// copy costs a twentieth of a first write, so rarely written pages are worth keeping.
constexpr uint32_t kStretch = 1024;
constexpr uint32_t kWatch = 32;
/// Known pages from which on it pays to compare always.
constexpr size_t kManyPages = 64;

uint64_t round_up(uint64_t bytes) {
  const uint64_t page = platform::page_size();
  return (bytes + page - 1) & ~(page - 1);
}

}  // namespace

// ---- MemoryTemplate ----

std::vector<uint32_t> MemoryTemplate::usual_pages() const {
  const std::scoped_lock lock(mutex_);
  return usual_;
}

void MemoryTemplate::learn(std::span<const uint32_t> pages) {
  const std::scoped_lock lock(mutex_);
  usual_.insert(usual_.end(), pages.begin(), pages.end());
  std::ranges::sort(usual_);
  const auto rest = std::ranges::unique(usual_);
  usual_.erase(rest.begin(), rest.end());
}

void MemoryTemplate::set_usual_pages(std::vector<uint32_t> pages) {
  std::ranges::sort(pages);
  const std::scoped_lock lock(mutex_);
  usual_ = std::move(pages);
}

// ---- PooledMemory ----

PooledMemory::PooledMemory(MemoryObject& memory, std::shared_ptr<MemoryTemplate> shared)
    : memory_(&memory), base_(memory.base), shared_(std::move(shared)) {}

Result<std::shared_ptr<MemoryTemplate>> PooledMemory::capture(const MemoryObject& memory,
                                                              const PoolConfig& config) {
  if (memory.type.is_shared)
    return make_error(ErrorKind::Usage, "a shared memory cannot be part of a pooled instance");
  auto shared = std::make_shared<MemoryTemplate>();
  shared->policy = config.reset_policy;
  shared->max_kept_bytes = config.max_kept_bytes;
  shared->bytes = memory.bytes.load();
  if (shared->bytes != 0)
    shared->image = BRINK_TRY(platform::MemoryImage::capture(memory.base, round_up(shared->bytes)));
  return shared;
}

Result<PooledMemory> PooledMemory::adopt(MemoryObject& memory,
                                         std::shared_ptr<MemoryTemplate> shared) {
  if (memory.bytes.load() != shared->bytes)
    return make_error(ErrorKind::Usage,
                      fmt::format("an instance of the pool has a memory of {} bytes, the first one "
                                  "had {}: what is defined for it differs",
                                  memory.bytes.load(), shared->bytes));
  PooledMemory pooled(memory, std::move(shared));
  const MemoryTemplate& common = *pooled.shared_;
  if (common.image == nullptr) return pooled;
  const bool is_learned = common.policy == ResetPolicy::Learned;
  BRINK_TRY(common.image->map_at(memory.base, !is_learned));
  if (is_learned) {
    memory.tracker = BRINK_TRY(platform::WriteTracker::create(memory.base, common.image->size()));
    pooled.prepare_usual();
  }
  return pooled;
}

/// Makes the pages that lives usually write writable, and allocates them.
void PooledMemory::prepare_usual() {
  const uint64_t page = platform::page_size();
  const std::vector<uint32_t> usual = shared_->usual_pages();
  for (size_t i = 0; i < usual.size();) {
    const size_t run = i++;
    while (i < usual.size() && usual[i] == usual[i - 1] + 1) ++i;
    const uint64_t offset = usual[run] * page;
    if (!memory_->tracker->make_writable(offset, (i - run) * page).has_value()) return;
    platform::populate_for_writing(base_ + offset, (i - run) * page);
  }
  published_ = memory_->tracker->pages().size();
}

size_t PooledMemory::writable_pages() const {
  if (memory_->tracker != nullptr) return memory_->tracker->pages().size();
  return image_bytes() / platform::page_size();
}

/// Takes away what the memory has grown by.
bool PooledMemory::shrink() {
  const uint64_t bytes = memory_->bytes.load(std::memory_order_relaxed);
  const uint64_t end = round_up(bytes);
  const uint64_t kept = image_bytes();
  memory_->bytes.store(shared_->bytes, std::memory_order_release);
  return end <= kept || memory_->reservation.decommit(kept, end - kept).has_value();
}

ResetOutcome PooledMemory::reset() {
  // A checked memory moves when it outgrows its reservation.
  if (memory_->base != base_) [[unlikely]]
    return ResetOutcome::Broken;
  if (memory_->bytes.load(std::memory_order_relaxed) != shared_->bytes && !shrink()) [[unlikely]]
    return ResetOutcome::Broken;
  if (shared_->image == nullptr) return ResetOutcome::Ready;
  switch (shared_->policy) {
    case ResetPolicy::Learned: return copy_known();
    case ResetPolicy::Scan: return copy_written();
    case ResetPolicy::Discard: break;
  }
  return ResetOutcome::NeedsReclaim;
}

ResetOutcome PooledMemory::copy_known() {
  const platform::WriteTracker& tracker = *memory_->tracker;
  const std::span<const uint32_t> pages = tracker.pages();
  const uint64_t page = platform::page_size();
  if (tracker.is_whole() || pages.size() * page > shared_->max_kept_bytes) [[unlikely]]
    return ResetOutcome::NeedsReclaim;
  if (pages.size() != published_) [[unlikely]] {
    shared_->learn(pages.subspan(published_));
    published_ = pages.size();
  }
  ++lives_;
  if (pages.size() > kManyPages || lives_ % kStretch >= kStretch - kWatch) [[unlikely]]
    return compare_known(pages);
  const uint8_t* const image = shared_->image->bytes();
  for (const uint32_t index : pages) std::memcpy(base_ + index * page, image + index * page, page);
  return ResetOutcome::Ready;
}

ResetOutcome PooledMemory::compare_known(std::span<const uint32_t> pages) {
  const uint8_t* const image = shared_->image->bytes();
  const uint64_t page = platform::page_size();
  differed_.resize(pages.size());
  for (size_t i = 0; i < pages.size(); ++i) {
    const uint64_t offset = pages[i] * page;
    if (std::memcmp(base_ + offset, image + offset, page) == 0) continue;
    std::memcpy(base_ + offset, image + offset, page);
    differed_[i] = true;
  }
  if (++watched_lives_ < kWatch) return ResetOutcome::Ready;
  watched_lives_ = 0;
  std::vector<uint32_t> usual;
  for (size_t i = 0; i < pages.size(); ++i)
    if (differed_[i]) usual.push_back(pages[i]);
  differed_.clear();
  if (usual.size() == pages.size()) return ResetOutcome::Ready;
  shared_->set_usual_pages(std::move(usual));
  return ResetOutcome::NeedsReclaim;
}

ResetOutcome PooledMemory::copy_written() {
  struct Copy {
    uint8_t* to;
    const uint8_t* from;
    uint64_t bytes = 0;
  } copy{base_, shared_->image->bytes()};
  const bool is_complete = platform::for_each_written_run(
      base_, image_bytes(),
      [](void* context, size_t offset, size_t bytes) {
        Copy& work = *static_cast<Copy*>(context);
        std::memcpy(work.to + offset, work.from + offset, bytes);
        work.bytes += bytes;
      },
      &copy);
  return is_complete && copy.bytes <= shared_->max_kept_bytes ? ResetOutcome::Ready
                                                              : ResetOutcome::NeedsReclaim;
}

Status PooledMemory::reclaim() {
  if (shared_->image == nullptr) return {};
  BRINK_TRY(platform::forget_writes(base_, image_bytes()));
  if (memory_->tracker == nullptr) return {};
  BRINK_TRY(memory_->tracker->protect_all());
  differed_.clear();
  watched_lives_ = 0;
  published_ = 0;
  prepare_usual();
  return {};
}

std::optional<std::string> PooledMemory::find_difference() const {
  const uint64_t bytes = memory_->bytes.load();
  if (memory_->base != base_ || bytes != shared_->bytes)
    return fmt::format("it has {} bytes instead of {}", bytes, shared_->bytes);
  const uint8_t* const image = shared_->image == nullptr ? nullptr : shared_->image->bytes();
  const uint64_t size = image_bytes();
  if (size == 0 || std::memcmp(base_, image, size) == 0) return std::nullopt;
  const auto [here, there] = std::mismatch(base_, base_ + size, image);
  return fmt::format("the byte at {:#x} is {:#x} instead of {:#x}", here - base_, *here, *there);
}

}  // namespace brink::runtime
