// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Plans of shuffles. The idea: lanes_of() is the model of every instruction, and a search is
// nothing but trying instructions whose parameters follow from the wanted lanes.
//
//   1. one instruction for one operand, those without a constant in memory first;
//   2. one instruction for two operands;
//   3. one operand rearranged, and blended with the other in place, or with a double word of it;
//   4. one that brings all bytes that are wanted into one register, then 1. for the rest. What is
//   in
//      one half of each operand, in a window of the two side by side, in words that do not collide,
//      or in few double words can be brought together so;
//   5. everything: vpermi2b, or a pshufb of each operand and por.

#include "engine/compile/x64/shuffle.h"

#include <algorithm>
#include <bit>
#include <optional>
#include <span>

namespace brink::compile::x64 {

namespace {

constexpr uint32_t kBytes = 16;
constexpr uint8_t kOther = 16;  ///< lane numbers of the second operand start here

constexpr Lanes identity() {
  Lanes lanes = {};
  for (uint8_t i = 0; i < kBytes; ++i) lanes[i] = i;
  return lanes;
}
constexpr Lanes kIdentity = identity();

/// Lanes made of elements of `size` bytes; `from(i)` is the number of the element that becomes i.
template <typename From>
Lanes elements(uint32_t size, From from) {
  Lanes lanes;
  for (uint32_t i = 0; i < kBytes; ++i)
    lanes[i] = static_cast<uint8_t>(from(i / size) * size + i % size);
  return lanes;
}

Lanes interleave(uint32_t size, bool high) {
  const uint32_t start = high ? 8 / size : 0;
  return elements(size, [&](uint32_t i) { return start + i / 2 + (i % 2) * (kBytes / size); });
}

Lanes zero_extend(uint32_t from, uint32_t to) {
  Lanes lanes;
  for (uint32_t i = 0; i < kBytes; ++i)
    lanes[i] = i % to < from ? static_cast<uint8_t>(i / to * from + i % to) : kZeroLane;
  return lanes;
}

/// Byte i + distance, or zero.
Lanes shifted(int distance) {
  Lanes lanes;
  for (int i = 0; i < static_cast<int>(kBytes); ++i) {
    const int from = i + distance;
    lanes[i] =
        from >= 0 && from < static_cast<int>(kBytes) ? static_cast<uint8_t>(from) : kZeroLane;
  }
  return lanes;
}

Lanes insert(uint8_t imm) {
  const uint32_t from = imm >> 6;
  const uint32_t to = imm >> 4 & 3;
  Lanes lanes = elements(4, [&](uint32_t i) { return i == to ? 4 + from : i; });
  for (uint32_t i = 0; i < kBytes; ++i)
    if ((imm >> (i / 4) & 1) != 0) lanes[i] = kZeroLane;
  return lanes;
}

uint32_t field(uint8_t imm, uint32_t i) {
  return imm >> (2 * i) & 3;
}

bool is_zero(uint8_t lane) {
  return lane == kZeroLane;
}
bool is_second(uint8_t lane) {
  return lane != kZeroLane && lane >= kOther;
}

Lanes selected(const Lanes& mask) {
  Lanes lanes;
  for (uint8_t i = 0; i < kBytes; ++i) lanes[i] = mask[i] != 0 ? i + kOther : i;
  return lanes;
}

}  // namespace

Lanes lanes_of(const ShuffleStep& step) {
  const uint8_t imm = step.imm;
  switch (step.inst) {
    case ShuffleInst::Pshufd: return elements(4, [&](uint32_t i) { return field(imm, i); });
    case ShuffleInst::Pshuflw:
      return elements(2, [&](uint32_t i) { return i < 4 ? field(imm, i) : i; });
    case ShuffleInst::Pshufhw:
      return elements(2, [&](uint32_t i) { return i < 4 ? i : 4 + field(imm, i - 4); });
    case ShuffleInst::Movq: return zero_extend(8, 16);
    case ShuffleInst::Pslldq: return shifted(-imm);
    case ShuffleInst::Psrldq: return shifted(imm);
    case ShuffleInst::Pmovzxbw: return zero_extend(1, 2);
    case ShuffleInst::Pmovzxbd: return zero_extend(1, 4);
    case ShuffleInst::Pmovzxbq: return zero_extend(1, 8);
    case ShuffleInst::Pmovzxwd: return zero_extend(2, 4);
    case ShuffleInst::Pmovzxwq: return zero_extend(2, 8);
    case ShuffleInst::Pmovzxdq: return zero_extend(4, 8);
    case ShuffleInst::Pand: {
      Lanes lanes = kIdentity;
      for (uint32_t i = 0; i < kBytes; ++i)
        if (step.constant[i] == 0) lanes[i] = kZeroLane;
      return lanes;
    }
    case ShuffleInst::Pshufb:
    case ShuffleInst::Vpermi2b: return step.constant;
    case ShuffleInst::Vpbroadcastb: return elements(1, [](uint32_t) { return 0; });
    case ShuffleInst::Vpbroadcastw: return elements(2, [](uint32_t) { return 0; });
    case ShuffleInst::Punpcklbw: return interleave(1, false);
    case ShuffleInst::Punpckhbw: return interleave(1, true);
    case ShuffleInst::Punpcklwd: return interleave(2, false);
    case ShuffleInst::Punpckhwd: return interleave(2, true);
    case ShuffleInst::Punpckldq: return interleave(4, false);
    case ShuffleInst::Punpckhdq: return interleave(4, true);
    case ShuffleInst::Punpcklqdq: return interleave(8, false);
    case ShuffleInst::Punpckhqdq: return interleave(8, true);
    // The first operand lies above the second.
    case ShuffleInst::Palignr:
      return elements(1, [&](uint32_t i) { return (i + imm + kOther) % (2 * kBytes); });
    case ShuffleInst::Shufps:
      return elements(4, [&](uint32_t i) { return field(imm, i) + (i < 2 ? 0 : 4); });
    case ShuffleInst::Shufpd:
      return elements(8, [&](uint32_t i) { return (imm >> i & 1) + i * 2; });
    case ShuffleInst::Insertps: return insert(imm);
    case ShuffleInst::Pblendw:
      return elements(2, [&](uint32_t i) { return i + (imm >> i & 1) * 8; });
    case ShuffleInst::Vpblendd:
      return elements(4, [&](uint32_t i) { return i + (imm >> i & 1) * 4; });
    case ShuffleInst::Vpternlog: return selected(step.constant);
    case ShuffleInst::Por: break;
  }
  return kIdentity;
}

namespace {

using enum ShuffleInst;

/// The elements of `size` bytes that the lanes are made of.
template <uint32_t size>
std::optional<std::array<uint8_t, kBytes / size>> as_elements(const Lanes& lanes) {
  std::array<uint8_t, kBytes / size> result;
  for (uint32_t i = 0; i < kBytes; i += size) {
    const uint8_t first = lanes[i];
    if (is_zero(first) || first % size != 0) return std::nullopt;
    for (uint32_t k = 1; k < size; ++k)
      if (lanes[i + k] != first + k) return std::nullopt;
    result[i / size] = first / size;
  }
  return result;
}

/// The immediate that chooses from four; `numbers` from 0 to 3.
uint8_t four(std::span<const uint8_t, 4> numbers) {
  return static_cast<uint8_t>((numbers[0] & 3) | (numbers[1] & 3) << 2 | (numbers[2] & 3) << 4 |
                              (numbers[3] & 3) << 6);
}

Lanes exchanged(const Lanes& lanes) {
  Lanes result = lanes;
  for (uint8_t& lane : result)
    if (!is_zero(lane)) lane ^= kOther;
  return result;
}

// --- One operand ---

using MaybeStep = std::optional<ShuffleStep>;

/// The first of `candidates` that does it.
MaybeStep first_match(std::span<const ShuffleStep> candidates, const Lanes& wanted) {
  for (const ShuffleStep& step : candidates)
    if (lanes_of(step) == wanted) return step;
  return std::nullopt;
}

constexpr ShuffleStep plain(ShuffleInst inst, uint8_t imm = 0) {
  return {inst, 0, 1, imm, {}};
}
constexpr ShuffleStep with_self(ShuffleInst inst, uint8_t imm = 0) {
  return {inst, 0, 0, imm, {}};
}

/// An instruction without a constant for lanes of one operand and zeros.
MaybeStep match_one_with_zeros(const Lanes& lanes) {
  static constexpr ShuffleStep kCandidates[] = {plain(Movq),     plain(Pmovzxbw), plain(Pmovzxbd),
                                                plain(Pmovzxbq), plain(Pmovzxwd), plain(Pmovzxwq),
                                                plain(Pmovzxdq)};
  if (const MaybeStep step = first_match(kCandidates, lanes)) return step;
  for (uint8_t n = 1; n < kBytes; ++n) {
    const ShuffleStep shifts[] = {plain(Pslldq, n), plain(Psrldq, n)};
    if (const MaybeStep step = first_match(shifts, lanes)) return step;
  }
  for (uint32_t mask = 1; mask < 15; ++mask) {
    // An element that stays is what is inserted.
    const auto stays = static_cast<uint32_t>(std::countr_one(mask));
    ShuffleStep step = with_self(Insertps, static_cast<uint8_t>(stays << 6 | stays << 4 | mask));
    Lanes got = lanes_of(step);
    for (uint8_t& lane : got)
      if (!is_zero(lane)) lane %= kOther;
    if (got == lanes) return step;
  }
  return std::nullopt;
}

MaybeStep match_one_without_constant(const Lanes& lanes, ShuffleLevel level) {
  if (std::ranges::any_of(lanes, is_zero)) return match_one_with_zeros(lanes);
  if (const auto dwords = as_elements<4>(lanes)) return plain(Pshufd, four(*dwords));
  if (const auto words = as_elements<2>(lanes)) {
    const std::span<const uint8_t, 8> all = *words;
    const ShuffleStep halves[] = {plain(Pshuflw, four(all.first<4>())),
                                  plain(Pshufhw, four(all.last<4>()))};
    if (const MaybeStep step = first_match(halves, lanes)) return step;
  }
  if (level.avx2) {
    static constexpr ShuffleStep kBroadcasts[] = {plain(Vpbroadcastb), plain(Vpbroadcastw)};
    if (const MaybeStep step = first_match(kBroadcasts, lanes)) return step;
  }
  static constexpr ShuffleStep kUnpacks[] = {with_self(Punpcklbw), with_self(Punpckhbw),
                                             with_self(Punpcklwd), with_self(Punpckhwd)};
  for (const ShuffleStep& step : kUnpacks) {
    Lanes got = lanes_of(step);
    for (uint8_t& lane : got) lane %= kOther;
    if (got == lanes) return step;
  }
  // A rotation starts anywhere.
  const ShuffleStep rotation = with_self(Palignr, lanes[0]);
  Lanes rotated = lanes_of(rotation);
  for (uint8_t& lane : rotated) lane %= kOther;
  if (rotated == lanes) return rotation;
  return std::nullopt;
}

/// Lanes of one operand and zeros, always one instruction.
ShuffleStep match_one(const Lanes& lanes, ShuffleLevel level) {
  if (const MaybeStep step = match_one_without_constant(lanes, level)) return *step;
  ShuffleStep mask = plain(Pand);
  for (uint32_t i = 0; i < kBytes; ++i) mask.constant[i] = is_zero(lanes[i]) ? 0 : 0xff;
  if (lanes_of(mask) == lanes) return mask;
  ShuffleStep bytes = plain(Pshufb);
  bytes.constant = lanes;
  return bytes;
}

// --- Two operands ---

constexpr ShuffleInst kUnpacks[] = {Punpcklbw, Punpckhbw, Punpcklwd,  Punpckhwd,
                                    Punpckldq, Punpckhdq, Punpcklqdq, Punpckhqdq};

ShuffleStep exchange_operands(ShuffleStep step) {
  std::swap(step.first, step.second);
  return step;
}

/// An instruction that is right for any order of the operands, tried in both.
MaybeStep match_ordered(const Lanes& lanes) {
  for (const ShuffleInst inst : kUnpacks) {
    const ShuffleStep step = plain(inst);
    if (lanes_of(step) == lanes) return step;
  }
  const ShuffleStep window = plain(Palignr, static_cast<uint8_t>((lanes[0] ^ kOther) % kBytes));
  if (is_second(lanes[0]) && lanes_of(window) == lanes) return window;
  if (const auto quads = as_elements<8>(lanes)) {
    const ShuffleStep step =
        plain(Shufpd, static_cast<uint8_t>(((*quads)[0] & 1) | ((*quads)[1] & 1) << 1));
    if (lanes_of(step) == lanes) return step;
  }
  const auto dwords = as_elements<4>(lanes);
  if (!dwords) return std::nullopt;
  const ShuffleStep shufps = plain(Shufps, four(*dwords));
  if (lanes_of(shufps) == lanes) return shufps;
  for (uint32_t to = 0; to < 4; ++to) {
    if ((*dwords)[to] < 4) continue;
    const ShuffleStep step =
        plain(Insertps, static_cast<uint8_t>(((*dwords)[to] & 3) << 6 | to << 4));
    if (lanes_of(step) == lanes) return step;
  }
  return std::nullopt;
}

/// Each byte stays where it is in one operand or the other.
MaybeStep match_blend(const Lanes& lanes, ShuffleLevel level) {
  ShuffleStep bytes = plain(Vpternlog);
  ShuffleStep words = plain(Pblendw);
  ShuffleStep dwords = plain(Vpblendd);
  for (uint32_t i = 0; i < kBytes; ++i) {
    if (lanes[i] % kOther != i) return std::nullopt;
    if (!is_second(lanes[i])) continue;
    bytes.constant[i] = 0xff;
    words.imm |= static_cast<uint8_t>(1 << (i / 2));
    dwords.imm |= static_cast<uint8_t>(1 << (i / 4));
  }
  if (level.avx2 && lanes_of(dwords) == lanes) return dwords;
  if (lanes_of(words) == lanes) return words;
  if (level.avx512) return bytes;
  return std::nullopt;
}

MaybeStep match_two(const Lanes& lanes, ShuffleLevel level) {
  if (const MaybeStep step = match_blend(lanes, level)) return step;
  if (const MaybeStep step = match_ordered(lanes)) return step;
  if (const MaybeStep step = match_ordered(exchanged(lanes))) return exchange_operands(*step);
  return std::nullopt;
}

/// The best second instruction after a first one that brings the bytes together.
class Gathering {
 public:
  Gathering(const Lanes& wanted, ShuffleLevel level) : wanted_(wanted), level_(level) {}

