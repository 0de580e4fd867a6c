// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// From a function body to threaded code, in one pass: a sink of the body decoder.

#ifndef BRINK_INTERPRET_TRANSLATOR_H_
#define BRINK_INTERPRET_TRANSLATOR_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "brink/error.h"
#include "engine/interpret/interpreter.h"
#include "engine/runtime/module_state.h"

namespace brink::interpret {

/// An instruction's place in the code and in the module.
struct CodePosition {
  uint32_t word = 0;
  uint32_t offset = 0;
};

/// What is known of a function's code beside the code.
struct TranslationNotes {
  std::vector<CodePosition> positions;  ///< of each instruction
  FrameMap frame_map;
};

/// Translates a defined function of a validated module. Fails only for want of memory or beyond an
/// implementation limit. `notes`, if given, are filled in: the same input gives the same code, so
/// they can be asked for whenever somebody wants to know.
Result<std::unique_ptr<FunctionCode>> translate_function(const runtime::ModuleState& module,
                                                         uint32_t function_index,
                                                         TranslationNotes* notes);

}  // namespace brink::interpret

#endif  // BRINK_INTERPRET_TRANSLATOR_H_
