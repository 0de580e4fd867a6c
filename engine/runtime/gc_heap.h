// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// The garbage-collected heap of a store: a reservation that objects are named in by 32-bit offsets.
// Objects do not move. Memory is dealt out in blocks of 64 KiB; a block holds cells of one size, or
// is part of the run of blocks of one large object.
//
//     block 0     block 1        block 2        block 3 ...
//     | nothing | cells of 32 B | cells of 48 B | large object ----------------> |
//
// One bit per 16 bytes, beside the heap, says "live" since the last collection. Allocation of a
// large cell looks for the next one in its class's current block whose bit is not set, so that
// sweeping is no pass of its own and there are no free lists: a collection only sorts the blocks.
// Of small cells it takes all that lie before the next live one at once, as a run (see HeapView):
// whoever needs one, compiled code too, takes the first. Cells of a run are zero.
//
// Offset 0 leads to an object of no type, so that the type of what a null leads to can be read.
//
// A reference is a word (the interpreter's slot, 8 bytes in objects):
//
//     0                     null
//     ...xxx1               i31, the value above the bit, in 32 bits
//     ...x010               something of the host's, its number above the bits
//     otherwise, a multiple of 16 below 2^32: the offset of an object
//
// Functions are pointers and never in the heap; the type of a place tells whether it is traced.

#ifndef BRINK_RUNTIME_GC_HEAP_H_
#define BRINK_RUNTIME_GC_HEAP_H_

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "brink/error.h"
#include "engine/platform/virtual_memory.h"
#include "engine/runtime/layout.h"
#include "engine/runtime/object_layout.h"

namespace brink::runtime {

using RefWord = uint64_t;

inline constexpr bool is_i31(RefWord word) {
  return (word & 1) != 0;
}
inline constexpr bool is_host_reference(RefWord word) {
  return (word & 7) == 2;
}
inline constexpr bool is_heap_object(RefWord word) {
  return word != 0 && (word & 15) == 0;
}
inline constexpr RefWord make_i31(uint32_t value) {
  return static_cast<uint32_t>(value << 1 | 1);
}
inline constexpr RefWord make_host_reference(uint64_t number) {
  return number << 3 | 2;
}

class GcHeap {
 public:
  static constexpr uint32_t kBlockBytes = 64 << 10;
  static constexpr uint32_t kGranule = 16;
  static constexpr uint32_t kSizeClasses = 40;
  /// Garbage that is let pile up before a collection, at least.
  static constexpr uint64_t kMinGarbage = uint64_t{8} << 20;

  /// `poison`: what is not live after a collection is overwritten, and runs have one cell, so that
  /// every allocation comes here. `view`: for compiled code; lives as long as the heap.
  GcHeap(uint64_t max_bytes, bool poison, HeapView* view = nullptr);
  GcHeap(const GcHeap&) = delete;
  GcHeap& operator=(const GcHeap&) = delete;

  /// Null until the first allocation; then it never changes.
  uint8_t* base() const { return memory_.base(); }
  ObjectHeader* header(RefWord word) const {
    return reinterpret_cast<ObjectHeader*>(memory_.base() + word);
  }
  const ObjectLayout& layout(RefWord word) const { return *view_->layouts[header(word)->type]; }
  /// Makes a type known, before compiled code makes objects of it by itself.
  void add_type(const ObjectLayout& layout);

  /// A new object, zero but for its header; 0 if the limit is reached.
  RefWord allocate(const ObjectLayout& layout, uint32_t length);
  /// Whether it is time to collect before `bytes` more.
  bool wants_collection(uint64_t bytes) const { return allocated_ + bytes > threshold_; }

  // A collection: begin, mark each root, finish.
  void begin_collection();
  void mark(RefWord word) {
    if (is_heap_object(word)) mark_object(static_cast<uint32_t>(word));
  }
  void finish_collection();

  // ---- going back to an earlier state ----

  struct Saved;
  std::shared_ptr<const Saved> save() const;
  /// Whether anything was allocated, collected or may have been written since save().
  bool has_changed(const Saved& saved) const;
  void restore(const Saved& saved);
  /// Whether the heap is as it was at save(), but for free blocks.
  bool equals(const Saved& saved) const;

  uint64_t live_bytes() const { return live_; }  ///< in cells, by the last collection
  uint64_t used_bytes() const;
  uint64_t collections() const { return collections_; }
  uint64_t block_bytes() const { return uint64_t{blocks_.size()} * kBlockBytes; }

 private:
  enum class BlockKind : uint8_t { Free, Cells, Large, LargeRest };
  struct Block {
    BlockKind kind = BlockKind::Free;
    uint8_t size_class = 0;
    bool is_dirty = false;    ///< Free: may hold old bytes
    uint32_t run_blocks = 0;  ///< Large: blocks of the run
    std::array<uint64_t, kBlockBytes / kGranule / 64> marks = {};
  };
  struct SizeClass {
    uint32_t current = 0;           ///< block being filled; 0 for none
    uint32_t cursor = 0;            ///< offset in it
    std::vector<uint32_t> partial;  ///< blocks with free cells, not visited since the collection
  };
  /// An object whose references are to be marked, from element `next` on.
  struct Pending {
    uint32_t object = 0;
    uint32_t next = 0;
  };

  uint32_t used_bytes_of(uint32_t block) const;
  bool reserve();
  RefWord allocate_small(uint32_t size_class);
  RefWord allocate_cell(uint32_t size_class);
  bool is_known(TypeId type) const {
    return uint64_t{type} + 1 < layouts_.size() && layouts_[type + 1] != nullptr;
  }
  RefWord allocate_large(uint64_t bytes);
  uint32_t take_free_block();
  uint32_t take_run(uint32_t count);
  bool grow(uint32_t blocks);
  bool is_marked(uint32_t offset) const {
    const Block& block = blocks_[offset / kBlockBytes];
    const uint32_t bit = offset % kBlockBytes / kGranule;
    return (block.marks[bit / 64] >> (bit % 64) & 1) != 0;
  }
  void mark_object(uint32_t offset);
  void trace(Pending pending);
  void drain();
  void trace_range(uint32_t object, const uint32_t* offsets, size_t count);
  void free_run(uint32_t first);
  uint64_t sweep_cells(uint32_t index);

  uint64_t max_bytes_;
  bool poison_;
  platform::Reservation memory_;
  std::vector<Block> blocks_;  ///< block 0 is never used, so no object has offset 0
  std::vector<uint32_t> free_blocks_;
  std::array<SizeClass, kSizeClasses> classes_;
  /// By type, behind that of null: of all objects that may have been made.
  std::vector<const ObjectLayout*> layouts_ = {&kNullLayout};
  HeapView own_view_;
  HeapView* view_;
  std::vector<Pending> stack_;
  uint64_t allocated_ = 0;  ///< since the last collection
  uint64_t live_ = 0;
  uint64_t threshold_ = kMinGarbage;
  uint64_t collections_ = 0;
};

}  // namespace brink::runtime

#endif  // BRINK_RUNTIME_GC_HEAP_H_
