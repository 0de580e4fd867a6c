// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// What MachineInst and MachineFunction mean on x86-64: lowering writes it, the emitter reads it.
//
// MachineInst::code is an instruction id of the encoder, or a Pseudo. Of the former:
//   form    a Form: which operands there are
//   width   bytes of the integer registers in it, and of a memory operand if `access` says nothing
//   extra   with a memory operand its addressing mode (see Address), else bytes of the integer
//           uses if they differ from `width` (movzx, movsx)
//   disp    displacement of the address
//   imm     the immediate; of forms without one the bytes of the memory operand, or 0
// An instruction with a position that is no call may fault at its first byte.

#ifndef BRINK_COMPILE_X64_MACHINE_CODE_H_
#define BRINK_COMPILE_X64_MACHINE_CODE_H_

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "brink/v128.h"
#include "engine/compile/machine/machine.h"
#include "engine/compile/x64/abi.h"

namespace brink::compile::x64 {

enum class Form : uint8_t {
#define BRINK_FORM(id, uses, tied, pattern) id,
#include "engine/compile/x64/forms.def"
};

struct FormInfo {
  std::string_view name;
  uint8_t uses = 0;  ///< without those of the address
  bool tied = false;
  std::string_view pattern;
  constexpr bool has(char letter) const { return pattern.find(letter) != pattern.npos; }
};
inline constexpr FormInfo kForms[] = {
#define BRINK_FORM(id, uses, tied, pattern) FormInfo{#id, uses, tied != 0, pattern},
#include "engine/compile/x64/forms.def"
};
constexpr const FormInfo& info(Form form) {
  return kForms[static_cast<size_t>(form)];
}

/// Beyond the encoder's ids.
enum class Pseudo : uint16_t {
  First = 0x7fff,
#define BRINK_PSEUDO(id, function) id,
#include "engine/compile/x64/pseudos.def"
  End
};
/// Added to the encoder's id: with the lock prefix.
inline constexpr uint16_t kLocked = 0x4000;
constexpr bool is_pseudo(uint16_t code) {
  return code > static_cast<uint16_t>(Pseudo::First);
}

/// Condition codes by the machine's numbers, so that `^ 1` is the opposite; and two that need a
/// look at two flags: what ucomis says of equal floats.
enum class Cond : uint8_t {
  O,
  NO,
  B,
  AE,
  E,
  NE,
  BE,
  A,
  S,
  NS,
  P,
  NP,
  L,
  GE,
  LE,
  G,
  FloatEq,  ///< E and NP
  FloatNe,  ///< NE or P
};
constexpr Cond invert(Cond cond) {
  return static_cast<Cond>(static_cast<uint8_t>(cond) ^ 1);
}
/// The one for exchanged operands.
constexpr Cond exchange(Cond cond) {
  switch (cond) {
    case Cond::B: return Cond::A;
    case Cond::A: return Cond::B;
    case Cond::AE: return Cond::BE;
    case Cond::BE: return Cond::AE;
    case Cond::L: return Cond::G;
    case Cond::G: return Cond::L;
    case Cond::GE: return Cond::LE;
    case Cond::LE: return Cond::GE;
    default: return cond;
  }
}
constexpr bool is_compound(Cond cond) {
  return cond >= Cond::FloatEq;
}

/// A memory operand: base + index * scale + disp. In MachineInst::extra: scale in bits 0 and 1,
/// "has an index" in bit 2, the base above.
struct Address {
  enum class Base : uint8_t {
    None,
    Register,    ///< base_reg
    Instance,    ///< r15
    MemoryBase,  ///< r14
    Stack,       ///< rsp
    Constant,    ///< disp: index into LoweredFunction::constants
    TypeId,      ///< disp: type index; the word of the module's data area
  };
  Base base = Base::None;
  uint8_t scale = 0;  ///< log2
  VReg base_reg = kNoVReg;
  VReg index = kNoVReg;
  int32_t disp = 0;

  static Address at(VReg base, int32_t disp = 0) {
    return {Base::Register, 0, base, kNoVReg, disp};
  }
  static Address instance(int32_t disp) { return {Base::Instance, 0, kNoVReg, kNoVReg, disp}; }
  static Address stack(int32_t disp) { return {Base::Stack, 0, kNoVReg, kNoVReg, disp}; }
  static Address constant(uint32_t index) {
    return {Base::Constant, 0, kNoVReg, kNoVReg, static_cast<int32_t>(index)};
  }
  static Address type_id(uint32_t type) {
    return {Base::TypeId, 0, kNoVReg, kNoVReg, static_cast<int32_t>(type)};
  }

  uint8_t mode() const {
    return static_cast<uint8_t>(scale | (index != kNoVReg ? 4 : 0) |
                                static_cast<uint8_t>(base) << 3);
  }
  static uint8_t scale_of(uint8_t mode) { return mode & 3; }
  static bool has_index(uint8_t mode) { return (mode & 4) != 0; }
  static Base base_of(uint8_t mode) { return static_cast<Base>(mode >> 3); }
  /// How many operands of the MachineInst the address takes.
  static uint32_t operand_count(uint8_t mode) {
    return (base_of(mode) == Base::Register ? 1 : 0) + (has_index(mode) ? 1 : 0);
  }
};

/// Which division, in MachineInst::extra.
namespace division {
inline constexpr uint8_t kSigned = 1;
inline constexpr uint8_t kRemainder = 2;
}  // namespace division

/// min or max, as a pseudo.
enum class FloatExtreme : uint8_t { Min, Max };

/// A conversion of a float to an integer, packed into MachineInst::extra.
struct Truncation {
  uint8_t float_bytes = 4;
  uint8_t int_bytes = 4;
  bool is_signed = true;
  bool saturates = false;
  constexpr uint8_t pack() const {
    return static_cast<uint8_t>((float_bytes == 8 ? 1 : 0) | (int_bytes == 8 ? 2 : 0) |
                                (is_signed ? 4 : 0) | (saturates ? 8 : 0));
  }
  static constexpr Truncation unpack(uint8_t bits) {
    return {static_cast<uint8_t>(bits & 1 ? 8 : 4), static_cast<uint8_t>(bits & 2 ? 8 : 4),
            (bits & 4) != 0, (bits & 8) != 0};
  }
};

/// A constant at the end of the code.
struct PoolConstant {
  V128 bits;
  uint8_t bytes = 8;  ///< 4, 8, 16: size and alignment
  friend bool operator==(const PoolConstant&, const PoolConstant&) = default;
};

/// What a Call or TailCall pseudo does.
struct CallSite {
  enum class Kind : uint8_t {
    Entry,    ///< own function `index`, through its entry slot
    FuncRef,  ///< the FuncObject in r10, perhaps of another instance
    Runtime,  ///< RuntimeFunction `index` with constants a and b; the slots lie at rsp
  };
  Kind kind = Kind::Entry;
  uint32_t index = 0;
  uint32_t a = 0;
  uint32_t b = 0;
};

/// What lowering makes of a function.
struct LoweredFunction {
  MachineFunction machine;
  std::vector<PoolConstant> constants;
  std::vector<CallSite> calls;
  /// Of each switch: for index 0, 1, ... the place in MachineBlock::targets; the last is for all
  /// larger ones.
  std::vector<std::vector<uint32_t>> switches;
  bool has_avx = false;  ///< vector instructions are encoded with VEX, all of them
};

}  // namespace brink::compile::x64

#endif  // BRINK_COMPILE_X64_MACHINE_CODE_H_
