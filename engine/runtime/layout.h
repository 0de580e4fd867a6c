// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// The structures that executing code reads and writes, interpreter handlers and compiled code
// alike. Plain data with fixed places; whoever owns them is in store_state.h and instance.h.
//
// Guest frames lie on the store's value stack, which grows upwards in 8-byte slots:
//
//     fp                     fp + link_slot          fp + link_slot + kLinkSlots    fp +
//     frame_slots | parameters | locals  | return pc | 2 words   | operand stack                |
//                                                    ^ arguments of a call lie at the top of the
//                                                      caller's operand stack: there the callee's
//                                                      frame begins, and its results are left there
//
// The two words beside the return pc are used by calls that change the instance.

#ifndef BRINK_RUNTIME_LAYOUT_H_
#define BRINK_RUNTIME_LAYOUT_H_

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "brink/trap.h"
#include "brink/typed_func.h"
#include "brink/types.h"
#include "engine/runtime/object_layout.h"
#include "engine/wasm/type_registry.h"

namespace brink::runtime {

/// One slot of a frame: i32 and f32 zero-extended, references as words, v128 in two slots.
using Slot = uint64_t;

/// Slots between a frame's locals and its operand stack.
inline constexpr uint32_t kLinkSlots = 3;

struct StoreState;
struct ModuleState;
struct InstanceObject;
struct ExecContext;
struct GlobalObject;
struct MemoryObject;
struct TableObject;
struct TagObject;
struct FuncObject;

/// The part of an instance that executing code reads, at fixed offsets. An InstanceObject begins
/// with it; compiled code has its address in a register.
struct VmContext {
  /// Frames of compiled code must stay above it. Poisoned with the largest number to make the next
  /// call or loop look up. The same in all instances of a store.
  std::atomic<uintptr_t> native_limit = 0;
  uint8_t* memory0_base = nullptr;
  ExecContext* exec = nullptr;
  GlobalObject** globals = nullptr;
  MemoryObject** memories = nullptr;
  TableObject** tables = nullptr;
  /// Imports always; own functions once somebody took a reference.
  FuncObject** functions = nullptr;
  TagObject** tags = nullptr;
  ModuleState* module = nullptr;
};

/// What a caller must know of a callee. Immutable once published, but for the way to compiled code.
struct CodeHeader {
  /// More slots than any stack has: "look at me before entering". Set for functions that are not
  /// translated yet, that are compiled, and for host functions, so that one comparison serves them
  /// all.
  static constexpr uint32_t kNotEnterable = 0xf0000000u;

  std::atomic<uint32_t> frame_slots = kNotEnterable;  ///< from fp to the highest operand
  uint32_t link_slot = 0;
  uint32_t param_slots = 0;  ///< locals that are not parameters lie in [param_slots, link_slot)
  uint32_t function_index = 0;
  const void* entry = nullptr;    ///< first code word
  ModuleState* module = nullptr;  ///< null for host functions
  /// The function's code is compiled, or to be compiled at its first call: enter it there.
  std::atomic<bool> native = false;

  uint32_t slots() const { return frame_slots.load(std::memory_order_relaxed); }
  /// From now on whoever calls by this header finds compiled code.
  void divert_to_native() {
    native.store(true, std::memory_order_release);
    frame_slots.store(kNotEnterable, std::memory_order_release);
  }
};

/// A function as a value: what funcref points to.
struct FuncObject {
  /// Where the current code is found; changes when the function is translated.
  std::atomic<const CodeHeader*>* code = nullptr;
  InstanceObject* instance = nullptr;  ///< null for host functions
  TypeId type_id = 0;
  uint32_t function_index = 0;
  /// Where the entry for compiled callers is found; null if there is no compiler.
  const std::atomic<const void*>* native = nullptr;
  /// The adapter that enters it from C++, once that was needed.
  std::atomic<const void*> native_adapter = nullptr;
  // Host functions only.
  HostThunk thunk = nullptr;
  void* callable = nullptr;
  uint32_t param_slots = 0;
  uint32_t result_slots = 0;
  StoreState* store = nullptr;
  bool has_traced_params = false;  ///< of host functions: garbage collection has to know of them
  /// kDisplaySize ancestors of its type, as in ObjectLayout; of a final type without supertypes
  /// none, not even itself.
  const TypeId* display = kNullLayout.display.data();

