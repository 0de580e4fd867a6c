// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// What lies ahead of a pass over the instructions: the calls that take all registers, the
// instructions that want certain ones, in which register a value is going to be wanted, and what
// loops do to those who live through them. Nothing here decides; the forward pass asks.

#ifndef BRINK_COMPILE_REGALLOC_OUTLOOK_H_
#define BRINK_COMPILE_REGALLOC_OUTLOOK_H_

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/compile/machine/flow.h"
#include "engine/compile/machine/machine.h"
#include "engine/compile/regalloc/lifetimes.h"

namespace brink::compile::regalloc {

inline constexpr uint32_t kRegs = 64;

/// The register that a later instruction wants the value in.
struct Desire {
  PReg reg;
  uint32_t inst = kNever;  ///< that instruction
};

/// The part of a loop that is not cold.
struct LoopFacts {
  uint64_t wanted = 0;  ///< registers that instructions want or clobber, calls that take all aside
  std::array<uint32_t, kRegClasses> pressure = {};  ///< most values alive at once
  /// How often a call takes all registers of the class, no more often than the header runs.
  std::array<float, kRegClasses> calls = {};
};

class Outlook {
 public:
  Outlook(const MachineFunction& function, const Flow& flow, const Lifetimes& lifetimes,
          const RegisterFile& registers);

  /// Instructions after which no register of the class holds what it held.
  std::span<const uint32_t> calls(RegClass cls, bool with_cold) const {
    return calls_[static_cast<size_t>(cls)][with_cold];
  }
  /// Instructions that want this register, or clobber it without taking all.
  std::span<const uint32_t> wanted(uint32_t reg) const {
    return {wanted_.data() + first_wanted_[reg], first_wanted_[reg + 1] - first_wanted_[reg]};
  }
  const Desire& desire(VReg v) const { return desires_[v]; }
  /// A value that should best be in the same place, or kNoVReg.
  VReg affinity(VReg v) const { return affinities_[v]; }
  const LoopFacts& loop(uint32_t loop) const { return loops_[loop]; }
  /// Values of the class alive at the start of a block.
  uint32_t alive_at_start(uint32_t block, RegClass cls) const {
    return alive_at_start_[block * kRegClasses + static_cast<size_t>(cls)];
  }
  uint64_t allocatable(RegClass cls) const { return allocatable_[static_cast<size_t>(cls)]; }

 private:
  void find_wanted(const MachineFunction& function);
  uint64_t wants(const MachineFunction& function, const MachineInst& inst) const;
  void find_wishes(const MachineFunction& function, const Lifetimes& lifetimes);
  void wishes_of(const MachineFunction& function, const Lifetimes& lifetimes, uint32_t inst);
  void inherit(const Lifetimes& lifetimes, VReg from, VReg to, uint32_t inst);
  void find_pressure(const MachineFunction& function, const Flow& flow, const Lifetimes& lifetimes);
  void find_loop_facts(const MachineFunction& function, const Flow& flow,
                       const Lifetimes& lifetimes);

  std::array<uint64_t, kRegClasses> allocatable_ = {};
  std::array<std::array<std::vector<uint32_t>, 2>, kRegClasses> calls_;
  std::array<uint32_t, kRegs + 1> first_wanted_ = {};
  std::vector<uint32_t> wanted_;
  std::vector<uint64_t> wants_;  ///< by instruction: the registers it wants
  std::vector<Desire> desires_;
  std::vector<VReg> affinities_;
  std::vector<LoopFacts> loops_;
  std::vector<uint32_t> alive_at_start_;
};

}  // namespace brink::compile::regalloc

#endif  // BRINK_COMPILE_REGALLOC_OUTLOOK_H_
