// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Lowering of bitwise operations on vectors, and of what makes numbers of their bits: tests and
// masks. With AVX-512 a tree of bitwise operations over three values is one vpternlog; left shifts
// joined with right shifts are rotations.

#include <algorithm>

#include "engine/compile/x64/lower_shuffle.h"
#include "engine/compile/x64/lower_simd.h"
#include "engine/compile/x64/vectors.h"

namespace brink::compile::x64 {

using ir::ValueId;

namespace {

// --- Trees for vpternlog ---

/// A tree of bitwise operations and its leaves, of which there are at most three.
class TernaryTree {
 public:
  TernaryTree(Lowering& l, ValueId root) : l_(l), root_(root) {
    add_leaves(root, leaves_);
    expanded_.push_back(root);
    while (expand_one()) {
    }
  }

  bool is_worth_it() const { return expanded_.size() > 1 || leaves_.size() == 3; }

  void emit(VReg d) {
    order_leaves();
    Vectors v(l_);
    const VReg a = l_.use(leaf(0));
    const VReg b = l_.use(leaf(1));
    const uint8_t truth = truth_of(root_);
    if (leaves_.size() < 3)
      v.ternary512(truth, a, b, b, d);
    else
      v.ternary512(truth, a, b, l_.source(leaves_[2], 16), d);
  }

 private:
  static constexpr uint8_t kMasks[] = {ternary::kFirst, ternary::kSecond, ternary::kThird};

  static bool is_bitwise(ir::Op op) {
    using enum Opcode;
    static constexpr Opcode kBitwise[] = {V128Not,
                                          V128And,
                                          V128Andnot,
                                          V128Or,
                                          V128Xor,
                                          V128Bitselect,
                                          I8x16RelaxedLaneselect,
                                          I16x8RelaxedLaneselect,
                                          I32x4RelaxedLaneselect,
                                          I64x2RelaxedLaneselect};
    return std::ranges::any_of(kBitwise, [&](Opcode each) { return op == ir::to_op(each); });
  }

  ValueId leaf(size_t i) const { return leaves_[std::min(i, leaves_.size() - 1)]; }

  void add_leaves(ValueId value, std::vector<ValueId>& leaves) const {
    for (const ValueId arg : l_.function().args(l_.inst(value)))
      if (std::ranges::find(leaves, arg) == leaves.end()) leaves.push_back(arg);
  }

  /// Replaces a leaf with its operands, if they are few enough.
  bool expand_one() {
    for (const ValueId candidate : leaves_) {
      if (!is_bitwise(l_.inst(candidate).op) || !l_.can_fold(candidate)) continue;
      std::vector<ValueId> leaves;
      for (const ValueId each : leaves_)
        if (each != candidate) leaves.push_back(each);
      add_leaves(candidate, leaves);
      if (leaves.size() > 3) continue;
      leaves_ = std::move(leaves);
      expanded_.push_back(candidate);
      return true;
    }
    return false;
  }

  /// The first one is overwritten, the last one may be in memory.
  void order_leaves() {
    const auto rank = [&](ValueId value) {
      if (l_.is_op(value, Opcode::V128Const) || l_.is_op(value, Opcode::V128Load)) return 2;
      return l_.is_used_later(value) ? 1 : 0;
    };
    std::ranges::sort(leaves_, {}, [&](ValueId value) { return std::pair(rank(value), value); });
  }

  uint8_t truth_of(ValueId value) const {
    const auto leaf = std::ranges::find(leaves_, value);
    if (leaf != leaves_.end()) return kMasks[leaf - leaves_.begin()];
    const auto arg = [&](size_t i) { return truth_of(l_.arg(value, i)); };
    switch (ir::to_opcode(l_.inst(value).op)) {
      case Opcode::V128Not: return static_cast<uint8_t>(~arg(0));
      case Opcode::V128And: return arg(0) & arg(1);
      case Opcode::V128Andnot: return arg(0) & static_cast<uint8_t>(~arg(1));
      case Opcode::V128Or: return arg(0) | arg(1);
      case Opcode::V128Xor: return arg(0) ^ arg(1);
      default: return (arg(0) & arg(2)) | (arg(1) & static_cast<uint8_t>(~arg(2)));
    }
  }

