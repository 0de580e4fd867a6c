// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/runtime/metrics.h"

#include <algorithm>

#include "engine/runtime/instance.h"

namespace brink::runtime {

void Metrics::instantiated(InstanceObject& instance, Clock::duration time, uint64_t fuel) {
  InstanceMetrics& metrics = so_far_[&instance];
  metrics = {};
  metrics.instantiate_time = time;
  metrics.fuel_used = fuel;
  tell(MetricsEvent::Instantiated, instance);
}

void Metrics::called(InstanceObject& instance, Clock::duration time, uint64_t fuel, bool trapped) {
  InstanceMetrics& metrics = so_far_[&instance];
  metrics.run_time += time;
  metrics.fuel_used += fuel;
  ++metrics.calls;
  if (trapped) ++metrics.traps;
  tell(trapped ? MetricsEvent::Trapped : MetricsEvent::Returned, instance);
}

void Metrics::tell(MetricsEvent event, InstanceObject& instance) {
  // Memories never shrink while an instance runs, so their size now is the largest so far.
  uint64_t bytes = 0;
  for (const MemoryObject* memory : instance.memory_list) bytes += memory->bytes.load();
  InstanceMetrics& metrics = so_far_[&instance];
  metrics.peak_memory_bytes = std::max(metrics.peak_memory_bytes, bytes);
  callback_(event, Instance(&instance), metrics);
}

}  // namespace brink::runtime