  /// Keeps the step if it holds all bytes that are wanted, and is better than what was there.
  void consider(const ShuffleStep& step) {
    if (is_best()) return;
    Lanes where = lanes_of(step);
    std::array<bool, 32> is_there = {};
    std::array<uint8_t, 32> place = {};  // of each source byte in the step's result
    Lanes from;
    from.fill(kZeroLane);
    if (step.first == 1) where = exchanged(where);
    for (uint8_t i = 0; i < kBytes; ++i) {
      if (is_zero(where[i]) || is_there[where[i]]) continue;
      is_there[where[i]] = true;
      place[where[i]] = i;
    }
    for (uint32_t i = 0; i < kBytes; ++i) {
      if (is_zero(wanted_[i])) continue;
      if (!is_there[wanted_[i]]) return;
      from[i] = place[wanted_[i]];
    }
    const MaybeStep cheap = match_one_without_constant(from, level_);
    if (!cheap && first_) return;
    first_ = step;
    second_ = cheap ? *cheap : match_one(from, level_);
    has_constant_ = !cheap;
  }

  bool is_best() const { return first_ && !has_constant_; }
  std::optional<ShufflePlan> plan() const {
    if (!first_) return std::nullopt;
    ShufflePlan plan;
    plan.steps[0] = *first_;
    plan.steps[1] = second_;
    plan.steps[1].first = 2;
    plan.steps[1].second = 2;
    plan.count = 2;
    plan.result = 3;
    return plan;
  }

