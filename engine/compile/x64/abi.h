// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// The convention of compiled functions on x86-64 as data (docs/compiler.md, "Registers and calls"):
// which register is what, and where parameters and results of a signature lie. Lowering, emitter
// and adapters read it here, so that they agree.

#ifndef BRINK_COMPILE_X64_ABI_H_
#define BRINK_COMPILE_X64_ABI_H_

#include <cstdint>
#include <span>
#include <vector>

#include "brink/types.h"
#include "engine/compile/machine/machine.h"

namespace brink::compile::x64 {

// Numbers are the machine's.
inline constexpr PReg kRax = PReg::integer(0);
inline constexpr PReg kRcx = PReg::integer(1);
inline constexpr PReg kRdx = PReg::integer(2);
inline constexpr PReg kRbx = PReg::integer(3);
inline constexpr PReg kRsp = PReg::integer(4);
inline constexpr PReg kRbp = PReg::integer(5);
inline constexpr PReg kRsi = PReg::integer(6);
inline constexpr PReg kRdi = PReg::integer(7);
inline constexpr PReg kR8 = PReg::integer(8);
inline constexpr PReg kR9 = PReg::integer(9);
inline constexpr PReg kR10 = PReg::integer(10);
inline constexpr PReg kR11 = PReg::integer(11);
inline constexpr PReg kR12 = PReg::integer(12);
inline constexpr PReg kR13 = PReg::integer(13);
inline constexpr PReg kR14 = PReg::integer(14);
inline constexpr PReg kR15 = PReg::integer(15);
constexpr PReg xmm(uint32_t number) {
  return PReg::vector(number);
}

inline constexpr PReg kInstance = kR15;
inline constexpr PReg kMemoryBase = kR14;
/// Never allocated: for the emitter, and for moves between spill slots.
inline constexpr PReg kScratch = kR11;
inline constexpr PReg kVectorScratch = xmm(15);
/// At the entry of a function: who is called.
inline constexpr PReg kCallee = kR10;

inline constexpr PReg kIntegerArguments[] = {kRax, kRcx, kRdx, kRbx, kRsi, kRdi, kR8, kR9};
inline constexpr PReg kVectorArguments[] = {xmm(0), xmm(1), xmm(2), xmm(3),
                                            xmm(4), xmm(5), xmm(6), xmm(7)};

/// What the register allocator may use.
const RegisterFile& register_file();
/// Everything allocatable: what a call leaves undefined.
PRegSet call_clobbers();

/// Where a parameter or a result lies.
struct AbiLocation {
  PReg reg;               ///< none: it goes through ExecContext::overflow
  uint32_t overflow = 0;  ///< index there; the byte offset is 16 times that
};

/// Parameters and results alike: in order, each to the next free register of its class, else to the
/// next overflow value.
std::vector<AbiLocation> assign_locations(std::span<const ValType> types);

constexpr RegClass register_class(ValType type) {
  switch (type.kind()) {
    case ValKind::F32:
    case ValKind::F64:
    case ValKind::V128: return RegClass::Vector;
    default: return RegClass::Int;
  }
}

}  // namespace brink::compile::x64

#endif  // BRINK_COMPILE_X64_ABI_H_
