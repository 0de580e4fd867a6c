// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// SANDBOX-CRITICAL: the joints between host, interpreter and compiled code.
//
// Owns what no tier can do alone: calling a function whichever tier runs it, ending a guest with a
// trap, naming its frames, finding who catches an exception, and marking roots in frames. The tiers
// know nothing of each other; each says through TierOperations what it can do with the frames of
// one entry (see EntryRecord), and the functions here go from entry to entry.
//
//     host     call_function
//     A        entry 1: frames of the interpreter        \  describe, mark, find_landing of each
//     A calls B, which is compiled: entry 2 (a crossing)  } entry, from the inside out
//     B        entry 2: frames of compiled code          /
//
// Tail calls across tiers do not nest: the tier that is about to be left says TailCall, and whoever
// entered it enters the other one.

#ifndef BRINK_RUNTIME_TIERS_H_
#define BRINK_RUNTIME_TIERS_H_

#include <cstdint>
#include <span>
#include <vector>

#include "engine/platform/activation.h"
#include "engine/runtime/store_state.h"

namespace brink::runtime {

/// Where the innermost frame of an entry stands: a frame of the interpreter, of compiled code, or
/// none.
struct GuestPoint {
  const void* pc = nullptr;
  const Slot* fp = nullptr;
  /// The frame has called the host, so that its call's arguments are still its own.
  bool calls_host = false;
  /// The frame has given way to its tail call; its caller is the first to count.
  bool is_left = false;

  const void* native_pc = nullptr;  ///< return address, or of the instruction that faulted
  uintptr_t native_sp = 0;

  InstanceObject* instance = nullptr;  ///< of the frame; null after a fault, when nobody knows

