// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "brink/pool.h"

#include "engine/api/pool_core.h"
#include "engine/runtime/folding.h"

namespace brink {

using runtime::PoolCore;

std::expected<Instance, InstantiateError> InstancePre::instantiate(Store& store) const {
  Linker linker(store);
  if (define_)
    if (Status status = define_(linker); !status.has_value())
      return std::unexpected(std::move(status).error());
  return linker.instantiate(module_);
}

// ---- PooledInstance ----

Instance& PooledInstance::operator*() const {
  return *slot_->instance;
}

Store& PooledInstance::store() const {
  return *slot_->store;
}

void PooledInstance::give_back(runtime::PoolSlot* slot) noexcept {
  slot->core->give_back(*slot);
}

// ---- InstancePool ----

std::expected<InstancePool, InstantiateError> InstancePool::create(const InstancePre& instance,
                                                                   const PoolConfig& config) {
  InstancePool pool(std::make_shared<PoolCore>(instance, config));
  if (auto status = pool.core_->init(); !status.has_value())
    return std::unexpected(std::move(status).error());
  return pool;
}

InstancePool::~InstancePool() {
  if (core_ == nullptr) return;
  PoolCore& core = *core_;
  core.close(std::move(core_));
}

std::expected<PooledInstance, InstantiateError> InstancePool::take() {
  runtime::SlotResult slot = core_->take();
  if (!slot.has_value()) [[unlikely]]
    return std::unexpected(std::move(slot).error());
  return PooledInstance(*slot);
}

std::expected<FoldedInstance, PooledInstance> InstancePool::fold(PooledInstance instance) {
  runtime::PoolSlot& slot = *instance.slot_;
  if (slot.core != core_.get() || slot.store->state().use_count() != 1)
    return std::unexpected(std::move(instance));
  // Put together here, so that what is kept is as large as it has to be.
  thread_local std::vector<uint8_t> bytes;
  bytes.clear();
  runtime::FoldWriter writer(bytes);
  if (!slot.image->fold(writer)) return std::unexpected(std::move(instance));
  FoldedInstance folded;
  folded.bytes_.assign(bytes.begin(), bytes.end());
  folded.data_ = std::move(slot.store->state()->data);
  folded.pool_ = core_->id();
  return folded;
}

std::expected<PooledInstance, InstantiateError> InstancePool::wake(FoldedInstance& folded) {
  if (folded.pool_ != core_->id())
    return std::unexpected(Error(ErrorKind::Usage, "the instance was folded by another pool"));
  runtime::SlotResult slot = core_->take_unstarted();
  if (!slot.has_value()) return std::unexpected(std::move(slot).error());
  PooledInstance instance(*slot);
  runtime::FoldReader reader(folded.bytes_);
  if (!(*slot)->image->unfold(reader))
    return std::unexpected(
        Error(ErrorKind::Limit, "there is no room for what the folded instance has grown by"));
  (*slot)->store->state()->data = std::move(folded.data_);
  folded = FoldedInstance();
  return instance;
}

const PoolLimits& InstancePool::limits() const {
  return core_->limits();
}

PoolStats InstancePool::stats() const {
  return core_->stats();
}

}  // namespace brink
