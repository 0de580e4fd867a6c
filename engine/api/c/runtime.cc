// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Configuration, engines and stores, of wasm.h and of brink.h.

#include <algorithm>
#include <chrono>
#include <limits>

#include "engine/api/c/handles.h"

using brink::StoreLimits;
using brink::capi::StoreBox;

namespace brink::capi {
namespace {
thread_local std::string last_error;
}

void set_last_error(std::string message) {
  last_error = std::move(message);
}

}  // namespace brink::capi

const char* brink_version(void) {
  return BRINK_VERSION;
}
const char* brink_last_error(void) {
  return brink::capi::last_error.c_str();
}

// ---- configuration ----

wasm_config_t* wasm_config_new(void) {
  return new wasm_config_t;
}
void wasm_config_delete(wasm_config_t* config) {
  delete config;
}

bool brink_config_set_feature(wasm_config_t* config, const char* name, bool on) {
  const std::optional<brink::Feature> feature = brink::feature_from_name(name);
  if (feature.has_value())
    config->config.features.set(*feature, on);
  else
    brink::capi::set_last_error("there is no feature \"" + std::string(name) + "\"");
  return feature.has_value();
}
void brink_config_set_tier(wasm_config_t* config, int tier) {
  config->config.tier = tier == BRINK_TIER_INTERPRETER ? brink::Tier::Interpreter
                        : tier == BRINK_TIER_COMPILER  ? brink::Tier::Compiler
                                                       : brink::Tier::Auto;
}
void brink_config_set_consume_fuel(wasm_config_t* config, bool on) {
  config->config.consume_fuel = on;
}
void brink_config_set_memory_reservation(wasm_config_t* config, uint64_t bytes) {
  config->config.memory_reservation_bytes = bytes;
}
void brink_config_set_eager(wasm_config_t* config, bool on) {
  config->config.eager_translation = on;
}
void brink_config_set_strict(wasm_config_t* config) {
  config->config.module_limits = brink::ModuleLimits::strict();
}
bool brink_has_compiler(void) {
  return brink::Engine::has_compiler();
}

// ---- engines ----

wasm_engine_t* wasm_engine_new(void) {
  return new wasm_engine_t{brink::Engine()};
}
wasm_engine_t* wasm_engine_new_with_config(wasm_config_t* config) {
  const std::unique_ptr<wasm_config_t> own(config);
  return new wasm_engine_t{brink::Engine(own->config)};
}
void wasm_engine_delete(wasm_engine_t* engine) {
  delete engine;
}

// ---- stores ----

namespace {

/// A C program has no other way to be rid of instances than their store, so there may be many.
StoreLimits default_limits() {
  StoreLimits limits;
  limits.max_instances = std::numeric_limits<uint32_t>::max();
  limits.max_memories = limits.max_instances;
  limits.max_tables = limits.max_instances;
  return limits;
}

}  // namespace

wasm_store_t* wasm_store_new(wasm_engine_t* engine) {
  return new wasm_store_t{std::make_shared<StoreBox>(engine->engine, default_limits())};
}
void wasm_store_delete(wasm_store_t* store) {
  delete store;
}

namespace {

brink_limits_t to_c(const StoreLimits& limits) {
  brink_limits_t result = {};
  result.memory_bytes = limits.max_memory_bytes;
  result.table_elements = limits.max_table_elements;
  result.stack_bytes = limits.max_stack_bytes;
  result.gc_heap_bytes = limits.max_gc_heap_bytes;
  result.instances = limits.max_instances;
  result.memories = limits.max_memories;
  result.tables = limits.max_tables;
  return result;
}

}  // namespace

void brink_limits_init(brink_limits_t* out) {
  *out = to_c(default_limits());
}
void brink_limits_init_strict(brink_limits_t* out) {
  *out = to_c(StoreLimits::strict());
}

wasm_store_t* brink_store_new(wasm_engine_t* engine, const brink_limits_t* given) {
  StoreLimits limits;
  limits.max_memory_bytes = given->memory_bytes;
  limits.max_table_elements = given->table_elements;
  limits.max_stack_bytes = given->stack_bytes;
  limits.max_gc_heap_bytes = given->gc_heap_bytes;
  limits.max_instances = given->instances;
  limits.max_memories = given->memories;
  limits.max_tables = given->tables;
  return new wasm_store_t{std::make_shared<StoreBox>(engine->engine, limits)};
}

void brink_store_set_fuel(wasm_store_t* store, uint64_t fuel) {
  store->get().set_fuel(fuel);
}
uint64_t brink_store_fuel(const wasm_store_t* store) {
  return store->get().fuel();
}

void brink_store_set_timeout(wasm_store_t* store, uint64_t nanoseconds) {
  constexpr uint64_t kMost = uint64_t{1} << 62;
  store->get().set_deadline(
      std::chrono::steady_clock::now() +
      std::chrono::nanoseconds(static_cast<int64_t>(std::min(nanoseconds, kMost / 2))));
}
void brink_store_clear_timeout(wasm_store_t* store) {
  store->get().clear_deadline();
}

void brink_store_collect_garbage(wasm_store_t* store) {
  store->get().collect_garbage();
}
uint64_t brink_store_gc_heap_bytes(const wasm_store_t* store) {
  return store->get().gc_heap_bytes();
}

void brink_store_set_metrics(wasm_store_t* store, brink_metrics_callback_t callback, void* env) {
  if (callback == nullptr) return store->get().set_metrics({});
  StoreBox& box = *store->box;
  store->get().set_metrics([callback, env, &box](brink::MetricsEvent event,
                                                 const brink::Instance& instance,
                                                 const brink::InstanceMetrics& so_far) {
    const wasm_instance_t handle(box.shared_from_this(), instance);
    const brink_metrics_t metrics = {static_cast<uint64_t>(so_far.instantiate_time.count()),
                                     static_cast<uint64_t>(so_far.run_time.count()),
                                     so_far.calls,
                                     so_far.traps,
                                     so_far.fuel_used,
                                     so_far.peak_memory_bytes};
    callback(env, static_cast<int>(event), &handle, &metrics);
  });
}

struct brink_canceller_t {
  brink::Store::Canceller canceller;
};
brink_canceller_t* brink_canceller_new(wasm_store_t* store) {
  return new brink_canceller_t{store->get().canceller()};
}
void brink_canceller_cancel(const brink_canceller_t* canceller) {
  canceller->canceller.cancel();
}
void brink_canceller_delete(brink_canceller_t* canceller) {
  delete canceller;
}
