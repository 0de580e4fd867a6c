// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/compile/x64/lowering.h"

#include <algorithm>
#include <bit>
#include <limits>

#include "engine/compile/x64/encoder.h"
#include "engine/compile/x64/lower.h"
#include "engine/support/check.h"

namespace brink::compile::x64 {

using ir::Inst;
using ir::Op;
using ir::to_op;
using ir::ValueId;

namespace {

constexpr size_t kOpCount = static_cast<size_t>(Op::End);

struct Table {
  std::array<Row, kOpCount> rows = {};
};

const Row& row_of(Op op) {
  static const Table table = [] {
    Table result;
    for (const auto rows : {integer_rows(), division_rows(), compare_rows(), select_rows(),
                            float_rows(), conversion_rows(), memory_rows(), control_rows(),
                            call_rows(), simd_rows(), atomic_rows(), wide_rows()})
      for (const Row& row : rows) result.rows[static_cast<size_t>(row.op)] = row;
    return result;
  }();
  return table.rows[static_cast<size_t>(op)];
}

bool is_constant_op(Op op) {
  return op == to_op(Opcode::I32Const) || op == to_op(Opcode::I64Const) ||
         op == to_op(Opcode::F32Const) || op == to_op(Opcode::F64Const) ||
         op == to_op(Opcode::V128Const) || op == Op::RefNull;
}

bool is_load(Op op) {
  return ir::is_wasm(op) && info(ir::to_opcode(op)).cls == OpClass::Load;
}

}  // namespace

Lowering::Lowering(const ModuleContext& context, const ir::Function& function, LoweredFunction& out)
    : context_(context),
      function_(function),
      out_(out),
      has_avx_(context.cpu.has(platform::CpuFeature::Avx)),
      plan_(function),
      vregs_(function.insts.size(), kNoVReg),
      uses_(function.insts.size()),
      color_(function.insts.size()),
      block_of_(function.insts.size(), ir::kNoBlock),
      folded_(function.insts.size()) {}

void Lowering::run() {
  out_.machine.function_index = function_.function_index;
  out_.has_avx = has_avx_;
  count_uses();
  number_effects();
  const auto& blocks = plan_.blocks();
  out_.machine.blocks.resize(blocks.size());
  for (auto i = static_cast<uint32_t>(blocks.size()); i-- > 0;) {
    current_block_ = i;
    machine_block().loop_depth = blocks[i].loop_depth;
    machine_block().ir_block = blocks[i].block;
    const size_t before = reversed_.size();
    if (blocks[i].edge == BlockPlan::kNone)
      lower_block(i);
    else
      lower_edge_block(i);
    machine_block().inst_count = static_cast<uint32_t>(reversed_.size() - before);
  }
  finish_insts();
}

void Lowering::count_uses() {
  for (const auto& planned : plan_.blocks()) {
    if (planned.edge != BlockPlan::kNone) continue;
    const ir::Block& block = function_.blocks[planned.block];
    for (const ValueId param : block.params) block_of_[param] = planned.block;
    for (const ValueId value : block.insts) {
      const Inst& inst = function_[value];
      block_of_[value] = planned.block;
      for (const ValueId arg : function_.args(inst)) ++uses_[arg];
      if (inst.op != Op::Result) continue;
      auto& results = results_[inst.args[0]];
      if (results.size() <= inst.imm) results.resize(inst.imm + 1, ir::kNoValue);
      results[inst.imm] = value;
    }
    for (const ir::Target& target : function_.targets_of(block))
      for (const ValueId arg : function_.args(target)) ++uses_[arg];
  }
}

void Lowering::number_effects() {
  uint32_t effects = 0;
  for (const auto& planned : plan_.blocks()) {
    if (planned.edge != BlockPlan::kNone) continue;
    for (const ValueId value : function_.blocks[planned.block].insts) {
      color_[value] = effects;
      if (ir::has_effect(function_[value])) ++effects;
    }
  }
}

void Lowering::lower_block(uint32_t machine_block) {
  const ir::BlockId id = plan_.blocks()[machine_block].block;
  const ir::Block& block = function_.blocks[id];
  MachineBlock& out = out_.machine.blocks[machine_block];
  out.is_loop_header = plan_.is_loop_header(id);
  out.is_cold = block.is_cold;
  for (size_t i = block.insts.size(); i-- > 0;) lower_inst(block.insts[i]);
  if (id == 0) {
    emit_params();
  } else {
    for (const ValueId param : block.params)
      if (is_passed(param)) out.params.push_back(def(param));
  }
}

void Lowering::lower_edge_block(uint32_t machine_block) {
  const ir::Target& target = function_.targets[plan_.blocks()[machine_block].edge];
  const ir::Block& to = function_.blocks[target.block];
  MachineBlock& out = out_.machine.blocks[machine_block];
  out.is_cold = to.is_cold || function_.blocks[plan_.blocks()[machine_block].block].is_cold;
  out.targets.push_back({.block = plan_.machine_block(target.block)});
  const auto args = function_.args(target);
  std::vector<VReg> passed;
  for (size_t i = 0; i < args.size(); ++i)
    if (is_passed(to.params[i])) passed.push_back(use(args[i]));
  MachineTarget& way = out.targets.back();
  way.first_arg = static_cast<uint32_t>(out_.machine.args.size());
  way.arg_count = static_cast<uint32_t>(passed.size());
  out_.machine.args.insert(out_.machine.args.end(), passed.begin(), passed.end());
  emit_pseudo(Pseudo::Jump, {}).is_terminator = true;
  flush_sequence();
}

uint32_t Lowering::add_target(uint32_t index) {
  const ir::Block& block = function_.blocks[plan_.blocks()[current_block_].block];
  const uint32_t edge = block.first_target + index;
  const ir::Target& target = function_.targets[edge];
  MachineBlock& out = machine_block();
  const uint32_t to = plan_.machine_target(edge);
  for (uint32_t i = 0; i < out.targets.size(); ++i)
    if (block.target_count > 2 && out.targets[i].block == to) return i;
  std::vector<VReg> passed;
  if (!plan_.is_split(edge)) {
    const auto args = function_.args(target);
    const auto& params = function_.blocks[target.block].params;
    for (size_t i = 0; i < args.size(); ++i)
      if (is_passed(params[i])) passed.push_back(use(args[i]));
  }
  out.targets.push_back({.block = to,
                         .first_arg = static_cast<uint32_t>(out_.machine.args.size()),
                         .arg_count = static_cast<uint32_t>(passed.size())});
  out_.machine.args.insert(out_.machine.args.end(), passed.begin(), passed.end());
  return static_cast<uint32_t>(out.targets.size() - 1);
}

uint32_t Lowering::target_count() const {
  return function_.blocks[plan_.blocks()[current_block_].block].target_count;
}

/// Whether somebody wants the value, or one of several.
bool Lowering::is_asked_for(ValueId value) const {
  if (vregs_[value] != kNoVReg) return true;
  if (inst(value).type != ir::Type::Void) return false;
  const auto found = results_.find(value);
  return found != results_.end() && std::ranges::any_of(found->second, [this](ValueId result) {
           return result != ir::kNoValue && vregs_[result] != kNoVReg;
         });
}

void Lowering::lower_inst(ValueId value) {
  const Inst& inst = function_[value];
  if (folded_[value]) return;
  if (!ir::has_effect(inst) && !is_asked_for(value)) return;
  if (is_constant_op(inst.op)) return;  // made by their users
  current_ = value;
  const Row& row = row_of(inst.op);
  BRINK_CHECK(row.lower != nullptr);
  row.lower(*this, value, row);
  flush_sequence();
}

// Puts what the current instruction emitted, and before it the constants it uses, in front of the
// rest.
void Lowering::flush_sequence() {
  reversed_.insert(reversed_.end(), sequence_.rbegin(), sequence_.rend());
  sequence_.clear();
  for (const PendingConstant& pending : constants_) {
    out_.machine.vregs[pending.vreg].rematerialize = static_cast<uint32_t>(reversed_.size());
    emit_constant_value(pending);
    BRINK_CHECK(sequence_.size() == 1);
    reversed_.push_back(sequence_.back());
    sequence_.clear();
  }
  constants_.clear();
}

void Lowering::emit_constant_value(const PendingConstant& pending) {
  const Inst& inst = function_[pending.value];
  const VReg d = pending.vreg;
  if (inst.op == to_op(Opcode::V128Const)) {
    const V128 bits = function_.vectors[inst.imm];
    const Address address = bits == V128{} ? Address{} : pool(bits, 16);
    if (bits == V128{})
      emit_zero(d);
    else if (bits == V128{{~uint64_t{0}, ~uint64_t{0}}})
      emit_pseudo(Pseudo::VectorOnes, {Operand::def(d)});
    else
      emit(Form::DM, has_avx_ ? I::kIdVmovaps : I::kIdMovaps, {.d = d, .mem = &address});
  } else if (inst.type == ir::Type::F32 || inst.type == ir::Type::F64) {
    const uint8_t bytes = inst.type == ir::Type::F32 ? 4 : 8;
    if (inst.imm == 0) return emit_zero(d);
    const Address address = pool64(inst.imm, bytes);
    const uint32_t code = bytes == 4 ? (has_avx_ ? I::kIdVmovss : I::kIdMovss)
                                     : (has_avx_ ? I::kIdVmovsd : I::kIdMovsd);
    emit(Form::DM, code, {.d = d, .mem = &address});
  } else {
    emit_pseudo(Pseudo::IntConst, {Operand::def(d)}, *constant(pending.value));
  }
}

// Turns the instructions and what refers to them around, and gives the blocks their places.
void Lowering::finish_insts() {
  MachineFunction& machine = out_.machine;
  const auto count = static_cast<uint32_t>(reversed_.size());
  machine.insts.assign(reversed_.rbegin(), reversed_.rend());
  for (VRegInfo& info : machine.vregs)
    if (info.rematerialize != kNoInst) info.rematerialize = count - 1 - info.rematerialize;
  uint32_t first = 0;
  for (uint32_t i = 0; i < machine.blocks.size(); ++i) {
    machine.blocks[i].first_inst = first;
    first += machine.blocks[i].inst_count;
    for (const MachineTarget& target : machine.blocks[i].targets)
      machine.blocks[target.block].predecessors.push_back(i);
  }
}

// --- Reading the IR ---

std::optional<uint64_t> Lowering::constant(ValueId value) const {
  const Inst& inst = function_[value];
  if (inst.op == to_op(Opcode::I32Const)) return static_cast<uint32_t>(inst.imm);
  if (inst.op == to_op(Opcode::I64Const)) return inst.imm;
  if (inst.op == Op::RefNull) return 0;
  return std::nullopt;
}

std::optional<int32_t> Lowering::immediate(ValueId value, uint8_t width) const {
  const auto bits = constant(value);
  if (!bits) return std::nullopt;
  if (width <= 4) return static_cast<int32_t>(*bits);
  const auto wide = static_cast<int64_t>(*bits);
  if (wide != static_cast<int32_t>(wide)) return std::nullopt;
  return static_cast<int32_t>(wide);
}

ValueId Lowering::result(ValueId operation, uint32_t index) const {
  const auto found = results_.find(operation);
  if (found == results_.end() || index >= found->second.size()) return ir::kNoValue;
  return found->second[index];
}

uint64_t Lowering::upper_bound(ValueId value, uint32_t depth) const {
  constexpr uint64_t kAll = std::numeric_limits<uint32_t>::max();
  const Inst& inst = function_[value];
  if (const auto bits = constant(value)) return *bits;
  if (inst.type != ir::Type::I32 || depth == 0 || !ir::is_wasm(inst.op)) return kAll;
  const auto of_arg = [&](size_t i) { return upper_bound(arg(value, i), depth - 1); };
  const auto& facts = info(ir::to_opcode(inst.op));
  if (facts.cls == OpClass::Test || facts.cls == OpClass::Compare) return 1;
  switch (ir::to_opcode(inst.op)) {
    case Opcode::I32Load8U: return 0xff;
    case Opcode::I32Load16U: return 0xffff;
    case Opcode::I32Clz:
    case Opcode::I32Ctz:
    case Opcode::I32Popcnt: return 32;
    case Opcode::I32And: return std::min(of_arg(0), of_arg(1));
    // No bit above the highest one of either.
    case Opcode::I32Or:
    case Opcode::I32Xor: return (uint64_t{1} << std::bit_width(of_arg(0) | of_arg(1))) - 1;
    case Opcode::I32Add: return std::min(of_arg(0) + of_arg(1), kAll);
    case Opcode::I32Mul: {
      const uint64_t a = of_arg(0);
      const uint64_t b = of_arg(1);
      return a <= 0xffff && b <= 0xffff ? a * b : kAll;
    }
    case Opcode::I32RemU:
      if (const auto divisor = constant(arg(value, 1)); divisor && *divisor != 0)
        return std::min(of_arg(0), *divisor - 1);
      return of_arg(0);
    case Opcode::I32DivU: return of_arg(0);
    case Opcode::Select:
    case Opcode::SelectTyped: return std::max(of_arg(0), of_arg(1));
    case Opcode::I32ShrU:
      if (const auto bits = constant(arg(value, 1))) return of_arg(0) >> (*bits & 31);
      return of_arg(0);
    case Opcode::I32Shl:
      if (const auto bits = constant(arg(value, 1)))
        return std::min(of_arg(0) << (*bits & 31), kAll);
      return kAll;
    default: return kAll;
  }
}

// --- Values ---

VReg Lowering::new_vreg_for(ir::Type type) {
  switch (type) {
    case ir::Type::I32: return new_vreg(RegClass::Int, 4);
    case ir::Type::I64: return new_vreg(RegClass::Int, 8);
    case ir::Type::F32: return new_vreg(RegClass::Vector, 4);
    case ir::Type::F64: return new_vreg(RegClass::Vector, 8);
    case ir::Type::V128: return new_vreg(RegClass::Vector, 16);
    case ir::Type::Ref:
      return out_.machine.new_vreg({.cls = RegClass::Int, .bytes = 8, .is_ref = true});
    case ir::Type::Void: break;
  }
  BRINK_UNREACHABLE();
}

VReg Lowering::use(ValueId value) {
  if (!is_constant_op(function_[value].op)) return def(value);
  for (const PendingConstant& pending : constants_)
    if (pending.value == value) return pending.vreg;
  const VReg vreg = new_vreg_for(function_[value].type);
  constants_.push_back({value, vreg});
  return vreg;
}

VReg Lowering::use_low(ValueId value) {
  while (is_op(value, Opcode::I32WrapI64) && can_fold(value)) value = arg(value, 0);
  return use(value);
}

VReg Lowering::def(ValueId value) {
  VReg& vreg = vregs_[value];
  if (vreg == kNoVReg) vreg = new_vreg_for(function_[value].type);
  return vreg;
}

// --- Folding ---

bool Lowering::can_fold(ValueId value) const {
  return uses_[value] == 1 && block_of_[value] == block_of_[current_] && vregs_[value] == kNoVReg &&
         ir::is_pure(function_[value].op);
}

bool Lowering::can_fold_load(ValueId value) const {
  const Inst& inst = function_[value];
  if (!is_load(inst.op) || uses_[value] != 1 || vregs_[value] != kNoVReg) return false;
  if (!may_fold_loads_) return false;
  if (block_of_[value] != block_of_[current_]) return false;
  if (inst.is_raw() && inst.region() == ir::region::kConstant) return true;
  return color_[value] + (ir::has_effect(inst) ? 1 : 0) == color_[current_];
}

Source Lowering::source(ValueId value, uint8_t bytes) {
  const Inst& inst = function_[value];
  Source result;
  if (is_load(inst.op)) {
    const OpcodeInfo& facts = info(ir::to_opcode(inst.op));
    const bool is_whole = inst.type == ir::Type::V128 ? inst.op == to_op(Opcode::V128Load)
                          : inst.type == ir::Type::I32 || inst.type == ir::Type::F32
                              ? facts.access_bytes == 4
                              : facts.access_bytes == 8;
    if (is_whole && facts.access_bytes == bytes && (bytes < 16 || has_avx_) &&
        can_fold_load(value)) {
      fold_load(value);
      result.mem = address(value);
      result.position = inst.position;
      return result;
    }
  } else if (inst.op == to_op(Opcode::V128Const) && bytes == 16) {
    const V128 bits = function_.vectors[inst.imm];
    if (bits != V128{}) {
      result.mem = pool(bits, 16);
      return result;
    }
  } else if ((inst.op == to_op(Opcode::F32Const) && bytes == 4) ||
             (inst.op == to_op(Opcode::F64Const) && bytes == 8)) {
    if (inst.imm != 0) {
      result.mem = pool64(inst.imm, bytes);
      return result;
    }
  }
  result.reg = use(value);
  return result;
}

Source Lowering::int_source(ValueId value, uint8_t width) {
  if (is_op(value, Opcode::I32WrapI64)) return {.reg = use_low(value)};
  if (inst(value).op == Op::TypeId && can_fold(value))
    return {.mem = Address::type_id(static_cast<uint32_t>(inst(value).imm))};
  return source(value, width);
}

Address Lowering::pool(V128 bits, uint8_t bytes) {
  const auto next = static_cast<uint32_t>(out_.constants.size());
  const auto [entry, is_new] = pool_.try_emplace({bits.words[0], bits.words[1], bytes}, next);
  if (is_new) out_.constants.push_back({bits, bytes});
  return Address::constant(entry->second);
}

// --- Emission ---

MachineInst& Lowering::emit_operands(Form form, uint32_t code, uint8_t width,
                                     std::span<const Operand> operands, uint64_t imm) {
  MachineInst inst;
  inst.code = static_cast<uint16_t>(code);
  inst.form = static_cast<uint8_t>(form);
  inst.width = width;
  inst.imm = imm;
  inst.first_operand = static_cast<uint32_t>(out_.machine.operands.size());
  inst.operand_count = static_cast<uint16_t>(operands.size());
  out_.machine.operands.insert(out_.machine.operands.end(), operands.begin(), operands.end());
  sequence_.push_back(inst);
  return sequence_.back();
}

MachineInst& Lowering::emit(Form form, uint32_t code, const Args& args) {
  const FormInfo& facts = info(form);
  Operand operands[8];
  uint32_t count = 0;
  if (args.mem != nullptr) {
    if (args.mem->base == Address::Base::Register)
      operands[count++] = Operand::use(args.mem->base_reg);
    if (args.mem->index != kNoVReg) operands[count++] = Operand::use(args.mem->index);
  }
  const uint32_t first_use = count;
  const VReg uses[] = {args.a, args.b, args.c};
  for (uint32_t i = 0; i < facts.uses; ++i) operands[count++] = Operand::use(uses[i]);
  if (facts.has('d'))
    operands[count++] = facts.tied ? Operand::def_tied(args.d, static_cast<uint8_t>(first_use))
                                   : Operand::def(args.d);
  if (facts.has('e')) operands[count++] = Operand::def(args.e);
  MachineInst& inst = emit_operands(form, code, args.width, std::span(operands, count), args.imm);
  inst.position = args.position;
  if (args.mem != nullptr) {
    inst.extra = args.mem->mode();
    inst.disp = args.mem->disp;
    if (args.source_bytes != 0) inst.imm = args.source_bytes;
  } else {
    inst.extra = args.source_bytes;
  }
  return inst;
}

namespace {

/// What an instruction reads of its last operand if that is memory; 0 for those where a register
/// and memory are not alike, or nobody has looked yet.
uint8_t slot_bytes(uint32_t code, uint8_t width) {
  switch (code) {
    case I::kIdAdd:
    case I::kIdSub:
    case I::kIdAnd:
    case I::kIdOr:
    case I::kIdXor:
    case I::kIdCmp:
    case I::kIdImul: return width >= 4 ? width : 0;
    case I::kIdAddss:
    case I::kIdSubss:
    case I::kIdMulss:
    case I::kIdDivss:
    case I::kIdUcomiss:
    case I::kIdVaddss:
    case I::kIdVsubss:
    case I::kIdVmulss:
    case I::kIdVdivss:
    case I::kIdVucomiss: return 4;
    case I::kIdAddsd:
    case I::kIdSubsd:
    case I::kIdMulsd:
    case I::kIdDivsd:
    case I::kIdUcomisd:
    case I::kIdVaddsd:
    case I::kIdVsubsd:
    case I::kIdVmulsd:
    case I::kIdVdivsd:
    case I::kIdVucomisd: return 8;
    default: return 0;
  }
}

}  // namespace

MachineInst& Lowering::emit_source(Form form, uint32_t code, Args args, const Source& last) {
  struct Pair {
    Form reg;
    Form mem;
  };
  static constexpr Pair kPairs[] = {
      {Form::UU, Form::UM},     {Form::UI, Form::MI},   {Form::DU, Form::DM},
      {Form::TU, Form::TM},     {Form::TUI, Form::TMI}, {Form::TUU, Form::TUM},
      {Form::DUI, Form::DMI},   {Form::DUU, Form::DUM}, {Form::DUUI, Form::DUMI},
      {Form::TUUI, Form::TUMI},
  };
  const uint32_t uses = info(form).uses;
  if (!last.is_memory()) {
    (uses == 1 ? args.a : uses == 2 ? args.b : args.c) = last.reg;
    MachineInst& inst = emit(form, code, args);
    // The spill slot does as well, if it has all the bytes that are read.
    const uint8_t bytes = slot_bytes(code, args.width);
    if (bytes != 0 && out_.machine.vregs[last.reg].bytes >= bytes)
      out_.machine.operands[inst.first_operand + uses - 1].constraint = Operand::Constraint::Any;
    return inst;
  }
  const auto* pair = std::find_if(std::begin(kPairs), std::end(kPairs),
                                  [&](const Pair& candidate) { return candidate.reg == form; });
  BRINK_CHECK(pair != std::end(kPairs));
  args.mem = &last.mem;
  args.position = last.position;
  return emit(pair->mem, code, args);
}

void Lowering::emit_vector(uint16_t sse, uint16_t vex, VReg d, VReg a, const Source& b) {
  if (has_avx_)
    emit_source(Form::DUU, vex, {.d = d, .a = a}, b);
  else
    emit_source(Form::TU, sse, {.d = d, .a = a}, b);
}

void Lowering::emit_vector_imm(uint16_t sse, uint16_t vex, VReg d, VReg a, const Source& b,
                               uint8_t imm) {
  if (has_avx_)
    emit_source(Form::DUUI, vex, {.d = d, .a = a, .imm = imm}, b);
  else
    emit_source(Form::TUI, sse, {.d = d, .a = a, .imm = imm}, b);
}

void Lowering::emit_unary(uint16_t sse, uint16_t vex, VReg d, const Source& a) {
  emit_source(Form::DU, has_avx_ ? vex : sse, {.d = d}, a);
}

void Lowering::emit_zero(VReg d) {
  emit_pseudo(Pseudo::VectorZero, {Operand::def(d)});
}

MachineInst& Lowering::emit_pseudo(Pseudo pseudo, std::span<const Operand> operands, uint64_t imm) {
  return emit_operands(Form::None, static_cast<uint32_t>(pseudo), 8, operands, imm);
}

void Lowering::emit_move(VReg to, VReg from) {
  MachineInst& move = emit_pseudo(Pseudo::Move, {Operand::use_any(from), Operand::def(to)});
  move.is_move = true;
  move.width = out_.machine.vregs[from].bytes;
}

void Lowering::emit_trap_if(Cond cond, TrapCode code, ir::PositionId position, VReg index) {
  const auto imm = static_cast<uint64_t>(code);
  MachineInst& trap = index == kNoVReg ? emit_pseudo(Pseudo::TrapIf, {}, imm)
                                       : emit_pseudo(Pseudo::TrapIf, {Operand::use(index)}, imm);
  trap.extra = static_cast<uint8_t>(cond);
  trap.position = position;
}

VReg Lowering::emit_constant(uint64_t bits, uint8_t width) {
  const VReg vreg = new_int(width);
  emit_pseudo(Pseudo::IntConst, {Operand::def(vreg)}, bits);
  return vreg;
}

VReg Lowering::emit_load(const Address& address, uint8_t bytes) {
  const VReg vreg = new_int(bytes);
  emit(Form::DM, I::kIdMov, {.width = bytes, .d = vreg, .mem = &address});
  return vreg;
}

LoweredFunction lower(const ModuleContext& context, const ir::Function& function) {
  LoweredFunction out;
  Lowering(context, function, out).run();
  return out;
}

}  // namespace brink::compile::x64
