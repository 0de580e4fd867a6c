// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Compiled functions with their code, for `perf inject --jit`: names as in a perf map, and perf can
// show where in a function the time goes. The file is jit-PID.dump in the current directory:
//
//     header   "JiTD", version, machine, process, time
//     record   kind, size, time; process, thread, address, size, number; name, 0, code
//     ...
//
// perf learns of it because the file's beginning is mapped as if to be executed.

#ifndef BRINK_COMPILE_RUNTIME_JIT_DUMP_H_
#define BRINK_COMPILE_RUNTIME_JIT_DUMP_H_

#include <span>

#include "engine/compile/runtime/placed_code.h"

namespace brink::compile {

/// Any thread. Does nothing where the file cannot be written.
void write_jit_dump(std::span<const PlacedCode> functions);

}  // namespace brink::compile

#endif  // BRINK_COMPILE_RUNTIME_JIT_DUMP_H_
