// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/compile/ir/value_numbering.h"

#include <algorithm>

namespace brink::compile::ir {
namespace {

constexpr size_t kFirstSlots = 256;

bool names_vector(Op op) {
  if (!is_wasm(op)) return false;
  const ImmKind kind = info(to_opcode(op)).imm;
  return kind == ImmKind::V128 || kind == ImmKind::Shuffle;
}

}  // namespace

bool can_be_numbered(const Inst& inst) {
  if (inst.type == Type::Void) return inst.op == Op::TrapIf || inst.op == Op::TrapUnless;
  if (is_wasm(inst.op)) {
    if (is_pure(inst.op)) return true;
    // Division and the like: the dominating one has not trapped.
    switch (info(to_opcode(inst.op)).cls) {
      case OpClass::Unary:
      case OpClass::Binary: return true;
      case OpClass::Load: return inst.is_raw() && inst.region() == region::kConstant;
      default: return false;
    }
  }
  if (inst.op == Op::CheckedAddress) return true;
  return inst.op != Op::Param && inst.op != Op::Result && is_pure(inst.op);
}

uint32_t ValueTable::hash(const Inst& inst) const {
  uint64_t h = static_cast<uint64_t>(inst.op) << 16 ^ static_cast<uint64_t>(inst.type) << 8 ^
               inst.flags ^ inst.lane << 4;
  const auto mix = [&h](uint64_t word) { h = (h ^ word) * 0x9e3779b97f4a7c15u, h ^= h >> 29; };
  for (const ValueId arg : function_.args(inst)) mix(arg);
  if (names_vector(inst.op)) {
    mix(function_.vectors[inst.imm].words[0]);
    mix(function_.vectors[inst.imm].words[1]);
  } else {
    mix(inst.imm);
  }
  mix(inst.imm2);
  return static_cast<uint32_t>(h);
}

bool ValueTable::equal(const Inst& a, const Inst& b) const {
  if (a.op != b.op || a.type != b.type || a.flags != b.flags || a.lane != b.lane ||
      a.imm2 != b.imm2)
    return false;
  const bool same_imm = a.imm == b.imm || (names_vector(a.op) &&
                                           function_.vectors[a.imm] == function_.vectors[b.imm]);
  return same_imm && std::ranges::equal(function_.args(a), function_.args(b));
}

ValueId ValueTable::find(const Inst& inst) const {
  if (slots_.empty()) return kNoValue;
  const uint32_t wanted = hash(inst);
  const size_t mask = slots_.size() - 1;
  for (size_t slot = wanted & mask; slots_[slot].id != kNoValue; slot = (slot + 1) & mask)
    if (slots_[slot].hash == wanted && equal(function_[slots_[slot].id], inst))
      return slots_[slot].id;
  return kNoValue;
}

void ValueTable::insert(ValueId id, uint32_t hash) {
  const size_t mask = slots_.size() - 1;
  size_t slot = hash & mask;
  while (slots_[slot].id != kNoValue) slot = (slot + 1) & mask;
  slots_[slot] = {id, hash};
  log_.push_back({id, static_cast<uint32_t>(slot)});
}

void ValueTable::add(ValueId id) {
  if (log_.size() * 2 >= slots_.size()) grow();
  insert(id, hash(function_[id]));
}

void ValueTable::grow() {
  const std::vector<Entry> old = std::move(slots_);
  const std::vector<LogEntry> log = std::move(log_);
  slots_.assign(std::max(kFirstSlots, old.size() * 2), {});
  log_.clear();
  log_.reserve(slots_.size() / 2 + 1);
  for (const LogEntry& entry : log) insert(entry.id, old[entry.slot].hash);
}

void ValueTable::reset(uint32_t mark) {
  while (log_.size() > mark) {
    slots_[log_.back().slot].id = kNoValue;
    log_.pop_back();
  }
}

}  // namespace brink::compile::ir
