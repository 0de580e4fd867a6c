// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Finds the cheapest instructions for i8x16.shuffle. Knows what each instruction does with lanes,
// and nothing of registers: lower_shuffle.cc makes instructions of a plan.
//
// A lane number says where a byte of a result comes from: 0 to 15 the first operand, 16 to 31 the
// second, kZeroLane nowhere, the byte is 0.

#ifndef BRINK_COMPILE_X64_SHUFFLE_H_
#define BRINK_COMPILE_X64_SHUFFLE_H_

#include <array>
#include <cstdint>

namespace brink::compile::x64 {

using Lanes = std::array<uint8_t, 16>;
inline constexpr uint8_t kZeroLane = 0x80;

enum class ShuffleInst : uint8_t {
  // One operand.
  Pshufd,
  Pshuflw,
  Pshufhw,
  Movq,    ///< the low half, above it zeros
  Pslldq,  ///< `imm` bytes up
  Psrldq,
  Pmovzxbw,
  Pmovzxbd,
  Pmovzxbq,
  Pmovzxwd,
  Pmovzxwq,
  Pmovzxdq,
  Pand,    ///< `constant`: 0xff where a byte stays
  Pshufb,  ///< `constant`: lane numbers
  Vpbroadcastb,
  Vpbroadcastw,
  // Two operands.
  Punpcklbw,
  Punpckhbw,
  Punpcklwd,
  Punpckhwd,
  Punpckldq,
  Punpckhdq,
  Punpcklqdq,
  Punpckhqdq,
  Palignr,  ///< from byte `imm` of the second operand on, into the first
  Shufps,
  Shufpd,
  Insertps,
  Pblendw,    ///< a bit of `imm` for each word of the second operand
  Vpblendd,   ///< likewise for each double word
  Vpternlog,  ///< `constant`: 0xff where a byte of the second operand comes
  Vpermi2b,   ///< `constant`: lane numbers
  Por,        ///< joins results with complementary zeros
};

/// One instruction. Values are numbered: 0 and 1 are the operands of the shuffle, 2 is the result
/// of the first step, and so on.
struct ShuffleStep {
  ShuffleInst inst = ShuffleInst::Pshufb;
  uint8_t first = 0;
  uint8_t second = 0;
  uint8_t imm = 0;
  Lanes constant = {};
};

struct ShufflePlan {
  static constexpr uint32_t kMaxSteps = 3;
  std::array<ShuffleStep, kMaxSteps> steps = {};
  uint8_t count = 0;
  /// The value that is the result; for no steps an operand as it is.
  uint8_t result = 0;
  bool is_zero = false;  ///< all bytes are
};

/// What the machine has beyond SSE4.1.
struct ShuffleLevel {
  bool avx2 = false;
  bool avx512 = false;  ///< F, VL
  bool vbmi = false;    ///< AVX-512 VBMI
};

/// The bytes of a step's result. Not for Por.
Lanes lanes_of(const ShuffleStep& step);

/// `lanes` may contain kZeroLane, for operands that are known to be 0.
ShufflePlan plan_shuffle(const Lanes& lanes, ShuffleLevel level);

}  // namespace brink::compile::x64

#endif  // BRINK_COMPILE_X64_SHUFFLE_H_
