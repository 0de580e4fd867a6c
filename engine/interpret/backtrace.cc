// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Walks the guest's frames. A frame says where it returns to, and the call instruction before that
// place says how far below its caller's frame begins; see runtime/layout.h and handlers_call.cc.

#include <algorithm>

#include "engine/interpret/interpreter.h"
#include "engine/interpret/translator.h"
#include "engine/runtime/store_state.h"

namespace brink::interpret {
namespace {

using runtime::ModuleState;
using runtime::StoreState;

/// A deep recursion is told by its innermost frames.
constexpr size_t kMaxFrames = 64;

struct Place {
  ModuleState* module = nullptr;
  const FunctionCode* code = nullptr;
};

Place find_code(StoreState& store, const void* pc) {
  ModuleState* last = nullptr;
  for (const auto& instance : store.instances) {
    if (instance->module == last) continue;
    last = instance->module;
    const auto& code = static_cast<const InterpreterCode&>(*last->interpreter_code);
    if (const FunctionCode* found = code.find(pc)) return {last, found};
  }
  return {};
}

/// Offset in the module of the instruction that the code word belongs to. Found by translating the
/// function again: traps are rare, and so nothing has to be kept for them.
uint32_t find_offset(const Place& place, const CodeWord* pc) {
  std::vector<CodePosition> positions;
  const auto again =
      translate_function(*place.module, place.code->header.function_index, &positions);
  if (!again.has_value()) return 0;
  const auto word = static_cast<uint32_t>(pc - place.code->words.data());
  uint32_t offset = 0;
  for (const CodePosition& position : positions)
    if (position.word <= word) offset = position.offset;
  return offset;
}

}  // namespace

std::vector<Frame> make_backtrace(StoreState& store, const void* first_pc, const Slot* fp) {
  std::vector<Frame> frames;
  const auto* pc = static_cast<const CodeWord*>(first_pc);
  const runtime::EntryRecord* entry = store.exec.entry;
  while (frames.size() < kMaxFrames) {
    const Place place = pc != nullptr ? find_code(store, pc) : Place{};
    if (place.code == nullptr) break;
    const uint32_t function_index = place.code->header.function_index;
    frames.push_back(Frame{place.module->name, place.module->function_name(function_index),
                           function_index, find_offset(place, pc)});
    const Slot* link = fp + place.code->header.link_slot;
    const auto* target = reinterpret_cast<const CodeWord*>(link[0]);
    if (target == exit_stub()) {
      // On through the host function that entered here.
      if (entry == nullptr) break;
      pc = static_cast<const CodeWord*>(entry->caller_pc);
      fp = entry->caller_fp;
      entry = entry->previous;
      continue;
    }
    if (target == return_to_instance_stub()) target = reinterpret_cast<const CodeWord*>(link[1]);
    fp -= target[-1].wide.lo;
    pc = target - 1;
  }
  return frames;
}

}  // namespace brink::interpret
