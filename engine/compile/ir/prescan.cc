// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/compile/ir/prescan.h"

#include <algorithm>

#include "engine/decode/instruction_reader.h"
#include "engine/decode/type_reader.h"
#include "engine/support/check.h"

namespace brink::compile::ir {
namespace {

constexpr uint8_t kLoopByte = 0x03;
constexpr uint8_t kTryByte = 0x06;

constexpr uint8_t byte_of(Opcode opcode) {
  return static_cast<uint8_t>(info(opcode).code);
}
constexpr uint8_t kFirstPlain = byte_of(Opcode::I32Eqz);  // without immediates
constexpr uint8_t kLastPlain = byte_of(Opcode::I64Extend32S);
constexpr uint8_t kDrop = byte_of(Opcode::Drop);
constexpr uint8_t kSelect = byte_of(Opcode::Select);
constexpr uint8_t kLocalGet = byte_of(Opcode::LocalGet);
constexpr uint8_t kCall = byte_of(Opcode::Call);
constexpr uint8_t kCallIndirect = byte_of(Opcode::CallIndirect);
constexpr uint8_t kBr = byte_of(Opcode::Br);
constexpr uint8_t kBrIf = byte_of(Opcode::BrIf);
constexpr uint8_t kI32Const = byte_of(Opcode::I32Const);
constexpr uint8_t kI64Const = byte_of(Opcode::I64Const);
constexpr uint8_t kFirstAccess = byte_of(Opcode::I32Load);
constexpr uint8_t kLastAccess = byte_of(Opcode::I64Store32);
constexpr uint8_t kHasMemoryIndex = 0x40;  // from here on, in the alignment

/// Whether there can be a loop or a try at all.
bool may_contain_any(std::span<const uint8_t> body) {
  return std::ranges::find(body, kLoopByte) != body.end() ||
         std::ranges::find(body, kTryByte) != body.end();
}

void skip_locals(support::ByteReader& reader, Features features) {
  for (uint32_t count = reader.read_u32(); count != 0; --count) {
    reader.read_u32();
    decode::read_val_type(reader, features);
  }
}

/// Moves over instructions that are none of the prescan's business. The body is valid, so it ends
/// with an `end`, where this stops at the latest.
const uint8_t* skip_plain(const uint8_t* p) {
  const auto skip_number = [&p] {
    while ((*p++ & 0x80) != 0) {
    }
  };
  while (true) {
    const uint8_t byte = *p;
    if ((byte >= kFirstPlain && byte <= kLastPlain) || byte == kDrop || byte == kSelect) {
      ++p;
    } else if (byte == kLocalGet || (byte >= kCall && byte <= kCallIndirect) || byte == kBr ||
               byte == kBrIf || (byte >= kI32Const && byte <= kI64Const)) {
      ++p;
      skip_number();
      if (byte == kCallIndirect) skip_number();
    } else if (byte >= kFirstAccess && byte <= kLastAccess && p[1] < kHasMemoryIndex) {
      p += 2;
      skip_number();
    } else {
      return p;
    }
  }
}

}  // namespace

void Prescan::assign(uint32_t local) {
  if (current_loop_ == 0 || owner_[local] == current_loop_) return;
  assigned_.push_back({local, owner_[local]});
  owner_[local] = current_loop_;
}

/// What the loop assigns, the loop around it assigns too.
void Prescan::close_loop(const Open& open) {
  Loop& loop = loops_[open.loop - 1];
  loop.first_local = static_cast<uint32_t>(locals_.size());
  loop.local_count = static_cast<uint32_t>(assigned_.size()) - open.first_assigned;
  size_t kept = open.first_assigned;
  for (size_t i = open.first_assigned; i < assigned_.size(); ++i) {
    const Assigned entry = assigned_[i];
    locals_.push_back(entry.local);
    owner_[entry.local] = current_loop_;
    if (current_loop_ != 0 && entry.outer_owner != current_loop_) assigned_[kept++] = entry;
    if (current_loop_ == 0) owner_[entry.local] = 0;
  }
  assigned_.resize(kept);
}

bool Prescan::scan(const wasm::Module& module, uint32_t function_index, uint32_t local_count,
                   size_t max_entries) {
  const wasm::ByteRange body = module.functions[function_index].body;
  if (!may_contain_any(module.view(body))) return true;
  owner_.assign(local_count, 0);
  support::ByteReader reader(module.view(body), body.offset);
  skip_locals(reader, module.features);
  decode::InstructionReader instructions(reader, module.features);
  decode::Instruction i;
  std::vector<Open> open;
  while (true) {
    reader.skip(static_cast<uint32_t>(skip_plain(reader.position()) - reader.position()));
    if (!instructions.read(i)) return true;
    switch (i.opcode) {
      case Opcode::Block:
      case Opcode::If:
      case Opcode::TryTable: open.push_back({}); break;
      case Opcode::Loop:
        loops_.push_back({i.offset, 0, 0});
        open.push_back({static_cast<uint32_t>(loops_.size()), 0, current_loop_,
                        static_cast<uint32_t>(assigned_.size())});
        current_loop_ = static_cast<uint32_t>(loops_.size());
        break;
      case Opcode::Try:
        tries_.push_back({i.offset, LegacyTry::kNoDelegate, {}});
        open.push_back({0, static_cast<uint32_t>(tries_.size()), 0, 0});
        break;
      case Opcode::Catch: tries_[open.back().legacy_try - 1].tags.push_back(i.index); break;
      case Opcode::CatchAll:
        tries_[open.back().legacy_try - 1].tags.push_back(LegacyTry::kCatchAll);
        break;
      case Opcode::Delegate:
        tries_[open.back().legacy_try - 1].delegate_depth = i.index;
        open.pop_back();
        break;
      case Opcode::LocalSet:
      case Opcode::LocalTee: assign(i.index); break;
      case Opcode::End:
        if (open.empty()) return true;
        if (open.back().loop != 0) {
          current_loop_ = open.back().outer_loop;
          close_loop(open.back());
          if (locals_.size() > max_entries) return false;
        }
        open.pop_back();
        break;
      default: break;
    }
  }
  return true;
}

const Prescan::Loop& Prescan::loop_at(uint32_t offset) {
  while (loops_[next_loop_].offset != offset) ++next_loop_;
  return loops_[next_loop_];
}

const Prescan::LegacyTry& Prescan::try_at(uint32_t offset) {
  while (tries_[next_try_].offset != offset) ++next_try_;
  return tries_[next_try_];
}

}  // namespace brink::compile::ir
