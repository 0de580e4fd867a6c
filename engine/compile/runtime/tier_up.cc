// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/compile/runtime/tier_up.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

#include "engine/compile/runtime/compiled_module.h"

namespace brink::compile {
namespace {

constexpr auto kPeriod = std::chrono::milliseconds(1);
/// Stores that are looked at in one. Of more, each has its turn less often: a process may have a
/// hundred thousand that are idle.
constexpr size_t kStoresPerPeriod = 512;
/// Periods without anybody looking up, after which the thread sleeps.
constexpr uint32_t kIdlePeriods = 50;
/// Calls and rounds of loops of a store before anybody looks where it is.
constexpr uint32_t kUncountedLookUps = 1000;

}  // namespace

/// Does not keep its module: what nobody can run any more is not compiled.
struct TierUp::Job {
  std::weak_ptr<runtime::ModuleState> weak_module;
  uint32_t function_index = 0;
  std::optional<LoopEntry> loop;  ///< else the whole function

  void run() {
    const std::shared_ptr<runtime::ModuleState> module = weak_module.lock();
    if (module == nullptr) return;
    CompiledModule& code = compiled_module(*module);
    if (!loop)
      code.compile(function_index);
    else if (code.compile_loop(function_index, *loop))
      module->engine.state()->interpreter->open_loop(*module, function_index, loop->offset);
  }
};

/// Outlives the TierUp if the thread is the last to let go of a module, and so of the engine.
struct TierUp::Shared {
  std::mutex mutex;
  std::condition_variable changed;
  bool is_stopped = false;
  std::vector<runtime::StoreState*> stores;  ///< each knows its place, StoreState::watched_at
  size_t next_store = 0;
  std::deque<Job> jobs;
  std::thread thread;

  bool has_looked_up() const {
    return std::ranges::any_of(
        stores, [](const runtime::StoreState* store) { return !store->exec.wants_sample.load(); });
  }

  /// Whether any of the next stores in turn has looked up since the last time.
  bool poison() {
    bool any = false;
    for (size_t i = std::min(stores.size(), kStoresPerPeriod); i > 0; --i) {
      next_store = next_store + 1 < stores.size() ? next_store + 1 : 0;
      runtime::StoreState* const store = stores[next_store];
      if (store->exec.wants_sample.load()) continue;
      any = true;
      store->ask_for_sample();
    }
    return any;
  }

  void run() {
    uint32_t idle = 0;
    std::unique_lock lock(mutex);
    while (!is_stopped) {
      if (!jobs.empty()) {
        Job job = std::move(jobs.front());
        jobs.pop_front();
        lock.unlock();
        job.run();
        job = {};
        lock.lock();
        continue;
      }
      const auto has_news = [&] { return is_stopped || !jobs.empty(); };
      if (idle < kIdlePeriods)
        changed.wait_for(lock, kPeriod, has_news);
      else
        changed.wait(lock, [&] { return has_news() || has_looked_up(); });
      idle = poison() ? 0 : idle + 1;
    }
  }
};

TierUp::TierUp() : shared_(std::make_shared<Shared>()) {}

TierUp::~TierUp() {
  {
    const std::scoped_lock lock(shared_->mutex);
    shared_->is_stopped = true;
    shared_->jobs.clear();
  }
  shared_->changed.notify_all();
  if (!shared_->thread.joinable()) return;
  if (shared_->thread.get_id() == std::this_thread::get_id())
    shared_->thread.detach();
  else
    shared_->thread.join();
}

void TierUp::watch(runtime::StoreState& store) {
  const std::scoped_lock lock(shared_->mutex);
  store.watched_at = shared_->stores.size();
  shared_->stores.push_back(&store);
  store.exec.uncounted_look_ups = kUncountedLookUps;
  store.ask_for_sample();
}

void TierUp::unwatch(runtime::StoreState& store) {
  const std::scoped_lock lock(shared_->mutex);
  runtime::StoreState* const last = shared_->stores.back();
  shared_->stores[store.watched_at] = last;
  last->watched_at = store.watched_at;
  shared_->stores.pop_back();
}

void TierUp::note(const runtime::InstanceObject& instance, uint32_t function_index,
                  uint32_t weight) {
  if (instance.store->engine.config().loop_stress) return;
  const bool is_hot = compiled_module(*instance.module).warm_up(function_index, weight);
  add(is_hot ? std::optional(Job{instance.module_owner, function_index, std::nullopt})
             : std::nullopt);
}

void TierUp::note_loop(const runtime::InstanceObject& instance, const runtime::LoopPlace& place) {
  CompiledModule& code = compiled_module(*instance.module);
  std::optional<LoopEntry> loop = code.ask_for_loop(place);
  const auto job = [&] {
    return loop ? std::optional(Job{instance.module_owner, place.function_index, loop})
                : std::nullopt;
  };
  if (!instance.store->engine.config().loop_stress) return add(job());
  for (; loop; loop = code.ask_for_loop(place)) job()->run();
}

/// Also when there is none: whoever has looked up wants to be asked again.
void TierUp::add(std::optional<Job> job) {
  {
    const std::scoped_lock lock(shared_->mutex);
    if (job) shared_->jobs.push_back(*std::move(job));
    if (!shared_->thread.joinable())
      shared_->thread = std::thread([shared = shared_] { shared->run(); });
  }
  shared_->changed.notify_one();
}

}  // namespace brink::compile
