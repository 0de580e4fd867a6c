// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Instruction selection: ir::Function to MachineFunction, for x86-64.
//
// Blocks are lowered from the last to the first, and the instructions of a block from the bottom,
// so that all users of a value are known before the value itself is looked at. A value that nobody
// asked for by then has been folded into its user, or is dead: nothing is emitted for it. Per
// operation there is a Row, which names the function that lowers it; such a function
//
//   - asks for registers of its arguments with use(), which obliges Lowering to compute them
//   further
//     up; or folds them: reads their ir::Inst and takes over the work (see can_fold);
//   - gives its result in def(v);
//   - emits machine instructions in the order in which they are executed.
//
// What it emits is put in front of everything emitted before. Constants that it uses are made right
// in front of that, anew for each user, so that they never hold a register for long: flags are
// therefore never alive where a constant is made.
//
// Topic files (lower_*.cc) export their rows; lowering.cc joins them to one table by operation.

#ifndef BRINK_COMPILE_X64_LOWERING_H_
#define BRINK_COMPILE_X64_LOWERING_H_

#include <array>
#include <cstdint>
#include <initializer_list>
#include <map>
#include <optional>
#include <span>
#include <unordered_map>
#include <utility>
#include <vector>

#include "engine/compile/compiler.h"
#include "engine/compile/ir/ir.h"
#include "engine/compile/x64/block_plan.h"
#include "engine/compile/x64/machine_code.h"

namespace brink::compile::x64 {

class Lowering;

/// How an operation is lowered. What `code` and the following mean is `lower`'s business.
struct Row {
  ir::Op op;
  void (*lower)(Lowering& lowering, ir::ValueId value, const Row& row);
  uint16_t code = 0;  ///< instruction of the encoder
  uint16_t vex = 0;   ///< its three-operand form, for CPUs with AVX
  uint8_t width = 0;
  uint8_t extra = 0;
};

// The tables of the topic files.
std::span<const Row> integer_rows();
std::span<const Row> division_rows();
std::span<const Row> compare_rows();
std::span<const Row> select_rows();
std::span<const Row> float_rows();
std::span<const Row> conversion_rows();
std::span<const Row> memory_rows();
std::span<const Row> control_rows();
std::span<const Row> call_rows();
std::span<const Row> simd_rows();
std::span<const Row> atomic_rows();
std::span<const Row> wide_rows();

/// Where an instruction can read an operand: a register, or memory if it was a load to be folded.
struct Source {
  VReg reg = kNoVReg;
  Address mem = {};
  ir::PositionId position = ir::kNoPosition;  ///< of the load
  bool is_memory() const { return reg == kNoVReg; }
};

/// The operands of emit(), as many as the form has.
struct Args {
  uint8_t width = 8;
  VReg d = kNoVReg;  ///< def
  VReg e = kNoVReg;  ///< second def
  VReg a = kNoVReg;  ///< uses, in the form's order: 0, 1, 2
  VReg b = kNoVReg;
  VReg c = kNoVReg;
  uint64_t imm = 0;
  /// Bytes of integer uses if not `width`; with memory the bytes accessed if not `width`.
  uint8_t source_bytes = 0;
  const Address* mem = nullptr;
  ir::PositionId position = ir::kNoPosition;
};

class Lowering {
 public:
  Lowering(const ModuleContext& context, const ir::Function& function, LoweredFunction& out);
  /// Lowers the whole function.
  void run();

  const ModuleContext& context() const { return context_; }
  const ir::Function& function() const { return function_; }
  LoweredFunction& out() { return out_; }
  bool has(platform::CpuFeature feature) const { return context_.cpu.has(feature); }
  /// Vector instructions come with three operands then, and unaligned memory operands.
  bool has_avx() const { return has_avx_; }

  // --- Reading the IR ---