  Lowering& l_;
  ValueId root_;
  std::vector<ValueId> leaves_;
  std::vector<ValueId> expanded_;
};

// --- Rotations ---

struct Rotation {
  ValueId value = ir::kNoValue;
  uint8_t lane_bytes = 0;
  uint8_t count = 0;  ///< to the left
};

/// x << n | x >> (bits - n), in either order.
std::optional<Rotation> match_rotation(Lowering& l, ValueId value) {
  struct Shifts {
    Opcode left, right;
    uint8_t lane_bytes;
  };
  static constexpr Shifts kShifts[] = {{Opcode::I16x8Shl, Opcode::I16x8ShrU, 2},
                                       {Opcode::I32x4Shl, Opcode::I32x4ShrU, 4},
                                       {Opcode::I64x2Shl, Opcode::I64x2ShrU, 8}};
  for (const Shifts& shifts : kShifts) {
    ValueId left = l.arg(value, 0);
    ValueId right = l.arg(value, 1);
    if (l.is_op(right, shifts.left)) std::swap(left, right);
    if (!l.is_op(left, shifts.left) || !l.is_op(right, shifts.right)) continue;
    const uint32_t bits = shifts.lane_bytes * 8u;
    const auto up = l.constant(l.arg(left, 1));
    const auto down = l.constant(l.arg(right, 1));
    if (l.arg(left, 0) != l.arg(right, 0) || !up || !down) return std::nullopt;
    const uint32_t up_bits = *up % bits;
    if (up_bits == 0 || up_bits + *down % bits != bits) return std::nullopt;
    if (!l.can_fold(left) || !l.can_fold(right)) return std::nullopt;
    return Rotation{l.arg(left, 0), shifts.lane_bytes, static_cast<uint8_t>(up_bits)};
  }
  return std::nullopt;
}

bool lower_rotation(Lowering& l, ValueId value) {
  Vectors v(l);
  const std::optional<Rotation> rotation = match_rotation(l, value);
  if (!rotation) return false;
  if (rotation->count % 8 == 0) {
    const uint8_t bytes = rotation->count / 8;
    Lanes lanes;
    for (uint8_t i = 0; i < lanes.size(); ++i) {
      const uint8_t start = static_cast<uint8_t>(i & -rotation->lane_bytes);
      const uint8_t from = (i + rotation->lane_bytes - bytes) % rotation->lane_bytes;
      lanes[i] = start + from;
    }
    const VReg a = l.use(rotation->value);
    emit_shuffle(l, lanes, a, a, l.def(value));
    return true;
  }
  if (!v.has_avx512() || rotation->lane_bytes < 4) return false;
  const VReg d = l.def(value);
  l.emit(Form::DUI, rotation->lane_bytes == 8 ? I::kIdVprolq : I::kIdVprold,
         {.width = 16, .d = d, .a = l.use(rotation->value), .imm = rotation->count});
  return true;
}

// --- Masks of lanes ---

/// Whether all bits of each byte are the same.
bool is_lane_mask(Lowering& l, ValueId value, int depth = 4) {
  const ir::Op op = l.inst(value).op;
  const auto between = [&](Opcode first, Opcode last) {
    return op >= ir::to_op(first) && op <= ir::to_op(last);
  };
  if (between(Opcode::I8x16Eq, Opcode::F64x2Ge) || between(Opcode::I64x2Eq, Opcode::I64x2GeS))
    return true;
  if (depth == 0) return false;
  if (op == ir::to_op(Opcode::V128Not)) return is_lane_mask(l, l.arg(value, 0), depth - 1);
  if (between(Opcode::V128And, Opcode::V128Xor))
    return is_lane_mask(l, l.arg(value, 0), depth - 1) &&
           is_lane_mask(l, l.arg(value, 1), depth - 1);
  return false;
}

/// pandn inverts the first operand: it takes `inverted` for the one that is inverted.
void emit_andnot(Lowering& l, VReg d, ValueId inverted, ValueId other) {
  Vectors v(l);
  const VReg a = l.use(inverted);
  v.binary(kPandn, a, l.source(other, 16), d);
}

bool is_not(Lowering& l, ValueId value) {
  return l.is_op(value, Opcode::V128Not) && l.can_fold(value);
}

// --- Tests ---

/// The flags of a ptest: zero if no bit is set.
void emit_test(Lowering& l, VReg a, const Source& b) {
  l.emit_source(Form::UU, l.has_avx() ? I::kIdVptest : I::kIdPtest, {.width = 16, .a = a}, b);
}

/// all_true(a == b) and any_true(a != b) ask whether a ^ b is zero.
bool emit_difference_test(Lowering& l, ValueId compared, bool wants_equal) {
  using enum Opcode;
  static constexpr Opcode kEqual[] = {I8x16Eq, I16x8Eq, I32x4Eq, I64x2Eq};
  static constexpr Opcode kNotEqual[] = {I8x16Ne, I16x8Ne, I32x4Ne, I64x2Ne};
  const auto& candidates = wants_equal ? kEqual : kNotEqual;
  if (!l.can_fold(compared) ||
      std::ranges::none_of(candidates, [&](Opcode each) { return l.is_op(compared, each); }))
    return false;
  Vectors v(l);
  const VReg a = l.use(l.arg(compared, 0));
  const VReg difference = v.binary(kPxor, a, l.source(l.arg(compared, 1), 16));
  emit_test(l, difference, in_register(difference));
  return true;
}

Cond emit_any_true(Lowering& l, ValueId vector) {
  if (emit_difference_test(l, vector, false)) return Cond::NE;
  if (l.is_op(vector, Opcode::V128And) && l.can_fold(vector)) {
    const VReg a = l.use(l.arg(vector, 0));
    emit_test(l, a, l.source(l.arg(vector, 1), 16));
    return Cond::NE;
  }
  const VReg a = l.use(vector);
  emit_test(l, a, in_register(a));
  return Cond::NE;
}

bool is_equality(Lowering& l, ValueId value, uint8_t lane_bytes) {
  switch (lane_bytes) {
    case 1: return l.is_op(value, Opcode::I8x16Eq);
    case 2: return l.is_op(value, Opcode::I16x8Eq);
    case 4: return l.is_op(value, Opcode::I32x4Eq);
    default: return l.is_op(value, Opcode::I64x2Eq);
  }
}

Cond emit_all_true(Lowering& l, ValueId vector, uint8_t lane_bytes) {
  if (is_equality(l, vector, lane_bytes) && emit_difference_test(l, vector, true)) return Cond::E;
  static constexpr VectorInst kEqual[] = {kPcmpeqb, kPcmpeqw, kPcmpeqd, kPcmpeqq};
  Vectors v(l);
  const VReg zeros = v.binary(kEqual[std::countr_zero(lane_bytes)], v.zero(), l.source(vector, 16));
  emit_test(l, zeros, in_register(zeros));
  return Cond::E;
}

uint8_t all_true_width(ir::Op op) {
  switch (ir::to_opcode(op)) {
    case Opcode::I8x16AllTrue: return 1;
    case Opcode::I16x8AllTrue: return 2;
    case Opcode::I32x4AllTrue: return 4;
    case Opcode::I64x2AllTrue: return 8;
    default: return 0;
  }
}

/// The condition as 0 or 1, in a register that is cleared before the test.
void emit_set(Lowering& l, Cond cond, VReg zero, VReg d) {
  l.emit(Form::T, cond == Cond::E ? I::kIdSete : I::kIdSetne, {.width = 1, .d = d, .a = zero});
}

}  // namespace

void lower_bitwise(Lowering& l, ValueId value, const Row& row) {
  Vectors v(l);
  const bool joins = l.is_op(value, Opcode::V128Or) || l.is_op(value, Opcode::V128Xor);
  if (joins && lower_rotation(l, value)) return;
  if (v.has_avx512()) {
    TernaryTree tree(l, value);
    if (tree.is_worth_it()) {
      tree.emit(l.def(value));
      return;
    }
  }
  const VReg d = l.def(value);
  ValueId a = l.arg(value, 0);
  if (l.is_op(value, Opcode::V128Not)) {
    v.invert(l.use(a), d);
    return;
  }
  ValueId b = l.arg(value, 1);
  if (l.is_op(value, Opcode::V128Andnot)) {
    emit_andnot(l, d, b, a);
    return;
  }
  if (l.is_op(value, Opcode::V128And)) {
    if (is_not(l, a)) return emit_andnot(l, d, l.arg(a, 0), b);
    if (is_not(l, b)) return emit_andnot(l, d, l.arg(b, 0), a);
  }
  if (!l.has_avx() && l.is_needed_later(a) && !l.is_needed_later(b)) std::swap(a, b);
  const VReg first = l.use(a);
  v.binary({row.code, row.vex}, first, l.source(b, 16), d);
}

// Bits of a where the mask is set, of b elsewhere.
void lower_bitselect(Lowering& l, ValueId value, const Row&) {
  Vectors v(l);
  if (v.has_avx512()) {
    TernaryTree tree(l, value);
    tree.emit(l.def(value));
    return;
  }
  const VReg d = l.def(value);
  const VReg a = l.use(l.arg(value, 0));
  const VReg b = l.use(l.arg(value, 1));
  const VReg mask = l.use(l.arg(value, 2));
  if (is_lane_mask(l, l.arg(value, 2))) {
    v.blend(b, a, mask, d);
    return;
  }
  const VReg from_a = v.binary(kPand, a, mask);
  const VReg from_b = v.binary(kPandn, mask, b);
  v.binary(kPor, from_b, from_a, d);
}

std::optional<Cond> vector_condition(Lowering& l, ValueId value) {
  const ir::Op op = l.inst(value).op;
  const uint8_t width = all_true_width(op);
  if (op != ir::to_op(Opcode::V128AnyTrue) && width == 0) return std::nullopt;
  const ValueId vector = l.arg(value, 0);
  return width == 0 ? emit_any_true(l, vector) : emit_all_true(l, vector, width);
}

void lower_any_true(Lowering& l, ValueId value, const Row&) {
  const VReg d = l.def(value);
  const VReg zero = l.emit_constant(0, 4);
  emit_set(l, emit_any_true(l, l.arg(value, 0)), zero, d);
}

void lower_all_true(Lowering& l, ValueId value, const Row& row) {
  const VReg d = l.def(value);
  const VReg zero = l.emit_constant(0, 4);
  emit_set(l, emit_all_true(l, l.arg(value, 0), row.width), zero, d);
}

void lower_bitmask(Lowering& l, ValueId value, const Row& row) {
  const VReg d = l.def(value);
  l.emit(Form::DU, l.has_avx() ? row.vex : row.code,
         {.width = 4, .d = d, .a = l.use(l.arg(value, 0))});
}

// The signs survive packing to bytes.
void lower_bitmask_words(Lowering& l, ValueId value, const Row&) {
  Vectors v(l);
  const VReg d = l.def(value);
  const VReg a = l.use(l.arg(value, 0));
  const VReg bytes = v.binary(kPacksswb, a, v.zero());
  l.emit(Form::DU, l.has_avx() ? I::kIdVpmovmskb : I::kIdPmovmskb,
         {.width = 4, .d = d, .a = bytes});
}

}  // namespace brink::compile::x64
