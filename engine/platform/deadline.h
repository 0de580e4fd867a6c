// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Owns the one background thread of the engine: it waits for the earliest of the armed deadlines
// and calls its callback. The thread starts with the first deadline and is joined at exit.

#ifndef BRINK_PLATFORM_DEADLINE_H_
#define BRINK_PLATFORM_DEADLINE_H_

#include <cstdint>
#include <memory>

#include "brink/error.h"

namespace brink::platform {

/// A callback that will be called at a moment, unless this object is gone by then.
class Deadline {
 public:
  /// Runs on the background thread while it holds its lock: must be brief (set an atomic, poison a
  /// stack limit) and must not touch any Deadline.
  using Callback = void (*)(void* context);

  /// Not armed.
  Deadline();
  /// Calls callback(context) once, at or soon after `when` on Clock::Monotonic, in nanoseconds.
  /// Any thread. In a child of fork() deadlines from before it fire only after the next arm().
  static Result<Deadline> arm(uint64_t when, Callback callback, void* context);

  Deadline(Deadline&& other) noexcept;
  Deadline& operator=(Deadline&& other) noexcept;
  ~Deadline();

  /// When this returns, the callback is not running and will not run.
  void cancel();
  /// False once the callback has run, or after cancel().
  bool is_armed() const;

 private:
  struct Entry;
  struct Service;
  explicit Deadline(std::unique_ptr<Entry> entry);

  std::unique_ptr<Entry> entry_;
};

}  // namespace brink::platform

#endif  // BRINK_PLATFORM_DEADLINE_H_
