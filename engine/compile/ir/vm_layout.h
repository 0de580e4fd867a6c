// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Offsets of what compiled code reads of the runtime's structures, under one name each.

#ifndef BRINK_COMPILE_IR_VM_LAYOUT_H_
#define BRINK_COMPILE_IR_VM_LAYOUT_H_

#include <cstddef>
#include <cstdint>

#include "engine/runtime/layout.h"
#include "engine/runtime/memory.h"
#include "engine/runtime/object_layout.h"
#include "engine/runtime/table.h"

namespace brink::compile::vm_layout {

// These structures have members that are no plain data; those that are named here are, and every
// compiler that Brink is built with gives their offsets.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Winvalid-offsetof"

// From the instance.
inline constexpr uint32_t kExec = offsetof(runtime::VmContext, exec);
inline constexpr uint32_t kGlobals = offsetof(runtime::VmContext, globals);
inline constexpr uint32_t kMemories = offsetof(runtime::VmContext, memories);
inline constexpr uint32_t kTables = offsetof(runtime::VmContext, tables);
inline constexpr uint32_t kFunctions = offsetof(runtime::VmContext, functions);
inline constexpr uint32_t kTags = offsetof(runtime::VmContext, tags);

inline constexpr uint32_t kMemoryBase = offsetof(runtime::MemoryObject, base);
inline constexpr uint32_t kMemoryBytes = offsetof(runtime::MemoryObject, bytes);
inline constexpr uint32_t kTableElements = offsetof(runtime::TableObject, elements);
inline constexpr uint32_t kTableSize = offsetof(runtime::TableObject, size);
inline constexpr uint32_t kGlobalValue = offsetof(runtime::GlobalObject, value);
inline constexpr uint32_t kFuncTypeId = offsetof(runtime::FuncObject, type_id);
inline constexpr uint32_t kFuncDisplay = offsetof(runtime::FuncObject, display);
inline constexpr uint32_t kLoopFrame = offsetof(runtime::ExecContext, loop_frame);
inline constexpr uint32_t kOverflow = offsetof(runtime::ExecContext, overflow);
inline constexpr uint32_t kHeapBase = offsetof(runtime::ExecContext, heap_base);
inline constexpr uint32_t kHeapLayouts =
    offsetof(runtime::ExecContext, heap) + offsetof(runtime::HeapView, layouts);
inline constexpr uint32_t kHeapRuns =
    offsetof(runtime::ExecContext, heap) + offsetof(runtime::HeapView, runs);
inline constexpr uint32_t kRunNext = offsetof(runtime::CellRun, next);
inline constexpr uint32_t kRunEnd = offsetof(runtime::CellRun, end);

// From an object of the heap.
inline constexpr uint32_t kObjectType = offsetof(runtime::ObjectHeader, type);
inline constexpr uint32_t kObjectLength = offsetof(runtime::ObjectHeader, length);
inline constexpr uint32_t kLayoutKind = offsetof(runtime::ObjectLayout, kind);
inline constexpr uint32_t kLayoutDisplay = offsetof(runtime::ObjectLayout, display);

#pragma GCC diagnostic pop

}  // namespace brink::compile::vm_layout

#endif  // BRINK_COMPILE_IR_VM_LAYOUT_H_
