// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Operations on floats that take more than one instruction. What they give is said in
// engine/semantics, bit for bit, NaNs included.

#include "engine/compile/x64/emitter.h"

namespace brink::compile::x64 {

namespace x86 = asmjit::x86;

namespace {

struct FloatOps {
  uint32_t min[2], max[2], add[2], sub[2], ucomis[2], to_int[2], from_int[2], either[2], both[2];
};
/// SSE and AVX, by width.
constexpr FloatOps kFloat32 = {
    {I::kIdMinss, I::kIdVminss},       {I::kIdMaxss, I::kIdVmaxss},
    {I::kIdAddss, I::kIdVaddss},       {I::kIdSubss, I::kIdVsubss},
    {I::kIdUcomiss, I::kIdVucomiss},   {I::kIdCvttss2si, I::kIdVcvttss2si},
    {I::kIdCvtsi2ss, I::kIdVcvtsi2ss}, {I::kIdOrps, I::kIdVorps},
    {I::kIdAndps, I::kIdVandps}};
constexpr FloatOps kFloat64 = {
    {I::kIdMinsd, I::kIdVminsd},       {I::kIdMaxsd, I::kIdVmaxsd},
    {I::kIdAddsd, I::kIdVaddsd},       {I::kIdSubsd, I::kIdVsubsd},
    {I::kIdUcomisd, I::kIdVucomisd},   {I::kIdCvttsd2si, I::kIdVcvttsd2si},
    {I::kIdCvtsi2sd, I::kIdVcvtsi2sd}, {I::kIdOrpd, I::kIdVorpd},
    {I::kIdAndpd, I::kIdVandpd}};
const FloatOps& ops(uint8_t width) {
  return width == 4 ? kFloat32 : kFloat64;
}

constexpr uint64_t two_to_63(uint8_t float_bytes) {
  return float_bytes == 4 ? 0x5f000000u : 0x43e00000'00000000u;
}
constexpr uint64_t minus_two_to_63(uint8_t float_bytes) {
  return float_bytes == 4 ? 0xdf000000u : 0xc3e00000'00000000u;
}

}  // namespace

void Emitter::compare_floats(uint8_t width, const Xmm& a, const asmjit::Operand& b) {
  a_.emit(ops(width).ucomis[has_avx_], a, b);
}

void Emitter::emit_vector_select(const Placed& placed) {
  const Label done = a_.newLabel();
  jump_if(invert(static_cast<Cond>(placed.inst.extra)), done);
  a_.emit(has_avx_ ? I::kIdVmovaps : I::kIdMovaps, xmm(placed.def(0)), xmm(placed.use(1)));
  a_.bind(done);
}

/// minss and maxss are right for operands that are ordered and differ. Equal ones differ in their
/// bits if they are zeros: min has the sign if either has it, max if both have. A sum makes a NaN
/// quiet.
void Emitter::emit_float_extreme(const Placed& placed) {
  const FloatOps& op = ops(placed.inst.width);
  const bool is_min = placed.inst.extra == static_cast<uint8_t>(FloatExtreme::Min);
  const Xmm d = xmm(placed.def(0));
  const Xmm b = xmm(placed.use(1));
  const Label done = a_.newLabel();
  const uint32_t* zeros = is_min ? op.either : op.both;
  const uint32_t* differ = is_min ? op.min : op.max;
  compare_floats(placed.inst.width, d, b);
  jump_if(Cond::E, slow_path([this, d, b, done, zeros, &op] {
            const Label unordered = a_.newLabel();
            jump_if(Cond::P, unordered);
            vector_op(zeros[0], zeros[1], d, b);
            a_.jmp(done);
            a_.bind(unordered);
            vector_op(op.add[0], op.add[1], d, b);
            a_.jmp(done);
          }));
  vector_op(differ[0], differ[1], d, b);
  a_.bind(done);
}

/// The upper half of the range is halved, with the lost bit kept for the rounding, and doubled.
void Emitter::emit_convert_unsigned(const Placed& placed) {
  const FloatOps& op = ops(placed.inst.width);
  const Gp from = gp(placed.use(0), 8);
  const Xmm d = xmm(placed.def(0));
  const Label done = a_.newLabel();
  vector_op(I::kIdXorps, I::kIdVxorps, d, d);
  a_.test(from, from);
  jump_if(Cond::S, slow_path([this, from, d, done, &op] {
            const Gp half = gp(kScratch, 8);
            const Label even = a_.newLabel();
            a_.mov(half, from);
            a_.shr(half, 1);
            a_.test(from.r8(), 1);
            jump_if(Cond::E, even);
            a_.or_(half, 1);
            a_.bind(even);
            vector_op(op.from_int[0], op.from_int[1], d, half);
            vector_op(op.add[0], op.add[1], d, d);
            a_.jmp(done);
          }));
  vector_op(op.from_int[0], op.from_int[1], d, from);
  a_.bind(done);
}

void Emitter::truncate_to(const Gp& d, const Xmm& from, uint8_t float_bytes) {
  a_.emit(ops(float_bytes).to_int[has_avx_], d, from);
}

/// Where no integer is near: the trap, or the nearest integer that there is.
void Emitter::truncation_failed(const Placed& placed, const Label& done) {
  const auto kind = Truncation::unpack(placed.inst.extra);
  const Xmm from = xmm(placed.use(0));
  const PReg to = placed.def(0);
  compare_floats(kind.float_bytes, from, from);
  if (!kind.saturates) {
    jump_if(Cond::P, trap_label(TrapCode::InvalidConversionToInteger, placed.inst.position));
    a_.jmp(trap_label(TrapCode::IntegerOverflow, placed.inst.position));
    return;
  }
  const Label not_a_number = a_.newLabel();
  const Label negative = a_.newLabel();
  const Xmm zero = xmm(kVectorScratch);
  jump_if(Cond::P, not_a_number);
  vector_op(I::kIdXorps, I::kIdVxorps, zero, zero);
  compare_floats(kind.float_bytes, zero, from);
  const uint64_t ones = kind.int_bytes == 4 ? 0xffffffffu : ~uint64_t{0};
  const uint64_t highest = kind.is_signed ? ones >> 1 : ones;
  const Gp wide = gp(to, 8);
  const auto set = [&](uint64_t bits) {
    if (bits <= 0xffffffff)
      a_.mov(gp(to, 4), static_cast<uint32_t>(bits));
    else
      a_.mov(wide, static_cast<int64_t>(bits));
  };
  jump_if(Cond::A, negative);
  set(highest);
  a_.jmp(done);
  a_.bind(negative);
  set(kind.is_signed ? highest + 1 : 0);
  a_.jmp(done);
  a_.bind(not_a_number);
  set(0);
  a_.jmp(done);
}

/// The machine's conversion gives the smallest integer for whatever does not fit. Rare operands are
/// looked at more closely out of line.
void Emitter::emit_truncate(const Placed& placed) {
  const auto kind = Truncation::unpack(placed.inst.extra);
  const Xmm from = xmm(placed.use(0));
  const Gp d32 = gp(placed.def(0), 4);
  const Gp d64 = gp(placed.def(0), 8);
  const Gp scratch = gp(kScratch, 8);
  const Label done = a_.newLabel();
  const uint8_t bytes = kind.float_bytes;
  if (kind.int_bytes == 4 && kind.is_signed) {
    truncate_to(d32, from, bytes);
    a_.cmp(d32, 1);
    jump_if(Cond::O, slow_path([=, this] {
              // The smallest i32 may be right, and fractions below it are.
              truncate_to(scratch, from, bytes);
              a_.movsxd(d64, scratch.r32());
              a_.cmp(d64, scratch);
              a_.mov(d32, d32);
              jump_if(Cond::E, done);
              truncation_failed(placed, done);
            }));
  } else if (kind.int_bytes == 4) {
    truncate_to(d64, from, bytes);
    a_.mov(scratch.r32(), d32);
    a_.cmp(scratch, d64);
    jump_if(Cond::NE, slow_path([=, this] { truncation_failed(placed, done); }));
  } else if (kind.is_signed) {
    truncate_to(d64, from, bytes);
    a_.cmp(d64, 1);
    jump_if(Cond::O, slow_path([=, this] {
              const Label failed = a_.newLabel();
              compare_floats(bytes, from, constant64(minus_two_to_63(bytes), bytes));
              jump_if(Cond::P, failed);
              jump_if(Cond::E, done);
              a_.bind(failed);
              truncation_failed(placed, done);
            }));
  } else {
    truncate_to(d64, from, bytes);
    a_.test(d64, d64);
    jump_if(Cond::S, slow_path([=, this] {
              const FloatOps& op = ops(bytes);
              const Xmm lower = xmm(kVectorScratch);
              const Label failed = a_.newLabel();
              a_.emit(has_avx_ ? I::kIdVmovaps : I::kIdMovaps, lower, from);
              vector_op(op.sub[0], op.sub[1], lower, constant64(two_to_63(bytes), bytes));
              truncate_to(d64, lower, bytes);
              a_.test(d64, d64);
              jump_if(Cond::S, failed);
              a_.btc(d64, 63);
              a_.jmp(done);
              a_.bind(failed);
              truncation_failed(placed, done);
            }));
  }
  a_.bind(done);
}

}  // namespace brink::compile::x64
