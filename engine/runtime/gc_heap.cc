// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/runtime/gc_heap.h"

#include <algorithm>
#include <cstring>

#include "engine/support/check.h"

namespace brink::runtime {
namespace {

/// Cell sizes: multiples of 16 up to 256, then four steps per power of two.
constexpr auto kCellBytes = [] {
  std::array<uint32_t, GcHeap::kSizeClasses> sizes = {};
  uint32_t i = 0;
  for (; i < 16; ++i) sizes[i] = (i + 1) * GcHeap::kGranule;
  for (uint32_t power = 256; i < sizes.size(); power *= 2)
    for (uint32_t quarter = 1; quarter <= 4 && i < sizes.size(); ++quarter, ++i)
      sizes[i] = power + quarter * (power / 4);
  return sizes;
}();
constexpr uint32_t kMaxCellBytes = kCellBytes.back();
static_assert(kMaxCellBytes <= GcHeap::kBlockBytes / 2);

/// Elements of an array that are marked in one go, so that a wide array does not flood the stack.
constexpr uint32_t kElementsAtOnce = 256;

constexpr uint8_t kPoison = 0xdb;

uint32_t class_of(uint64_t bytes) {
  if (bytes <= 256)
    return static_cast<uint32_t>((bytes + GcHeap::kGranule - 1) / GcHeap::kGranule - 1);
  return static_cast<uint32_t>(std::lower_bound(kCellBytes.begin(), kCellBytes.end(), bytes) -
                               kCellBytes.begin());
}

/// Cells lie from the start of a block on; the offset behind the last one.
uint32_t cells_end(uint32_t cell) {
  return GcHeap::kBlockBytes / cell * cell;
}

}  // namespace

static_assert(kCellBytes[kCellRuns - 1] == kCellRuns * GcHeap::kGranule);

GcHeap::GcHeap(uint64_t max_bytes, bool poison, HeapView* view)
    : max_bytes_(std::min(max_bytes, uint64_t{1} << 32) / kBlockBytes * kBlockBytes),
      poison_(poison),
      view_(view == nullptr ? &own_view_ : view) {
  view_->layouts = layouts_.data() + 1;
}

uint64_t GcHeap::used_bytes() const {
  uint64_t free = 0;
  for (const CellRun& run : view_->runs) free += run.end - run.next;
  return live_ + allocated_ - free;
}

void GcHeap::add_type(const ObjectLayout& layout) {
  if (layout.type + size_t{2} > layouts_.size()) {
    layouts_.resize(std::max<size_t>(layout.type + size_t{2}, layouts_.size() * 2));
    view_->layouts = layouts_.data() + 1;
  }
  layouts_[layout.type + 1] = &layout;
}

bool GcHeap::reserve() {
  // The block that is never used comes on top of the limit, where there is room.
  uint64_t bytes = std::min(max_bytes_ + kBlockBytes, uint64_t{1} << 32);
  // Where the process may not have so much, memories and stacks need room too.
  if (const std::optional<uint64_t> left = platform::address_space_left())
    bytes = std::min(bytes, *left / 4 / kBlockBytes * kBlockBytes);
  if (bytes < 2 * kBlockBytes) return false;
  Result<platform::Reservation> reserved = platform::Reservation::reserve(bytes);
  if (!reserved.has_value()) return false;
  if (!reserved->commit(0, platform::page_size()).has_value()) return false;
  memory_ = *std::move(reserved);
  *header(0) = kNullObject;
  blocks_.resize(1);
  blocks_[0].kind = BlockKind::LargeRest;
  return true;
}

// ---- blocks ----

bool GcHeap::grow(uint32_t count) {
  const uint64_t bytes = uint64_t{count} * kBlockBytes;
  if (block_bytes() + bytes > memory_.size()) return false;
  if (!memory_.commit(block_bytes(), bytes).has_value()) return false;
  blocks_.resize(blocks_.size() + count);
  return true;
}

uint32_t GcHeap::take_free_block() {
  if (!free_blocks_.empty()) {
    const uint32_t index = free_blocks_.back();
    free_blocks_.pop_back();
    return index;
  }
  return grow(1) ? static_cast<uint32_t>(blocks_.size() - 1) : 0;
}

/// Consecutive free blocks; 0 if there are not as many.
uint32_t GcHeap::take_run(uint32_t count) {
  uint32_t run = 0;
  for (uint32_t i = 1; i < blocks_.size() && run < count; ++i) {
    run = blocks_[i].kind == BlockKind::Free ? run + 1 : 0;
    if (run < count) continue;
    const uint32_t first = i + 1 - count;
    std::erase_if(free_blocks_, [&](uint32_t b) { return b >= first && b < first + count; });
    return first;
  }
  const uint32_t trailing = run;
  const auto first = static_cast<uint32_t>(blocks_.size()) - trailing;
  if (!grow(count - trailing)) return 0;
  std::erase_if(free_blocks_, [&](uint32_t b) { return b >= first; });
  return first;
}

// ---- allocation ----

RefWord GcHeap::allocate(const ObjectLayout& layout, uint32_t length) {
  if (memory_.base() == nullptr && !reserve()) return 0;
  if (!is_known(layout.type)) add_type(layout);
  const uint64_t bytes = layout.bytes(length);
  RefWord word = 0;
  if (bytes <= kCellBytes[kCellRuns - 1]) {
    word = allocate_small(class_of(bytes));
    if (word == 0) return 0;
  } else if (bytes <= kMaxCellBytes) {
    const uint32_t size_class = class_of(bytes);
    word = allocate_cell(size_class);
    if (word == 0) return 0;
    allocated_ += kCellBytes[size_class];
    std::memset(memory_.base() + word, 0, kCellBytes[size_class]);
  } else {
    word = allocate_large(bytes);
    if (word == 0) return 0;
  }
  *header(word) = {layout.type, length};
  return word;
}

/// The first cell of a run; when it is used up, of the next one.
RefWord GcHeap::allocate_small(uint32_t size_class) {
  CellRun& run = view_->runs[size_class];
  const uint32_t cell = kCellBytes[size_class];
  if (run.next == run.end) {
    const auto first = static_cast<uint32_t>(allocate_cell(size_class));
    if (first == 0) return 0;
    SizeClass& cells = classes_[size_class];
    const uint32_t start = cells.current * kBlockBytes;
    const uint32_t end = poison_ ? cells.cursor : cells_end(cell);
    while (cells.cursor < end && !is_marked(start + cells.cursor)) cells.cursor += cell;
    run = {first, start + cells.cursor};
    std::memset(memory_.base() + first, 0, run.end - first);
    allocated_ += run.end - first;
  }
  const uint32_t word = run.next;
  run.next += cell;
  return word;
}

RefWord GcHeap::allocate_cell(uint32_t size_class) {
  SizeClass& cells = classes_[size_class];
  const uint32_t cell = kCellBytes[size_class];
  const uint32_t end = cells_end(cell);
  for (;;) {
    const uint32_t start = cells.current * kBlockBytes;
    while (cells.current != 0 && cells.cursor < end) {
      const uint32_t offset = start + cells.cursor;
      cells.cursor += cell;
      if (!is_marked(offset)) return offset;
    }
    cells.cursor = 0;
    if (!cells.partial.empty()) {
      cells.current = cells.partial.back();
      cells.partial.pop_back();
      continue;
    }
    cells.current = take_free_block();
    if (cells.current == 0) return 0;
    blocks_[cells.current].kind = BlockKind::Cells;
    blocks_[cells.current].size_class = static_cast<uint8_t>(size_class);
  }
}

RefWord GcHeap::allocate_large(uint64_t bytes) {
  if (bytes > max_bytes_) return 0;
  const auto count = static_cast<uint32_t>((bytes + kBlockBytes - 1) / kBlockBytes);
  const uint32_t first = take_run(count);
  if (first == 0) return 0;
  const uint64_t start = uint64_t{first} * kBlockBytes;
  for (uint32_t i = first; i < first + count; ++i) {
    if (blocks_[i].is_dirty)
      std::memset(memory_.base() + uint64_t{i} * kBlockBytes, 0, kBlockBytes);
    blocks_[i].kind = BlockKind::LargeRest;
    blocks_[i].is_dirty = true;
  }
  blocks_[first].kind = BlockKind::Large;
  blocks_[first].run_blocks = count;
  allocated_ += uint64_t{count} * kBlockBytes;
  return start;
}

// ---- collection ----

void GcHeap::begin_collection() {
  for (Block& block : blocks_) block.marks.fill(0);
  stack_.clear();
}

void GcHeap::mark_object(uint32_t offset) {
  // With poison every reference is checked to lead to where an object, live or not yet overwritten,
  // starts.
  if (poison_) {
    BRINK_CHECK(offset < block_bytes());
    const Block& block = blocks_[offset / kBlockBytes];
    const uint32_t in_block = offset % kBlockBytes;
    const bool is_cell =
        block.kind == BlockKind::Cells && in_block % kCellBytes[block.size_class] == 0;
    BRINK_CHECK(is_cell || (block.kind == BlockKind::Large && in_block == 0));
    const TypeId type = header(offset)->type;
    BRINK_CHECK(is_known(type));
  }
  Block& block = blocks_[offset / kBlockBytes];
  const uint32_t bit = offset % kBlockBytes / kGranule;
  uint64_t& word = block.marks[bit / 64];
  const uint64_t mask = uint64_t{1} << (bit % 64);
  if ((word & mask) != 0) return;
  word |= mask;
  const ObjectLayout& kind = layout(offset);
  if (kind.elements_are_traced || !kind.traced.empty()) stack_.push_back({offset, 0});
}

void GcHeap::trace(Pending pending) {
  const ObjectLayout& kind = layout(pending.object);
  const uint8_t* const object = memory_.base() + pending.object;
  const auto mark_at = [&](uint64_t offset) {
    RefWord word = 0;
    std::memcpy(&word, object + offset, sizeof word);
    mark(word);
  };
  if (!kind.elements_are_traced) {
    for (const uint32_t offset : kind.traced) mark_at(offset);
    return;
  }
  const uint32_t length = header(pending.object)->length;
  const uint32_t end = std::min<uint32_t>(length - pending.next, kElementsAtOnce) + pending.next;
  if (end < length) stack_.push_back({pending.object, end});
  for (uint32_t i = pending.next; i < end; ++i) mark_at(kObjectData + uint64_t{i} * 8);
}

void GcHeap::drain() {
  while (!stack_.empty()) {
    const Pending pending = stack_.back();
    stack_.pop_back();
    trace(pending);
  }
}

/// The live bytes of a block of cells, which goes where it belongs.
uint64_t GcHeap::sweep_cells(uint32_t index) {
  Block& block = blocks_[index];
  uint32_t live = 0;
  for (const uint64_t word : block.marks) live += static_cast<uint32_t>(__builtin_popcountll(word));
  const uint32_t cell = kCellBytes[block.size_class];
  const uint32_t cells = kBlockBytes / cell;
  if (poison_) {
    for (uint32_t i = 0; i < cells; ++i) {
      const uint32_t offset = index * kBlockBytes + i * cell;
      if (!is_marked(offset)) std::memset(memory_.base() + offset, kPoison, cell);
    }
  }
  if (live == 0) {
    block.kind = BlockKind::Free;
    block.is_dirty = true;
    free_blocks_.push_back(index);
  } else if (live < cells) {
    classes_[block.size_class].partial.push_back(index);
  }
  return uint64_t{live} * cell;
}

/// Gives the memory of a large object back.
void GcHeap::free_run(uint32_t first) {
  const uint32_t count = blocks_[first].run_blocks;
  const bool is_clean =
      memory_.reset(uint64_t{first} * kBlockBytes, uint64_t{count} * kBlockBytes).has_value();
  for (uint32_t i = first; i < first + count; ++i) {
    blocks_[i].kind = BlockKind::Free;
    blocks_[i].is_dirty = !is_clean;
    free_blocks_.push_back(i);
  }
}

void GcHeap::finish_collection() {
  drain();
  free_blocks_.clear();
  for (SizeClass& cells : classes_) cells = {};
  for (CellRun& run : view_->runs) run = {};
  live_ = 0;
  // From the end, so that low blocks are taken first and the heap stays dense.
  for (auto i = static_cast<uint32_t>(blocks_.size()); i-- > 1;) {
    Block& block = blocks_[i];
    if (block.kind == BlockKind::Free) {
      free_blocks_.push_back(i);
    } else if (block.kind == BlockKind::Cells) {
      live_ += sweep_cells(i);
    } else if (block.kind == BlockKind::Large) {
      if ((block.marks[0] & 1) != 0)
        live_ += uint64_t{block.run_blocks} * kBlockBytes;
      else
        free_run(i);
    }
  }
  allocated_ = 0;
  threshold_ = std::max(kMinGarbage, live_);
  ++collections_;
}

}  // namespace brink::runtime
