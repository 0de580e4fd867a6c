// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Machine code before registers are chosen: what lowering makes, the register allocator reads and
// the emitter writes out. The allocator knows no architecture; all it needs of an instruction is
// its operands.
//
//     block 1 (v4)
//       add     v6 = v4, v5        def of v6 tied to use 0
//       cmp_jcc v6, v2 -> block 1 (v6), block 2 ()
//
// Points of an instruction, in order of time: "early", when it reads, and "late", when it writes. A
// use is early and a def late, unless the operand says otherwise; so a use and a def may share a
// register, and a temporary (an early def without uses) shares with nothing. What a call clobbers,
// it clobbers between the two: a use may be in a clobbered register, a value that lives on may not.
//
// Invariants (the verifier in machine.cc checks them):
//   - virtual registers are defined once, and the definition dominates the uses;
//   - a block ends with one terminator; only terminators have targets;
//   - a terminator with one target has no operands: moves for its edge stand before it;
//   - edges are never critical: of an edge, either its start has one target or its end has one
//     predecessor. Arguments are passed on edges whose start has one target only;
//   - defs of a terminator (an invoke's results) are used from its first target on.

#ifndef BRINK_COMPILE_MACHINE_MACHINE_H_
#define BRINK_COMPILE_MACHINE_MACHINE_H_

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "engine/compile/ir/ir.h"

namespace brink::compile {

enum class RegClass : uint8_t { Int, Vector };
inline constexpr uint32_t kRegClasses = 2;

/// A register of the machine: 0-31 integer, 32-63 vector.
struct PReg {
  uint8_t number = kNone;
  static constexpr uint8_t kNone = 0xff;
  static constexpr PReg integer(uint32_t n) { return PReg{static_cast<uint8_t>(n)}; }
  static constexpr PReg vector(uint32_t n) { return PReg{static_cast<uint8_t>(32 + n)}; }
  constexpr bool is_none() const { return number == kNone; }
  constexpr RegClass cls() const { return number < 32 ? RegClass::Int : RegClass::Vector; }
  constexpr uint32_t index() const { return number & 31; }  ///< the encoder's number
  friend constexpr bool operator==(PReg, PReg) = default;
};

/// A set of registers.
struct PRegSet {
  uint64_t bits = 0;
  constexpr bool contains(PReg reg) const { return (bits >> reg.number & 1) != 0; }
  constexpr PRegSet with(PReg reg) const { return {bits | uint64_t{1} << reg.number}; }
  constexpr PRegSet without(PReg reg) const { return {bits & ~(uint64_t{1} << reg.number)}; }
  friend constexpr bool operator==(PRegSet, PRegSet) = default;
};

using VReg = uint32_t;
inline constexpr VReg kNoVReg = ~uint32_t{0};

struct VRegInfo {
  RegClass cls = RegClass::Int;
  uint8_t bytes = 8;    ///< of a spill slot: 4, 8 or 16
  bool is_ref = false;  ///< the collector must find it at safepoints
  /// The instruction that defines it may be repeated wherever the value is needed instead of
  /// spilling it: no uses, no flags written. MachineFunction::insts index, or kNoInst.
  uint32_t rematerialize = ~uint32_t{0};
};

struct Operand {
  enum class Role : uint8_t { Use, Def };
  enum class Constraint : uint8_t {
    Any,    ///< register or spill slot
    Reg,    ///< any register of its class
    Fixed,  ///< `preg`
    Tied,   ///< defs: the register of the use at operand index `tied`
  };
  VReg vreg = kNoVReg;
  Role role = Role::Use;
  Constraint constraint = Constraint::Reg;
  bool off_time = false;  ///< a use that lasts to late, or a def from early on
  PReg preg;
  uint8_t tied = 0;

  static Operand use(VReg v) { return {v, Role::Use, Constraint::Reg, false, {}, 0}; }
  static Operand use_any(VReg v) { return {v, Role::Use, Constraint::Any, false, {}, 0}; }
  static Operand use_late(VReg v) { return {v, Role::Use, Constraint::Reg, true, {}, 0}; }
  static Operand use_fixed(VReg v, PReg r) {
    return {v, Role::Use, Constraint::Fixed, false, r, 0};
  }
  static Operand def(VReg v) { return {v, Role::Def, Constraint::Reg, false, {}, 0}; }
  static Operand def_early(VReg v) { return {v, Role::Def, Constraint::Reg, true, {}, 0}; }
  static Operand def_fixed(VReg v, PReg r) {
    return {v, Role::Def, Constraint::Fixed, false, r, 0};
  }
  static Operand def_tied(VReg v, uint8_t use) {
    return {v, Role::Def, Constraint::Tied, false, {}, use};
  }
  /// A scratch register for the length of the instruction; v is used nowhere else.
  static Operand temp(VReg v) { return def_early(v); }
};

inline constexpr uint32_t kNoInst = ~uint32_t{0};

struct MachineInst {
  // What it does: the business of the target's lowering and emitter alone.
  uint16_t code = 0;  ///< instruction of the encoder, or a pseudo instruction of the target
  uint8_t form = 0;   ///< how the operands become the encoder's
  uint8_t width = 0;  ///< bytes of the integer registers in it
  uint8_t extra = 0;  ///< condition code, scale, lane ...
  int32_t disp = 0;   ///< of an address
  uint64_t imm = 0;

