// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// The builder's frame: start and end of a function, making instructions, and those that only
// compute. See function_builder.h.

#include "engine/compile/ir/builder.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "engine/compile/ir/block_order.h"
#include "engine/compile/ir/fold.h"
#include "engine/compile/ir/function_builder.h"
#include "engine/compile/ir/verifier.h"

namespace brink::compile::ir {
namespace {

constexpr size_t kMaxInsts = 4'000'000;
constexpr uint64_t kWorkPerByte = 64;
constexpr uint64_t kFreeWork = 65'536;
constexpr uint64_t kLocalsPerByte = 8;
constexpr uint64_t kFreeLocals = 1'024;

}  // namespace

// ---- the function ----

FunctionBuilder::FunctionBuilder(const ModuleContext& context, uint32_t function_index,
                                 const LoopEntry* entry)
    : context_(context),
      module_(context.module),
      config_(context.config),
      entry_(entry),
      simplifier_(f_, *this),
      values_(f_) {
  f_.function_index = function_index;
  f_.type = &module_.function_type(function_index);
  f_.is_loop_entry = entry != nullptr;
  if (entry != nullptr) f_.type = &continuation_type(*module_.registry, *f_.type);
  const uint32_t body_bytes = module_.functions[function_index].body.size;
  max_work_ = kFreeWork + kWorkPerByte * body_bytes;
  f_.insts.reserve(32 + body_bytes / 2);
  const auto hints = std::ranges::equal_range(module_.branch_hints, function_index, {},
                                              &wasm::BranchHint::function_index);
  hints_ = {hints.begin(), hints.end()};
}

Result<Function> FunctionBuilder::build() {
  Decoder decoder(module_, *this);
  Status status = decoder.decode(f_.function_index);
  if (!status.has_value()) return std::unexpected(std::move(status).error());
  if (failed_ || (entry_ != nullptr && !has_entered_))
    return make_error(ErrorKind::Limit,
                      fmt::format("implementation limit exceeded: function {} is too complex to be "
                                  "compiled",
                                  f_.function_index));
  arrange_blocks(f_);
  return std::move(f_);
}

void FunctionBuilder::begin(Decoder& d) {
  const validate::LocalTypes& locals = d.local_types();
  const uint32_t body_bytes = module_.functions[f_.function_index].body.size;
  if (locals.size() > kFreeLocals + kLocalsPerByte * body_bytes) return over_budget();
  if (!prescan_.scan(module_, f_.function_index, locals.size(), max_work_)) return over_budget();
  enter(new_block(), true);
  local_info_.resize(locals.size());
  section_ = next_section_++;
  d.frame(0).control.section = section_;
  if (entry_ != nullptr) return begin_at_loop(d);
  for (const ValType type : f_.type->params)
    locals_.push_back(add_param(f_, current_, type_of(type)));
  // A local starts as zero or null (spec: func.locals); one without such a value is set before it
  // is read, and until then null does.
  for (const validate::LocalTypes::Run& run : locals.runs()) {
    if (run.end <= locals_.size()) continue;
    const Type type = type_of(run.type);
    const bool is_reference = run.type.is_ref();
    const ValueId zero = is_reference         ? emit(make_inst(Op::RefNull, type))
                         : type == Type::V128 ? emit(make_vector_constant(f_, V128{}))
                                              : constant(type, 0);
    locals_.resize(run.end, zero);
  }
}

void FunctionBuilder::finish(Decoder&) {}

/// +1 if a hint says that the branch at an instruction is taken, -1 if not, 0 if there is none.
int FunctionBuilder::hint_at(uint32_t offset) const {
  if (hints_.empty()) return 0;
  const uint32_t in_body = offset - module_.functions[f_.function_index].body.offset;
  const auto hint = std::ranges::lower_bound(hints_, in_body, {}, &wasm::BranchHint::body_offset);
  if (hint == hints_.end() || hint->body_offset != in_body) return 0;
  return hint->likely ? 1 : -1;
}

// ---- making instructions ----

PositionId FunctionBuilder::position() {
  if (f_.positions.empty() || f_.positions.back().offset != offset_)
    f_.positions.push_back({offset_, f_.function_index, kNoPosition});
  return static_cast<PositionId>(f_.positions.size() - 1);
}

/// Adds an instruction as it is.
ValueId FunctionBuilder::append(const Inst& inst) {
  if (f_.insts.size() >= kMaxInsts) over_budget();
  block_insts_.push_back(add_inst(f_, inst));
  return block_insts_.back();
}

/// Adds one that has an effect or reads what may change.
ValueId FunctionBuilder::effect(Inst inst) {
  const bool is_own_load = inst.is_raw() && inst.region() >= region::kHeap;
  if (may_trap(inst.op) && !is_own_load) inst.position = position();
  return append(inst);
}

/// The value of a computation: simplified, found, or made.
ValueId FunctionBuilder::emit(Inst inst) {
  if (const ValueId simpler = simplifier_.simplify(inst); simpler != kNoValue) return simpler;
  if (!can_be_numbered(inst)) return effect(inst);
  if (const ValueId known = values_.find(inst); known != kNoValue) return known;
  const ValueId id = effect(inst);
  values_.add(id);
  return id;
}

/// Some value for code that is never run.
ValueId FunctionBuilder::dummy(Type type) {
  return type == Type::V128 ? emit(make_vector_constant(f_, V128{})) : constant(type, 0);
}

// ---- instructions ----

void FunctionBuilder::start(Decoder&, uint32_t offset) {
  offset_ = offset;
  ++fuel_;
}

void FunctionBuilder::instruction(Decoder& d, const Instruction& i, Args args, Args results) {
  if (failed_) return;
  start(d, i.offset);
  switch (info(i.opcode).cls) {
    case OpClass::Variable: return variable(i, args, results);
    case OpClass::Const: return constant(i, results);
    case OpClass::Parametric:
      if (i.opcode == Opcode::Drop) return;
      results[0].value.id = emit(make_inst(Opcode::Select, type_of(args[0].value.id),
                                           {args[0].value.id, args[1].value.id, args[2].value.id}));
      return;
    case OpClass::Load:
    case OpClass::Store:
    case OpClass::LoadLane:
    case OpClass::StoreLane: return access(i, args, results);
    case OpClass::Memory: return memory(d, i, args, results);
    case OpClass::Table: return table(d, i, args, results);
    case OpClass::Ref: return reference(d, i, args, results);
    case OpClass::Unary:
    case OpClass::Binary:
    case OpClass::Ternary:
    case OpClass::Test:
    case OpClass::Compare:
    case OpClass::ExtractLane:
    case OpClass::ReplaceLane:
    case OpClass::Shuffle:
    case OpClass::Wide: return computing(i, args, results);
    case OpClass::AtomicLoad:
    case OpClass::AtomicStore:
    case OpClass::AtomicRmw:
    case OpClass::AtomicCmpxchg: return atomic(i, args, results);
    case OpClass::AtomicWait:
    case OpClass::AtomicNotify: return memory(d, i, args, results);
    case OpClass::Gc: return object(d, i, args, results);
    default: return;  // nop; a fence, for every atomic access is sequentially consistent
  }
}

void FunctionBuilder::variable(const Instruction& i, Args args, Args results) {
  switch (i.opcode) {
    case Opcode::LocalGet: results[0].value.id = locals_[i.index]; return;
    case Opcode::LocalTee: results[0].value.id = args[0].value.id; [[fallthrough]];
    case Opcode::LocalSet: return set_local(i.index, args[0].value.id);
    case Opcode::GlobalGet: {
      Inst inst = make_inst(Opcode::GlobalGet, type_of(results[0].type), {}, i.index);
      ValueId known = kNoValue;
      const bool is_mutable = module_.globals[i.index].type.is_mutable;
      if (!is_mutable) known = values_.find(inst);
      results[0].value.id = known != kNoValue ? known : append(inst);
      if (!is_mutable && known == kNoValue) values_.add(results[0].value.id);
      return;
    }
    default: append(make_inst(Opcode::GlobalSet, Type::Void, {args[0].value.id}, i.index));
  }
}

void FunctionBuilder::constant(const Instruction& i, Args results) {
  results[0].value.id = i.opcode == Opcode::V128Const ? emit(make_vector_constant(f_, i.vector))
                                                      : constant(type_of(results[0].type), i.bits);
}

void FunctionBuilder::computing(const Instruction& i, Args args, Args results) {
  const OpcodeInfo& row = info(i.opcode);
  const bool is_wide = results.size() != 1;
  Inst inst = make_inst(i.opcode, is_wide ? Type::Void : type_of(results[0].type));
  inst.lane = row.imm == ImmKind::Lane ? i.lane : 0;
  if (row.imm == ImmKind::Shuffle) {
    inst.imm = f_.vectors.size();
    f_.vectors.push_back(i.vector);
  }
  set_args(f_, inst, values_of(args));
  if (!is_wide) {
    results[0].value.id = emit(inst);
  } else if (const auto folded = fold(f_, inst)) {
    for (size_t j = 0; j < results.size(); ++j)
      results[j].value.id = constant(Type::I64, folded->results[j].words[0]);
  } else {
    take_results(append(inst), results);
  }
}

/// The values of operands, until the next call.
std::span<const ValueId> FunctionBuilder::values_of(Args items) {
  scratch_.clear();
  for (const Item& item : items) scratch_.push_back(item.value.id);
  return scratch_;
}

const FuncType& continuation_type(TypeRegistry& types, const FuncType& type) {
  return *types.get(types.intern(FuncType{{}, type.results})).func();
}

Result<Function> build(const ModuleContext& context, uint32_t function_index,
                       const LoopEntry* entry) {
  FunctionBuilder builder(context, function_index, entry);
  Result<Function> function = builder.build();
#ifndef NDEBUG
  if (function.has_value()) BRINK_CHECK(verify(*function, *context.module.registry).empty());
#endif
  return function;
}

}  // namespace brink::compile::ir
