// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// SANDBOX-CRITICAL: an instance that is handed out before it is reset, or twice, shows one guest
// what another wrote.
//
// The inside of an InstancePool: slots, and where each of them is.
//
//     empty ---fill---> taken ---drop: reset---> free ---take---> taken
//       ^                 |  \--needs reclaim--> queued --reclaim--> free
//       +---- broken -----+
//
// The pool may be gone while instances are taken; then the last of them frees this object.

#ifndef BRINK_API_POOL_CORE_H_
#define BRINK_API_POOL_CORE_H_

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "brink/pool.h"
#include "engine/runtime/slot_lists.h"
#include "engine/runtime/store_image.h"

namespace brink::runtime {

struct PoolSlot : FreeSlot {
  PoolCore* core = nullptr;
  // Nothing of these while the slot is empty.
  std::optional<Store> store;
  std::optional<Instance> instance;
  std::unique_ptr<StoreImage> image;
};

using SlotResult = std::expected<PoolSlot*, InstantiateError>;

class PoolCore {
 public:
  PoolCore(const InstancePre& instance, const PoolConfig& config);
  ~PoolCore();
  PoolCore(const PoolCore&) = delete;
  PoolCore& operator=(const PoolCore&) = delete;

  /// Makes the first slots.
  std::expected<void, InstantiateError> init();
  /// The pool is gone. `self` is what keeps this object alive while instances are taken.
  void close(std::shared_ptr<PoolCore> self);

  SlotResult take() {
    auto* const slot = static_cast<PoolSlot*>(lists_->pop());
    if (slot != nullptr && !has_checks_) [[likely]]
      return slot;
    return take_slowly(slot);
  }
  /// Without what every life begins with: it has begun.
  SlotResult take_unstarted();
  void give_back(PoolSlot& slot);
  /// No other pool of this process has it.
  uint64_t id() const { return id_; }

  const PoolLimits& limits() const { return limits_; }
  PoolStats stats() const;

 private:
  void plan_calls();
  void compute_limits(const PoolSlot& first, std::optional<uint64_t> mappings_before);
  SlotResult take_slowly(PoolSlot* slot);
  SlotResult find_slot();
  std::expected<void, InstantiateError> run(PoolSlot& slot, const std::vector<uint32_t>& functions);
  PoolSlot* steal();
  SlotResult create();
  std::expected<void, InstantiateError> fill(PoolSlot& slot);
  void empty(PoolSlot& slot);
  void put(PoolSlot& slot);
  bool queue(PoolSlot& slot);
  PoolSlot* help_reclaiming();
  PoolSlot* wait();
  void reclaim_queued();
  void forget_slots(uint32_t count);

  const uint64_t id_;
  const InstancePre pre_;
  const PoolConfig config_;
  PoolLimits limits_;
  std::vector<bool> tables_set_;
  std::vector<uint32_t> calls_at_creation_;  ///< functions
  std::vector<uint32_t> calls_at_take_;
  bool has_checks_ = false;  ///< take() has more to do than to take
  MemoryTemplates templates_;

  std::shared_ptr<SlotLists> lists_ = SlotLists::create();
  std::unique_ptr<PoolSlot[]> slots_;
  /// Slots that are not empty, and one for the pool itself. At 0 this object goes.
  std::atomic<uint32_t> existing_ = 1;
  std::atomic<uint64_t> created_ = 0;
  std::atomic<uint64_t> reclaimed_ = 0;
  std::shared_ptr<PoolCore> self_;

  mutable std::mutex mutex_;
  std::vector<PoolSlot*> empty_;
  std::vector<PoolSlot*> queued_;
  std::atomic<uint32_t> reclaiming_ = 0;
  bool is_stopped_ = false;
  std::condition_variable has_queued_;
  std::thread reclaimer_;
};

}  // namespace brink::runtime

#endif  // BRINK_API_POOL_CORE_H_