 private:
  Lanes wanted_;
  ShuffleLevel level_;
  MaybeStep first_;
  ShuffleStep second_;
  bool has_constant_ = false;
};

/// Double words: two of each operand are all that shufps can bring together.
MaybeStep gather_dwords(const Lanes& lanes) {
  uint8_t used[2] = {0, 0};
  for (const uint8_t lane : lanes)
    if (!is_zero(lane)) used[lane / kOther] |= static_cast<uint8_t>(1 << (lane % kOther / 4));
  ShuffleStep step = plain(Shufps);
  for (uint32_t operand = 0; operand < 2; ++operand) {
    if (std::popcount(used[operand]) > 2) return std::nullopt;
    const uint32_t low = std::countr_zero(static_cast<uint32_t>(used[operand])) & 3;
    const uint32_t high = 7 - std::countl_zero(used[operand]);
    step.imm |= static_cast<uint8_t>((low | (high & 3) << 2) << (4 * operand));
  }
  return step;
}

/// Words that do not want the same place.
MaybeStep gather_words(const Lanes& lanes) {
  uint8_t used[2] = {0, 0};
  for (const uint8_t lane : lanes)
    if (!is_zero(lane)) used[lane / kOther] |= static_cast<uint8_t>(1 << (lane % kOther / 2));
  if ((used[0] & used[1]) != 0) return std::nullopt;
  return plain(Pblendw, used[1]);
}

std::optional<ShufflePlan> match_gathered(const Lanes& lanes, ShuffleLevel level) {
  Gathering gathering(lanes, level);
  if (const MaybeStep step = gather_words(lanes)) gathering.consider(*step);
  if (const MaybeStep step = gather_dwords(lanes)) gathering.consider(*step);
  for (const ShuffleInst inst : kUnpacks) {
    gathering.consider(plain(inst));
    gathering.consider(exchange_operands(plain(inst)));
  }
  for (uint8_t imm = 0; imm < 4; ++imm) {
    gathering.consider(plain(Shufpd, imm));
    gathering.consider(exchange_operands(plain(Shufpd, imm)));
  }
  for (uint8_t n = 1; n < kBytes; ++n) {
    gathering.consider(plain(Palignr, n));
    gathering.consider(exchange_operands(plain(Palignr, n)));
  }
  return gathering.plan();
}

/// Operand `moved` rearranged, the other one in place.
std::optional<ShufflePlan> match_permuted_blend(const Lanes& lanes, uint32_t moved,
                                                ShuffleLevel level) {
  if (std::ranges::any_of(lanes, is_zero)) return std::nullopt;
  Lanes arranged = kIdentity;
  Lanes blended = kIdentity;
  for (uint8_t i = 0; i < kBytes; ++i) {
    if (lanes[i] / kOther == moved)
      arranged[i] = lanes[i] % kOther;
    else
      blended[i] = i + kOther;
    if (blended[i] >= kOther && lanes[i] % kOther != i) return std::nullopt;
  }
  const MaybeStep blend = match_blend(blended, level);
  if (!blend) return std::nullopt;
  ShufflePlan plan;
  plan.steps[0] = match_one(arranged, level);
  plan.steps[0].first = plan.steps[0].second = static_cast<uint8_t>(moved);
  plan.steps[1] = *blend;
  plan.steps[1].first = 2;
  plan.steps[1].second = static_cast<uint8_t>(1 - moved);
  plan.count = 2;
  plan.result = 3;
  return plan;
}

/// Double words of operand `moved` rearranged, and one of the other inserted.
std::optional<ShufflePlan> match_permuted_insert(const Lanes& lanes, uint32_t moved) {
  const auto dwords = as_elements<4>(lanes);
  if (!dwords) return std::nullopt;
  ShufflePlan plan;
  plan.steps[0] = plain(Pshufd, four(*dwords));
  plan.steps[0].first = plan.steps[0].second = static_cast<uint8_t>(moved);
  plan.count = 2;
  plan.result = 3;
  uint32_t inserted = 0;
  for (uint32_t to = 0; to < 4; ++to) {
    const uint32_t from = (*dwords)[to];
    if (from / 4 == moved) continue;
    plan.steps[1] = {Insertps,
                     2,
                     static_cast<uint8_t>(1 - moved),
                     static_cast<uint8_t>((from & 3) << 6 | to << 4),
                     {}};
    ++inserted;
  }
  if (inserted != 1) return std::nullopt;
  return plan;
}

ShufflePlan plan_of(const ShuffleStep& step) {
  ShufflePlan plan;
  plan.steps[0] = step;
  plan.count = 1;
  plan.result = 2;
  return plan;
}

ShufflePlan plan_one(const Lanes& lanes, uint8_t operand, ShuffleLevel level) {
  if (lanes == kIdentity) {
    ShufflePlan plan;
    plan.result = operand;
    return plan;
  }
  ShuffleStep step = match_one(lanes, level);
  step.first = step.second = operand;
  return plan_of(step);
}

ShufflePlan plan_everything(const Lanes& lanes, ShuffleLevel level) {
  const bool has_zeros = std::ranges::any_of(lanes, is_zero);
  if (level.vbmi && !has_zeros) {
    ShuffleStep step = plain(Vpermi2b);
    step.constant = lanes;
    return plan_of(step);
  }
  ShufflePlan plan;
  for (uint8_t operand = 0; operand < 2; ++operand) {
    ShuffleStep& step = plan.steps[operand];
    step.first = step.second = operand;
    for (uint32_t i = 0; i < kBytes; ++i) {
      const bool is_ours = !is_zero(lanes[i]) && lanes[i] / kOther == operand;
      step.constant[i] = is_ours ? lanes[i] % kOther : kZeroLane;
    }
  }
  plan.steps[2] = {Por, 2, 3, 0, {}};
  plan.count = 3;
  plan.result = 4;
  return plan;
}

}  // namespace

ShufflePlan plan_shuffle(const Lanes& lanes, ShuffleLevel level) {
  if (std::ranges::all_of(lanes, is_zero)) {
    ShufflePlan plan;
    plan.is_zero = true;
    return plan;
  }
  const bool uses_second = std::ranges::any_of(lanes, is_second);
  const bool uses_first = std::ranges::any_of(lanes, [](uint8_t lane) { return lane < kOther; });
  if (!uses_second) return plan_one(lanes, 0, level);
  if (!uses_first) return plan_one(exchanged(lanes), 1, level);
  if (const MaybeStep step = match_two(lanes, level)) return plan_of(*step);
  if (const auto plan = match_permuted_blend(lanes, 0, level)) return *plan;
  if (const auto plan = match_permuted_blend(lanes, 1, level)) return *plan;
  if (const auto plan = match_permuted_insert(lanes, 0)) return *plan;
  if (const auto plan = match_permuted_insert(lanes, 1)) return *plan;
  if (const auto plan = match_gathered(lanes, level)) return *plan;
  return plan_everything(lanes, level);
}

}  // namespace brink::compile::x64