  bool is_host() const { return instance == nullptr; }
};

/// A global's value. Instances point to it, so that imported and own ones are alike. Own ones lie
/// behind their instance, see kOwnGlobals in instance.h.
struct alignas(16) GlobalObject {
  Slot value[2] = {0, 0};
  GlobalType type;  ///< canonical
  StoreState* store = nullptr;
};

struct TagObject {
  TypeId type_id = 0;
  StoreState* store = nullptr;
};

/// One entry from C++ into guest code, on the host's stack: which guest frame lies below it, one of
/// the interpreter or one of compiled code, or neither if no guest called the host. All frames of
/// one entry are of the same tier.
struct EntryRecord {
  EntryRecord* previous = nullptr;
  const void* caller_pc = nullptr;  ///< interpreter
  Slot* caller_fp = nullptr;
  const void* native_pc = nullptr;  ///< compiled code: the return address
  uintptr_t native_sp = 0;          ///< and the stack pointer with that popped
  InstanceObject* caller_instance = nullptr;
  /// Where the entry adapter left the return address of its callee, the end of the entry's frames;
  /// 0 if the entry is one into the interpreter.
  uintptr_t native_base = 0;
  /// A guest called the guest, with no host function in between.
  bool is_crossing = false;
};

/// Parameters or results that find no register lie here from the store until the load that follows
/// at once (16 bytes each; the number is decode::limits').
inline constexpr uint32_t kMaxOverflow = 1000;
struct alignas(16) OverflowValue {
  Slot slots[2];
};

/// Free cells of the garbage-collected heap, one behind the other and all zero, as offsets in it.
struct CellRun {
  uint32_t next = 0;
  uint32_t end = 0;
};
/// There is one for cells of 16 bytes, of 32, and so on.
inline constexpr uint32_t kCellRuns = 16;

/// What compiled code reads and changes of the heap besides objects. GcHeap keeps it.
struct HeapView {
  /// By type, for each type that an object may have; [-1] belongs to the object that null leads to.
  const ObjectLayout* const* layouts = nullptr;
  CellRun runs[kCellRuns];
};

/// What the machine needs of the execution that it is part of; one per store.
struct ExecContext {
  /// Frames must stay below it. Poisoned with null to make the next call or loop look up.
  std::atomic<Slot*> stack_limit = nullptr;
  Slot* stack_end = nullptr;  ///< the real limit
  Slot* stack_top = nullptr;  ///< first slot that no frame uses, valid while the host runs
  /// Of the guest frame that called the host; null outside of host calls.
  const void* host_call_pc = nullptr;
  Slot* host_call_fp = nullptr;
  InstanceObject* caller_instance = nullptr;  ///< of that frame, or of the compiled one
  uintptr_t native_stack_limit = 0;           ///< entries from the host below it are refused
  EntryRecord* entry = nullptr;               ///< of the innermost entry from the host
  int64_t fuel = 0;
  StoreState* store = nullptr;
  /// Of the garbage-collected heap, once there is an object; kNullObject until then.
  uint8_t* heap_base = nullptr;
  HeapView heap;
  /// The instruction that is allocating, so that a collection finds the frames; else null.
  const void* safepoint_pc = nullptr;
  Slot* safepoint_fp = nullptr;

  // Of compiled code that is inside a call to C++ (see docs/compiler.md): its return address and
  // the stack pointer with that popped. Null while the interpreter runs.
  const void* native_pc = nullptr;
  uintptr_t native_sp = 0;
  uintptr_t native_top = 0;  ///< the lowest byte of that stack that is in use meanwhile
  /// Where the host's stack goes on while compiled code runs.
  uintptr_t host_sp = 0;
  /// The real limit and the start of the stack that compiled code runs on; 0 before the first
  /// entry.
  uintptr_t native_stack_end = 0;
  uintptr_t native_stack_start = 0;

  // Of the search for an exception's handler: where to go on, and in which entry.
  EntryRecord* landing_entry = nullptr;
  const void* landing_pc = nullptr;
  Slot* landing_fp = nullptr;
  uintptr_t landing_sp = 0;  ///< instead of landing_fp in compiled code
  InstanceObject* landing_instance = nullptr;
  uint64_t landing_exception = 0;

  // Of a guest that leaves its entry with a tail call to another tier.
  FuncObject* tail_callee = nullptr;
  Slot* tail_slots = nullptr;

  /// The guest has left its entry before the function it entered returned: with a trap, with an
  /// exception that an outer entry catches (landing_entry), or with a tail call (no trap).
  bool has_left = false;
  // Of the trap that is on its way out.
  TrapCode trap = TrapCode::None;
  const void* trap_pc = nullptr;
  Slot* trap_fp = nullptr;
  uint64_t trap_detail = 0;  ///< of element traps: the index

  /// Reasons for the poison, set before stack_limit is.
  static constexpr uint32_t kCancelled = 1;
  static constexpr uint32_t kDeadline = 2;
  std::atomic<uint32_t> interrupts = 0;

  /// Whoever looks up next shall note where it is, for no other reason than to be counted. Keeps
  /// stack_limit poisoned.
  std::atomic<bool> wants_sample = false;
  /// But so often nothing is noted: a guest that does next to nothing is not worth it.
  uint32_t uncounted_look_ups = 0;

  /// Of a guest that goes over to compiled code in a loop: the interpreter's frame, or one like it.
  /// The code loads everything from there before it does anything else.
  Slot* loop_frame = nullptr;

  OverflowValue* overflow = nullptr;  ///< kMaxOverflow of them, once compiled code is entered
};

}  // namespace brink::runtime

#endif  // BRINK_RUNTIME_LAYOUT_H_
