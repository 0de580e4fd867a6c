// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// A heap that goes back to an earlier state. What is copied is the bookkeeping and the used part of
// each block; blocks that came later become free ones that may hold old bytes, which allocation
// clears as it does after a collection.

#include <algorithm>
#include <cstring>

#include "engine/runtime/gc_heap.h"

namespace brink::runtime {
namespace {

/// Free blocks that keep their memory across lives.
constexpr uint32_t kKeptBlocks = 16;

}  // namespace

struct GcHeap::Saved {
  std::vector<Block> blocks;
  std::vector<uint32_t> free_blocks;
  std::array<SizeClass, kSizeClasses> classes;
  std::vector<uint8_t> bytes;  ///< of blocks in use, one after the other
  uint64_t allocated = 0;
  uint64_t live = 0;
  uint64_t threshold = 0;
  uint64_t collections = 0;
};

/// From the start of a block; what lies behind is never read before it is cleared.
uint32_t GcHeap::used_bytes_of(uint32_t index) const {
  const Block& block = blocks_[index];
  if (index == 0 || block.kind == BlockKind::Free) return 0;
  if (block.kind != BlockKind::Cells) return kBlockBytes;
  const SizeClass& cells = classes_[block.size_class];
  const bool has_marks = std::ranges::any_of(block.marks, [](uint64_t word) { return word != 0; });
  return cells.current == index && !has_marks ? cells.cursor : kBlockBytes;
}

std::shared_ptr<const GcHeap::Saved> GcHeap::save() const {
  auto saved = std::make_shared<Saved>();
  saved->blocks = blocks_;
  saved->free_blocks = free_blocks_;
  saved->classes = classes_;
  for (uint32_t i = 0; i < blocks_.size(); ++i) {
    const uint8_t* const start = memory_.base() + uint64_t{i} * kBlockBytes;
    saved->bytes.insert(saved->bytes.end(), start, start + used_bytes_of(i));
  }
  saved->allocated = allocated_;
  saved->live = live_;
  saved->threshold = threshold_;
  saved->collections = collections_;
  return saved;
}

bool GcHeap::has_changed(const Saved& saved) const {
  return allocated_ != saved.allocated || collections_ != saved.collections || !saved.bytes.empty();
}

void GcHeap::restore(const Saved& saved) {
  const auto later = static_cast<uint32_t>(blocks_.size());
  const auto first = std::max<uint32_t>(static_cast<uint32_t>(saved.blocks.size()), 1);
  std::copy(saved.blocks.begin(), saved.blocks.end(), blocks_.begin());
  free_blocks_.clear();
  // Low blocks are taken first, those that were free at save() before the later ones.
  for (uint32_t i = later; i-- > first;) {
    blocks_[i] = Block{};
    blocks_[i].is_dirty = true;
    free_blocks_.push_back(i);
  }
  free_blocks_.insert(free_blocks_.end(), saved.free_blocks.begin(), saved.free_blocks.end());
  classes_ = saved.classes;
  allocated_ = saved.allocated;
  live_ = saved.live;
  threshold_ = saved.threshold;
  collections_ = saved.collections;
  const uint8_t* bytes = saved.bytes.data();
  for (uint32_t i = 1; i < saved.blocks.size(); ++i) {
    // A block that was free may have been used since.
    if (blocks_[i].kind == BlockKind::Free) blocks_[i].is_dirty = true;
    const uint32_t used = used_bytes_of(i);
    if (used != 0) std::memcpy(memory_.base() + uint64_t{i} * kBlockBytes, bytes, used);
    bytes += used;
  }
  const uint32_t kept = first + kKeptBlocks;
  if (later > kept &&
      memory_.reset(uint64_t{kept} * kBlockBytes, uint64_t{later - kept} * kBlockBytes)) {
    for (uint32_t i = kept; i < later; ++i) blocks_[i].is_dirty = false;
  }
}

bool GcHeap::equals(const Saved& saved) const {
  if (allocated_ != saved.allocated || live_ != saved.live || threshold_ != saved.threshold ||
      collections_ != saved.collections || blocks_.size() < saved.blocks.size())
    return false;
  const uint8_t* bytes = saved.bytes.data();
  for (uint32_t i = 1; i < blocks_.size(); ++i) {
    if (i >= saved.blocks.size()) {
      if (blocks_[i].kind != BlockKind::Free) return false;
      continue;
    }
    const Block& block = blocks_[i];
    const Block& then = saved.blocks[i];
    if (block.kind != then.kind || block.size_class != then.size_class ||
        block.run_blocks != then.run_blocks || block.marks != then.marks)
      return false;
    const uint32_t used = used_bytes_of(i);
    if (used != 0 && std::memcmp(memory_.base() + uint64_t{i} * kBlockBytes, bytes, used) != 0)
      return false;
    bytes += used;
  }
  for (uint32_t i = 0; i < kSizeClasses; ++i)
    if (classes_[i].current != saved.classes[i].current ||
        classes_[i].cursor != saved.classes[i].cursor ||
        classes_[i].partial != saved.classes[i].partial)
      return false;
  return true;
}

}  // namespace brink::runtime
