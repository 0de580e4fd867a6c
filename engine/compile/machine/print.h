// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Machine functions as text, before and after allocation, for listings, golden files and people.
//
//     block 1 (v4) loop depth 1, from 0 2
//         5  add      v6=v4@rax, v5       operand, and where it is after allocation
//            v9: [16] -> rcx              a move of the allocator

#ifndef BRINK_COMPILE_MACHINE_PRINT_H_
#define BRINK_COMPILE_MACHINE_PRINT_H_

#include <functional>
#include <string>

#include "engine/compile/machine/machine.h"

namespace brink::compile {

/// How a target calls its instructions and registers. Empty functions: numbers.
struct MachineNames {
  std::function<std::string(const MachineInst&)> inst;
  std::function<std::string(PReg)> reg;
};

std::string to_string(const Location& location, const MachineNames& names = {});
std::string print(const MachineFunction& function, const MachineNames& names = {});
std::string print(const MachineFunction& function, const Allocation& allocation,
                  const MachineNames& names = {});

}  // namespace brink::compile

#endif  // BRINK_COMPILE_MACHINE_PRINT_H_
