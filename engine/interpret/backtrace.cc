// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Names the guest's frames for people.

#include "engine/interpret/frame_walk.h"
#include "engine/interpret/interpreter.h"
#include "engine/interpret/translator.h"
#include "engine/runtime/tiers.h"

namespace brink::interpret {
namespace {

/// Offset in the module of the instruction that the code word belongs to. Found by translating the
/// function again: traps are rare, and so nothing has to be kept for them.
uint32_t find_offset(const FrameWalk& walk) {
  TranslationNotes notes;
  const auto again = translate_function(walk.module(), walk.code().header.function_index, &notes);
  if (!again.has_value()) return 0;
  uint32_t offset = 0;
  for (const CodePosition& position : notes.positions)
    if (position.word <= walk.word()) offset = position.offset;
  return offset;
}

}  // namespace

void describe(runtime::StoreState& store, const runtime::GuestPoint& point,
              const runtime::EntryRecord*, std::vector<Frame>& frames, size_t max) {
  for (FrameWalk walk(store, point); !walk.at_end() && frames.size() < max; walk.next()) {
    const uint32_t function_index = walk.code().header.function_index;
    frames.push_back(Frame{walk.module().name, walk.module().function_name(function_index),
                           function_index, find_offset(walk),
                           runtime::instance_of_frame(store, walk.instance(), walk.module())});
  }
}

}  // namespace brink::interpret
