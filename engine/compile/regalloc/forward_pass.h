// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// The heart of the allocator: one pass over the instructions in their order, which knows at each
// point what is in which register, and looks ahead instead of coming back.
//
//   - A value stays in its register until the register is needed for something nearer. A value that
//     loses its last register costs nothing yet: only when somebody wants it again is its slot read
//     (and written, once, near the definition). So a path that does not need a value pays nothing.
//   - The registers at the start of a block are those at the end of its predecessor; where several
//     meet, those that serve the likely ones best; at a loop's header those that the loop will use.
//     Edges that disagree get moves.
//   - A value may be in several registers at once.
//
// Cost per instruction: its operands, and for evictions the number of registers.

#ifndef BRINK_COMPILE_REGALLOC_FORWARD_PASS_H_
#define BRINK_COMPILE_REGALLOC_FORWARD_PASS_H_

#include <array>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "engine/compile/machine/flow.h"
#include "engine/compile/machine/machine.h"
#include "engine/compile/regalloc/lifetimes.h"
#include "engine/compile/regalloc/outlook.h"
#include "engine/compile/regalloc/plan.h"

namespace brink::compile::regalloc {

using RegBits = uint64_t;  ///< a bit per PReg::number

class ForwardPass {
 public:
  ForwardPass(const MachineFunction& function, const RegisterFile& registers, const Flow& flow,
              const Lifetimes& lifetimes, const Outlook& outlook);
  Plan run();

 private:
  static RegBits bit(PReg reg) { return RegBits{1} << reg.number; }
  static PReg lowest(RegBits bits);
  RegClass cls(VReg v) const { return function_.vregs[v].cls; }
  bool can_repeat(VReg v) const { return function_.vregs[v].rematerialize != kNoInst; }

  // --- What is where (forward_pass.cc)
  PReg nearest_home(VReg v, RegBits places) const;
  void put(VReg v, PReg reg);
  void drop(PReg reg);
  void drop_all(VReg v);
  void clear();
  ResidentSpan snapshot();
  void read_slot(VReg v, uint32_t block);

  // --- An instruction (forward_pass.cc), in this order
  void instruction(uint32_t inst);
  void begin(const MachineInst& inst, std::span<const Operand> operands);
  void fixed_operands(std::span<const Operand> operands);
  void register_uses(std::span<const Operand> operands);
  void use_in_register(uint32_t operand, const Operand& use);
  void tied_uses(std::span<const Operand> operands);
  void keep_beside(VReg v, VReg def, uint32_t operand, PReg reg);
  void any_uses(std::span<const Operand> operands);
  void early_defs(std::span<const Operand> operands);
  void save_survivors();
  void save(VReg v);
  void release(std::span<const Operand> operands);
  void late_defs(const MachineInst& inst, std::span<const Operand> operands);
  void define(uint32_t operand, VReg v, PReg reg);
  void end(const MachineInst& inst, std::span<const Operand> operands);
  void displace(PReg reg);
  void move_to(VReg v, PReg reg);
  bool lives_after(VReg v);

  // --- Which register (register_choice.cc)
  PReg take(VReg v, RegBits forbidden, RegBits busy);
  PReg choose(VReg v, RegBits free);
  bool suits(VReg v, PReg reg, uint32_t limit);
  bool fulfils_desire(VReg v, PReg reg);
  bool may_take_over(VReg v, PReg reg);
  bool is_lost_in_block(VReg v);
  uint32_t limit_of(VReg v);
  PReg victim(RegBits candidates);
  uint64_t eviction_score(VReg v);
  uint32_t next_use(VReg v);
  bool lost_before_use(VReg v);
  uint32_t distance(VReg v);
  uint32_t distance_around_loops(VReg v, uint32_t next) const;
  uint32_t next_call(RegClass cls);
  uint32_t next_wanted(PReg reg);
  RegBits free_registers(RegClass cls) const { return outlook_.allocatable(cls) & ~occupied_; }

