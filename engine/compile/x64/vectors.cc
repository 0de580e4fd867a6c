// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
#include "engine/compile/x64/vectors.h"

namespace brink::compile::x64 {

using platform::CpuFeature;

bool Vectors::has_avx512() const {
  return has(CpuFeature::Avx512f) && has(CpuFeature::Avx512vl) && has(CpuFeature::Avx512bw) &&
         has(CpuFeature::Avx512dq);
}

VReg Vectors::unary(VectorInst op, VReg a, VReg d) {
  return unary(op, in_register(a), d);
}
VReg Vectors::unary(VectorInst op, const Source& a, VReg d) {
  d = result(d);
  l_.emit_source(Form::DU, id(op), {.width = 16, .d = d}, a);
  return d;
}

VReg Vectors::unary_imm(VectorInst op, VReg a, uint8_t imm, VReg d) {
  return unary_imm(op, in_register(a), imm, d);
}
VReg Vectors::unary_imm(VectorInst op, const Source& a, uint8_t imm, VReg d) {
  d = result(d);
  l_.emit_source(Form::DUI, id(op), {.width = 16, .d = d, .imm = imm}, a);
  return d;
}

VReg Vectors::binary(VectorInst op, VReg a, VReg b, VReg d) {
  return binary(op, a, in_register(b), d);
}
VReg Vectors::binary(VectorInst op, VReg a, const V128& b, VReg d) {
  return binary(op, a, pool(b), d);
}
VReg Vectors::binary(VectorInst op, VReg a, const Source& b, VReg d) {
  d = result(d);
  l_.emit_source(has_avx() ? Form::DUU : Form::TU, id(op), {.width = 16, .d = d, .a = a}, b);
  return d;
}

VReg Vectors::binary_imm(VectorInst op, VReg a, VReg b, uint8_t imm, VReg d) {
  return binary_imm(op, a, in_register(b), imm, d);
}
VReg Vectors::binary_imm(VectorInst op, VReg a, const V128& b, uint8_t imm, VReg d) {
  return binary_imm(op, a, pool(b), imm, d);
}
VReg Vectors::binary_imm(VectorInst op, VReg a, const Source& b, uint8_t imm, VReg d) {
  d = result(d);
  l_.emit_source(has_avx() ? Form::DUUI : Form::TUI, id(op),
                 {.width = 16, .d = d, .a = a, .imm = imm}, b);
  return d;
}

VReg Vectors::shift(VectorInst op, VReg a, uint8_t count, VReg d) {
  d = result(d);
  l_.emit(has_avx() ? Form::DUI : Form::TI, id(op), {.width = 16, .d = d, .a = a, .imm = count});
  return d;
}

VReg Vectors::blend(VReg a, VReg b, VReg mask, VReg d) {
  return blend(a, in_register(b), mask, d);
}
VReg Vectors::blend(VReg a, const V128& b, VReg mask, VReg d) {
  return blend(a, pool(b), mask, d);
}
VReg Vectors::blend(VReg a, const Source& b, VReg mask, VReg d) {
  d = result(d);
  if (has_avx()) {
    Args args = {.width = 16, .d = d, .a = a};
    if (b.is_memory()) {
      args.b = mask;
      args.mem = &b.mem;
      l_.emit(Form::DUMU, I::kIdVpblendvb, args);
    } else {
      args.b = b.reg;
      args.c = mask;
      l_.emit(Form::DUUU, I::kIdVpblendvb, args);
    }
    return d;
  }
  // The mask is always xmm0.
  const VReg other = b.is_memory() ? l_.new_vector() : b.reg;
  if (b.is_memory()) l_.emit(Form::DM, I::kIdMovaps, {.width = 16, .d = other, .mem = &b.mem});
  l_.emit_operands(Form::TUU, I::kIdPblendvb, 16,
                   {Operand::use(a), Operand::use(other), Operand::use_fixed(mask, xmm(0)),
                    Operand::def_tied(d, 0)});
  return d;
}

// Two idioms that every CPU computes without looking at a register.

VReg Vectors::zero(VReg d) {
  d = result(d);
  l_.emit_zero(d);
  return d;
}

VReg Vectors::ones(VReg d) {
  d = result(d);
  l_.emit_pseudo(Pseudo::VectorOnes, {Operand::def(d)});
  return d;
}

VReg Vectors::constant(const V128& bits, VReg d) {
  if (bits == V128{}) return zero(d);
  if (bits == splat8(0xff)) return ones(d);
  d = result(d);
  const Address address = l_.pool(bits, 16);
  l_.emit(Form::DM, id(kMovaps), {.width = 16, .d = d, .mem = &address});
  return d;
}

VReg Vectors::from_int(VReg a, uint8_t bytes) {
  const VReg d = result(kNoVReg);
  l_.emit(Form::DU, id(bytes == 8 ? kMovq : kMovd), {.width = bytes, .d = d, .a = a});
  return d;
}

VReg Vectors::invert(VReg a, VReg d) {
  if (!has_avx512()) return binary(kPxor, ones(), a, d);
  d = result(d);
  constexpr uint8_t kNot = static_cast<uint8_t>(~ternary::kThird);
  l_.emit(Form::DUUI, I::kIdVpternlogd, {.width = 16, .d = d, .a = a, .b = a, .imm = kNot});
  return d;
}

VReg Vectors::masked(VReg a, const V128& mask) {
  return has_avx() ? binary(kPand, a, mask) : binary(kPand, constant(mask), a);
}

VReg Vectors::unary512(uint32_t op, VReg a, VReg d) {
  d = result(d);
  l_.emit(Form::DU, op, {.width = 16, .d = d, .a = a});
  return d;
}

VReg Vectors::binary512(uint32_t op, VReg a, VReg b, VReg d) {
  d = result(d);
  l_.emit(Form::DUU, op, {.width = 16, .d = d, .a = a, .b = b});
  return d;
}

VReg Vectors::ternary512(uint8_t truth, VReg a, VReg b, VReg c, VReg d) {
  return ternary512(truth, a, b, in_register(c), d);
}
VReg Vectors::ternary512(uint8_t truth, VReg a, VReg b, const Source& c, VReg d) {
  d = result(d);
  l_.emit_source(Form::TUUI, I::kIdVpternlogd, {.width = 16, .d = d, .a = a, .b = b, .imm = truth},
                 c);
  return d;
}

}  // namespace brink::compile::x64
