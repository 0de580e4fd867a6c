// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Lowering of vector operations that move lanes between vectors, registers and memory.

#include <bit>

#include "engine/compile/x64/lower_simd.h"
#include "engine/compile/x64/vectors.h"

namespace brink::compile::x64 {

using ir::ValueId;
using platform::CpuFeature;

namespace {

constexpr VectorInst inst_of(const Row& row) {
  return {row.code, row.vex};
}

uint32_t id(Lowering& l, VectorInst inst) {
  return l.has_avx() ? inst.vex : inst.sse;
}

constexpr uint8_t kAllLanesZero = 0x00;  ///< lane 0 in all lanes
constexpr uint8_t kLowHalfTwice = 0x44;

/// The lane at the bottom of `a` in all lanes.
void spread_lane(Vectors& v, VReg a, uint8_t lane_bytes, VReg d) {
  constexpr VectorInst kVpbroadcastb = {I::kIdNone, I::kIdVpbroadcastb};
  constexpr VectorInst kVpbroadcastw = {I::kIdNone, I::kIdVpbroadcastw};
  switch (lane_bytes) {
    case 1:
      if (v.has_avx2())
        v.unary(kVpbroadcastb, a, d);
      else
        v.binary(kPshufb, a, v.zero(), d);
      return;
    case 2:
      if (v.has_avx2())
        v.unary(kVpbroadcastw, a, d);
      else
        v.unary_imm(kPshufd, v.unary_imm(kPshuflw, a, kAllLanesZero), kAllLanesZero, d);
      return;
    case 4: v.unary_imm(kPshufd, a, kAllLanesZero, d); return;
    default: v.unary_imm(kPshufd, a, kLowHalfTwice, d); return;
  }
}

/// The instruction that reads a lane of memory into all lanes; for bytes and words AVX2.
VectorInst load_splat_inst(uint8_t lane_bytes) {
  switch (lane_bytes) {
    case 1: return {I::kIdNone, I::kIdVpbroadcastb};
    case 2: return {I::kIdNone, I::kIdVpbroadcastw};
    case 4: return {I::kIdNone, I::kIdVbroadcastss};
    default: return {I::kIdMovddup, I::kIdVmovddup};
  }
}

MachineInst& emit_load(Lowering& l, ValueId value, uint32_t code, uint8_t bytes, VReg d) {
  const Address address = l.address(value);
  return l.emit(Form::DM, code,
                {.width = bytes, .d = d, .mem = &address, .position = l.inst(value).position});
}

/// pinsr from memory.
void emit_insert_load(Lowering& l, ValueId value, VectorInst inst, VReg a, uint8_t lane,
                      uint8_t bytes, VReg d) {
  const Address address = l.address(value);
  l.emit(l.has_avx() ? Form::DUMI : Form::TMI, id(l, inst),
         {.width = bytes,
          .d = d,
          .a = a,
          .imm = lane,
          .mem = &address,
          .position = l.inst(value).position});
}

}  // namespace

void lower_splat(Lowering& l, ValueId value, const Row& row) {
  Vectors v(l);
  const VReg d = l.def(value);
  const VReg a = l.use(l.arg(value, 0));
  if (v.has_avx512()) {
    static constexpr uint32_t kBroadcasts[] = {I::kIdVpbroadcastb, I::kIdVpbroadcastw,
                                               I::kIdVpbroadcastd, I::kIdVpbroadcastq};
    l.emit(Form::DU, kBroadcasts[std::countr_zero(row.width)],
           {.width = row.width == 8 ? uint8_t{8} : uint8_t{4}, .d = d, .a = a});
    return;
  }
  spread_lane(v, v.from_int(a, row.width == 8 ? 8 : 4), row.width, d);
}

void lower_splat_f32(Lowering& l, ValueId value, const Row&) {
  Vectors v(l);
  const VReg d = l.def(value);
  const VReg a = l.use(l.arg(value, 0));
  if (v.has_avx())
    v.binary_imm(kShufps, a, a, kAllLanesZero, d);
  else
    v.unary_imm(kPshufd, a, kAllLanesZero, d);
}

void lower_extract(Lowering& l, ValueId value, const Row& row) {
  const VReg d = l.def(value);
  const VReg a = l.use(l.arg(value, 0));
  const uint8_t lane = l.inst(value).lane;
  if (row.width >= 4 && lane == 0) {
    l.emit(Form::DU, id(l, row.width == 8 ? kMovq : kMovd), {.width = row.width, .d = d, .a = a});
    return;
  }
  const VReg bits = row.extra == 0 ? d : l.new_int(4);
  l.emit(Form::DUI, id(l, inst_of(row)),
         {.width = row.width == 8 ? uint8_t{8} : uint8_t{4}, .d = bits, .a = a, .imm = lane});
  if (row.extra != 0)
    l.emit(Form::DU, I::kIdMovsx, {.width = 4, .d = d, .a = bits, .source_bytes = row.extra});
}

// What lies above a float in its register does not matter.
void lower_extract_f32(Lowering& l, ValueId value, const Row&) {
  Vectors v(l);
  const VReg d = l.def(value);
  const VReg a = l.use(l.arg(value, 0));
  const uint8_t lane = l.inst(value).lane;
  if (lane == 0)
    l.emit_move(d, a);
  else if (lane == 1)
    v.unary(kMovshdup, a, d);
  else if (v.has_avx())
    v.binary_imm(kShufps, a, a, lane, d);
  else
    v.unary_imm(kPshufd, a, lane, d);
}

void lower_extract_f64(Lowering& l, ValueId value, const Row&) {
  Vectors v(l);
  const VReg d = l.def(value);
  const VReg a = l.use(l.arg(value, 0));
  if (l.inst(value).lane == 0)
    l.emit_move(d, a);
  else if (v.has_avx())
    v.binary(kUnpckhpd, a, a, d);
  else
    v.unary_imm(kPshufd, a, 0xee, d);
}

void lower_replace(Lowering& l, ValueId value, const Row& row) {
  const VReg d = l.def(value);
  const VReg a = l.use(l.arg(value, 0));
  const VReg lane = l.use(l.arg(value, 1));
  l.emit(l.has_avx() ? Form::DUUI : Form::TUI, id(l, inst_of(row)),
         {.width = row.width == 8 ? uint8_t{8} : uint8_t{4},
          .d = d,
          .a = a,
          .b = lane,
          .imm = l.inst(value).lane});
}

void lower_replace_f32(Lowering& l, ValueId value, const Row&) {
  Vectors v(l);
  const VReg d = l.def(value);
  const VReg a = l.use(l.arg(value, 0));
  const VReg b = l.use(l.arg(value, 1));
  const uint8_t lane = l.inst(value).lane;
  if (lane == 0)
    v.binary_imm(kBlendps, a, b, 1, d);
  else
    v.binary_imm(kInsertps, a, b, static_cast<uint8_t>(lane << 4), d);
}

void lower_replace_f64(Lowering& l, ValueId value, const Row&) {
  Vectors v(l);
  const VReg d = l.def(value);
  const VReg a = l.use(l.arg(value, 0));
  const VReg b = l.use(l.arg(value, 1));
  if (l.inst(value).lane == 0)
    v.binary_imm(kBlendpd, a, b, 1, d);
  else
    v.binary(kMovlhps, a, b, d);
}

// pshufb takes numbers modulo 16, but gives 0 where the top bit is set: for all above 15 after
// 0x70 is added with saturation.
void lower_swizzle(Lowering& l, ValueId value, const Row&) {
  Vectors v(l);
  const VReg d = l.def(value);
  const VReg a = l.use(l.arg(value, 0));
  const ValueId numbers = l.arg(value, 1);
  if (l.is_op(numbers, Opcode::V128Const)) {
    auto lanes = std::bit_cast<std::array<uint8_t, 16>>(l.function().vectors[l.inst(numbers).imm]);
    for (uint8_t& lane : lanes)
      if (lane > 15) lane = 0x80;
    v.binary(kPshufb, a, std::bit_cast<V128>(lanes), d);
    return;
  }
  const VReg lanes = v.binary(kPaddusb, l.use(numbers), splat8(0x70));
  v.binary(kPshufb, a, lanes, d);
}

void lower_vector_load(Lowering& l, ValueId value, const Row& row) {
  emit_load(l, value, id(l, inst_of(row)), row.width, l.def(value));
}

void lower_load_splat(Lowering& l, ValueId value, const Row& row) {
  Vectors v(l);
  const VReg d = l.def(value);
  const bool has_inst = row.width == 8 || v.has_avx2() || (row.width == 4 && v.has_avx());
  if (has_inst) {
    emit_load(l, value, id(l, load_splat_inst(row.width)), row.width, d);
    return;
  }
  const VReg lane = l.new_vector();
  if (row.width == 4)
    emit_load(l, value, id(l, {I::kIdMovss, I::kIdVmovss}), 4, lane);
  else if (row.width == 2)
    emit_insert_load(l, value, {I::kIdPinsrw, I::kIdVpinsrw}, v.zero(), 0, 2, lane);
  else
    emit_insert_load(l, value, {I::kIdPinsrb, I::kIdVpinsrb}, v.zero(), 0, 1, lane);
  spread_lane(v, lane, row.width, d);
}

void lower_load_lane(Lowering& l, ValueId value, const Row& row) {
  const VReg d = l.def(value);
  const VReg a = l.use(l.arg(value, 1));
  const uint8_t lane = l.inst(value).lane;
  if (row.width < 8) {
    emit_insert_load(l, value, inst_of(row), a, lane, row.width, d);
    return;
  }
  const Address address = l.address(value);
  const VectorInst half =
      lane == 0 ? VectorInst{I::kIdMovlps, I::kIdVmovlps} : VectorInst{I::kIdMovhps, I::kIdVmovhps};
  l.emit(l.has_avx() ? Form::DUM : Form::TM, id(l, half),
         {.width = 8, .d = d, .a = a, .mem = &address, .position = l.inst(value).position});
}

void lower_vector_store(Lowering& l, ValueId value, const Row& row) {
  const Address address = l.address(value);
  l.emit(Form::MU, id(l, inst_of(row)),
         {.width = row.width,
          .a = l.use(l.arg(value, 1)),
          .mem = &address,
          .position = l.inst(value).position});
}

void lower_store_lane(Lowering& l, ValueId value, const Row& row) {
  const Address address = l.address(value);
  const uint8_t lane = l.inst(value).lane;
  Args args = {.width = row.width,
               .a = l.use(l.arg(value, 1)),
               .mem = &address,
               .position = l.inst(value).position};
  if (row.width == 8) {
    l.emit(Form::MU,
           id(l, lane == 0 ? VectorInst{I::kIdMovlps, I::kIdVmovlps}
                           : VectorInst{I::kIdMovhps, I::kIdVmovhps}),
           args);
  } else if (row.width == 4 && lane == 0) {
    l.emit(Form::MU, id(l, {I::kIdMovss, I::kIdVmovss}), args);
  } else {
    args.imm = lane;
    l.emit(Form::MUI, id(l, inst_of(row)), args);
  }
}

}  // namespace brink::compile::x64
