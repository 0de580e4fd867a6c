// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// The inside of a Store: it owns every object that its instances are made of, and the stack that
// their code runs on. Objects live as long as the store, so pointers between them need no count.

#ifndef BRINK_RUNTIME_STORE_STATE_H_
#define BRINK_RUNTIME_STORE_STATE_H_

#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "brink/store.h"
#include "engine/platform/deadline.h"
#include "engine/platform/stack_pool.h"
#include "engine/runtime/gc_heap.h"
#include "engine/runtime/instance.h"
#include "engine/runtime/layout.h"

namespace brink::runtime {

/// Room below the limit of the stack that compiled code runs on, for the kernel's signal frame and
/// its handler.
inline constexpr size_t kNativeStackMargin = size_t{64} << 10;

/// An object whose contents are still in slots that no frame's map names.
struct PendingObject {
  const ObjectLayout& layout;
  const Slot* slots;
  uint32_t count = 1;  ///< elements of an array
};

class AsyncCallState;
class Metrics;

struct StoreState {
  StoreState(Engine engine, StoreLimits limits);
  ~StoreState();
  StoreState(const StoreState&) = delete;
  StoreState& operator=(const StoreState&) = delete;

  Engine engine;
  StoreLimits limits;
  Store* handle = nullptr;  ///< the public object, for host functions
  ExecContext exec;
  platform::Stack stack;
  std::optional<Trap> host_trap;  ///< left by a host function on its way out
  std::optional<Trap> trap;       ///< of the last call that failed
  platform::Deadline deadline;
  std::unique_ptr<Metrics> metrics;  ///< null unless somebody asked
  size_t watched_at = 0;             ///< the compiler's, see TierOperations::watch
  AsyncCallState* async = nullptr;   ///< the call that may be suspended, until it ends
  std::shared_ptr<void> data;        ///< of the host

  std::vector<std::unique_ptr<InstanceObject>> instances;
  /// The same once more as a list that grows at its head only, for interrupt().
  std::atomic<InstanceObject*> first_instance = nullptr;
  std::vector<std::shared_ptr<MemoryObject>> memories;
  std::vector<std::unique_ptr<TableObject>> tables;
  std::deque<GlobalObject> globals;  ///< of the host
  std::deque<TagObject> tags;
  std::deque<FuncObject> functions;
  std::vector<std::shared_ptr<void>> host_callables;
  std::vector<std::shared_ptr<void>> extern_data;  ///< by number of the host reference

  GcHeap heap;
  bool gc_stress = false;               ///< collect at every allocation
  FuncObject loop_entry;                ///< see TierOperations::enter_loop
  uint32_t collection_bans = 0;         ///< whoever holds references that no root leads to
  RefWord exception = 0;                ///< the latest that no frame caught
  std::vector<RefWord> latest_results;  ///< references that the host may hold from its latest call
  std::vector<RefWord> roots;           ///< of Root handles; unused ones are null
  /// References in arguments of host functions that compiled code has called.
  std::vector<RefWord> host_arguments;
  const PendingObject* pending = nullptr;  ///< being allocated
  std::vector<size_t> free_roots;

  const TypeRegistry& types() const { return *engine.state()->registry; }
  ObjectLayouts& layouts() const { return engine.state()->layouts; }

  /// Makes running guests look up at their next call or loop. From any thread, signal-safe.
  void interrupt(uint32_t reason);
  /// Makes the interpreter look up and note where it is. From any thread.
  void ask_for_sample();
  /// Whether a guest that looks up shall note where it is. Before take_interrupt().
  bool take_sample();
  /// Takes the poison back and says why a guest has to stop now, if somebody still wants that.
  TrapCode take_interrupt();
  /// After fuel was used up: whether the call yielded and has more of it now.
  bool refuel();
  /// Forgets that somebody cancelled what was running here.
  void forget_cancellation();
  /// At `when` on Clock::Monotonic, guests have to stop.
  void arm_deadline(uint64_t when);
  void disarm_deadline();
  /// Pinned memories do not move; they grow where they are or not at all. Pinned tables do not
  /// grow.
  void pin_storage(bool pinned);
  /// Poisons again after a trap if its reason stops the next calls too.
  void keep_interrupt(TrapCode trap);
  /// Reserves the value stack on first use.
  Status ensure_stack();
  /// Reserves the stack of compiled code on first use.
  Status ensure_native_stack();
  void add(std::unique_ptr<InstanceObject> instance);

 private:
  void set_native_limits(uintptr_t limit);
  platform::Stack native_stack_;
};

/// The code of all host functions: "not enterable".
std::atomic<const CodeHeader*>* host_code();

}  // namespace brink::runtime

#endif  // BRINK_RUNTIME_STORE_STATE_H_
