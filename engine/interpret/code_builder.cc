// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/interpret/code_builder.h"

#include <limits>

#include "engine/support/check.h"

namespace brink::interpret {
namespace {

using Kind = StackValue::Kind;

bool fits_imm(uint64_t bits, ValType type) {
  // i32 and f32 are their 32 bits, f64 gets a word of its own.
  if (type != kI64) return true;
  const auto value = static_cast<int64_t>(bits);
  return value == static_cast<int32_t>(value);
}

bool fits_int16(uint64_t bits, ValType type) {
  const int64_t value = type == kI32 ? static_cast<int32_t>(bits) : static_cast<int64_t>(bits);
  return value == static_cast<int16_t>(value);
}

struct ComparePair {
  Opcode opcode, negated, swapped;
};
#define BRINK_INTEGER_COMPARES(T)                                                               \
  {Opcode::T##Eq, Opcode::T##Ne, Opcode::T##Eq}, {Opcode::T##Ne, Opcode::T##Eq, Opcode::T##Ne}, \
      {Opcode::T##LtS, Opcode::T##GeS, Opcode::T##GtS},                                         \
      {Opcode::T##LtU, Opcode::T##GeU, Opcode::T##GtU},                                         \
      {Opcode::T##GtS, Opcode::T##LeS, Opcode::T##LtS},                                         \
      {Opcode::T##GtU, Opcode::T##LeU, Opcode::T##LtU},                                         \
      {Opcode::T##LeS, Opcode::T##GtS, Opcode::T##GeS},                                         \
      {Opcode::T##LeU, Opcode::T##GtU, Opcode::T##GeU},                                         \
      {Opcode::T##GeS, Opcode::T##LtS, Opcode::T##LeS},                                         \
      {Opcode::T##GeU, Opcode::T##LtU, Opcode::T##LeU},
constexpr ComparePair kIntegerCompares[] = {BRINK_INTEGER_COMPARES(I32)
                                                BRINK_INTEGER_COMPARES(I64)};
#undef BRINK_INTEGER_COMPARES

const ComparePair* find_compare(Opcode opcode) {
  for (const ComparePair& row : kIntegerCompares)
    if (row.opcode == opcode) return &row;
  return nullptr;
}

}  // namespace

std::optional<Opcode> negated_compare(Opcode opcode) {
  const ComparePair* row = find_compare(opcode);
  return row ? std::optional(row->negated) : std::nullopt;
}

std::optional<Opcode> swapped_compare(Opcode opcode) {
  const ComparePair* row = find_compare(opcode);
  return row ? std::optional(row->swapped) : std::nullopt;
}

void CodeBuilder::reset(bool far_mode, uint32_t scratch) {
  words_.clear();
  fixups_.clear();
  accumulators_.fill({});
  last_computed_.reset();
  last_result_.reset();
  frame_slots_ = 0;
  scratch_ = scratch;
  next_scratch_ = 0;
  far_mode_ = far_mode;
  needs_far_mode_ = false;
}

// ---- slots ----

/// The slot as 16 bits. Asks for far mode when it does not fit.
uint16_t CodeBuilder::near(uint32_t slot) {
  if (slot > std::numeric_limits<uint16_t>::max()) [[unlikely]]
    needs_far_mode_ = true;
  return static_cast<uint16_t>(slot);
}

/// A near slot with the value of `slot`.
uint16_t CodeBuilder::near_read(uint32_t slot, ValType type) {
  if (!far_mode_ || slot <= std::numeric_limits<uint16_t>::max()) [[likely]]
    return near(slot);
  const uint32_t scratch = scratch_ + next_scratch_;
  next_scratch_ = (next_scratch_ + 2) % kScratchSlots;
  copy_slot(type, scratch, slot);
  return static_cast<uint16_t>(scratch);
}

void CodeBuilder::wrote_slot(uint32_t slot, ValType type) {
  for (Accumulator& acc : accumulators_) {
    if (acc.state != Accumulator::State::Copy) continue;
    // A copy of two slots is stale when either is written.
    const uint32_t acc_slots = &acc == &accumulator(kV128) ? 2 : 1;
    if (slot < acc.slot + acc_slots && acc.slot < slot + type.slots())
      acc.state = Accumulator::State::Unknown;
  }
}

void CodeBuilder::copy_slot(ValType type, uint32_t destination, uint32_t source) {
  if (destination == source) return;
  constexpr uint32_t kNear = std::numeric_limits<uint16_t>::max();
  const bool is_near = !type.is_vector() && destination <= kNear && source <= kNear;
  if (is_near && last_copy_ && words_[*last_copy_ + 1].wide.lo <= kNear &&
      words_[*last_copy_ + 1].wide.hi <= kNear) {
    // Two in one instruction.
    CodeWord* const previous = &words_[*last_copy_];
    const WideOperands first = previous[1].wide;
    Operands both = {};
    both.a = static_cast<uint16_t>(first.lo);
    both.b = static_cast<uint16_t>(first.hi);
    both.c = static_cast<uint16_t>(destination);
    both.d = static_cast<uint16_t>(source);
    previous[0].handler = internal_handler(InternalOp::CopyBoth);
    previous[1].operands = both;
    seal();
    wrote_slot(destination, type);
    return;
  }
  emit(type.is_vector() ? InternalOp::CopyVector : InternalOp::Copy, {destination, source});
  wrote_slot(destination, type);
  if (is_near) last_copy_ = size() - 2;
}

void CodeBuilder::store_accumulator(ValType type, uint32_t slot) {
  static constexpr InternalOp kOps[kAccClasses] = {InternalOp::StoreAcc, InternalOp::StoreFacc,
                                                   InternalOp::StoreDacc, InternalOp::StoreVacc};
  emit(kOps[static_cast<size_t>(acc_class(type))], {slot, 0});
  wrote_slot(slot, type);
}

void CodeBuilder::write_const(uint32_t slot, uint64_t bits) {
  if (bits <= std::numeric_limits<uint32_t>::max()) {
    emit(InternalOp::Const32, {slot, static_cast<uint32_t>(bits)});
  } else {
    emit(InternalOp::Const64, {slot, 0});
    emit_word(bits);
  }
  wrote_slot(slot, kI64);
}

// ---- values ----

/// The accumulator is about to be overwritten: a value that is only there goes to its slot.
void CodeBuilder::clobber(Accumulator& acc) {
  if (acc.state == Accumulator::State::Pending) {
    words_[acc.position].handler = acc.slot_form;
    words_[acc.position + 1].operands.a = near(acc.slot);
    if (last_computed_ && last_computed_->position == acc.position) last_computed_.reset();
  }
  acc.state = Accumulator::State::Unknown;
}

void CodeBuilder::clobber_accumulators() {
  for (Accumulator& acc : accumulators_) clobber(acc);
}

void CodeBuilder::forget(const StackValue& value, ValType type) {
  if (is_pending(value, type)) accumulator(type).state = Accumulator::State::Unknown;
}

/// If the last instruction made the value, makes it write to `slot` instead.
bool CodeBuilder::redirect_last_result(const StackValue& value, ValType type, uint32_t slot) {
  if (slot > std::numeric_limits<uint16_t>::max()) return false;
  if (is_pending(value, type)) {
    Accumulator& acc = accumulator(type);
    if (!last_result_ || last_result_->position != acc.position) return false;
    words_[acc.position].handler = acc.slot_form;
    words_[acc.position + 1].operands.a = static_cast<uint16_t>(slot);
    wrote_slot(slot, type);
    acc.state = Accumulator::State::Copy;
    acc.slot = slot;
    seal();
    return true;
  }
  if (value.kind == Kind::Local || value.kind == Kind::Const || !last_result_ ||
      last_result_->slot != value.temp || last_result_->type.slots() != type.slots())
    return false;
  CodeWord& operands = words_[last_result_->position + 1];
  if (last_result_->is_wide)
    operands.wide.lo = slot;
  else
    operands.operands.a = static_cast<uint16_t>(slot);
  Accumulator& acc = accumulator(type);
  const bool was_copy = acc.state == Accumulator::State::Copy && acc.slot == value.temp;
  wrote_slot(slot, type);
  if (was_copy) {
    acc.state = Accumulator::State::Copy;
    acc.slot = slot;
  }
  seal();
  return true;
}

void CodeBuilder::move_to(const StackValue& value, ValType type, uint32_t slot) {
  use_slots(slot + type.slots());
  if (redirect_last_result(value, type, slot)) return;
  switch (value.kind) {
    case Kind::Temp: copy_slot(type, slot, value.temp); break;
    case Kind::Local: copy_slot(type, slot, value.slot); break;
    case Kind::Const: write_const(slot, value.bits); break;
    case Kind::Acc:
      if (is_pending(value, type))
        store_accumulator(type, slot);
      else
        copy_slot(type, slot, value.temp);
      break;
  }
}

void CodeBuilder::assign(const StackValue& value, ValType type, uint32_t slot) {
  const bool was_pending = is_pending(value, type);
  move_to(value, type, slot);
  if (was_pending) accumulator(type) = {Accumulator::State::Copy, slot, 0, nullptr};
}

void CodeBuilder::move_pair(const StackValue& first, const StackValue& second, uint32_t slot) {
  const auto source = [](const StackValue& value) {
    return value.kind == Kind::Local ? value.slot : value.temp;
  };
  use_slots(slot + 2);
  seal();
  words_.push_back(CodeWord{.handler = internal_handler(InternalOp::Copy2)});
  Operands operands = {};
  operands.a = near(slot);
  operands.b = near(source(first));
  operands.c = near(source(second));
  words_.push_back(CodeWord{.operands = operands});
  wrote_slot(slot, kV128);
}

void CodeBuilder::materialize(StackValue& value, ValType type) {
  switch (value.kind) {
    case Kind::Temp: break;
    case Kind::Local: copy_slot(type, value.temp, value.slot); break;
    case Kind::Const: write_const(value.temp, value.bits); break;
    case Kind::Acc:
      if (is_pending(value, type)) {
        Accumulator& acc = accumulator(type);
        clobber(acc);
        acc = {Accumulator::State::Copy, value.temp, 0, nullptr};
      }
      break;
  }
  use_slots(value.temp + type.slots());
  value.kind = Kind::Temp;
}

uint32_t CodeBuilder::wide_slot(StackValue& value, ValType type) {
  if (value.kind == Kind::Local) return value.slot;
  materialize(value, type);
  return value.temp;
}

uint16_t CodeBuilder::operand_slot(StackValue& value, ValType type) {
  return near_read(wide_slot(value, type), type);
}

Mode CodeBuilder::mode_of(const StackValue& value, ValType type, bool allow_imm) const {
  switch (value.kind) {
    case Kind::Const: return allow_imm && fits_imm(value.bits, type) ? Mode::Imm : Mode::Slot;
    case Kind::Acc:
    case Kind::Temp:
    case Kind::Local: {
      const Accumulator& acc = accumulator(type);
      if (is_pending(value, type)) return Mode::Acc;
      const uint32_t slot = value.kind == Kind::Local ? value.slot : value.temp;
      return acc.state == Accumulator::State::Copy && acc.slot == slot ? Mode::Acc : Mode::Slot;
    }
  }
  return Mode::Slot;
}

// ---- instructions ----

void CodeBuilder::emit(InternalOp op, WideOperands operands) {
  seal();
  words_.push_back(CodeWord{.handler = internal_handler(op)});
  words_.push_back(CodeWord{.wide = operands});
}

void CodeBuilder::emit(Handler handler, Operands operands) {
  seal();
  words_.push_back(CodeWord{.handler = handler});
  words_.push_back(CodeWord{.operands = operands});
}

void CodeBuilder::set_pending(ValType type, uint32_t temp, uint32_t position, Handler slot_form) {
  accumulator(type) = {Accumulator::State::Pending, temp, position, slot_form};
}

/// The instruction at `position` has been written in its slot form; decides where its result goes.
void CodeBuilder::finish_result(uint32_t position, Handler acc_form, Handler slot_form,
                                ValType type, StackValue& result) {
  use_slots(result.temp + type.slots());
  clobber(accumulator(type));
  if (far_mode_ && result.temp > std::numeric_limits<uint16_t>::max()) {
    // Through the accumulator, which every slot form sets as well.
    words_[position + 1].operands.a = static_cast<uint16_t>(scratch_);
    result.kind = Kind::Temp;
    accumulator(type).state = Accumulator::State::Unknown;
    store_accumulator(type, result.temp);
    return;
  }
  words_[position + 1].operands.a = near(result.temp);
  if (acc_form != nullptr) {
    words_[position].handler = acc_form;
    result.kind = Kind::Acc;
    set_pending(type, result.temp, position, slot_form);
  } else {
    wrote_slot(result.temp, type);
    result.kind = Kind::Temp;
    accumulator(type) = {Accumulator::State::Copy, result.temp, 0, nullptr};
  }
  last_result_ = LastResult{position, result.temp, false, type};
}

void CodeBuilder::set_wide_result(StackValue& result, ValType type, uint32_t words) {
  result.kind = Kind::Temp;
  use_slots(result.temp + type.slots());
  wrote_slot(result.temp, type);
  last_result_ = LastResult{size() - words, result.temp, true, type};
}

void CodeBuilder::settle_result(StackValue& result, ValType type) {
  result.kind = Kind::Temp;
  use_slots(result.temp + type.slots());
  wrote_slot(result.temp, type);
}

void CodeBuilder::emit_value(Opcode opcode, std::span<StackValue> args,
                             std::span<const ValType> arg_types, ValType result_type,
                             StackValue& result) {
  const OpcodeInfo& row = info(opcode);
  if (args.size() == 2 && args[0].kind == Kind::Const && args[1].kind != Kind::Const) {
    // A constant is cheaper on the right.
    if (row.is_commutative() && arg_types[0] == arg_types[1]) {
      std::swap(args[0], args[1]);
    } else if (const std::optional<Opcode> swapped = swapped_compare(opcode)) {
      std::swap(args[0], args[1]);
      opcode = *swapped;
    }
  }
  const ValueHandlers& forms = *handlers().values[static_cast<size_t>(opcode)];
  Mode left = mode_of(args[0], arg_types[0], false);
  Mode right = args.size() == 2 ? mode_of(args[1], arg_types[1], true) : Mode::Slot;
  if (left == Mode::Acc && right == Mode::Acc && forms.get(left, right, Mode::Slot) == nullptr) {
    // Only one can be in the accumulator; the other's slot is valid.
    if (is_pending(args[0], arg_types[0]))
      right = Mode::Slot;
    else
      left = Mode::Slot;
  }
  if (args.size() == 2 && args[0].kind == Kind::Const && args[1].kind != Kind::Const &&
      fits_imm(args[0].bits, arg_types[0]) && forms.get(Mode::Imm, right, Mode::Slot) != nullptr) {
    left = Mode::Imm;
  }
  if (forms.get(left, right, Mode::Slot) == nullptr && right != Mode::Slot) right = Mode::Slot;
  if (forms.get(left, right, Mode::Slot) == nullptr) left = Mode::Slot;
  Operands operands = {};
  if (left == Mode::Slot) operands.b = operand_slot(args[0], arg_types[0]);
  if (left == Mode::Imm) {
    if (right == Mode::Slot) operands.b = operand_slot(args[1], arg_types[1]);
    operands.imm = static_cast<int32_t>(args[0].bits);
  } else if (args.size() == 2) {
    if (right == Mode::Slot)
      operands.c = operand_slot(args[1], arg_types[1]);
    else if (right == Mode::Imm)
      operands.imm = static_cast<int32_t>(args[1].bits);
  }
  if (left == Mode::Acc) forget(args[0], arg_types[0]);
  if (right == Mode::Acc) forget(args[1], arg_types[1]);

  const uint32_t position = size();
  const Handler slot_form = forms.get(left, right, Mode::Slot);
  emit(slot_form, operands);
  if (right == Mode::Imm && arg_types[1] == kF64) emit_word(args[1].bits);
  if (left == Mode::Imm && arg_types[0] == kF64) emit_word(args[0].bits);
  finish_result(position, forms.get(left, right, Mode::Acc), slot_form, result_type, result);
  if (fuses_with_branch(opcode) || row.cls == OpClass::Test || opcode == Opcode::I32Add)
    last_computed_ = LastComputed{position, opcode, left, right, operands};
}

void CodeBuilder::emit_extract_lane(Opcode opcode, StackValue& vector, uint8_t lane,
                                    ValType result_type, StackValue& result) {
  const ValueHandlers& forms = *handlers().values[static_cast<size_t>(opcode)];
  const Mode mode = mode_of(vector, kV128, false);
  Operands operands = {};
  if (mode == Mode::Slot) operands.b = operand_slot(vector, kV128);
  operands.c = lane;
  const uint32_t position = size();
  emit(forms.get(mode, Mode::Slot, Mode::Slot), operands);
  finish_result(position, forms.get(mode, Mode::Slot, Mode::Acc),
                forms.get(mode, Mode::Slot, Mode::Slot), result_type, result);
}

void CodeBuilder::emit_replace_lane(Opcode opcode, StackValue& vector, StackValue& scalar,
                                    ValType scalar_type, uint8_t lane, StackValue& result) {
  const ValueHandlers& forms = *handlers().values[static_cast<size_t>(opcode)];
  const Mode vector_mode = mode_of(vector, kV128, false);
  const Mode scalar_mode = mode_of(scalar, scalar_type, false);
  Operands operands = {};
  if (vector_mode == Mode::Slot) operands.b = operand_slot(vector, kV128);
  if (scalar_mode == Mode::Slot) operands.c = operand_slot(scalar, scalar_type);
  operands.d = lane;
  forget(scalar, scalar_type);
  const uint32_t position = size();
  const Handler handler = forms.get(vector_mode, scalar_mode, Mode::Slot);
  emit(handler, operands);
  finish_result(position, nullptr, handler, kV128, result);
}

void CodeBuilder::emit_shuffle(Opcode opcode, StackValue& left, StackValue& right,
                               const V128& lanes, StackValue& result) {
  const ValueHandlers& forms = *handlers().values[static_cast<size_t>(opcode)];
  const Mode left_mode = mode_of(left, kV128, false);
  const Mode right_mode = left_mode == Mode::Acc ? Mode::Slot : mode_of(right, kV128, false);
  Operands operands = {};
  if (left_mode == Mode::Slot) operands.b = operand_slot(left, kV128);
  if (right_mode == Mode::Slot) operands.c = operand_slot(right, kV128);
  const uint32_t position = size();
  const Handler handler = forms.get(left_mode, right_mode, Mode::Slot);
  emit(handler, operands);
  emit_word(lanes.words[0]);
  emit_word(lanes.words[1]);
  finish_result(position, nullptr, handler, kV128, result);
}

void CodeBuilder::emit_ternary(Opcode opcode, std::span<StackValue> args, StackValue& result) {
  const ValueHandlers& forms = *handlers().values[static_cast<size_t>(opcode)];
  Operands operands = {};
  operands.b = operand_slot(args[0], kV128);
  operands.c = operand_slot(args[1], kV128);
  operands.d = operand_slot(args[2], kV128);
  const uint32_t position = size();
  const Handler handler = forms.get(Mode::Slot, Mode::Slot, Mode::Slot);
  emit(handler, operands);
  finish_result(position, nullptr, handler, kV128, result);
}

void CodeBuilder::emit_select(StackValue& condition, StackValue& first, StackValue& second,
                              ValType type, StackValue& result) {
  Operands operands = {};
  operands.c = operand_slot(first, type);
  operands.d = operand_slot(second, type);
  InternalOp op = InternalOp::SelectVector;
  if (!type.is_vector() && mode_of(condition, kI32, false) == Mode::Acc) {
    op = InternalOp::SelectAcc;
    forget(condition, kI32);
  } else {
    operands.b = operand_slot(condition, kI32);
    if (!type.is_vector()) op = InternalOp::Select;
  }
  const bool is_far = far_mode_ && result.temp > std::numeric_limits<uint16_t>::max();
  operands.a = is_far ? static_cast<uint16_t>(scratch_) : near(result.temp);
  emit(internal_handler(op), operands);
  if (is_far) {
    copy_slot(type, result.temp, scratch_);
  } else {
    wrote_slot(result.temp, type);
    last_result_ = LastResult{size() - 2, result.temp, false, type};
  }
  use_slots(result.temp + type.slots());
  result.kind = Kind::Temp;
}

// ---- memory ----

namespace {

/// Address mode of a guarded access; adds a constant address to the offset if that fits.
std::optional<uint32_t> constant_address(const StackValue& address, uint32_t offset) {
  if (address.kind != Kind::Const) return std::nullopt;
  const uint64_t sum = uint64_t{static_cast<uint32_t>(address.bits)} + offset;
  if (sum > std::numeric_limits<uint32_t>::max()) return std::nullopt;
  return static_cast<uint32_t>(sum);
}

}  // namespace

const CodeBuilder::LastComputed* CodeBuilder::last_maker(const StackValue& value) const {
  const bool is_last = last_computed_ && is_pending(value, kI32) &&
                       accumulator(kI32).position == last_computed_->position;
  return is_last ? &*last_computed_ : nullptr;
}

/// The last instruction would have overwritten the accumulator; without it, whatever an operand in
/// the accumulator was is still there for the instruction that takes its place.
void CodeBuilder::take_back_last() {
  words_.resize(last_computed_->position);
  accumulator(kI32).state = Accumulator::State::Unknown;
  seal();
}

/// An address that the last instruction computed as a sum, to be computed by the access.
std::optional<CodeBuilder::AddressForm> CodeBuilder::take_sum(const StackValue& address,
                                                              uint32_t offset) {
  const LastComputed* sum = last_maker(address);
  if (sum == nullptr || sum->opcode != Opcode::I32Add) return std::nullopt;
  AddressForm form;
  if (sum->right == Mode::Imm) {
    if (offset != 0 || sum->left == Mode::Imm) return std::nullopt;
    form.mode = sum->left;
    form.operands.b = sum->operands.b;
    form.operands.imm = sum->operands.imm;
    form.row = [](const AccessHandlers& forms, Mode mode, Mode value) {
      return forms.plus_constant[static_cast<int>(mode)][static_cast<int>(value)];
    };
  } else {
    if (offset > std::numeric_limits<uint16_t>::max()) return std::nullopt;
    // Addition commutes: the accumulator comes first.
    const bool exchange = sum->right == Mode::Acc;
    form.mode = exchange ? Mode::Acc : sum->left;
    form.operands.b = exchange ? 0 : sum->operands.b;
    form.operands.c = exchange ? sum->operands.b : sum->operands.c;
    form.operands.d = static_cast<uint16_t>(offset);
    form.row = [](const AccessHandlers& forms, Mode mode, Mode value) {
      return forms.plus_slot[static_cast<int>(mode)][static_cast<int>(value)];
    };
  }
  take_back_last();
  return form;
}

/// The address as the access is to name it. Code that it needs is written now.
CodeBuilder::AddressForm CodeBuilder::take_address(StackValue& address, uint32_t offset) {
  if (const std::optional<AddressForm> sum = take_sum(address, offset)) return *sum;
  AddressForm form;
  form.row = [](const AccessHandlers& forms, Mode mode, Mode value) {
    return forms.guarded[static_cast<int>(mode)][static_cast<int>(value)];
  };
  form.mode = mode_of(address, kI32, false);
  if (const std::optional<uint32_t> absolute = constant_address(address, offset)) {
    form.mode = Mode::Imm;
    offset = *absolute;
  } else if (form.mode == Mode::Slot) {
    form.operands.b = operand_slot(address, kI32);
  } else {
    forget(address, kI32);
  }
  form.operands.imm = static_cast<int32_t>(offset);
  return form;
}

void CodeBuilder::emit_load(Opcode opcode, StackValue& address, uint32_t offset,
                            ValType result_type, StackValue& result) {
  const AccessHandlers& forms = *handlers().accesses[static_cast<size_t>(opcode)];
  const AddressForm form = take_address(address, offset);
  const uint32_t position = size();
  const Handler slot_form = form.row(forms, form.mode, Mode::Slot);
  emit(slot_form, form.operands);
  finish_result(position, form.row(forms, form.mode, Mode::Acc), slot_form, result_type, result);
}

void CodeBuilder::emit_store(Opcode opcode, StackValue& address, StackValue& value,
                             ValType value_type, uint32_t offset) {
  const AccessHandlers& forms = *handlers().accesses[static_cast<size_t>(opcode)];
  const bool same_class = acc_class(value_type) == AccClass::Int;
  Mode value_mode = mode_of(value, value_type, true);
  if (value_mode == Mode::Imm && (!same_class || !fits_int16(value.bits, value_type)))
    value_mode = Mode::Slot;
  uint16_t value_field = 0;
  if (value_mode == Mode::Imm) value_field = static_cast<uint16_t>(value.bits);
  // A pending value has the accumulator to itself. Otherwise the address may want it.
  if (value_mode == Mode::Acc && same_class && !is_pending(value, value_type))
    value_mode = Mode::Slot;
  if (value_mode == Mode::Slot && value.kind == Kind::Const) materialize(value, value_type);
  const AddressForm form = take_address(address, offset);
  Operands operands = form.operands;
  if (value_mode == Mode::Slot) value_field = operand_slot(value, value_type);
  operands.a = value_field;
  if (value_mode == Mode::Acc) forget(value, value_type);
  emit(form.row(forms, form.mode, value_mode), operands);
}

void CodeBuilder::emit_lane_access(Opcode opcode, StackValue& address, uint32_t offset,
                                   StackValue& vector, uint8_t lane, StackValue* result) {
  const AccessHandlers& forms = *handlers().accesses[static_cast<size_t>(opcode)];
  Operands operands = {};
  operands.b = operand_slot(address, kI32);
  operands.imm = static_cast<int32_t>(offset);
  const uint32_t vector_slot = wide_slot(vector, kV128);
  const uint32_t position = size();
  const Handler handler = forms.guarded[static_cast<int>(Mode::Slot)][static_cast<int>(Mode::Slot)];
  emit(handler, operands);
  words_.push_back(CodeWord{.wide = {vector_slot, lane}});
  if (result != nullptr) finish_result(position, nullptr, handler, kV128, *result);
}

void CodeBuilder::emit_checked_access(Opcode opcode, AddressType address_type, uint32_t memory,
                                      StackValue& address, uint64_t offset, StackValue* value,
                                      ValType value_type, StackValue* result,
                                      StackValue* lane_vector, uint8_t lane) {
  const AccessHandlers& forms = *handlers().accesses[static_cast<size_t>(opcode)];
  Operands operands = {};
  operands.b = operand_slot(address, to_val_type(address_type));
  if (value != nullptr) operands.a = operand_slot(*value, value_type);
  operands.imm = static_cast<int32_t>(memory);
  const uint32_t vector_slot = lane_vector != nullptr ? wide_slot(*lane_vector, kV128) : 0;
  const uint32_t position = size();
  const Handler handler = forms.checked[static_cast<int>(address_type)];
  emit(handler, operands);
  emit_word(offset);
  if (lane_vector != nullptr) words_.push_back(CodeWord{.wide = {vector_slot, lane}});
  if (result != nullptr) finish_result(position, nullptr, handler, value_type, *result);
}

void CodeBuilder::emit_atomic(Opcode opcode, AddressType address_type, uint32_t memory,
                              uint64_t offset, std::span<StackValue> args,
                              std::span<const ValType> arg_types, StackValue* result,
                              ValType result_type) {
  const AccessHandlers& forms = *handlers().accesses[static_cast<size_t>(opcode)];
  Operands operands = {};
  operands.b = operand_slot(args[0], arg_types[0]);
  operands.imm = static_cast<int32_t>(memory);
  WideOperands values = {0, 0};
  if (args.size() > 1) values.lo = wide_slot(args[1], arg_types[1]);
  if (args.size() > 2) values.hi = wide_slot(args[2], arg_types[2]);
  const bool is_far =
      result != nullptr && far_mode_ && result->temp > std::numeric_limits<uint16_t>::max();
  if (result != nullptr) operands.a = is_far ? static_cast<uint16_t>(scratch_) : near(result->temp);
  emit(forms.checked[static_cast<int>(address_type)], operands);
  emit_word(offset);
  words_.push_back(CodeWord{.wide = values});
  if (is_far) copy_slot(result_type, result->temp, scratch_);
  if (result != nullptr) settle_result(*result, result_type);
}

// ---- branches ----

Condition CodeBuilder::take_condition(StackValue& value) {
  Condition condition;
  const LastComputed* maker = last_maker(value);
  const bool has_float_constant =
      maker != nullptr && maker->right == Mode::Imm &&
      info(maker->opcode).signature.operands[0] >= static_cast<uint8_t>(ValKind::F32);
  if (maker != nullptr && maker->opcode != Opcode::I32Add && maker->left != Mode::Imm &&
      !has_float_constant) {
    condition.opcode = maker->opcode;
    condition.left = maker->left;
    condition.right = maker->right;
    condition.operands.a = maker->operands.b;
    if (info(maker->opcode).cls == OpClass::Test) {
      // x == 0
      condition.opcode = maker->opcode == Opcode::I32Eqz ? Opcode::I32Eq : Opcode::I64Eq;
      condition.right = Mode::Imm;
    } else if (maker->right == Mode::Imm) {
      condition.constant = static_cast<uint64_t>(int64_t{maker->operands.imm});
    } else {
      condition.operands.b = maker->operands.c;
    }
    condition.compare = handlers().compare_branches[static_cast<size_t>(condition.opcode)];
    take_back_last();
    return condition;
  }
  condition.in_acc = mode_of(value, kI32, false) == Mode::Acc;
  if (condition.in_acc)
    forget(value, kI32);
  else
    condition.slot = operand_slot(value, kI32);
  return condition;
}

void CodeBuilder::emit_compare_branch(const Condition& condition, bool if_true, bool backward) {
  Handler handler = nullptr;
  Operands operands = condition.operands;
  if (condition.compare != nullptr) {
    const CompareBranchHandlers* forms = condition.compare;
    bool negate = !if_true;
    if (const std::optional<Opcode> negated = negated_compare(condition.opcode);
        negate && negated) {
      forms = handlers().compare_branches[static_cast<size_t>(*negated)];
      negate = false;
    }
    handler = forms->get(condition.left, condition.right, negate, backward);
  } else {
    static constexpr InternalOp kOps[2][2][2] = {
        // [in_acc][if_true][backward]
        {{InternalOp::BrZero, InternalOp::BrZeroLoop},
         {InternalOp::BrNonZero, InternalOp::BrNonZeroLoop}},
        {{InternalOp::BrZeroAcc, InternalOp::BrZeroAccLoop},
         {InternalOp::BrNonZeroAcc, InternalOp::BrNonZeroAccLoop}}};
    handler = internal_handler(kOps[condition.in_acc][if_true][backward]);
    operands.a = condition.slot;
  }
  BRINK_CHECK(handler != nullptr);
  emit(handler, operands);
  if (condition.compare != nullptr && condition.right == Mode::Imm) emit_word(condition.constant);
}

void CodeBuilder::add_fixup(FixupList& list, uint32_t instruction, uint32_t word,
                            bool is_table_entry) {
  fixups_.push_back(Fixup{instruction, word, is_table_entry, list});
  list = static_cast<FixupList>(fixups_.size() - 1);
}

void CodeBuilder::set_distance(const Fixup& fixup, uint32_t target) {
  const int64_t distance = int64_t{target} - int64_t{fixup.instruction};
  if (fixup.is_table_entry)
    words_[fixup.word].bits = static_cast<uint64_t>(distance);
  else
    words_[fixup.word].operands.imm = static_cast<int32_t>(distance);
}

void CodeBuilder::bind(FixupList& list) {
  if (list == kNoFixups) return;
  for (FixupList i = list; i != kNoFixups; i = fixups_[i].next) set_distance(fixups_[i], size());
  list = kNoFixups;
  start_block();
}

void CodeBuilder::start_block() {
  clobber_accumulators();
  seal();
}

void CodeBuilder::emit_branch(FixupList& list) {
  const uint32_t position = size();
  emit(internal_handler(InternalOp::Br), Operands{});
  add_fixup(list, position, position + 1, false);
}

void CodeBuilder::emit_branch_back(uint32_t target) {
  const uint32_t position = size();
  emit(internal_handler(InternalOp::BrLoop), Operands{});
  set_distance({position, position + 1, false, kNoFixups}, target);
}

void CodeBuilder::emit_branch_if(const Condition& condition, bool if_true, FixupList& list) {
  const uint32_t position = size();
  emit_compare_branch(condition, if_true, false);
  add_fixup(list, position, position + 1, false);
}

void CodeBuilder::emit_branch_back_if(const Condition& condition, uint32_t target) {
  const uint32_t position = size();
  emit_compare_branch(condition, true, true);
  set_distance({position, position + 1, false, kNoFixups}, target);
}

void CodeBuilder::undo_empty_else(FixupList& end, FixupList to_else, uint32_t position) {
  BRINK_CHECK(end != kNoFixups && fixups_[end].instruction == position);
  fixups_[end].instruction = Fixup::kUndone;
  end = fixups_[end].next;
  words_.resize(position);
  for (FixupList i = to_else; i != kNoFixups; i = fixups_[i].next)
    set_distance(fixups_[i], position);
}

uint32_t CodeBuilder::target_of(const Fixup& fixup) const {
  const int64_t distance = fixup.is_table_entry ? static_cast<int64_t>(words_[fixup.word].bits)
                                                : words_[fixup.word].operands.imm;
  return static_cast<uint32_t>(fixup.instruction + distance);
}

void CodeBuilder::thread_jumps() {
  const Handler jump = internal_handler(InternalOp::Br);
  const Handler jump_back = internal_handler(InternalOp::BrLoop);
  const Handler returns[] = {internal_handler(InternalOp::Return),
                             internal_handler(InternalOp::ReturnSlot)};
  // Newest first: most jumps lead forward, so what a branch leads to has been threaded already.
  for (size_t i = fixups_.size(); i-- > 0;) {
    const Fixup& fixup = fixups_[i];
    if (fixup.instruction == Fixup::kUndone) continue;
    const uint32_t target = target_of(fixup);
    if (target >= size()) continue;  // behind code that does not end
    const Handler there = words_[target].handler;
    if (there == jump) {
      set_distance(fixup, target + static_cast<uint32_t>(words_[target + 1].operands.imm));
      continue;
    }
    CodeWord* const here = &words_[fixup.instruction];
    if (here->handler != jump || fixup.is_table_entry) continue;
    if (there == jump_back) {
      here->handler = jump_back;
      set_distance(fixup, target + static_cast<uint32_t>(words_[target + 1].operands.imm));
    } else if (there == returns[0] || there == returns[1]) {
      here[0] = words_[target];
      here[1] = words_[target + 1];
    }
  }
}

}  // namespace brink::interpret
