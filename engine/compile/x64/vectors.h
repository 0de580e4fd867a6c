// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// For the lowering of vector operations: sequences of instructions written as expressions, in one
// text for the two-operand encoding of SSE and the three-operand encodings of AVX and AVX-512.
//
//     const VReg low = v.binary(kPmullw, a, b);
//     v.binary(kPunpcklwd, low, v.binary(kPmulhw, a, b), l.def(value));
//
// Each gives its result in a new register, or in `d` if that is said.

#ifndef BRINK_COMPILE_X64_VECTORS_H_
#define BRINK_COMPILE_X64_VECTORS_H_

#include <cstdint>

#include "brink/v128.h"
#include "engine/compile/x64/encoder.h"
#include "engine/compile/x64/lowering.h"

namespace brink::compile::x64 {

/// The same instruction in both encodings.
struct VectorInst {
  uint16_t sse;
  uint16_t vex;
};

#define BRINK_VECTOR_INST(sse, vex)    \
  inline constexpr VectorInst k##sse { \
    I::kId##sse, I::kId##vex           \
  }
BRINK_VECTOR_INST(Pxor, Vpxor);
BRINK_VECTOR_INST(Pand, Vpand);
BRINK_VECTOR_INST(Pandn, Vpandn);
BRINK_VECTOR_INST(Por, Vpor);
BRINK_VECTOR_INST(Paddb, Vpaddb);
BRINK_VECTOR_INST(Paddd, Vpaddd);
BRINK_VECTOR_INST(Paddq, Vpaddq);
BRINK_VECTOR_INST(Paddsw, Vpaddsw);
BRINK_VECTOR_INST(Paddusb, Vpaddusb);
BRINK_VECTOR_INST(Psubb, Vpsubb);
BRINK_VECTOR_INST(Psubw, Vpsubw);
BRINK_VECTOR_INST(Psubd, Vpsubd);
BRINK_VECTOR_INST(Psubq, Vpsubq);
BRINK_VECTOR_INST(Pmullw, Vpmullw);
BRINK_VECTOR_INST(Pmulhw, Vpmulhw);
BRINK_VECTOR_INST(Pmulhuw, Vpmulhuw);
BRINK_VECTOR_INST(Pmulhrsw, Vpmulhrsw);
BRINK_VECTOR_INST(Pmuludq, Vpmuludq);
BRINK_VECTOR_INST(Pmuldq, Vpmuldq);
BRINK_VECTOR_INST(Pmaddwd, Vpmaddwd);
BRINK_VECTOR_INST(Pmaddubsw, Vpmaddubsw);
BRINK_VECTOR_INST(Pmaxsd, Vpmaxsd);
BRINK_VECTOR_INST(Pcmpeqb, Vpcmpeqb);
BRINK_VECTOR_INST(Pcmpeqw, Vpcmpeqw);
BRINK_VECTOR_INST(Pcmpeqd, Vpcmpeqd);
BRINK_VECTOR_INST(Pcmpeqq, Vpcmpeqq);
BRINK_VECTOR_INST(Pcmpgtb, Vpcmpgtb);
BRINK_VECTOR_INST(Pcmpgtd, Vpcmpgtd);
BRINK_VECTOR_INST(Pcmpgtq, Vpcmpgtq);
BRINK_VECTOR_INST(Packsswb, Vpacksswb);
BRINK_VECTOR_INST(Packuswb, Vpackuswb);
BRINK_VECTOR_INST(Punpcklbw, Vpunpcklbw);
BRINK_VECTOR_INST(Punpckhbw, Vpunpckhbw);
BRINK_VECTOR_INST(Punpcklwd, Vpunpcklwd);
BRINK_VECTOR_INST(Punpckhwd, Vpunpckhwd);
BRINK_VECTOR_INST(Punpckldq, Vpunpckldq);
BRINK_VECTOR_INST(Punpckhdq, Vpunpckhdq);
BRINK_VECTOR_INST(Punpcklqdq, Vpunpcklqdq);
BRINK_VECTOR_INST(Punpckhqdq, Vpunpckhqdq);
BRINK_VECTOR_INST(Pshufb, Vpshufb);
BRINK_VECTOR_INST(Pshufd, Vpshufd);
BRINK_VECTOR_INST(Pshuflw, Vpshuflw);
BRINK_VECTOR_INST(Pshufhw, Vpshufhw);
BRINK_VECTOR_INST(Psllw, Vpsllw);
BRINK_VECTOR_INST(Psllq, Vpsllq);
BRINK_VECTOR_INST(Psrlw, Vpsrlw);
BRINK_VECTOR_INST(Psrld, Vpsrld);
BRINK_VECTOR_INST(Psrlq, Vpsrlq);
BRINK_VECTOR_INST(Psraw, Vpsraw);
BRINK_VECTOR_INST(Psrad, Vpsrad);
BRINK_VECTOR_INST(Pslldq, Vpslldq);
BRINK_VECTOR_INST(Psrldq, Vpsrldq);
BRINK_VECTOR_INST(Palignr, Vpalignr);
BRINK_VECTOR_INST(Pblendw, Vpblendw);
BRINK_VECTOR_INST(Pmovsxbw, Vpmovsxbw);
BRINK_VECTOR_INST(Pmovsxwd, Vpmovsxwd);
BRINK_VECTOR_INST(Pmovsxdq, Vpmovsxdq);
BRINK_VECTOR_INST(Pmovzxbw, Vpmovzxbw);
BRINK_VECTOR_INST(Pmovzxbd, Vpmovzxbd);
BRINK_VECTOR_INST(Pmovzxbq, Vpmovzxbq);
BRINK_VECTOR_INST(Pmovzxwd, Vpmovzxwd);
BRINK_VECTOR_INST(Pmovzxwq, Vpmovzxwq);
BRINK_VECTOR_INST(Pmovzxdq, Vpmovzxdq);
BRINK_VECTOR_INST(Movaps, Vmovaps);
BRINK_VECTOR_INST(Movd, Vmovd);
BRINK_VECTOR_INST(Movq, Vmovq);
BRINK_VECTOR_INST(Movddup, Vmovddup);
BRINK_VECTOR_INST(Movshdup, Vmovshdup);
BRINK_VECTOR_INST(Movlhps, Vmovlhps);
BRINK_VECTOR_INST(Shufps, Vshufps);
BRINK_VECTOR_INST(Shufpd, Vshufpd);
BRINK_VECTOR_INST(Unpcklps, Vunpcklps);
BRINK_VECTOR_INST(Unpckhpd, Vunpckhpd);
BRINK_VECTOR_INST(Insertps, Vinsertps);
BRINK_VECTOR_INST(Blendps, Vblendps);
BRINK_VECTOR_INST(Blendpd, Vblendpd);
BRINK_VECTOR_INST(Andps, Vandps);
BRINK_VECTOR_INST(Andpd, Vandpd);
BRINK_VECTOR_INST(Orps, Vorps);
BRINK_VECTOR_INST(Orpd, Vorpd);
BRINK_VECTOR_INST(Addps, Vaddps);
BRINK_VECTOR_INST(Addpd, Vaddpd);
BRINK_VECTOR_INST(Subps, Vsubps);
BRINK_VECTOR_INST(Subpd, Vsubpd);
BRINK_VECTOR_INST(Mulps, Vmulps);
BRINK_VECTOR_INST(Mulpd, Vmulpd);
BRINK_VECTOR_INST(Minps, Vminps);
BRINK_VECTOR_INST(Minpd, Vminpd);
BRINK_VECTOR_INST(Maxps, Vmaxps);
BRINK_VECTOR_INST(Maxpd, Vmaxpd);
BRINK_VECTOR_INST(Cmpps, Vcmpps);
BRINK_VECTOR_INST(Cmppd, Vcmppd);
BRINK_VECTOR_INST(Roundpd, Vroundpd);
BRINK_VECTOR_INST(Cvtdq2ps, Vcvtdq2ps);
BRINK_VECTOR_INST(Cvttps2dq, Vcvttps2dq);
BRINK_VECTOR_INST(Cvttpd2dq, Vcvttpd2dq);
#undef BRINK_VECTOR_INST