  const ir::Inst& inst(ir::ValueId value) const { return function_[value]; }
  /// The i-th argument.
  ir::ValueId arg(ir::ValueId value, size_t i) const { return function_.args(inst(value))[i]; }
  bool is_op(ir::ValueId value, Opcode opcode) const { return inst(value).op == ir::to_op(opcode); }
  /// The bits of an integer constant (i32 zero-extended), or of a null reference.
  std::optional<uint64_t> constant(ir::ValueId value) const;
  /// The same as a sign-extended 32-bit immediate of an instruction of `width` bytes, if it is one.
  std::optional<int32_t> immediate(ir::ValueId value, uint8_t width) const;
  /// Whether an instruction lowered earlier, that is, executed later, has asked for the value: its
  /// register should not be overwritten.
  bool is_used_later(ir::ValueId value) const { return vregs_[value] != kNoVReg; }
  /// The same, or the next round of the loop around the current instruction needs it: for choices
  /// that only cost a move when they are wrong.
  bool is_needed_later(ir::ValueId value) const {
    return is_used_later(value) || function_.blocks[block_of_[value]].loop_depth <
                                       function_.blocks[block_of_[current_]].loop_depth;
  }

  // --- Values and registers ---

  /// The register of an argument.
  VReg use(ir::ValueId value);
  /// The same for who reads no more than the low 32 bits: looks through i32.wrap_i64.
  VReg use_low(ir::ValueId value);
  VReg use_low(ir::ValueId value, uint8_t width) { return width < 8 ? use_low(value) : use(value); }
  /// The register of the result.
  VReg def(ir::ValueId value);
  VReg new_int(uint8_t bytes = 8) { return new_vreg(RegClass::Int, bytes); }
  VReg new_vector(uint8_t bytes = 16) { return new_vreg(RegClass::Vector, bytes); }

  /// Results of an operation that has several, by index; kNoValue where nobody asks for one.
  ir::ValueId result(ir::ValueId operation, uint32_t index) const;

  // --- Terminators ---

  /// Whether the parameter of a block is passed at all.
  bool is_passed(ir::ValueId param) const { return uses_[param] != 0; }
  /// Adds a way out of the block being lowered: the i-th target of its terminator. Arguments are
  /// passed if it is the only one. The return value is its place in MachineBlock::targets.
  uint32_t add_target(uint32_t index);
  uint32_t target_count() const;
  MachineBlock& machine_block() { return out_.machine.blocks[current_block_]; }

  // --- Folding ---

  /// Whether the work of `value` may be done by the instruction that is being lowered, its only
  /// user: it computes from its arguments alone, and nobody else needs it. Nothing has to be said
  /// after; who does not use() it has folded it.
  bool can_fold(ir::ValueId value) const;
  /// The same for a load: it has no other user and nothing comes between that could be noticed.
  bool can_fold_load(ir::ValueId value) const;
  /// The largest number an i32 can be, as far as that is seen at once.
  uint64_t upper_bound(ir::ValueId value, uint32_t depth = 4) const;
  /// Says that a load has been folded. Needed for those that may trap: they would be emitted else.
  void fold_load(ir::ValueId value) { folded_[value] = true; }
  /// An operand as a register or, if it is a foldable load of `bytes` bytes or a constant of the
  /// pool (floats, vectors), as memory. Vectors of 16 bytes in guest memory are only folded with
  /// AVX, because nothing else allows them to be unaligned.
  Source source(ir::ValueId value, uint8_t bytes);
  /// The addressing mode of a load, a store or an atomic access, its address folded as far as it
  /// goes. Checked memories arrive here as raw addresses.
  Address address(ir::ValueId access);
  /// A constant in the pool.
  Address pool(V128 bits, uint8_t bytes);
  Address pool64(uint64_t bits, uint8_t bytes = 8) { return pool(V128{{bits, 0}}, bytes); }

  /// The same for the operand of an integer instruction that reads `width` bytes.
  Source int_source(ir::ValueId value, uint8_t width);
  /// Emits what sets the flags for an i32 condition, folding comparisons. To be followed at once by
  /// who reads them.
  Cond condition(ir::ValueId value);

  // --- Emission ---

