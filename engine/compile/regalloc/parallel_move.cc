// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/compile/regalloc/parallel_move.h"

#include <algorithm>

namespace brink::compile::regalloc {

namespace {

constexpr uint32_t kNobody = ~uint32_t{0};
constexpr uint32_t kDone = kNobody - 1;

bool is_reg(const Location& place) {
  return place.kind == Location::Kind::Reg;
}

}  // namespace

ParallelMoves::ParallelMoves(const RegisterFile& registers, uint32_t spill_bytes)
    : registers_(registers), spill_bytes_(spill_bytes) {
  register_writer_.fill(kNobody);
}

uint32_t ParallelMoves::writer_of(const Location& place) const {
  if (is_reg(place)) return register_writer_[place.reg.number];
  if (place.kind != Location::Kind::Slot) return kNobody;
  const auto it = std::ranges::lower_bound(slot_writers_, std::pair(place.slot, uint32_t{0}));
  return it != slot_writers_.end() && it->first == place.slot ? it->second : kNobody;
}

void ParallelMoves::find_writers(std::span<const Transfer> transfers) {
  slot_writers_.clear();
  for (uint32_t i = 0; i < transfers.size(); ++i) {
    const Location& to = transfers[i].to;
    if (is_reg(to)) {
      register_writer_[to.reg.number] = i;
    } else {
      slot_writers_.emplace_back(to.slot, i);
    }
  }
  std::ranges::sort(slot_writers_);
}

void ParallelMoves::resolve(uint32_t before, std::vector<Transfer>& transfers,
                            std::vector<AllocatedMove>& out) {
  std::erase_if(transfers, [](const Transfer& t) { return t.from == t.to; });
  before_ = before;
  out_ = &out;
  if (transfers.size() == 1) {
    emit(transfers[0].from, transfers[0].to, transfers[0]);
    return;
  }
  find_writers(transfers);
  readers_.assign(transfers.size(), 0);
  for (const Transfer& transfer : transfers) {
    const uint32_t writer = writer_of(transfer.from);
    if (writer != kNobody) ++readers_[writer];
  }
  ready_.clear();
  for (uint32_t i = 0; i < transfers.size(); ++i) {
    if (readers_[i] == 0) ready_.push_back(i);
  }
  for (size_t next = 0; next < ready_.size(); ++next) {
    const Transfer& transfer = transfers[ready_[next]];
    emit(transfer.from, transfer.to, transfer);
    readers_[ready_[next]] = kDone;
    const uint32_t writer = writer_of(transfer.from);
    if (writer != kNobody && --readers_[writer] == 0) ready_.push_back(writer);
  }
  // Whoever is left has exactly one reader: only cycles remain, each by itself.
  for (uint32_t i = 0; i < transfers.size(); ++i) {
    if (readers_[i] != kDone) break_cycle(transfers, i);
  }
  for (const Transfer& transfer : transfers) {
    if (is_reg(transfer.to)) register_writer_[transfer.to.reg.number] = kNobody;
  }
}

// first -> writer of its source -> ... -> back to first: each overwrites what the one before read.
void ParallelMoves::break_cycle(std::span<const Transfer> transfers, uint32_t first) {
  const Transfer& head = transfers[first];
  const Location saved = fits_scratch(transfers, first)
                             ? Location::in(registers_.scratch[static_cast<size_t>(head.cls)])
                             : spare_slot();
  uint32_t last = first;
  while (transfers[last].from != head.to) last = writer_of(transfers[last].from);
  emit(head.to, saved, transfers[last]);
  for (uint32_t i = first; readers_[i] != kDone;) {
    const Transfer& transfer = transfers[i];
    readers_[i] = kDone;
    emit(transfer.from == head.to ? saved : transfer.from, transfer.to, transfer);
    i = writer_of(transfer.from);
  }
}

// Slot to slot needs the scratch register itself; only the last move of the cycle reads what was
// saved there.
bool ParallelMoves::fits_scratch(std::span<const Transfer> transfers, uint32_t first) const {
  const Location& last = transfers[first].to;
  uint32_t i = first;
  do {
    const Transfer& transfer = transfers[i];
    if (!is_reg(transfer.from) && !is_reg(transfer.to) && !(transfer.from == last)) return false;
    i = writer_of(transfer.from);
  } while (i != first);
  return true;
}

Location ParallelMoves::spare_slot() {
  if (spare_ == kNobody) {
    spare_ = (spill_bytes_ + 15) & ~15u;
    spill_bytes_ = spare_ + 16;
  }
  return Location::at(spare_);
}

void ParallelMoves::emit(const Location& from, const Location& to, const Transfer& kind) {
  if (!is_reg(from) && !is_reg(to)) {
    const auto scratch = Location::in(registers_.scratch[static_cast<size_t>(kind.cls)]);
    out_->push_back({before_, kind.cls, kind.bytes, from, scratch});
    out_->push_back({before_, kind.cls, kind.bytes, scratch, to});
    return;
  }
  out_->push_back({before_, kind.cls, kind.bytes, from, to});
}

}  // namespace brink::compile::regalloc
