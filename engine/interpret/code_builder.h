// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Writes threaded code for the translator: words, values and where they are, accumulators,
// branches.
//
// The builder keeps track of what each accumulator holds. An instruction that computes is first
// written in the form that leaves its result in the accumulator only ("pending"). If the value
// turns out to be needed after the accumulator is overwritten, the instruction is changed into the
// form that writes a slot as well: handler and slot number are patched where they stand. So a value
// that is consumed by the next instruction never touches memory, and nothing has to be known in
// advance.
//
// Slot numbers in most instructions have 16 bits. A function with more slots is translated anew in
// far mode: its operands are moved to a few near scratch slots before use. Only such functions pay.

#ifndef BRINK_INTERPRET_CODE_BUILDER_H_
#define BRINK_INTERPRET_CODE_BUILDER_H_

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "engine/interpret/code.h"
#include "engine/interpret/handler_table.h"
#include "engine/wasm/opcode.h"

namespace brink::interpret {

/// Where the value of an operand stack entry is. Every entry has a canonical slot, `temp`, in the
/// frame's operand stack; the value need not be there.
struct StackValue {
  enum class Kind : uint8_t {
    Temp,   ///< in `temp`
    Local,  ///< in the local's slot `slot`, unchanged since it was read
    Const,  ///< `bits`
    Acc,    ///< pending in the accumulator of its class, or spilled to `temp` since then
  };
  Kind kind = Kind::Temp;
  uint32_t temp = 0;
  uint32_t slot = 0;
  uint32_t local = 0;
  uint32_t previous_use = 0;  ///< of the same local, further down the stack; see Translator
  uint64_t bits = 0;
};

/// A branch whose target is not known yet: the word that gets the distance, in a list per label.
struct Fixup {
  static constexpr uint32_t kUndone = ~uint32_t{0};
  uint32_t instruction = 0;  ///< distances count from here; kUndone if it is no more
  uint32_t word = 0;
  bool is_table_entry = false;  ///< a word of br_table, else the imm field of the operands
  int32_t next = -1;
};
using FixupList = int32_t;
inline constexpr FixupList kNoFixups = -1;

/// A condition that has been taken off the operand stack: an i32, or a comparison not yet made.
struct Condition {
  const CompareBranchHandlers* compare = nullptr;  ///< null: `value` is the condition
  Mode left = Mode::Slot;
  Mode right = Mode::Slot;
  Operands operands = {};  ///< of the comparison, as compare-branch wants them
  uint64_t constant = 0;   ///< its right operand in mode Imm
  Opcode opcode = Opcode::Nop;
  bool negate = false;
  bool in_acc = false;  ///< the i32 is in the accumulator, else in `slot`
  uint16_t slot = 0;
};

class CodeBuilder {
 public:
  /// `scratch` is the first of kScratchSlots near slots for far mode.
  void reset(bool far_mode, uint32_t scratch);
  static constexpr uint32_t kScratchSlots = 10;

  std::vector<CodeWord>& words() { return words_; }
  uint32_t size() const { return static_cast<uint32_t>(words_.size()); }
  /// A slot number did not fit: translate again in far mode.
  bool needs_far_mode() const { return needs_far_mode_; }
  /// Slots used above `fp`.
  void use_slots(uint32_t end) { frame_slots_ = std::max(frame_slots_, end); }
  uint32_t frame_slots() const { return frame_slots_; }

  // ---- values ----

  /// Writes the value to `slot`. A value pending at the end of the code is redirected there
  /// instead.
  void move_to(const StackValue& value, ValType type, uint32_t slot);
  /// Writes the value to its canonical slot and makes it a Temp.
  void materialize(StackValue& value, ValType type);
  /// local.set: as move_to, for a value that is not needed any more.
  void assign(const StackValue& value, ValType type, uint32_t slot);
  /// Writes two one-slot values to consecutive slots.
  void move_pair(const StackValue& first, const StackValue& second, uint32_t slot);
  /// The value's slot as a 16-bit operand; constants and pending values are materialized.
  uint16_t operand_slot(StackValue& value, ValType type);
  /// The same without a limit to 16 bits.
  uint32_t wide_slot(StackValue& value, ValType type);
  /// Acc if the accumulator of this class has the value, else Slot or, if `allow_imm` and it is a
  /// constant that fits, Imm.
  Mode mode_of(const StackValue& value, ValType type, bool allow_imm) const;
  /// A value that is in no accumulator any more, or never was consumed.
  void forget(const StackValue& value, ValType type);

