// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// SANDBOX-CRITICAL: a mistake here lets a guest leave its memory or its tables.
//
// Instructions that no tier does by itself, in one form for all: operands in consecutive slots, in
// the order of the instruction, results from the first slot on, indices as `a` and `b` (of those
// with two, in the order of compile/runtime_functions.def). What they return is the trap, or None.

#ifndef BRINK_RUNTIME_OPERATIONS_H_
#define BRINK_RUNTIME_OPERATIONS_H_

#include <cstdint>

#include "brink/trap.h"
#include "engine/runtime/instance.h"

namespace brink::runtime {

using Operation = TrapCode (*)(InstanceObject& instance, Slot* slots, uint32_t a, uint32_t b);

namespace operations {

TrapCode memory_grow(InstanceObject& instance, Slot* slots, uint32_t memory, uint32_t);
TrapCode memory_fill(InstanceObject& instance, Slot* slots, uint32_t memory, uint32_t);
TrapCode memory_copy(InstanceObject& instance, Slot* slots, uint32_t to, uint32_t from);
TrapCode memory_init(InstanceObject& instance, Slot* slots, uint32_t segment, uint32_t memory);
TrapCode data_drop(InstanceObject& instance, Slot* slots, uint32_t segment, uint32_t);
TrapCode table_grow(InstanceObject& instance, Slot* slots, uint32_t table, uint32_t);
TrapCode table_fill(InstanceObject& instance, Slot* slots, uint32_t table, uint32_t);
TrapCode table_copy(InstanceObject& instance, Slot* slots, uint32_t to, uint32_t from);
TrapCode table_init(InstanceObject& instance, Slot* slots, uint32_t segment, uint32_t table);
TrapCode elem_drop(InstanceObject& instance, Slot* slots, uint32_t segment, uint32_t);

}  // namespace operations
}  // namespace brink::runtime

#endif  // BRINK_RUNTIME_OPERATIONS_H_
