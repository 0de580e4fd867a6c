// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// For tests: machine functions made at random from structured control flow (branches, switches,
// loops with several exits, invokes with landings), with every kind of operand.

#ifndef BRINK_COMPILE_REGALLOC_RANDOM_FUNCTION_H_
#define BRINK_COMPILE_REGALLOC_RANDOM_FUNCTION_H_

#include <cstdint>

#include "engine/compile/machine/machine.h"

namespace brink::compile::regalloc {

struct RandomShape {
  uint32_t statements = 40;  ///< roughly
  uint32_t max_depth = 4;
  uint32_t call_percent = 8;
  uint32_t recent_percent = 60;  ///< of the uses are of values that were made just before
};

/// Integer registers 0 (accumulator), 1 (counts), 2 ... and as many vector registers; the highest
/// of each class is the scratch. At least 6.
RegisterFile test_registers(uint32_t per_class);
MachineFunction random_function(uint64_t seed, const RegisterFile& registers,
                                const RandomShape& shape);

}  // namespace brink::compile::regalloc

#endif  // BRINK_COMPILE_REGALLOC_RANDOM_FUNCTION_H_
