// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/text/body_cursor.h"

#include <fmt/format.h>

#include "engine/decode/limits.h"
#include "engine/decode/type_reader.h"
#include "engine/support/try.h"
#include "engine/text/literals.h"

namespace brink::text {

bool opens_block(Opcode opcode) {
  const ImmKind imm = info(opcode).imm;
  return imm == ImmKind::BlockType || imm == ImmKind::TryTable;
}

void PrintedLabels::push(Opcode opener) {
  Frame frame;
  frame.token = names_.next();
  frame.opener = opener;
  if (!frame.token.empty()) {
    const auto [place, is_new] = visible_.try_emplace(frame.token, depth());
    if (!is_new) frame.hidden = std::exchange(place->second, depth());
  }
  frames_.push_back(frame);
}

void PrintedLabels::pop() {
  const Frame& frame = frames_.back();
  if (frame.hidden != kNone)
    visible_[frame.token] = frame.hidden;
  else if (!frame.token.empty())
    visible_.erase(frame.token);
  popped_was_counted_ = frame.is_counted;
  frames_.pop_back();
}

void PrintedLabels::append_reference_from(std::string& out, uint32_t label_depth, uint32_t from) {
  if (label_depth >= from) return append_unsigned(out, label_depth);
  const uint32_t position = from - 1 - label_depth;
  Frame& frame = frames_[position];
  if (!frame.token.empty() && visible_[frame.token] == position) {
    out += frame.token;
    return;
  }
  append_unsigned(out, label_depth);
  out += " (;@";
  append_unsigned(out, position + 1);
  out += ";)";
  frame.is_counted = true;
}

// All features are on here: what the module may use was decided when it was decoded, and a listing
// should show even what may not be used.
BodyCursor::BodyCursor(const wasm::Module& module, wasm::ByteRange range, LabelNames labels)
    : bytes_(module.view(range), range.offset),
      reader_(bytes_, Features::all()),
      labels_(std::move(labels)) {
  bytes_.set_end_message("unexpected end of section or function");
}

Result<std::vector<ValType>> BodyCursor::read_locals() {
  std::vector<ValType> locals;
  const uint32_t group_count = bytes_.read_u32();
  for (uint32_t i = 0; i < group_count && bytes_.ok(); ++i) {
    const uint32_t offset = bytes_.offset();
    const uint32_t count = bytes_.read_u32();
    const uint64_t total = uint64_t{locals.size()} + count;
    if (total > decode::limits::kLocals) {
      bytes_.fail(decode::limits::exceeded("locals", total, decode::limits::kLocals, offset));
      break;
    }
    locals.insert(locals.end(), count, decode::read_val_type(bytes_, Features::all()));
  }
  BRINK_TRY(bytes_.status());
  return locals;
}

bool BodyCursor::next() {
  if (!reader_.read(instruction_)) return false;
  const Opcode opcode = instruction_.opcode;
  level_ = labels_.depth();
  if (opens_block(opcode)) {
    labels_.push(opcode);
    return true;
  }
  const auto is_inside = [&](auto... openers) {
    return !labels_.empty() && ((labels_.opener() == openers) || ...);
  };
  switch (opcode) {
    case Opcode::Else: return enter_arm(is_inside(Opcode::If));
    case Opcode::Catch:
    case Opcode::CatchAll: return enter_arm(is_inside(Opcode::Try, Opcode::Catch));
    case Opcode::Delegate: return leave(is_inside(Opcode::Try));
    case Opcode::End: return labels_.empty() ? finish() : leave(true);
    default: return true;
  }
}

bool BodyCursor::enter_arm(bool is_well_nested) {
  if (!is_well_nested) {
    bytes_.fail(fmt::format("unexpected {} outside of its block", mnemonic(instruction_.opcode)),
                instruction_.offset);
    return false;
  }
  labels_.set_opener(instruction_.opcode);
  --level_;
  return true;
}

bool BodyCursor::leave(bool is_well_nested) {
  if (!is_well_nested) return enter_arm(false);
  labels_.pop();
  --level_;
  return true;
}

bool BodyCursor::finish() {
  if (!bytes_.at_end())
    bytes_.fail(fmt::format("junk after the last end: {} bytes", bytes_.remaining()),
                bytes_.offset());
  return false;
}

}  // namespace brink::text
