// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// The section .eh_frame (DWARF call frame information), by which gdb and perf walk through compiled
// frames: the caller's frame lies frame_bytes above the stack pointer, and the return address
// there. Exact everywhere but between the end of a frame and the return or tail call behind it.
// Brink's own walks use the tables, not this.

#ifndef BRINK_COMPILE_ARTIFACT_UNWIND_TABLE_H_
#define BRINK_COMPILE_ARTIFACT_UNWIND_TABLE_H_

#include <cstdint>
#include <span>
#include <vector>

#include "engine/compile/artifact/format.h"

namespace brink::compile::artifact {

/// `section_address` and `text_address` are where the section and the text are in the file's
/// address space; the size of the result does not depend on them.
std::vector<uint8_t> make_unwind_table(std::span<const FunctionRow> functions,
                                       std::span<const uint8_t> text, uint64_t section_address,
                                       uint64_t text_address);

}  // namespace brink::compile::artifact

#endif  // BRINK_COMPILE_ARTIFACT_UNWIND_TABLE_H_