  // ---- instructions ----

  void emit(InternalOp op, WideOperands operands);
  void emit(Handler handler, Operands operands);
  void emit_word(uint64_t bits) { words_.push_back(CodeWord{.bits = bits}); }

  /// Unary, binary and all other computing instructions. `result` gets its place.
  void emit_value(Opcode opcode, std::span<StackValue> args, std::span<const ValType> arg_types,
                  ValType result_type, StackValue& result);
  void emit_extract_lane(Opcode opcode, StackValue& vector, uint8_t lane, ValType result_type,
                         StackValue& result);
  void emit_replace_lane(Opcode opcode, StackValue& vector, StackValue& scalar, ValType scalar_type,
                         uint8_t lane, StackValue& result);
  void emit_shuffle(Opcode opcode, StackValue& left, StackValue& right, const V128& lanes,
                    StackValue& result);
  void emit_ternary(Opcode opcode, std::span<StackValue> args, StackValue& result);
  void emit_select(StackValue& condition, StackValue& first, StackValue& second, ValType type,
                   StackValue& result);
  void emit_load(Opcode opcode, StackValue& address, uint32_t offset, ValType result_type,
                 StackValue& result);
  void emit_store(Opcode opcode, StackValue& address, StackValue& value, ValType value_type,
                  uint32_t offset);
  /// `lane_vector`: of a lane access, else null.
  void emit_checked_access(Opcode opcode, AddressType address_type, uint32_t memory,
                           StackValue& address, uint64_t offset, StackValue* value,
                           ValType value_type, StackValue* result, StackValue* lane_vector,
                           uint8_t lane);
  /// The first of `args` is the address, others are values; `result` may be null.
  void emit_atomic(Opcode opcode, AddressType address_type, uint32_t memory, uint64_t offset,
                   std::span<StackValue> args, std::span<const ValType> arg_types,
                   StackValue* result, ValType result_type);
  void emit_lane_access(Opcode opcode, StackValue& address, uint32_t offset, StackValue& vector,
                        uint8_t lane, StackValue* result);
  /// An instruction whose result was written to the wide field `lo` of its operands, the value's
  /// canonical slot; lets a following local.set redirect it. `words`: the instruction's.
  void set_wide_result(StackValue& result, ValType type, uint32_t words = 2);

  /// An instruction left its result in the value's canonical slot, and that cannot be changed.
  void settle_result(StackValue& result, ValType type);

  // ---- branches ----

  /// Takes a condition off the stack: fuses a comparison made by the last instruction.
  Condition take_condition(StackValue& value);
  void emit_branch(FixupList& list);
  void emit_branch_back(uint32_t target);
  void emit_branch_if(const Condition& condition, bool if_true, FixupList& list);
  void emit_branch_back_if(const Condition& condition, uint32_t target);
  void add_fixup(FixupList& list, uint32_t instruction, uint32_t word, bool is_table_entry);
  /// All branches in the list lead here. Forgets the accumulators if there are any.
  void bind(FixupList& list);
  /// The branch at `position`, the last of the code, jumps over an else arm that has no code: takes
  /// it away, so that the branches to the else arm lead to where it was.
  void undo_empty_else(FixupList& end, FixupList to_else, uint32_t position);
  /// Once all labels are bound: a branch to a jump goes where the jump goes, and a jump to a return
  /// is a return itself.
  void thread_jumps();
  /// A place that is reached from elsewhere too.
  void start_block();
  /// The next instruction overwrites all accumulators.
  void clobber_accumulators();
  /// Nothing may be patched across this point, but the accumulators keep their values.
  void seal() {
    last_copy_.reset();
    last_computed_.reset();
    last_result_.reset();
  }