  bool is_native() const { return native_pc != nullptr; }
  bool is_none() const { return pc == nullptr && native_pc == nullptr; }
};

enum class CallOutcome : uint8_t {
  Returned,
  Trapped,    ///< StoreState::trap says why
  Unwinding,  ///< on the way to ExecContext::landing_entry
  TailCall,   ///< to ExecContext::tail_callee, which is of another tier
};

/// A loop that the interpreter is in. Loops have the offset of their instruction in the module.
struct LoopPlace {
  uint32_t function_index = 0;
  uint32_t stack_base = 0;            ///< slot of the function's first operand in its frame
  std::span<const uint32_t> offsets;  ///< of the loops around it and its own, the outermost first
};

/// What a tier can do. `entry` is the one that the frames belong to.
struct TierOperations {
  /// Runs a function with its arguments in slots, which receive the results. They have room for
  /// whichever is larger.
  CallOutcome (*enter)(StoreState& store, FuncObject& function, Slot* slots, bool is_crossing);
  /// Adds frames, innermost first, until there are `max`.
  void (*describe)(StoreState& store, const GuestPoint& point, const EntryRecord* entry,
                   std::vector<Frame>& frames, size_t max);
  /// Marks references in frames.
  void (*mark)(StoreState& store, const GuestPoint& point, const EntryRecord* entry);
  /// Finds a frame that catches an exception, and sets landing_pc and so on.
  bool (*find_landing)(StoreState& store, const GuestPoint& point, const EntryRecord* entry,
                       uint64_t exception);
  /// What compiled code jumps to for a host function of this type. Null: nothing calls it there.
  const std::atomic<const void*>* (*host_entry)(EngineState& engine, TypeId type) = nullptr;
  // Of a compiler that takes over hot functions; else null. Guests of a store between the first two
  // are made to look up now and then (ExecContext::wants_sample), and note where they are: `weight`
  // 1 if the function is just called from there, 2 if it is in a loop.
  void (*watch)(StoreState& store) = nullptr;
  void (*unwatch)(StoreState& store) = nullptr;
  void (*note)(const InstanceObject& instance, uint32_t function_index, uint32_t weight) = nullptr;
  /// Compiles a function that is about to run for the first time and has a loop. The compiler may
  /// refuse. Null: such functions are not compiled before they are hot.
  void (*compile_now)(ModuleState& module, uint32_t function_index) = nullptr;
  /// Asks for code that goes on in a loop. Guests that find the loop open then get it.
  void (*note_loop)(const InstanceObject& instance, const LoopPlace& place) = nullptr;
  /// What to call instead of going on in a loop, with ExecContext::loop_frame set; it has no
  /// parameters, and the results of the function that the loop is in. Valid until the next time.
  /// Null: there is no such code.
  FuncObject* (*enter_loop)(InstanceObject& instance, uint32_t function_index,
                            uint32_t offset) = nullptr;
  /// Of the interpreter: from now on guests that come to a loop ask for its code.
  void (*open_loop)(ModuleState& module, uint32_t function_index, uint32_t offset) = nullptr;
};

// ---- calls ----

/// Calls any function from the host. False: it trapped, and store.trap says why.
bool call_function(StoreState& store, FuncObject& function, Slot* slots);

/// The same from a frame of a guest, which is noted in the context. Of the outcomes Returned,
/// Trapped and Unwinding.
CallOutcome call_across(StoreState& store, FuncObject& function, Slot* slots);

/// One entry from C++ into a guest, for as long as it lives: notes what lay below it in the record,
/// and puts it back.
class EntryScope {
 public:
  EntryScope(ExecContext& rt, bool is_crossing) : rt_(rt) {
    record.previous = rt.entry;
    record.caller_pc = rt.host_call_pc;
    record.caller_fp = rt.host_call_fp;
    record.native_pc = rt.native_pc;
    record.native_sp = rt.native_sp;
    record.caller_instance = rt.caller_instance;
    record.is_crossing = is_crossing;
    rt.entry = &record;
    rt.host_call_pc = nullptr;
    rt.native_pc = nullptr;
  }
  EntryScope(const EntryScope&) = delete;
  EntryScope& operator=(const EntryScope&) = delete;
  ~EntryScope() {
    rt_.entry = record.previous;
    rt_.host_call_pc = record.caller_pc;
    rt_.host_call_fp = record.caller_fp;
    rt_.native_pc = record.native_pc;
    rt_.native_sp = record.native_sp;
    rt_.caller_instance = record.caller_instance;
  }
  EntryRecord record;

 private:
  ExecContext& rt_;
};

/// Whether there is enough of the host's stack for one more entry.
bool has_host_stack(ExecContext& rt);

/// After an entry that its guest left early, inside of its EntryScope: what that means. `point` is
/// where it left.
CallOutcome finish_left_entry(StoreState& store, const platform::Activation& activation,
                              const GuestPoint& point);

/// A trap before anything ran.
CallOutcome refuse_entry(StoreState& store, TrapCode code);

// ---- exceptions ----

/// Finds who catches an exception thrown at `point`: landing_entry and so on. False: nobody, down
/// to where the host entered.
bool find_landing(StoreState& store, const GuestPoint& point, uint64_t exception);

/// The exception that a host function lets out, or 0 if it trapped with something else.
uint64_t take_host_exception(StoreState& store);

/// The trap for an exception that leaves the guest; keeps the exception alive.
Trap make_exception_trap(StoreState& store, uint64_t exception);

// ---- frames ----

/// Of the guest that has called C++, or none.
GuestPoint current_point(const ExecContext& rt);

/// Whose frame it is: `known`, or else the one instance of the module that the store has; null if
/// it has several.
InstanceObject* instance_of_frame(const StoreState& store, InstanceObject* known,
                                  const ModuleState& module);

/// Frames from `point` outwards, innermost first.
std::vector<Frame> make_backtrace(StoreState& store, const GuestPoint& point);

/// Marks what all frames hold.
void mark_frames(StoreState& store);

}  // namespace brink::runtime

#endif  // BRINK_RUNTIME_TIERS_H_