  // --- Blocks and edges (block_entry.cc)
  struct Entrant {
    VReg vreg = kNoVReg;
    uint32_t rank = 0;  ///< lower is more urgent
    RegBits regs = 0;   ///< where predecessors have it
    PReg reg = {};      ///< where it goes
    bool is_param = false;
  };
  void enter_block(uint32_t block);
  void leave_block(uint32_t block);
  void inherit(uint32_t block, uint32_t pred);
  void merge(uint32_t block);
  void find_entrants(uint32_t block);
  void count_residents(uint32_t block);
  void choose_for_merge(uint32_t block);
  void choose_for_loop(uint32_t block);
  void hoist_into_loop(uint32_t block, RegClass cls, uint32_t room);
  float uses_in_loop(VReg v, uint32_t loop) const;
  float calls_in_loop(VReg v, uint32_t loop) const;
  bool lives_across_call(VReg v) const;
  bool param_wants_register(VReg v, uint32_t block);
  void add_params(uint32_t block);
  void seat_entrants(uint32_t block);
  void seat(Entrant& entrant, PReg reg, RegBits& taken);
  void edge_moves(uint32_t from, uint32_t to);
  void edge_move(VReg source, VReg v, PReg reg, uint32_t from);
  void note_residents(ResidentSpan span);
  void forget_residents(ResidentSpan span);
  bool alive_at_start(VReg v, uint32_t block);
  bool is_param_of(VReg v, uint32_t block) const {
    return param_index_[v] != kNever && lifetimes_.def_block(v) == block;
  }

  const MachineFunction& function_;
  const RegisterFile& registers_;
  const Flow& flow_;
  const Lifetimes& lifetimes_;
  const Outlook& outlook_;
  Plan plan_;

  std::array<VReg, kRegs> in_reg_;
  RegBits occupied_ = 0;
  std::vector<RegBits> where_;  ///< by value: the registers that hold it
  std::vector<PReg> home_;      ///< by value: the register it had last

  uint32_t block_ = 0;
  uint32_t from_ = 0;  ///< "next" means from this instruction on
  std::vector<uint32_t> use_cursor_;
  std::vector<uint32_t> range_cursor_;
  std::array<std::array<uint32_t, 2>, kRegClasses> call_cursor_ = {};
  std::array<uint32_t, kRegs> wanted_cursor_ = {};

  // Of the instruction in work.
  uint32_t inst_ = 0;
  uint32_t first_operand_ = 0;
  uint32_t first_move_ = 0;
  RegBits early_claim_ = 0;   ///< fixed at its early
  RegBits late_claim_ = 0;    ///< fixed at its late
  RegBits lost_ = 0;          ///< hold nothing old after it
  RegBits pinned_early_ = 0;  ///< chosen for operands
  RegBits pinned_late_ = 0;
  RegBits busy_ = 0;               ///< hold values that it uses
  RegBits fresh_ = 0;              ///< written by moves before it
  RegBits consumed_ = 0;           ///< overwritten by tied defs
  std::vector<Resident> removed_;  ///< where values were before it that had to go
  std::vector<VReg> displaced_;

  // Of the block in work.
  std::vector<ResidentSpan> at_end_;    ///< by block
  std::vector<RegBits> at_pred_;        ///< by value: registers at the end of a predecessor
  std::vector<uint32_t> param_index_;   ///< by value
  std::vector<uint32_t> counted_in_;    ///< by value: the block for which `count_` is
  std::vector<uint32_t> count_;         ///< by value: predecessors that have it in a register
  std::vector<uint32_t> counted_pred_;  ///< by value: the last of these
  std::vector<uint32_t> preds_;         ///< the predecessors that matter
  std::vector<Entrant> entrants_;
};

}  // namespace brink::compile::regalloc

#endif  // BRINK_COMPILE_REGALLOC_FORWARD_PASS_H_