 private:
  struct Accumulator {
    enum class State : uint8_t { Unknown, Pending, Copy };
    State state = State::Unknown;
    uint32_t slot = 0;      ///< Copy: holds what this slot holds. Pending: the entry's temp
    uint32_t position = 0;  ///< Pending: of the instruction
    Handler slot_form = nullptr;
  };
  /// The last instruction, if it computes: kept to be fused with the one that uses its result.
  struct LastComputed {
    uint32_t position = 0;
    Opcode opcode = Opcode::Nop;
    Mode left = Mode::Slot, right = Mode::Slot;
    Operands operands = {};
  };
  /// The last instruction's result, in a slot that can still be changed.
  struct LastResult {
    uint32_t position = 0;
    uint32_t slot = 0;
    bool is_wide = false;  ///< field lo, else field a
    ValType type;
  };

  /// The address of a guarded access as it goes into the instruction.
  struct AddressForm {
    Handler (*row)(const AccessHandlers&, Mode address, Mode value) = nullptr;
    Mode mode = Mode::Slot;
    Operands operands = {};
  };
  AddressForm take_address(StackValue& address, uint32_t offset);
  std::optional<AddressForm> take_sum(const StackValue& address, uint32_t offset);
  /// The last instruction if it made this pending value and may be taken back.
  const LastComputed* last_maker(const StackValue& value) const;
  void take_back_last();

  Accumulator& accumulator(ValType type) {
    return accumulators_[static_cast<size_t>(acc_class(type))];
  }
  const Accumulator& accumulator(ValType type) const {
    return accumulators_[static_cast<size_t>(acc_class(type))];
  }
  bool is_pending(const StackValue& value, ValType type) const {
    return value.kind == StackValue::Kind::Acc && is_pending_at(value, accumulator(type));
  }
  static bool is_pending_at(const StackValue& value, const Accumulator& acc) {
    return acc.state == Accumulator::State::Pending && acc.slot == value.temp;
  }
  void clobber(Accumulator& acc);
  uint16_t near(uint32_t slot);
  uint16_t near_read(uint32_t slot, ValType type);
  void wrote_slot(uint32_t slot, ValType type);
  void set_pending(ValType type, uint32_t temp, uint32_t position, Handler slot_form);
  void finish_result(uint32_t position, Handler acc_form, Handler slot_form, ValType type,
                     StackValue& result);
  bool redirect_last_result(const StackValue& value, ValType type, uint32_t slot);
  void copy_slot(ValType type, uint32_t destination, uint32_t source);
  void store_accumulator(ValType type, uint32_t slot);
  void write_const(uint32_t slot, uint64_t bits);
  void emit_compare_branch(const Condition& condition, bool if_true, bool backward);
  bool branches_if_true(const Condition& condition, bool if_true, Handler& handler,
                        bool backward) const;
  void set_distance(const Fixup& fixup, uint32_t target);
  uint32_t target_of(const Fixup& fixup) const;

  std::vector<CodeWord> words_;
  std::vector<Fixup> fixups_;
  std::array<Accumulator, kAccClasses> accumulators_;
  std::optional<LastComputed> last_computed_;
  std::optional<uint32_t> last_copy_;  ///< position of a Copy that ends the code
  std::optional<LastResult> last_result_;
  uint32_t frame_slots_ = 0;
  uint32_t scratch_ = 0;
  uint32_t next_scratch_ = 0;
  bool far_mode_ = false;
  bool needs_far_mode_ = false;
};

/// The comparison that holds when `opcode` does not, for integers.
std::optional<Opcode> negated_compare(Opcode opcode);
/// The comparison with exchanged operands.
std::optional<Opcode> swapped_compare(Opcode opcode);

}  // namespace brink::interpret

#endif  // BRINK_INTERPRET_CODE_BUILDER_H_
