// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// What the instances of a store cost, for stores that somebody asked (Store::set_metrics). For all
// others it is one comparison with null per instantiation and per call of the host.

#ifndef BRINK_RUNTIME_METRICS_H_
#define BRINK_RUNTIME_METRICS_H_

#include <chrono>
#include <expected>
#include <unordered_map>
#include <utility>

#include "brink/store.h"
#include "engine/runtime/store_state.h"

namespace brink::runtime {

class Metrics {
 public:
  using Clock = std::chrono::steady_clock;

  explicit Metrics(MetricsCallback callback) : callback_(std::move(callback)) {}

  void instantiated(InstanceObject& instance, Clock::duration time, uint64_t fuel);
  void called(InstanceObject& instance, Clock::duration time, uint64_t fuel, bool trapped);

 private:
  void tell(MetricsEvent event, InstanceObject& instance);

  MetricsCallback callback_;
  std::unordered_map<const InstanceObject*, InstanceMetrics> so_far_;
};

/// Fuel that a store has; what is used of it is the difference.
inline uint64_t fuel_of(const StoreState& store) {
  return static_cast<uint64_t>(store.exec.fuel > 0 ? store.exec.fuel : 0);
}

/// `instantiate()` makes an Instance of the store.
template <typename Instantiate>
auto measure_instantiation(StoreState& store, Instantiate instantiate) {
  // Without this the start function would be a call of its own.
  std::unique_ptr<Metrics> metrics = std::move(store.metrics);
  const uint64_t fuel = fuel_of(store);
  const Metrics::Clock::time_point start = Metrics::Clock::now();
  auto instance = instantiate();
  const Metrics::Clock::duration time = Metrics::Clock::now() - start;
  store.metrics = std::move(metrics);
  if (instance.has_value())
    store.metrics->instantiated(*instance->object(), time, fuel - fuel_of(store));
  return instance;
}

}  // namespace brink::runtime

#endif  // BRINK_RUNTIME_METRICS_H_
