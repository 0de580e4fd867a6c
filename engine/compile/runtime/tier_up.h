// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Finds the functions that are worth to be compiled while the interpreter runs them, and compiles
// them in the background. Nothing is counted: a thread makes running guests look up about once a
// millisecond, by the poison that interruption uses, and where one looks up is where the time goes.
// So the interpreter's fast paths know nothing of it.
//
//     thread: poison stack_limit of each store ... compile what was noted
//     guest:  next call or loop: note(function) ... next call of it: compiled code
//
// The thread is started once a guest has looked up a thousand times, for which its limit is
// poisoned from the start: most programs that do little never pay for one. It sleeps when no guest
// looks up.

#ifndef BRINK_COMPILE_RUNTIME_TIER_UP_H_
#define BRINK_COMPILE_RUNTIME_TIER_UP_H_

#include <cstdint>
#include <memory>
#include <optional>

#include "engine/runtime/store_state.h"
#include "engine/runtime/tiers.h"

namespace brink::compile {

class TierUp {
 public:
  TierUp();
  ~TierUp();
  TierUp(const TierUp&) = delete;
  TierUp& operator=(const TierUp&) = delete;

  /// Makes the guests of a store look up, until unwatch().
  void watch(runtime::StoreState& store);
  void unwatch(runtime::StoreState& store);

  /// A guest has looked up in a function, `weight` sure that it is hot.
  void note(const runtime::InstanceObject& instance, uint32_t function_index, uint32_t weight);
  /// A guest has looked up in a loop.
  void note_loop(const runtime::InstanceObject& instance, const runtime::LoopPlace& place);

 private:
  struct Job;
  struct Shared;
  void add(std::optional<Job> job);
  std::shared_ptr<Shared> shared_;
};

}  // namespace brink::compile

#endif  // BRINK_COMPILE_RUNTIME_TIER_UP_H_
