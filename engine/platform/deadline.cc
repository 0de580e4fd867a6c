// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/platform/deadline.h"

#include <pthread.h>
#include <signal.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <mutex>
#include <new>
#include <set>
#include <utility>

#include "engine/platform/clock.h"
#include "engine/platform/system_error.h"
#include "engine/support/try.h"

namespace brink::platform {

struct Deadline::Entry {
  uint64_t when;
  Callback callback;
  void* context;
  bool is_armed = false;  // guarded by the service's mutex
};

// Never destroyed, so that deadlines of static objects can be cancelled at any time of an exit.
struct Deadline::Service {
  static Service& get() {
    static Service* const service = new Service;
    return *service;
  }

  Service() {
    ::pthread_atfork([] { get().mutex.lock(); }, [] { get().mutex.unlock(); },
                     [] { get().after_fork_in_child(); });
    std::atexit([] { get().stop(); });
  }

  // Needs the lock.
  Status start() {
    if (is_stopping) return make_error(ErrorKind::Usage, "a deadline set while the process exits");
    if (is_running) return {};
    // The host's signals are the host's threads' business. Faults stay deliverable.
    sigset_t blocked, before;
    ::sigfillset(&blocked);
    for (const int fault : {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTRAP}) {
      ::sigdelset(&blocked, fault);
    }
    ::pthread_sigmask(SIG_SETMASK, &blocked, &before);
    const int error = ::pthread_create(
        &thread, nullptr,
        [](void* service) -> void* {
          static_cast<Service*>(service)->run();
          return nullptr;
        },
        this);
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    if (error != 0) return make_system_error("cannot start the thread for deadlines", error);
    is_running = true;
    return {};
  }

  void run() {
    std::unique_lock lock(mutex);
    while (!is_stopping) {
      if (armed.empty()) {
        changed.wait(lock);
        continue;
      }
      Entry* earliest = armed.begin()->second;
      if (earliest->when > clock_now(Clock::Monotonic)) {
        wait_until(lock, earliest->when);
        continue;
      }
      armed.erase(armed.begin());
      earliest->is_armed = false;
      earliest->callback(earliest->context);
    }
  }

  void wait_until(std::unique_lock<std::mutex>& lock, uint64_t when) {
    // At most an hour at a time: moments far away do not fit the system's types.
    constexpr uint64_t kLongest = uint64_t{3600} * 1'000'000'000;
    const uint64_t now = clock_now(Clock::Monotonic);
    const uint64_t wait = when > now ? std::min(when - now, kLongest) : 0;
    changed.wait_until(lock, std::chrono::steady_clock::now() +
                                 std::chrono::nanoseconds(static_cast<int64_t>(wait)));
  }

  void stop() {
    // A callback that ends the process runs on the thread itself.
    if (is_running && ::pthread_equal(::pthread_self(), thread)) return;
    {
      const std::lock_guard lock(mutex);
      is_stopping = true;
      if (!is_running) return;
    }
    changed.notify_all();
    ::pthread_join(thread, nullptr);
  }

  void after_fork_in_child() {
    // The thread is not here, and it may have been waiting.
    is_running = false;
    new (&changed) std::condition_variable;
    mutex.unlock();
  }

  std::mutex mutex;
  std::condition_variable changed;
  std::set<std::pair<uint64_t, Entry*>> armed;  // earliest first
  pthread_t thread{};
  std::atomic<bool> is_running{false};
  bool is_stopping = false;
};

Deadline::Deadline() = default;
Deadline::Deadline(std::unique_ptr<Entry> entry) : entry_(std::move(entry)) {}
Deadline::Deadline(Deadline&& other) noexcept = default;
Deadline::~Deadline() {
  cancel();
}

Deadline& Deadline::operator=(Deadline&& other) noexcept {
  if (this != &other) {
    cancel();
    entry_ = std::move(other.entry_);
  }
  return *this;
}

Result<Deadline> Deadline::arm(uint64_t when, Callback callback, void* context) {
  Service& service = Service::get();
  auto entry = std::make_unique<Entry>(Entry{when, callback, context});
  const std::lock_guard lock(service.mutex);
  BRINK_TRY(service.start());
  entry->is_armed = true;
  service.armed.emplace(when, entry.get());
  if (service.armed.begin()->second == entry.get()) service.changed.notify_all();
  return Deadline(std::move(entry));
}

void Deadline::cancel() {
  if (!entry_) return;
  Service& service = Service::get();
  {
    const std::lock_guard lock(service.mutex);
    if (entry_->is_armed) service.armed.erase({entry_->when, entry_.get()});
  }
  entry_.reset();
}

bool Deadline::is_armed() const {
  if (!entry_) return false;
  const std::lock_guard lock(Service::get().mutex);
  return entry_->is_armed;
}

}  // namespace brink::platform