  // What the allocator reads.
  bool is_call = false;       ///< clobbers `clobbers`
  bool is_safepoint = false;  ///< gets a stack map
  bool is_move = false;       ///< copies operand 0 (use) to operand 1 (def): worth a common place
  bool is_terminator = false;
  uint16_t operand_count = 0;
  uint32_t first_operand = 0;  ///< in MachineFunction::operands
  PRegSet clobbers;
  ir::PositionId position = ir::kNoPosition;
};

struct MachineTarget {
  uint32_t block = 0;
  uint32_t first_arg = 0;  ///< in MachineFunction::args
  uint32_t arg_count = 0;
};

struct MachineBlock {
  uint32_t first_inst = 0;  ///< instructions of a block are consecutive
  uint32_t inst_count = 0;
  std::vector<VReg> params;
  std::vector<MachineTarget> targets;
  std::vector<uint32_t> predecessors;
  uint16_t loop_depth = 0;
  bool is_loop_header = false;
  bool is_cold = false;
  bool is_landing = false;  ///< entered by the unwinder with all registers lost
  uint32_t ir_block = 0;    ///< that it was made from; for listings
};

struct MachineFunction {
  uint32_t function_index = 0;
  std::vector<VRegInfo> vregs;
  std::vector<MachineInst> insts;
  std::vector<Operand> operands;
  std::vector<VReg> args;
  /// In the order in which they are numbered and allocated: reverse postorder with the blocks of a
  /// loop together. Cold blocks last is the emitter's business.
  std::vector<MachineBlock> blocks;
  uint32_t outgoing_bytes = 0;  ///< at the frame's bottom, for slots of runtime calls
  bool has_calls = false;

  std::span<Operand> operands_of(const MachineInst& inst) {
    return {operands.data() + inst.first_operand, inst.operand_count};
  }
  std::span<const Operand> operands_of(const MachineInst& inst) const {
    return {operands.data() + inst.first_operand, inst.operand_count};
  }
  std::span<const VReg> args_of(const MachineTarget& target) const {
    return {args.data() + target.first_arg, target.arg_count};
  }
  VReg new_vreg(VRegInfo info) {
    vregs.push_back(info);
    return static_cast<VReg>(vregs.size() - 1);
  }
};

/// The registers a target lets the allocator use.
struct RegisterFile {
  /// In the order of preference.
  std::vector<PReg> allocatable[kRegClasses];
  /// Not allocatable: for moves between spill slots and for cycles of moves.
  PReg scratch[kRegClasses];
};

/// Where a value is: a register, or a spill slot by its offset from the lowest one.
struct Location {
  enum class Kind : uint8_t { None, Reg, Slot, Rematerialize };
  Kind kind = Kind::None;
  PReg reg;
  uint32_t slot = 0;  ///< Slot: bytes, aligned to the size. Rematerialize: the defining instruction
  static Location in(PReg reg) { return {Kind::Reg, reg, 0}; }
  static Location at(uint32_t slot) { return {Kind::Slot, {}, slot}; }
  friend bool operator==(const Location&, const Location&) = default;
};

/// A move that the allocator inserts. Moves at one place are in an order in which they can be
/// executed one after the other; cycles are already broken with the scratch register.
struct AllocatedMove {
  uint32_t before = 0;  ///< instruction
  RegClass cls = RegClass::Int;
  uint8_t bytes = 8;
  Location from;  ///< may be Rematerialize
  Location to;    ///< register, or slot if `from` is a register
};

/// The references that are alive across a safepoint, all of them in spill slots.
struct StackMap {
  uint32_t inst = 0;
  uint32_t first_slot = 0;  ///< in Allocation::map_slots
  uint32_t slot_count = 0;
};

struct Allocation {
  std::vector<Location> locations;   ///< by index into MachineFunction::operands
  std::vector<AllocatedMove> moves;  ///< by `before`, then in order
  std::vector<StackMap> stack_maps;  ///< by inst
  std::vector<uint32_t> map_slots;
  uint32_t spill_bytes = 0;  ///< a multiple of 16
  PRegSet used;
};

/// Chooses places for everything. Near-linear in the size of the function; deterministic.
Allocation allocate_registers(const MachineFunction& function, const RegisterFile& registers);

/// Executes an allocation symbolically. Empty if each use finds the value it asks for; else what is
/// wrong, for people.
std::string check_allocation(const MachineFunction& function, const RegisterFile& registers,
                             const Allocation& allocation);

/// Empty, or which of the invariants above is broken where.
std::string verify(const MachineFunction& function);

}  // namespace brink::compile

#endif  // BRINK_COMPILE_MACHINE_MACHINE_H_
