// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// SANDBOX-CRITICAL: a page that is not given back to the image shows one guest what another wrote.
//
// A memory that is used for one life after the other, each of which finds it as the image says.
// What a life has to pay is decided by the policy (see brink/pool.h):
//
//     Learned   pages that any life has written are writable and known; all others are protected,
//               so they are equal to the image. Copy the known pages back.
//     Scan      everything is writable; the kernel says which pages are not the image's. Copy
//     these. Discard   everything is writable; forget what was written, later, on another thread.
//
// The learned set shrinks again: the last lives of each stretch of kStretch, or all lives once it
// is large, compare before they copy. Pages that all of them left alone are protected again,
// together, by reclaim().

#ifndef BRINK_RUNTIME_POOLED_MEMORY_H_
#define BRINK_RUNTIME_POOLED_MEMORY_H_

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "brink/pool.h"
#include "engine/platform/memory_image.h"
#include "engine/runtime/memory.h"

namespace brink::runtime {

class FoldWriter;
class FoldReader;

/// How far a slot is from being ready for its next life.
enum class ResetOutcome : uint8_t {
  Ready,
  NeedsReclaim,  ///< reclaim() has to run before, which takes longer
  Broken,        ///< it must not be used again
};

/// What the same memory of all slots of a pool has in common.
struct MemoryTemplate {
  std::shared_ptr<const platform::MemoryImage> image;  ///< null for a memory without pages
  uint64_t bytes = 0;
  ResetPolicy policy = ResetPolicy::Learned;
  uint64_t max_kept_bytes = 0;  ///< that a slot may have written and still keep

  /// Pages that lives write, as far as known: made writable ahead in fresh slots.
  std::vector<uint32_t> usual_pages() const;
  void learn(std::span<const uint32_t> pages);
  void set_usual_pages(std::vector<uint32_t> pages);

 private:
  mutable std::mutex mutex_;
  std::vector<uint32_t> usual_;  ///< sorted
};

class PooledMemory {
 public:
  /// Captures the state of a memory that is not shared.
  static Result<std::shared_ptr<MemoryTemplate>> capture(const MemoryObject& memory,
                                                         const PoolConfig& config);
  /// Puts a view of the image in the place of what the memory holds.
  static Result<PooledMemory> adopt(MemoryObject& memory, std::shared_ptr<MemoryTemplate> shared);

  /// Ends a life.
  ResetOutcome reset();
  Status reclaim();
  /// Where the memory differs from its image, for messages.
  std::optional<std::string> find_difference() const;
  const MemoryObject& memory() const { return *memory_; }

  /// Writes where the memory differs from its image, and reads it back into one that does not. See
  /// folding.h.
  void fold(FoldWriter& writer) const;
  bool unfold(FoldReader& reader);
  /// Whether it lies where its image was mapped.
  bool is_in_place() const { return memory_->base == base_; }
  /// Pages that the next life can write without a fault.
  size_t writable_pages() const;

 private:
  PooledMemory(MemoryObject& memory, std::shared_ptr<MemoryTemplate> shared);
  uint64_t image_bytes() const { return shared_->image == nullptr ? 0 : shared_->image->size(); }
  bool shrink();
  ResetOutcome copy_known();
  ResetOutcome compare_known(std::span<const uint32_t> pages);
  ResetOutcome copy_written();
  void prepare_usual();
  std::vector<uint64_t> changed_pages() const;

  MemoryObject* memory_;
  uint8_t* base_;
  std::shared_ptr<MemoryTemplate> shared_;
  uint32_t lives_ = 0;
  uint32_t watched_lives_ = 0;  ///< in a row that compared
  std::vector<bool> differed_;  ///< in these lives, by position among the known pages
  size_t published_ = 0;        ///< known pages that the template has heard of
};

}  // namespace brink::runtime

#endif  // BRINK_RUNTIME_POOLED_MEMORY_H_
