// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// The interpreter as a tier: translated code of a module, entering it from the host, and finding
// the instruction that a code address belongs to.

#ifndef BRINK_INTERPRET_INTERPRETER_H_
#define BRINK_INTERPRET_INTERPRETER_H_

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <vector>

#include "brink/error.h"
#include "engine/interpret/code.h"
#include "engine/runtime/module_state.h"
#include "engine/runtime/tiers.h"

namespace brink::interpret {

/// Where a `try` sends an exception.
struct TryClause {
  static constexpr uint32_t kAll = ~uint32_t{0};
  uint32_t tag = kAll;   ///< index in the module
  uint32_t landing = 0;  ///< word
};

/// The body of a `try`: exceptions thrown at words in [start, end) come to its clauses. Inner ones
/// lie before outer ones.
struct TryRange {
  static constexpr uint32_t kNoDelegate = ~uint32_t{0};
  uint32_t start = 0;
  uint32_t end = 0;
  uint32_t level = 0;  ///< of its control frame; the function's own is 1
  uint32_t first_clause = 0;
  uint32_t clause_count = 0;
  /// delegate: what is not caught goes on to the first `try` of at most this level.
  uint32_t delegate_level = kNoDelegate;
};

/// A place where a collection may happen: a call, an allocation.
struct Safepoint {
  uint32_t word = 0;
  std::vector<uint32_t> operands;   ///< slots of references on the operand stack
  std::vector<uint32_t> arguments;  ///< and of those that belong to the callee once it runs
};

/// Where a function's frame holds references into the heap. Locals always do, as they are zeroed on
/// entry; operands by place.
struct FrameMap {
  std::vector<uint32_t> locals;
  std::vector<Safepoint> points;  ///< by word, ascending
};

/// A loop, for guests that go over to compiled code in it.
struct LoopSite {
  static constexpr uint32_t kNone = ~uint32_t{0};
  uint32_t word = 0;  ///< of its header; that of a loop that starts where another does is the same
  uint32_t offset = 0;     ///< of the instruction in the module
  uint32_t outer = kNone;  ///< the loop around it, in FunctionCode::loops
  bool can_leave = false;  ///< all locals and operands are in their slots here
  /// Once the loop is open, the handler that was in its header; see open_loop().
  Handler handler = nullptr;
};

/// Threaded code of one function.
struct FunctionCode {
  CodeHeader header;
  std::vector<CodeWord> words;
  std::vector<TryRange> tries;
  std::vector<TryClause> clauses;
  std::vector<LoopSite> loops;  ///< by word
  uint32_t stack_base = 0;      ///< slot of the first operand
  /// The outermost of the loops that start at a word, or null.
  const LoopSite* loop_at(uint32_t word) const;
};

/// The interpreter's part of a module. Functions are translated at their first call, by whichever
/// thread comes first, and stay.
class InterpreterCode : public runtime::ModuleCode {
 public:
  explicit InterpreterCode(runtime::ModuleState& module);

  /// The code of a defined function; translates it if that has not been done.
  Result<const CodeHeader*> translate(uint32_t function_index);

  /// The same for a function that is to run now. One with a loop may come back as machine code at
  /// once, if it is so short that waiting for the compiler costs less than the loop's first rounds.
  Result<const CodeHeader*> prepare(uint32_t function_index);

  /// From now on guests that come to the loop's header ask for compiled code that goes on there.
  void open_loop(uint32_t function_index, uint32_t offset);

  /// The function whose code contains this address.
  const FunctionCode* find(const void* address) const;

  /// Where frames of the function hold references. Found when a collection asks for it first, by
  /// translating the function again.
  const FrameMap& frame_map(const FunctionCode& code);

 private:
  runtime::ModuleState& module_;
  std::unique_ptr<CodeHeader[]> stubs_;  ///< by function: "not translated yet"
  mutable std::mutex mutex_;
  std::map<const void*, std::unique_ptr<FunctionCode>> functions_;  ///< by address of their code
  std::unordered_map<const FunctionCode*, std::unique_ptr<FrameMap>> frame_maps_;
};

// What the interpreter can do with frames of one entry, see TierOperations.

runtime::CallOutcome enter(runtime::StoreState& store, FuncObject& function, Slot* slots,
                           bool is_crossing);
void describe(runtime::StoreState& store, const runtime::GuestPoint& point,
              const runtime::EntryRecord* entry, std::vector<Frame>& frames, size_t max);
void mark(runtime::StoreState& store, const runtime::GuestPoint& point,
          const runtime::EntryRecord* entry);
bool find_landing(runtime::StoreState& store, const runtime::GuestPoint& point,
                  const runtime::EntryRecord* entry, uint64_t exception);

const runtime::TierOperations& tier_operations();

/// In the header of an open loop: goes over to compiled code.
Handler open_loop_handler();

/// Code addresses that a return can lead to besides translated code.
const CodeWord* exit_stub();
const CodeWord* return_to_instance_stub();

}  // namespace brink::interpret

#endif  // BRINK_INTERPRET_INTERPRETER_H_