  MachineInst& emit(Form form, uint32_t code, const Args& args);
  /// As emit() with a form of registers only, whose last use is `last`: takes the form with a
  /// memory operand in its place if it is memory.
  MachineInst& emit_source(Form form, uint32_t code, Args args, const Source& last);
  /// Vectors and floats: d = a op b, with the two-operand or the three-operand form.
  void emit_vector(uint16_t sse, uint16_t vex, VReg d, VReg a, const Source& b);
  /// The same with an immediate.
  void emit_vector_imm(uint16_t sse, uint16_t vex, VReg d, VReg a, const Source& b, uint8_t imm);
  /// d = op a, for instructions with two operands in both encodings.
  void emit_unary(uint16_t sse, uint16_t vex, VReg d, const Source& a);
  MachineInst& emit_pseudo(Pseudo pseudo, std::initializer_list<Operand> operands,
                           uint64_t imm = 0) {
    return emit_pseudo(pseudo, std::span(operands.begin(), operands.size()), imm);
  }
  MachineInst& emit_pseudo(Pseudo pseudo, std::span<const Operand> operands, uint64_t imm = 0);
  /// Any instruction, with operands in the order of its form: for fixed registers. An address's
  /// registers come first.
  MachineInst& emit_operands(Form form, uint32_t code, uint8_t width,
                             std::span<const Operand> operands, uint64_t imm = 0);
  MachineInst& emit_operands(Form form, uint32_t code, uint8_t width,
                             std::initializer_list<Operand> operands, uint64_t imm = 0) {
    return emit_operands(form, code, width, std::span(operands.begin(), operands.size()), imm);
  }
  void emit_move(VReg to, VReg from);
  /// All bits of a vector register zero.
  void emit_zero(VReg d);
  /// Traps with `code` if the flags say so. `index`: of the element that the trap names.
  void emit_trap_if(Cond cond, TrapCode code, ir::PositionId position, VReg index = kNoVReg);
  /// An integer constant in a new register, where it is emitted.
  VReg emit_constant(uint64_t bits, uint8_t width = 8);
  /// A load of an engine structure: [base + disp], 8 bytes unless said otherwise.
  VReg emit_load(const Address& address, uint8_t bytes = 8);
  /// Gives `value` what lies at the address, by its type.
  void load_value(ir::ValueId value, const Address& address);
  void store_value(const Address& address, ir::ValueId value);

 private:
  struct PendingConstant {
    ir::ValueId value;
    VReg vreg;
  };

  VReg new_vreg(RegClass cls, uint8_t bytes) {
    return out_.machine.new_vreg({.cls = cls, .bytes = bytes});
  }
  VReg new_vreg_for(ir::Type type);
  void count_uses();
  void number_effects();
  void lower_block(uint32_t machine_block);
  void lower_edge_block(uint32_t machine_block);
  bool is_asked_for(ir::ValueId value) const;
  void lower_inst(ir::ValueId value);
  void emit_params();
  void emit_constant_value(const PendingConstant& pending);
  void flush_sequence();
  void finish_insts();

  const ModuleContext& context_;
  const ir::Function& function_;
  LoweredFunction& out_;
  bool has_avx_;
  BlockPlan plan_;

  // By value.
  std::vector<VReg> vregs_;      ///< register, once somebody asked for the value
  std::vector<uint32_t> uses_;   ///< how many arguments name it
  std::vector<uint32_t> color_;  ///< effects before it, counted through the function
  std::vector<ir::BlockId> block_of_;
  std::vector<bool> folded_;
  bool may_fold_loads_ = true;
  std::unordered_map<ir::ValueId, std::vector<ir::ValueId>> results_;
  std::map<std::array<uint64_t, 3>, uint32_t> pool_;  ///< bits and size to index

  std::vector<MachineInst> sequence_;       ///< of the instruction being lowered, in order
  std::vector<PendingConstant> constants_;  ///< that it uses
  std::vector<MachineInst> reversed_;       ///< of the function, from the bottom
  ir::ValueId current_ = ir::kNoValue;
  uint32_t current_block_ = 0;  ///< of MachineFunction
};

}  // namespace brink::compile::x64

#endif  // BRINK_COMPILE_X64_LOWERING_H_
