// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Operands are named, not moved: local.get and constants only put a note on the operand stack, and
// the instruction that consumes them reads the local's slot or carries the constant. What keeps
// that right:
//
//   - before a local is written, entries that name it are moved to their own slots. Entries that
//     name the same local form a list through StackValue::previous_use; as the operand stack is
//     last in, first out, the head of a list is always the topmost entry that names the local;
//   - before a place where control can fork or join (block, loop, if), all entries are moved to
//     their own slots, so that all paths agree on where values are. Lists of entries are void from
//     there on, which is what epochs are for;
//   - the operands of a label have fixed slots: those of the operand stack at the height of the
//     block; for the function itself, slot 0 on, where the caller expects the results.

#include "engine/interpret/translator.h"

#include <unordered_map>
#include <utility>

#include "engine/interpret/function_translator.h"
#include "engine/support/check.h"

namespace brink::interpret {

namespace {

/// Loops with more operands below them are not left for compiled code; each loop looks at them all.
constexpr size_t kMaxLoopOperands = 64;

}  // namespace

// ---- the function ----

Result<std::unique_ptr<FunctionCode>> Translator::translate(uint32_t function_index) {
  Status status = run(function_index, false);
  if (status.has_value() && max_legacy_depth_ != 0) {
    exception_slots_ = max_legacy_depth_;
    status = run(function_index, false);
  }
  if (status.has_value() && code_.needs_far_mode()) status = run(function_index, true);
  if (!status.has_value()) return std::unexpected(std::move(status).error());
  if (unsupported_)
    return make_error(ErrorKind::Limit, std::string(mnemonic(*unsupported_)) +
                                            " cannot be executed by the interpreter");
  code_.thread_jumps();
  auto code = std::make_unique<FunctionCode>();
  code->words = code_.words();
  code->words.shrink_to_fit();
  code->tries = tries_;
  code->clauses = clauses_;
  code->loops = loops_;
  code->stack_base = stack_base_;
  CodeHeader& header = code->header;
  header.link_slot = link_slot_;
  header.param_slots = param_slots_;
  header.frame_slots = std::max(code_.frame_slots(), stack_base_);
  header.function_index = function_index;
  header.entry = code->words.data();
  header.module = const_cast<runtime::ModuleState*>(&module_);
  return code;
}

Status Translator::run(uint32_t function_index, bool far_mode) {
  far_mode_ = far_mode;
  if (notes_ != nullptr) *notes_ = {};
  open_tries_.clear();
  tries_.clear();
  loops_.clear();
  open_loop_ = LoopSite::kNone;
  clauses_.clear();
  legacy_depth_ = 0;
  Decoder decoder(decoded_, *this);
  return decoder.decode(function_index);
}

void Translator::begin(Decoder& d) {
  const FuncType& type = d.function_type();
  param_slots_ = slots_of(type.params);
  result_slots_ = slots_of(type.results);
  code_.reset(far_mode_, param_slots_);
  const validate::LocalTypes& locals = d.local_types();
  local_slots_.resize(locals.size());
  local_uses_.assign(locals.size(), {});
  uint32_t slot = 0;
  uint32_t local = 0;
  for (const validate::LocalTypes::Run& run : locals.runs()) {
    for (; local < run.end; ++local) {
      if (local == type.params.size() && far_mode_) slot += CodeBuilder::kScratchSlots;
      local_slots_[local] = slot;
      slot += run.type.slots();
    }
  }
  if (far_mode_ && locals.size() == type.params.size()) slot += CodeBuilder::kScratchSlots;
  first_exception_slot_ = slot;
  slot += exception_slots_;
  // Results are written from slot 0 on while the link is still needed.
  link_slot_ = std::max(slot, result_slots_);
  stack_base_ = link_slot_ + runtime::kLinkSlots;
  code_.use_slots(stack_base_);
  epoch_ = 1;
  flushed_ = 0;
  fuel_ = 0;
  d.frame(0).control.base = 0;
  if (notes_ != nullptr) {
    std::vector<uint32_t>& traced = notes_->frame_map.locals;
    for (uint32_t i = 0; i < locals.size(); ++i)
      if (is_traced(locals[i])) traced.push_back(local_slots_[i]);
    for (uint32_t i = 0; i < exception_slots_; ++i) traced.push_back(first_exception_slot_ + i);
  }
}

// ---- operand stack ----

/// Canonical slot of the entry at `index`, from the one below it.
uint32_t Translator::stack_slot(Decoder& d, size_t index) const {
  if (index == 0) return stack_base_;
  const Item& below = d.operands()[index - 1];
  return below.value.temp + below.type.slots();
}

/// Gives the entries that an instruction has just pushed their canonical slots.
void Translator::place_results(Decoder& d, Args results) {
  const size_t first = d.operands().size() - results.size();
  flushed_ = std::min(flushed_, static_cast<uint32_t>(first));
  uint32_t slot = stack_slot(d, first);
  for (Item& result : results) {
    result.value = Value{};
    result.value.temp = slot;
    slot += result.type.slots();
  }
}

/// An entry leaves the stack. Must be called from the top down.
void Translator::pop(const Item& item) {
  if (item.value.kind != Value::Kind::Local) return;
  LocalUse& use = local_uses_[item.value.local];
  if (use.epoch == epoch_) use.index = item.value.previous_use;
}
void Translator::pop(Args args) {
  for (size_t i = args.size(); i-- > 0;) pop(args[i]);
}

void Translator::push_local(Value& value, uint32_t local, uint32_t index) {
  LocalUse& use = local_uses_[local];
  if (use.epoch != epoch_) use = {epoch_, 0};
  value.kind = Value::Kind::Local;
  value.local = local;
  value.slot = local_slots_[local];
  value.previous_use = use.index;
  use.index = index + 1;
}

/// The local is about to be written: entries that name it get the old value.
void Translator::preserve(Decoder& d, uint32_t local) {
  LocalUse& use = local_uses_[local];
  if (use.epoch != epoch_) return;
  for (uint32_t index = use.index; index != 0;) {
    Item& item = d.operands()[index - 1];
    index = item.value.previous_use;
    code_.materialize(item.value, item.type);
  }
  use.index = 0;
}

/// Moves all entries to their slots, and from entry `from` on also the constants.
void Translator::flush(Decoder& d, bool also_constants, uint32_t from) {
  const Args items = d.operands();
  for (size_t i = flushed_; i < items.size(); ++i)
    if (items[i].value.kind != Value::Kind::Const) code_.materialize(items[i].value, items[i].type);
  if (also_constants)
    for (size_t i = from; i < items.size(); ++i) code_.materialize(items[i].value, items[i].type);
  flushed_ = static_cast<uint32_t>(items.size());
  ++epoch_;
}

void Translator::set_temps(Args items, uint32_t base) {
  for (Item& item : items) {
    item.value = Value{};
    item.value.temp = base;
    base += item.type.slots();
    code_.use_slots(base);
  }
}

// ---- control ----

/// Once per instruction, before its code.
void Translator::start(Decoder& d, uint32_t offset, Opcode opcode) {
  if (notes_ != nullptr) notes_->positions.push_back({code_.size(), offset});
  ++fuel_;
  if (config_.trace_execution)
    code_.emit(InternalOp::Trace,
               {offset, d.function_index() << 10 | static_cast<uint32_t>(opcode)});
}

/// Pays for the instructions up to here. Placed where control may go elsewhere, so that each path
/// pays for what it runs.
void Translator::charge() {
  if (config_.consume_fuel && fuel_ != 0) code_.emit(InternalOp::Fuel, {fuel_, 0});
  fuel_ = 0;
}

bool Translator::in_place(Args operands, uint32_t base, const Decoder&) const {
  for (const Item& item : operands) {
    const bool is_there =
        (item.value.kind == Value::Kind::Temp || item.value.kind == Value::Kind::Acc) &&
        item.value.temp == base;
    if (!is_there) return false;
    base += item.type.slots();
  }
  return true;
}

/// Moves a label's operands to its slots. Ascending order is right for values in stack slots, whose
/// slots are never below their destination's.
void Translator::move_operands(Args operands, uint32_t base) {
  for (Item& item : operands) {
    const bool is_temp =
        item.value.kind == Value::Kind::Temp || item.value.kind == Value::Kind::Acc;
    if (is_temp && item.value.temp == base)
      code_.materialize(item.value, item.type);
    else
      code_.move_to(item.value, item.type, base);
    base += item.type.slots();
    code_.use_slots(base);
  }
}

/// Leaves the function with these results.
void Translator::emit_return(Args results) {
  static constexpr InternalOp kFromAcc[] = {InternalOp::ReturnAcc, InternalOp::ReturnFacc,
                                            InternalOp::ReturnDacc};
  if (results.size() == 1 && !results[0].type.is_vector()) {
    Item& result = results[0];
    if (code_.mode_of(result.value, result.type, false) == Mode::Acc) {
      code_.forget(result.value, result.type);
      code_.emit(kFromAcc[static_cast<size_t>(acc_class(result.type))], {link_slot_, 0});
    } else {
      code_.emit(InternalOp::ReturnSlot, {link_slot_, code_.wide_slot(result.value, result.type)});
    }
    return;
  }
  // Slot 0 on may be locals that later results name.
  if (results.size() > 1)
    for (Item& result : results)
      if (result.value.kind == Value::Kind::Local) code_.materialize(result.value, result.type);
  move_operands(results, 0);
  code_.emit(InternalOp::Return, {link_slot_, 0});
}

/// Goes to a label, unconditionally.
void Translator::take_branch(Decoder& d, uint32_t depth) {
  Frame& target = d.frame(depth);
  const Args operands = d.top(d.label_arity(depth));
  if (target.kind == FrameKind::Function) return emit_return(operands);
  move_operands(operands, target.control.base);
  if (target.kind == FrameKind::Loop)
    code_.emit_branch_back(target.control.loop_start);
  else
    code_.emit_branch(target.control.end);
}

void Translator::block(Decoder& d, Frame& frame) {
  start(d, frame.offset, Opcode::Block);
  flush(d);
  frame.control.base = stack_slot(d, frame.height);
}

void Translator::loop(Decoder& d, Frame& frame) {
  start(d, frame.offset, Opcode::Loop);
  charge();
  flush(d, true, frame.height);
  // Whoever goes over to compiled code here finds all operands in their slots. Constants below the
  // loop stay constants all the same: where other ways join, nobody may have been here.
  const bool is_shallow = d.operands().size() <= kMaxLoopOperands;
  for (const Item& item : d.operands().first(is_shallow ? frame.height : 0)) {
    Value constant = item.value;
    if (constant.kind == Value::Kind::Const) code_.materialize(constant, item.type);
  }
  frame.control.base = stack_slot(d, frame.height);
  code_.start_block();
  frame.control.loop_start = code_.size();
  frame.control.outer_loop = open_loop_;
  const bool can_leave_outer = open_loop_ == LoopSite::kNone || loops_[open_loop_].can_leave;
  loops_.push_back({code_.size(), frame.offset, open_loop_,
                    is_shallow && can_leave_outer && !far_mode_, nullptr});
  open_loop_ = static_cast<uint32_t>(loops_.size() - 1);
}

void Translator::if_(Decoder& d, Frame& frame, Item condition) {
  start(d, frame.offset, Opcode::If);
  pop(condition);
  flushed_ = std::min(flushed_, static_cast<uint32_t>(d.operands().size()));
  const Condition taken = code_.take_condition(condition.value);
  charge();
  flush(d, true, frame.height);
  frame.control.base = stack_slot(d, frame.height);
  code_.emit_branch_if(taken, false, frame.control.otherwise);
}

void Translator::else_(Decoder& d, Frame& frame) {
  Control& control = frame.control;
  if (control.arm_fell_through) {
    control.else_position = code_.size();
    control.has_jump_over_else = true;
    code_.emit_branch(control.end);
  }
  control.to_else = control.otherwise;
  code_.bind(control.otherwise);
  ++epoch_;
  flushed_ = std::min(flushed_, frame.height);
  set_temps(d.top(static_cast<uint32_t>(frame.params.size())), control.base);
}

void Translator::fallthrough(Decoder& d, Frame& frame) {
  charge();
  const Args results = d.top(static_cast<uint32_t>(frame.results.size()));
  if (frame.kind == FrameKind::Function) return emit_return(results);
  move_operands(results, frame.control.base);
  frame.control.arm_fell_through = true;
}

void Translator::end(Decoder& d, Frame& frame) {
  Control& control = frame.control;
  if (frame.kind == FrameKind::TryTable || frame.kind >= FrameKind::LegacyTry)
    close_try(d, frame, TryRange::kNoDelegate);
  if (frame.kind == FrameKind::Loop) open_loop_ = control.outer_loop;
  if (frame.kind != FrameKind::Function) {
    // An else arm without code needs no jump over it.
    if (control.has_jump_over_else && code_.size() == control.else_position + 2)
      code_.undo_empty_else(control.end, control.to_else, control.else_position);
    code_.bind(control.end);
    if (frame.kind == FrameKind::Else) code_.start_block();
  }
  ++epoch_;
  flushed_ = std::min(flushed_, frame.height);
  if (frame.kind != FrameKind::Function)
    set_temps(d.top(static_cast<uint32_t>(frame.results.size())), control.base);
}

void Translator::br(Decoder& d, uint32_t depth) {
  start(d, d.offset(), Opcode::Br);
  charge();
  take_branch(d, depth);
}

void Translator::return_(Decoder& d) {
  start(d, d.offset(), Opcode::Return);
  charge();
  emit_return(d.top(static_cast<uint32_t>(d.function_type().results.size())));
}

void Translator::br_if(Decoder& d, uint32_t depth, Item condition) {
  start(d, d.offset(), Opcode::BrIf);
  pop(condition);
  flushed_ = std::min(flushed_, static_cast<uint32_t>(d.operands().size()));
  const Condition taken = code_.take_condition(condition.value);
  charge();
  Frame& target = d.frame(depth);
  const Args operands = d.top(d.label_arity(depth));
  const bool is_function = target.kind == FrameKind::Function;
  if (!is_function && in_place(operands, target.control.base, d)) {
    for (Item& item : operands) code_.materialize(item.value, item.type);
    if (target.kind == FrameKind::Loop)
      code_.emit_branch_back_if(taken, target.control.loop_start);
    else
      code_.emit_branch_if(taken, true, target.control.end);
    return;
  }
  // Around the moves. Pending values are settled first, so that both ways agree.
  for (Item& item : operands)
    if (item.value.kind == Value::Kind::Acc) code_.materialize(item.value, item.type);
  FixupList around = kNoFixups;
  code_.emit_branch_if(taken, false, around);
  std::vector<Item> saved(operands.begin(), operands.end());
  take_branch(d, depth);
  std::copy(saved.begin(), saved.end(), operands.begin());
  code_.bind(around);
}

void Translator::br_table(Decoder& d, std::span<const uint32_t> depths, Item index) {
  start(d, d.offset(), Opcode::BrTable);
  pop(index);
  charge();
  for (Item& item : d.top(d.label_arity(depths.back()))) code_.materialize(item.value, item.type);
  const bool in_acc = code_.mode_of(index.value, kI32, false) == Mode::Acc;
  Operands operands = {};
  if (in_acc)
    code_.forget(index.value, kI32);
  else
    operands.a = code_.operand_slot(index.value, kI32);
  operands.imm = static_cast<int32_t>(depths.size() - 1);
  const uint32_t position = code_.size();
  code_.emit(internal_handler(in_acc ? InternalOp::BrTableAcc : InternalOp::BrTable), operands);
  for (size_t i = 0; i < depths.size(); ++i) code_.emit_word(0);
  // Where a branch needs more than a jump, entries lead to a piece of code of their own.
  std::unordered_map<uint32_t, FixupList> detours;
  for (uint32_t i = 0; i < depths.size(); ++i) {
    const uint32_t depth = depths[i];
    Frame& target = d.frame(depth);
    const bool is_plain = target.kind != FrameKind::Function && target.kind != FrameKind::Loop &&
                          in_place(d.top(d.label_arity(depth)), target.control.base, d);
    FixupList& list =
        is_plain ? target.control.end : detours.try_emplace(depth, kNoFixups).first->second;
    code_.add_fixup(list, position, position + 2 + i, true);
  }
  std::vector<std::pair<uint32_t, FixupList>> ordered(detours.begin(), detours.end());
  std::sort(ordered.begin(), ordered.end());
  for (auto& [depth, list] : ordered) {
    code_.bind(list);
    take_branch(d, depth);
  }
}

void Translator::br_on(Decoder& d, const Instruction& i, Item operand, Item* kept) {
  start(d, i.offset, i.opcode);
  pop(operand);
  charge();
  const bool on_null = i.opcode == Opcode::BrOnNull;
  const size_t height = d.operands().size() - (kept != nullptr ? 1 : 0);
  flushed_ = std::min(flushed_, static_cast<uint32_t>(height));
  // The reference stays where it is in either case.
  const uint32_t slot = code_.wide_slot(operand.value, operand.type);
  Operands operands = {};
  Value reference = operand.value;
  operands.a = code_.operand_slot(reference, operand.type);
  if (kept != nullptr) {
    kept->value = Value{};
    kept->value.temp = stack_slot(d, height);
    code_.move_to(operand.value, operand.type, kept->value.temp);
  }
  // What the branch carries lies below `kept`; for br_on_non_null the reference is the last of it.
  const uint32_t arity = d.label_arity(i.index);
  std::vector<Item> carried;
  const uint32_t from_stack = on_null ? arity : arity - 1;
  const Args stack = d.operands();
  for (size_t j = height - from_stack; j < height; ++j) {
    code_.materialize(stack[j].value, stack[j].type);
    carried.push_back(stack[j]);
  }
  if (!on_null) {
    Value value = operand.value;
    if (value.kind != Value::Kind::Local) value.temp = slot;
    carried.push_back(Item{operand.type, value});
  }
  FixupList around = kNoFixups;
  const uint32_t position = code_.size();
  switch (i.opcode) {
    case Opcode::BrOnNull: code_.emit(internal_handler(InternalOp::BrNonNull), operands); break;
    case Opcode::BrOnNonNull: code_.emit(internal_handler(InternalOp::BrNull), operands); break;
    default:
      code_.emit(internal_handler(i.opcode == Opcode::BrOnCast ? InternalOp::BrUnlessInstance
                                                               : InternalOp::BrIfInstance),
                 operands);
      code_.words().push_back(CodeWord{.wide = {cast_operand(i.heap2, i.nullable2), 0}});
      break;
  }
  code_.add_fixup(around, position, position + 1, false);
  Frame& target = d.frame(i.index);
  if (target.kind == FrameKind::Function) {
    emit_return(carried);
  } else {
    move_operands(carried, target.control.base);
    if (target.kind == FrameKind::Loop)
      code_.emit_branch_back(target.control.loop_start);
    else
      code_.emit_branch(target.control.end);
  }
  code_.bind(around);
}

void Translator::unreachable(Decoder& d, const Instruction& i) {
  start(d, i.offset, i.opcode);
  charge();
  code_.emit(InternalOp::Unreachable, {});
}

// ---- calls ----

/// Puts arguments into consecutive slots; the slot behind them.
uint32_t Translator::arguments_to_slots(Decoder&, Args args, uint32_t base) {
  const auto is_copy = [](const Item& item, uint32_t slot) {
    if (item.type.is_vector()) return false;
    return item.value.kind == Value::Kind::Local ||
           (item.value.kind == Value::Kind::Temp && item.value.temp != slot);
  };
  for (size_t i = 0; i < args.size(); ++i) {
    if (!far_mode_ && i + 1 < args.size() && is_copy(args[i], base) &&
        is_copy(args[i + 1], base + 1)) {
      code_.move_pair(args[i].value, args[i + 1].value, base);
      base += 2;
      ++i;
      continue;
    }
    move_operands(args.subspan(i, 1), base);
    base += args[i].type.slots();
  }
  return base;
}

void Translator::call(Decoder& d, const Instruction& i, const FuncType& type, Args args,
                      Args results) {
  start(d, i.offset, i.opcode);
  pop(args);
  charge();
  place_results(d, results);
  const uint32_t base = stack_slot(d, d.operands().size() - results.size());
  const Args params = args.first(type.params.size());
  WideOperands last = {base, 0};
  if (args.size() > params.size()) {
    Item& callee = args.back();
    last.hi = code_.wide_slot(callee.value, callee.type);
  }
  arguments_to_slots(d, params, base);
  code_.use_slots(base + slots_of(type.results));
  code_.clobber_accumulators();
  note_safepoint(d, d.operands().size() - results.size(), {}, base, type.params);
  WideOperands what = {i.index, 0};
  switch (i.opcode) {
    case Opcode::Call:
      if (decoded_.is_imported_function(i.index)) {
        code_.emit(InternalOp::CallImport, what);
      } else {
        code_.emit(InternalOp::Call, {});
        code_.words().back().header = module_.code[i.index].load(std::memory_order_acquire);
      }
      break;
    case Opcode::CallIndirect:
      what = {i.index2, decoded_.type_ids[i.index]};
      code_.emit(InternalOp::CallIndirect, what);
      break;
    default: code_.emit(InternalOp::CallRef, {}); break;
  }
  code_.words().push_back(CodeWord{.wide = last});
  code_.start_block();
}

void Translator::return_call(Decoder& d, const Instruction& i, const FuncType& type, Args args) {
  start(d, i.offset, i.opcode);
  pop(args);
  charge();
  const uint32_t base = stack_slot(d, d.operands().size());
  const Args params = args.first(type.params.size());
  WideOperands last = {base, 0};
  if (args.size() > params.size()) {
    Item& callee = args.back();
    last.hi = code_.wide_slot(callee.value, callee.type);
  }
  const uint32_t arg_slots = arguments_to_slots(d, params, base) - base;
  code_.use_slots(base + slots_of(type.results));
  code_.clobber_accumulators();
  note_safepoint(d, d.operands().size(), {}, base, type.params);
  switch (i.opcode) {
    case Opcode::ReturnCall:
      if (decoded_.is_imported_function(i.index)) {
        code_.emit(InternalOp::ReturnCallImport, {i.index, 0});
      } else {
        code_.emit(InternalOp::ReturnCall, {});
        code_.words().back().header = module_.code[i.index].load(std::memory_order_acquire);
      }
      break;
    case Opcode::ReturnCallIndirect:
      code_.emit(InternalOp::ReturnCallIndirect, {i.index2, decoded_.type_ids[i.index]});
      break;
    default: code_.emit(InternalOp::ReturnCallRef, {}); break;
  }
  code_.words().push_back(CodeWord{.wide = last});
  code_.words().push_back(CodeWord{.wide = {link_slot_, arg_slots}});
}

// ---- instructions ----

void Translator::instruction(Decoder& d, const Instruction& i, Args args, Args results) {
  start(d, i.offset, i.opcode);
  pop(args);
  place_results(d, results);
  switch (info(i.opcode).cls) {
    case OpClass::Variable: return variable(d, i, args, results);
    case OpClass::Const: return constant(i, results);
    case OpClass::Parametric:
      if (i.opcode == Opcode::Drop) return code_.forget(args[0].value, args[0].type);
      return code_.emit_select(args[2].value, args[0].value, args[1].value, results[0].type,
                               results[0].value);
    case OpClass::Load:
    case OpClass::Store:
    case OpClass::LoadLane:
    case OpClass::StoreLane: return access(i, args, results);
    case OpClass::Memory: return memory(d, i, args, results);
    case OpClass::Table: return table(d, i, args, results);
    case OpClass::Ref: return reference(i, args, results);
    case OpClass::Unary:
    case OpClass::Binary:
    case OpClass::Ternary:
    case OpClass::Test:
    case OpClass::Compare:
    case OpClass::ExtractLane:
    case OpClass::ReplaceLane:
    case OpClass::Shuffle: return computing(i, args, results);
    case OpClass::Wide: return wide(i, args, results);
    case OpClass::AtomicLoad:
    case OpClass::AtomicStore:
    case OpClass::AtomicRmw:
    case OpClass::AtomicCmpxchg:
    case OpClass::AtomicWait:
    case OpClass::AtomicNotify: return atomic(i, args, results);
    case OpClass::AtomicFence:
      // Every atomic access is sequentially consistent, and one thread runs one instruction after
      // the other.
      return;
    case OpClass::Gc: return object(d, i, args, results);
    case OpClass::Control: return;  // nop
    default: return unsupported(i.opcode);
  }
}

void Translator::variable(Decoder& d, const Instruction& i, Args args, Args results) {
  switch (i.opcode) {
    case Opcode::LocalGet:
      push_local(results[0].value, i.index, static_cast<uint32_t>(d.operands().size() - 1));
      break;
    case Opcode::LocalSet:
    case Opcode::LocalTee: {
      const uint32_t slot = local_slots_[i.index];
      Item& value = args[0];
      const bool is_itself = value.value.kind == Value::Kind::Local && value.value.slot == slot;
      if (!is_itself) {
        preserve(d, i.index);
        code_.assign(value.value, value.type, slot);
      }
      if (i.opcode == Opcode::LocalTee) {
        if (value.value.kind == Value::Kind::Const) {
          results[0].value.kind = Value::Kind::Const;
          results[0].value.bits = value.value.bits;
        } else {
          push_local(results[0].value, i.index, static_cast<uint32_t>(d.operands().size() - 1));
        }
      }
      break;
    }
    case Opcode::GlobalGet: {
      Item& result = results[0];
      code_.emit(result.type.is_vector() ? InternalOp::GlobalGetVector : InternalOp::GlobalGet,
                 {result.value.temp, i.index});
      code_.set_wide_result(result.value, result.type);
      break;
    }
    default: {
      Item& value = args[0];
      const uint32_t slot = code_.wide_slot(value.value, value.type);
      code_.emit(value.type.is_vector() ? InternalOp::GlobalSetVector : InternalOp::GlobalSet,
                 {slot, i.index});
      break;
    }
  }
}

void Translator::constant(const Instruction& i, Args results) {
  Value& value = results[0].value;
  if (i.opcode == Opcode::V128Const) {
    code_.emit(InternalOp::ConstVector, {value.temp, 0});
    code_.emit_word(i.vector.words[0]);
    code_.emit_word(i.vector.words[1]);
    code_.settle_result(value, kV128);
    return;
  }
  value.kind = Value::Kind::Const;
  value.bits = i.bits;
}

void Translator::access(const Instruction& i, Args args, Args results) {
  const OpcodeInfo& row = info(i.opcode);
  const MemoryType& type = decoded_.memories[i.memarg.memory_index];
  const bool is_lane = row.cls == OpClass::LoadLane || row.cls == OpClass::StoreLane;
  Value* result = results.empty() ? nullptr : &results[0].value;
  if (i.memarg.memory_index == 0 && runtime::is_guarded_memory(type, config_)) {
    const auto offset = static_cast<uint32_t>(i.memarg.offset);
    if (is_lane)
      code_.emit_lane_access(i.opcode, args[0].value, offset, args[1].value, i.lane, result);
    else if (row.cls == OpClass::Load)
      code_.emit_load(i.opcode, args[0].value, offset, results[0].type, *result);
    else
      code_.emit_store(i.opcode, args[0].value, args[1].value, args[1].type, offset);
    return;
  }
  Value* stored = row.cls == OpClass::Store ? &args[1].value : nullptr;
  Value* lane_vector = is_lane ? &args[1].value : nullptr;
  const ValType value_type = result != nullptr ? results[0].type : args[1].type;
  code_.emit_checked_access(i.opcode, type.address, i.memarg.memory_index, args[0].value,
                            i.memarg.offset, stored, value_type, result, lane_vector, i.lane);
}

/// Puts all operands into their canonical slots; the first of them.
uint32_t Translator::operands_in_slots(Args args) {
  for (Item& arg : args) code_.materialize(arg.value, arg.type);
  return args[0].value.temp;
}

void Translator::memory(Decoder& d, const Instruction& i, Args args, Args results) {
  switch (i.opcode) {
    case Opcode::MemorySize:
      code_.emit(InternalOp::MemorySize, {results[0].value.temp, i.index});
      return code_.set_wide_result(results[0].value, results[0].type);
    case Opcode::MemoryGrow:
      code_.emit(InternalOp::MemoryGrow, {operands_in_slots(args), i.index});
      return code_.settle_result(results[0].value, results[0].type);
    case Opcode::MemoryFill:
      return code_.emit(InternalOp::MemoryFill, {operands_in_slots(args), i.index});
    case Opcode::DataDrop: return code_.emit(InternalOp::DataDrop, {0, i.index});
    default: break;
  }
  const bool is_copy = i.opcode == Opcode::MemoryCopy;
  code_.emit(is_copy ? InternalOp::MemoryCopy : InternalOp::MemoryInit,
             {operands_in_slots(args), 0});
  code_.words().push_back(CodeWord{.wide = {i.index, i.index2}});
  static_cast<void>(d);
}

void Translator::table(Decoder&, const Instruction& i, Args args, Args results) {
  switch (i.opcode) {
    case Opcode::TableSize:
      code_.emit(InternalOp::TableSize, {results[0].value.temp, i.index});
      return code_.set_wide_result(results[0].value, results[0].type);
    case Opcode::TableGet:
      code_.emit(InternalOp::TableGet, {operands_in_slots(args), i.index});
      return code_.settle_result(results[0].value, results[0].type);
    case Opcode::TableGrow:
      code_.emit(InternalOp::TableGrow, {operands_in_slots(args), i.index});
      return code_.settle_result(results[0].value, results[0].type);
    case Opcode::TableSet:
      return code_.emit(InternalOp::TableSet, {operands_in_slots(args), i.index});
    case Opcode::TableFill:
      return code_.emit(InternalOp::TableFill, {operands_in_slots(args), i.index});
    case Opcode::ElemDrop: return code_.emit(InternalOp::ElemDrop, {0, i.index});
    default: break;
  }
  const bool is_copy = i.opcode == Opcode::TableCopy;
  code_.emit(is_copy ? InternalOp::TableCopy : InternalOp::TableInit, {operands_in_slots(args), 0});
  code_.words().push_back(CodeWord{.wide = {i.index, i.index2}});
}

void Translator::reference(const Instruction& i, Args args, Args results) {
  switch (i.opcode) {
    case Opcode::RefNull:
      results[0].value.kind = Value::Kind::Const;
      results[0].value.bits = 0;
      break;
    case Opcode::RefFunc:
      code_.emit(InternalOp::RefFunc, {results[0].value.temp, i.index});
      code_.set_wide_result(results[0].value, results[0].type);
      break;
    case Opcode::RefIsNull: {
      const ValType word = kI64;
      code_.emit_value(Opcode::I64Eqz, {&args[0].value, 1}, {&word, 1}, kI32, results[0].value);
      break;
    }
    case Opcode::RefEq: {
      StackValue values[2] = {args[0].value, args[1].value};
      const ValType words[2] = {kI64, kI64};
      code_.emit_value(Opcode::I64Eq, values, words, kI32, results[0].value);
      break;
    }
    case Opcode::RefAsNonNull:
      code_.emit(InternalOp::RefAsNonNull, {operands_in_slots(args), 0});
      code_.settle_result(results[0].value, results[0].type);
      break;
    default: unsupported(i.opcode);
  }
}

void Translator::computing(const Instruction& i, Args args, Args results) {
  StackValue values[3];
  ValType types[3];
  for (size_t j = 0; j < args.size(); ++j) {
    values[j] = args[j].value;
    types[j] = args[j].type;
  }
  Value& result = results[0].value;
  switch (info(i.opcode).cls) {
    case OpClass::Ternary: return code_.emit_ternary(i.opcode, {values, 3}, result);
    case OpClass::ExtractLane:
      return code_.emit_extract_lane(i.opcode, values[0], i.lane, results[0].type, result);
    case OpClass::ReplaceLane:
      return code_.emit_replace_lane(i.opcode, values[0], values[1], types[1], i.lane, result);
    case OpClass::Shuffle:
      return code_.emit_shuffle(i.opcode, values[0], values[1], i.vector, result);
    default:
      return code_.emit_value(i.opcode, {values, args.size()}, {types, args.size()},
                              results[0].type, result);
  }
}

void Translator::wide(const Instruction& i, Args args, Args results) {
  static constexpr std::pair<Opcode, InternalOp> kOps[] = {
      {Opcode::I64Add128, InternalOp::WideAdd},
      {Opcode::I64Sub128, InternalOp::WideSub},
      {Opcode::I64MulWideS, InternalOp::WideMulS},
      {Opcode::I64MulWideU, InternalOp::WideMulU}};
  for (const auto& [opcode, op] : kOps)
    if (opcode == i.opcode) code_.emit(op, {operands_in_slots(args), 0});
  for (Item& result : results) code_.settle_result(result.value, result.type);
}

void Translator::atomic(const Instruction& i, Args args, Args results) {
  StackValue values[3];
  ValType types[3];
  for (size_t j = 0; j < args.size(); ++j) {
    values[j] = args[j].value;
    types[j] = args[j].type;
  }
  const MemoryType& type = decoded_.memories[i.memarg.memory_index];
  code_.emit_atomic(i.opcode, type.address, i.memarg.memory_index, i.memarg.offset,
                    {values, args.size()}, {types, args.size()},
                    results.empty() ? nullptr : &results[0].value,
                    results.empty() ? kI32 : results[0].type);
}

Result<std::unique_ptr<FunctionCode>> translate_function(const runtime::ModuleState& module,
                                                         uint32_t function_index,
                                                         TranslationNotes* notes) {
  Translator translator(module, notes);
  return translator.translate(function_index);
}

}  // namespace brink::interpret
