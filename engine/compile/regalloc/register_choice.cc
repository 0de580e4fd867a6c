// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Which register a value gets, and who has to make room for it.

#include <algorithm>
#include <bit>

#include "engine/compile/regalloc/forward_pass.h"
#include "engine/support/check.h"

namespace brink::compile::regalloc {

namespace {

/// Added to the distance of a use behind the loop at hand.
constexpr uint32_t kBehindLoop = 1u << 20;
constexpr uint32_t kFar = 1u << 24;
/// Links of affinity that are followed to find a relative that has a place.
constexpr int kMaxRelatives = 3;
/// Instructions that want a register which are asked whether it is for the value in it.
constexpr size_t kMaxWanted = 8;
/// Enclosing loops that are searched for a use around the back edge.
constexpr int kMaxLoops = 4;

}  // namespace

// A register for `v`. `forbidden` must not be taken at all; those that are `busy` hold values that
// the instruction reads, unless it reads them from another register.
PReg ForwardPass::take(VReg v, RegBits forbidden, RegBits busy) {
  const RegBits all = outlook_.allocatable(cls(v)) & ~forbidden;
  if (const PReg desired = outlook_.desire(v).reg;
      !desired.is_none() && (all & ~busy & bit(desired)) != 0 && may_take_over(v, desired)) {
    removed_.push_back({in_reg_[desired.number], desired});
    drop(desired);
    return desired;
  }
  const RegBits free = all & ~occupied_;
  if (free != 0) return choose(v, free);
  RegBits candidates = all & ~busy;
  if (candidates == 0) {
    for (RegBits bits = all; bits != 0; bits &= bits - 1) {
      const PReg reg = lowest(bits);
      if ((where_[in_reg_[reg.number]] & pinned_early_) != 0) candidates |= bit(reg);
    }
  }
  // Operands that are still to be placed: their values are read from where they were.
  if (candidates == 0) candidates = all;
  BRINK_CHECK(candidates != 0);
  const PReg reg = victim(candidates);
  removed_.push_back({in_reg_[reg.number], reg});
  drop(reg);
  return reg;
}

PReg ForwardPass::choose(VReg v, RegBits free) {
  const PReg desired = outlook_.desire(v).reg;
  if (!desired.is_none() && (free & bit(desired)) != 0 && fulfils_desire(v, desired)) {
    return desired;
  }
  const uint32_t limit = limit_of(v);
  VReg relative = v;
  for (int i = 0; i <= kMaxRelatives && relative != kNoVReg; ++i) {
    const PReg home = home_[relative];
    if (!home.is_none() && (free & bit(home)) != 0 && suits(v, home, limit)) return home;
    relative = outlook_.affinity(relative);
  }
  PReg best;
  uint32_t best_wanted = 0;
  for (const PReg reg : registers_.allocatable[static_cast<size_t>(cls(v))]) {
    if ((free & bit(reg)) == 0) continue;
    if (suits(v, reg, limit)) return reg;
    const uint32_t wanted = next_wanted(reg);
    if (best.is_none() || wanted > best_wanted) {
      best = reg;
      best_wanted = wanted;
    }
  }
  return best;
}

// Whether the value, once there, is in the right place for whoever wants it in this register, and
// in nobody's way: it ends there, or nobody else wants the register while it lives.
bool ForwardPass::fulfils_desire(VReg v, PReg reg) {
  const Desire& desire = outlook_.desire(v);
  if (desire.reg != reg || desire.inst < from_ || next_wanted(reg) < desire.inst ||
      next_call(cls(v)) < desire.inst) {
    return false;
  }
  const uint32_t limit = limit_of(v);
  if (limit <= desire.inst) return true;
  const auto wanted = outlook_.wanted(reg.number);
  for (size_t i = 0; i < kMaxWanted; ++i) {
    const size_t next = wanted_cursor_[reg.number] + i;
    if (next >= wanted.size() || wanted[next] >= limit) return true;
    const auto operands = function_.operands_of(function_.insts[wanted[next]]);
    const bool is_own = std::ranges::any_of(operands, [&](const Operand& operand) {
      return operand.vreg == v && operand.constraint == Operand::Constraint::Fixed &&
             operand.preg == reg;
    });
    if (!is_own) return false;
  }
  return true;
}

// Whether the value can have the register that it is going to be wanted in now, though another one
// is in it: that one is not needed again before the call in this block which wants the value there,
// and takes all registers.
bool ForwardPass::may_take_over(VReg v, PReg reg) {
  const VReg holder = in_reg_[reg.number];
  if (holder == kNoVReg || !fulfils_desire(v, reg)) return false;
  return next_call(cls(v)) == outlook_.desire(v).inst && is_lost_in_block(holder);
}

/// Whether a call of this block is certain to take the value's register before it is used again.
bool ForwardPass::is_lost_in_block(VReg v) {
  const uint32_t call = next_call(cls(v));
  return call < flow_.end_inst[block_] && next_use(v) > call;
}

/// Until when a register is of use to the value.
uint32_t ForwardPass::limit_of(VReg v) {
  return std::min(lifetimes_.end(v) / 2, next_call(cls(v)));
}

// Whether nobody else is going to want the register that long. A value that lives to the loop's end
// stays for the next round, and meets those who want the register earlier in the loop.
bool ForwardPass::suits(VReg v, PReg reg, uint32_t limit) {
  if (next_wanted(reg) < limit) return false;
  const uint32_t loop = flow_.loop_of[block_];
  if (loop == kNoLoop || (outlook_.loop(loop).wanted & bit(reg)) == 0) return true;
  return limit < flow_.end_inst[flow_.loops[loop].last] ||
         lifetimes_.def_block(v) >= flow_.loops[loop].header;
}

PReg ForwardPass::victim(RegBits candidates) {
  PReg best;
  uint64_t best_score = 0;
  for (; candidates != 0; candidates &= candidates - 1) {
    const PReg reg = lowest(candidates);
    const VReg v = in_reg_[reg.number];
    const bool is_copy = (where_[v] & ~bit(reg)) != 0;
    const uint64_t score = is_copy ? ~uint64_t{0} : eviction_score(v);
    if (best.is_none() || score > best_score) {
      best = reg;
      best_score = score;
    }
  }
  return best;
}

// The later a value is needed, the better it goes; the more so if it costs no store.
uint64_t ForwardPass::eviction_score(VReg v) {
  uint64_t score = distance(v);
  if (lost_before_use(v)) score += uint64_t{kFar} * 8;
  if (can_repeat(v)) {
    score *= 4;
  } else if (plan_.demand[v] != kNoBlock) {
    score *= 2;
  }
  return score;
}

// The first instruction from now on that uses the value, in the order of the instructions. Cold
// uses do not count on hot paths.
uint32_t ForwardPass::next_use(VReg v) {
  const auto sites = lifetimes_.uses(v);
  const bool hot = !function_.blocks[block_].is_cold;
  uint32_t& cursor = use_cursor_[v];
  while (cursor < sites.size() &&
         (sites[cursor].inst() < from_ || (hot && sites[cursor].is_cold()))) {
    ++cursor;
  }
  return cursor == sites.size() ? kNever : sites[cursor].inst();
}

// Whether a call takes its register before the next use.
bool ForwardPass::lost_before_use(VReg v) {
  const uint32_t call = next_call(cls(v));
  if (call == kNever || next_use(v) < call) return false;
  const uint32_t loop = flow_.loop_of[block_];
  if (loop == kNoLoop || call < flow_.end_inst[flow_.loops[loop].last]) return true;
  // The call is behind the loop; what the loop needs, it needs before.
  return distance(v) >= kBehindLoop;
}

uint32_t ForwardPass::distance(VReg v) {
  const uint32_t next = next_use(v);
  const uint32_t loop = flow_.loop_of[block_];
  if (loop == kNoLoop) return next == kNever ? kFar : std::min(next - from_, kFar);
  if (next < flow_.end_inst[flow_.loops[loop].last]) return next - from_;
  return distance_around_loops(v, next);
}

// A value from outside the loop is back at the header when the round is over.
uint32_t ForwardPass::distance_around_loops(VReg v, uint32_t next) const {
  const auto sites = lifetimes_.uses(v);
  uint32_t loop = flow_.loop_of[block_];
  for (int i = 0; i < kMaxLoops && loop != kNoLoop; ++i, loop = flow_.loops[loop].parent) {
    const uint32_t header = flow_.loops[loop].header;
    const uint32_t start = function_.blocks[header].first_inst;
    const uint32_t end = flow_.end_inst[flow_.loops[loop].last];
    if (next < end) return std::min(next - from_ + (i == 0 ? 0 : kBehindLoop), kFar);
    if (lifetimes_.def_point(v) >= 2 * start) break;
    const auto first = std::ranges::lower_bound(sites, start, {}, &UseSite::inst);
    if (first != sites.end() && first->inst() < end) {
      return std::min(end - from_ + first->inst() - start + i * kBehindLoop, kFar);
    }
  }
  return next == kNever ? kFar : std::min(next - from_ + kBehindLoop, kFar);
}

uint32_t ForwardPass::next_call(RegClass cls) {
  const bool cold = function_.blocks[block_].is_cold;
  const auto calls = outlook_.calls(cls, cold);
  uint32_t& cursor = call_cursor_[static_cast<size_t>(cls)][cold];
  while (cursor < calls.size() && calls[cursor] < from_) ++cursor;
  return cursor == calls.size() ? kNever : calls[cursor];
}

uint32_t ForwardPass::next_wanted(PReg reg) {
  const auto wanted = outlook_.wanted(reg.number);
  uint32_t& cursor = wanted_cursor_[reg.number];
  while (cursor < wanted.size() && wanted[cursor] < from_) ++cursor;
  return cursor == wanted.size() ? kNever : wanted[cursor];
}

}  // namespace brink::compile::regalloc
