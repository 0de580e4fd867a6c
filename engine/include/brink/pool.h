// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Instances by the thousand per second: a pool keeps finished instances of one module, each in a
// store of its own. Taking one is taking it off a list; giving it back puts it into the state that
// instantiation left it in, to the last byte, whatever the guest has done.

#ifndef BRINK_POOL_H_
#define BRINK_POOL_H_

#include <chrono>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "brink/linker.h"

namespace brink {

/// A module and how its imports are provided: all it takes to make the same instance again, in any
/// store, on any thread.
class InstancePre {
 public:
  /// Defines the module's imports. Called for each store, on the thread that needs one, perhaps on
  /// several at once.
  using Define = std::function<Status(Linker&)>;
  explicit InstancePre(Module module, Define define = {})
      : module_(std::move(module)), define_(std::move(define)) {}

  std::expected<Instance, InstantiateError> instantiate(Store& store) const;
  const Module& module() const { return module_; }
  const Define& definer() const { return define_; }

 private:
  Module module_;
  Define define_;
};

/// How an instance's memory becomes what it was. The result is the same.
enum class ResetPolicy : uint8_t {
  /// Pages are write-protected until they are first written; pages that were ever written are
  /// copied
  /// back. No system call in a life that writes where others have written.
  Learned,
  /// The kernel is asked which pages were written (Linux 6.7); these are copied back. No faults to
  /// learn from, a system call per life.
  Scan,
  /// A thread of the pool drops what was written. The least memory, the slowest lives.
  Discard,
};

struct PoolConfig {
  /// Slots: instances that exist at the same time, taken or not. Each reserves address space for
  /// its memories; see InstancePool::limits.
  uint32_t max_instances = 1000;
  /// Made by create() instead of when they are needed.
  uint32_t initial_instances = 1;
  /// Of each instance's store.
  StoreLimits limits;
  /// What each life starts with, where the engine counts fuel.
  uint64_t fuel = 0;
  ResetPolicy reset_policy = ResetPolicy::Learned;
  /// Private memory of a linear memory that an instance may keep between lives; one that has
  /// written more gives it back, on the pool's thread.
  uint64_t max_kept_bytes = uint64_t{1} << 20;
  /// take() waits this long for an instance when all are taken; zero fails at once.
  std::chrono::nanoseconds max_wait{0};
  /// Instances come with the export `_initialize` called, if there is one without parameters and
  /// results.
  bool run_initialize = true;
  /// Compare each instance with its image before it is handed out. For tests: it reads all of the
  /// memory.
  bool verify = false;
};

/// How many slots there can be.
struct PoolLimits {
  uint32_t max_instances = 0;            ///< as configured, or fewer
  uint64_t reserved_bytes_per_slot = 0;  ///< of address space
  uint64_t by_address_space = 0;         ///< slots that fit into what the process has left
  uint64_t by_map_count = 0;             ///< slots that the kernel has mappings for
};

struct PoolStats {
  uint32_t slots = 0;            ///< that exist now
  uint64_t created = 0;          ///< ever, so each beyond `slots` has been thrown away
  uint64_t reclaimed = 0;        ///< resets that took the long way
  bool runs_start_once = false;  ///< the start function is part of the image
};

namespace runtime {
class PoolCore;
struct PoolSlot;
}  // namespace runtime

/// An instance that is nobody else's until this is destroyed. It, its store and all handles into it
/// must not be used after that. To be used by one thread at a time; any may destroy it.
class PooledInstance {
 public:
  PooledInstance(PooledInstance&& other) noexcept : slot_(std::exchange(other.slot_, nullptr)) {}
  PooledInstance& operator=(PooledInstance&& other) noexcept {
    std::swap(slot_, other.slot_);
    return *this;
  }
  ~PooledInstance() {
    if (slot_ != nullptr) give_back(slot_);
  }

  Instance& operator*() const;
  Instance* operator->() const { return &**this; }
  Store& store() const;

 private:
  friend class InstancePool;
  explicit PooledInstance(runtime::PoolSlot* slot) : slot_(slot) {}
  static void give_back(runtime::PoolSlot* slot) noexcept;
  runtime::PoolSlot* slot_;
};

/// An instance that nobody runs, as what it differs in from its pool's image, in lines of 64 bytes:
/// no slot, no mapping, no stack. Made by InstancePool::fold, run again by InstancePool::wake.
class FoldedInstance {
 public:
  /// Of memory that it takes, besides this object.
  size_t size_bytes() const { return bytes_.capacity(); }

 private:
  friend class InstancePool;
  FoldedInstance() = default;
  std::vector<uint8_t> bytes_;
  std::shared_ptr<void> data_;  ///< of the store
  uint64_t pool_ = 0;
};

/// Thread-safe, and made to be used by many threads at once: each has its own list of free
/// instances, so that taking one takes no lock and makes no system call. Instances that are taken
/// when the pool is destroyed stay good.
class InstancePool {
 public:
  /// Makes the first instance and its image. The start function, and `_initialize`, are run once
  /// and their effect is part of the image, if they call no imports; else they are run by each
  /// take().
  static std::expected<InstancePool, InstantiateError> create(const InstancePre& instance,
                                                              const PoolConfig& config = {});
  InstancePool(InstancePool&&) noexcept = default;
  InstancePool& operator=(InstancePool&& other) noexcept {
    std::swap(core_, other.core_);
    return *this;
  }
  ~InstancePool();

  /// An Error of kind Limit if all instances are taken; the Trap of a start function.
  std::expected<PooledInstance, InstantiateError> take();

  /// Keeps what an idle instance has become and gives its slot back. One that cannot be told in
  /// bytes is returned as it is: it has garbage-collected objects, external references, a deadline,
  /// or the host keeps a handle to its store.
  std::expected<FoldedInstance, PooledInstance> fold(PooledInstance instance);
  /// An instance that is as the folded one was. Errors as of take(), or a limit that memory or a
  /// table cannot grow to; `folded` is used up only by success.
  std::expected<PooledInstance, InstantiateError> wake(FoldedInstance& folded);

  const PoolLimits& limits() const;
  PoolStats stats() const;

 private:
  explicit InstancePool(std::shared_ptr<runtime::PoolCore> core) : core_(std::move(core)) {}
  std::shared_ptr<runtime::PoolCore> core_;
};

}  // namespace brink

#endif  // BRINK_POOL_H_