/// Predicates of cmpps and cmppd.
namespace compare {
inline constexpr uint8_t kEq = 0;
inline constexpr uint8_t kLt = 1;
inline constexpr uint8_t kLe = 2;
inline constexpr uint8_t kUnordered = 3;
inline constexpr uint8_t kNe = 4;
inline constexpr uint8_t kGe = 13;  ///< AVX only, and no exception: false for NaNs
inline constexpr uint8_t kOrdered = 7;
}  // namespace compare

/// The immediate of vpternlog is the result's truth table: the same expression of these.
namespace ternary {
inline constexpr uint8_t kFirst = 0xf0;  ///< the operand that is overwritten
inline constexpr uint8_t kSecond = 0xcc;
inline constexpr uint8_t kThird = 0xaa;
}  // namespace ternary

constexpr V128 splat64(uint64_t lane) {
  return V128{{lane, lane}};
}
constexpr V128 splat32(uint32_t lane) {
  return splat64(lane * 0x1'0000'0001u);
}
constexpr V128 splat16(uint16_t lane) {
  return splat64(lane * 0x0001'0001'0001'0001u);
}
constexpr V128 splat8(uint8_t lane) {
  return splat64(lane * 0x0101'0101'0101'0101u);
}

inline Source in_register(VReg reg) {
  Source source;
  source.reg = reg;
  return source;
}

class Vectors {
 public:
  explicit Vectors(Lowering& lowering) : l_(lowering) {}

  bool has(platform::CpuFeature feature) const { return l_.has(feature); }
  bool has_avx() const { return l_.has_avx(); }
  bool has_avx2() const { return has(platform::CpuFeature::Avx2); }
  /// The part of AVX-512 that all CPUs since Skylake have: F, VL, BW, DQ.
  bool has_avx512() const;

  /// d = op a
  VReg unary(VectorInst op, VReg a, VReg d = kNoVReg);
  VReg unary(VectorInst op, const Source& a, VReg d = kNoVReg);
  VReg unary_imm(VectorInst op, VReg a, uint8_t imm, VReg d = kNoVReg);
  VReg unary_imm(VectorInst op, const Source& a, uint8_t imm, VReg d = kNoVReg);
  /// d = a op b
  VReg binary(VectorInst op, VReg a, VReg b, VReg d = kNoVReg);
  VReg binary(VectorInst op, VReg a, const V128& b, VReg d = kNoVReg);
  VReg binary(VectorInst op, VReg a, const Source& b, VReg d = kNoVReg);
  VReg binary_imm(VectorInst op, VReg a, VReg b, uint8_t imm, VReg d = kNoVReg);
  VReg binary_imm(VectorInst op, VReg a, const V128& b, uint8_t imm, VReg d = kNoVReg);
  VReg binary_imm(VectorInst op, VReg a, const Source& b, uint8_t imm, VReg d = kNoVReg);
  /// d = a shifted by a constant.
  VReg shift(VectorInst op, VReg a, uint8_t count, VReg d = kNoVReg);
  /// Bytes of `b` where the top bit of the mask's byte is set, else of `a`.
  VReg blend(VReg a, VReg b, VReg mask, VReg d = kNoVReg);
  VReg blend(VReg a, const V128& b, VReg mask, VReg d = kNoVReg);

  VReg zero(VReg d = kNoVReg);
  VReg ones(VReg d = kNoVReg);
  VReg constant(const V128& bits, VReg d = kNoVReg);
  VReg from_int(VReg a, uint8_t bytes = 4);
  VReg invert(VReg a, VReg d = kNoVReg);
  /// a & mask, for an `a` that is needed afterwards.
  VReg masked(VReg a, const V128& mask);

  // AVX-512 only. Instructions have one encoding there.
  VReg unary512(uint32_t op, VReg a, VReg d = kNoVReg);
  VReg binary512(uint32_t op, VReg a, VReg b, VReg d = kNoVReg);
  VReg ternary512(uint8_t truth, VReg a, VReg b, VReg c, VReg d = kNoVReg);
  VReg ternary512(uint8_t truth, VReg a, VReg b, const Source& c, VReg d = kNoVReg);

  Source pool(const V128& bits) {
    Source source;
    source.mem = l_.pool(bits, 16);
    return source;
  }

 private:
  VReg result(VReg d) { return d == kNoVReg ? l_.new_vector() : d; }
  uint32_t id(VectorInst op) const { return has_avx() ? op.vex : op.sse; }
  VReg blend(VReg a, const Source& b, VReg mask, VReg d);

  Lowering& l_;
};

/// What a vector condition leaves in the flags, if `value` is one that can be tested without a
/// register of its own; to be asked by Lowering::condition().
std::optional<Cond> vector_condition(Lowering& lowering, ir::ValueId value);

}  // namespace brink::compile::x64

#endif  // BRINK_COMPILE_X64_VECTORS_H_
