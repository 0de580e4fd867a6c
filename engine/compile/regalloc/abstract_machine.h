// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// For tests: executes machine functions without knowing what their instructions mean. Results are
// hashes of the operands, branches go by hashes. So two executions of a function, one on virtual
// registers and one on registers and slots, see the same operands exactly if the allocation is
// right.

#ifndef BRINK_COMPILE_REGALLOC_ABSTRACT_MACHINE_H_
#define BRINK_COMPILE_REGALLOC_ABSTRACT_MACHINE_H_

#include <cstdint>

#include "engine/compile/machine/machine.h"

namespace brink::compile::regalloc {

struct Execution {
  uint64_t trace = 0;  ///< of all operands that were read
  uint32_t steps = 0;
  uint64_t loads = 0;  ///< moves from slots, and values made again
  uint64_t stores = 0;
  uint64_t copies = 0;
  friend bool operator==(const Execution& a, const Execution& b) {
    return a.trace == b.trace && a.steps == b.steps;
  }
};

/// `allocation` null: on virtual registers. The seed decides which way branches go.
Execution execute(const MachineFunction& function, const RegisterFile& registers,
                  const Allocation* allocation, uint64_t seed, uint32_t max_steps);

}  // namespace brink::compile::regalloc

#endif  // BRINK_COMPILE_REGALLOC_ABSTRACT_MACHINE_H_
