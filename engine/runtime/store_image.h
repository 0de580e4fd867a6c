// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// SANDBOX-CRITICAL: what is left out here stays behind from one guest to the next.
//
// The state that a store is in when its instance has just been made, and the way back to it. The
// objects of the store stay where they are; what a guest can change of them is copied back:
//
//     memories    PooledMemory
//     tables      size and elements, of those that may have changed
//     globals     mutable ones
//     segments    what data.drop and elem.drop took
//     objects     the garbage-collected heap
//     the store   fuel, deadline, interrupts, traps, exceptions, host references
//
// A host that adds to the store (instances, memories, host functions ...) or keeps a handle to it
// (a Root, a Canceller) changes what no copy brings back; then the store is given up.

#ifndef BRINK_RUNTIME_STORE_IMAGE_H_
#define BRINK_RUNTIME_STORE_IMAGE_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "brink/pool.h"
#include "engine/runtime/pooled_memory.h"
#include "engine/runtime/store_state.h"

namespace brink::runtime {

/// What the images of all slots share: the memories', in the order of the store. Empty before the
/// first is captured.
using MemoryTemplates = std::vector<std::shared_ptr<MemoryTemplate>>;

/// The parts of a reset. Tests leave one out to see that it is missed.
enum class ResetPart : uint32_t {
  Memories = 1,
  Tables = 2,
  Globals = 4,
  Segments = 8,
  Heap = 16,
  Store = 32,
};

class StoreImage {
 public:
  /// `tables_set`: see tables_set_by_code(), for the tables of the only instance.
  static Result<std::unique_ptr<StoreImage>> capture(StoreState& store, const PoolConfig& config,
                                                     MemoryTemplates& templates,
                                                     const std::vector<bool>& tables_set);

  /// Ends a life. Nothing of the store may be running.
  ResetOutcome reset();
  Status reclaim();
  /// What differs from the image, for people. Slow.
  std::optional<std::string> find_difference() const;

  /// What a life has changed, to be applied to another store of the pool, which is in the state of
  /// its image. False, and nothing is of use: it has changed what cannot be told in bytes (objects
  /// of the heap, references to the host's things, a deadline).
  bool fold(FoldWriter& writer) const;
  /// False: a limit forbids it, and the store has to be reset.
  bool unfold(FoldReader& reader);

  /// Of images that are captured from now on.
  static void leave_out_for_test(uint32_t parts);

  const std::vector<PooledMemory>& memories() const { return memories_; }

 private:
  struct SavedTable {
    TableObject* table;
    bool is_always_copied;
    std::vector<Slot> elements;
  };
  struct SavedGlobal {
    GlobalObject* global;
    Slot value[2];
  };
  struct SavedSegments {
    InstanceObject* instance;
    std::vector<bool> dropped_data;
    std::vector<std::vector<Slot>> elements;
  };
  /// How many there are of what a store only ever adds.
  struct Shape {
    size_t instances, memories, tables, globals, tags, callables;
    friend bool operator==(const Shape&, const Shape&) = default;
  };

  StoreImage(StoreState& store, const PoolConfig& config);
  static Shape shape_of(const StoreState& store);
  bool resets(ResetPart part) const { return (left_out_ & static_cast<uint32_t>(part)) == 0; }
  void capture_tables(const std::vector<bool>& tables_set);
  void capture_globals();
  void capture_segments();
  bool reset_store();
  void reset_tables();
  void reset_segments();
  bool can_fold() const;
  void fold_segments(FoldWriter& writer) const;
  void unfold_segments(FoldReader& reader);
  uint64_t fold_word(ValType type, Slot word) const;
  Slot unfold_word(ValType type, uint64_t word) const;

  StoreState& store_;
  uint32_t left_out_;
  uint64_t fuel_;
  Shape shape_;
  size_t extern_data_;
  const Metrics* metrics_;  ///< what the slot itself was made with, or null
  size_t roots_;
  std::vector<PooledMemory> memories_;
  std::vector<SavedTable> tables_;
  std::vector<SavedGlobal> globals_;
  std::vector<SavedSegments> segments_;
  std::shared_ptr<const GcHeap::Saved> heap_;
};

}  // namespace brink::runtime

#endif  // BRINK_RUNTIME_STORE_IMAGE_H_
