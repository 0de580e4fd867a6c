// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// The instruction table as data: enumerators and one constexpr row of facts per instruction.
// Decoder, validator, text parser, printer, translator, compiler and tests read the rows; only rows
// whose signature is "*" need code of their own.

#ifndef BRINK_WASM_OPCODE_H_
#define BRINK_WASM_OPCODE_H_

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "brink/features.h"
#include "brink/types.h"

namespace brink {

/// Dense enumeration of all instructions, in the order of opcodes.def.
enum class Opcode : uint16_t {
#define BRINK_OP(id, ...) id,
#include "engine/wasm/opcodes.def"
};

inline constexpr uint32_t kOpcodeCount = 0
#define BRINK_OP(...) +1
#include "engine/wasm/opcodes.def"
    ;

/// The group an opcode byte belongs to: none, or the one behind a prefix byte.
enum class OpcodePrefix : uint8_t { None = 0, Gc = 0xfb, Misc = 0xfc, Simd = 0xfd, Atomic = 0xfe };

/// What follows the opcode in the binary format, in this order.
enum class ImmKind : uint8_t {
  None,
  BlockType,   ///< s33: empty, value type or type index
  Label,       ///< u32 depth
  LabelTable,  ///< vec(u32) and a default
  Func,
  Type,
  TypeTable,  ///< type index, table index
  Local,
  Global,
  Table,
  TableTable,  ///< destination, source
  ElemTable,   ///< element segment, table
  Elem,
  Data,
  Memory,
  MemoryMemory,  ///< destination, source
  DataMemory,    ///< data segment, memory
  MemArg,        ///< alignment (bit 6: memory index follows), offset
  MemArgLane,    ///< memarg, lane byte
  Lane,          ///< one byte
  Shuffle,       ///< 16 lane bytes
  I32,           ///< s32
  I64,           ///< s64
  F32,           ///< 4 bytes
  F64,           ///< 8 bytes
  V128,          ///< 16 bytes
  HeapType,      ///< s33
  SelectTypes,   ///< vec(valtype)
  TypeField,     ///< type index, field index
  TypeCount,     ///< type index, number of operands
  TypeData,      ///< type index, data segment
  TypeElem,      ///< type index, element segment
  TypeType,      ///< destination, source
  BrOnCast,      ///< flags byte, label, two heap types
  TryTable,      ///< block type, vec(catch)
  Tag,
  Fence,  ///< one zero byte
};

/// The shape of an instruction: what a consumer dispatches on.
enum class OpClass : uint8_t {
  Control,
  Call,
  Parametric,
  Variable,
  Const,
  Unary,
  Binary,
  Ternary,
  Test,
  Compare,
  Wide,
  Load,
  Store,
  LoadLane,
  StoreLane,
  ExtractLane,
  ReplaceLane,
  Shuffle,
  Memory,
  Table,
  Ref,
  Gc,
  AtomicLoad,
  AtomicStore,
  AtomicRmw,
  AtomicCmpxchg,
  AtomicWait,
  AtomicNotify,
  AtomicFence,
};

/// Operand and result types of a plain instruction. `AddressOf memory` operands are marked by
/// `kAddress` and become i32 or i64 with the memory in the immediate.
struct Signature {
  static constexpr uint8_t kAddress = 0x80;
  bool is_special = false;  ///< only code can tell; the arrays are empty
  uint8_t operand_count = 0;
  uint8_t result_count = 0;
  std::array<uint8_t, 4> operands = {};  ///< ValKind, or kAddress
  std::array<uint8_t, 2> results = {};
};

namespace opcode_flags {
inline constexpr uint8_t Trap = 1;   ///< may trap
inline constexpr uint8_t Comm = 2;   ///< operands may be exchanged
inline constexpr uint8_t Const = 4;  ///< allowed in constant expressions
}  // namespace opcode_flags

struct OpcodeInfo {
  std::string_view mnemonic;
  OpcodePrefix prefix;
  uint16_t code;
  ImmKind imm;
  OpClass cls;
  uint8_t access_bytes;  ///< of memory; 0 if none
  uint8_t flags;
  Feature feature;
  Signature signature;

  constexpr bool may_trap() const { return (flags & opcode_flags::Trap) != 0; }
  constexpr bool is_commutative() const { return (flags & opcode_flags::Comm) != 0; }
  constexpr bool is_constant() const { return (flags & opcode_flags::Const) != 0; }
};

namespace opcode_detail {

constexpr uint8_t kind_from_letter(char letter) {
  switch (letter) {
    case 'i': return static_cast<uint8_t>(ValKind::I32);
    case 'l': return static_cast<uint8_t>(ValKind::I64);
    case 'f': return static_cast<uint8_t>(ValKind::F32);
    case 'd': return static_cast<uint8_t>(ValKind::F64);
    case 'v': return static_cast<uint8_t>(ValKind::V128);
    default: return Signature::kAddress;
  }
}

consteval Signature parse_signature(std::string_view text) {
  Signature signature;
  if (text == "*") {
    signature.is_special = true;
    return signature;
  }
  const size_t colon = text.find(':');
  for (size_t i = 0; i < colon; ++i)
    signature.operands[signature.operand_count++] = kind_from_letter(text[i]);
  for (size_t i = colon + 1; i < text.size(); ++i)
    signature.results[signature.result_count++] = kind_from_letter(text[i]);
  return signature;
}

consteval std::array<OpcodeInfo, kOpcodeCount> make_table() {
  using opcode_flags::Comm, opcode_flags::Const, opcode_flags::Trap;
  return {{
#define BRINK_OP(id, prefix, code, mnemonic, imm, signature, access, feature, flags, cls) \
  OpcodeInfo{mnemonic,     OpcodePrefix::prefix, code,                                    \
             ImmKind::imm, OpClass::cls,         access,                                  \
             flags,        Feature::feature,     parse_signature(signature)},
#include "engine/wasm/opcodes.def"
  }};
}

}  // namespace opcode_detail

inline constexpr std::array<OpcodeInfo, kOpcodeCount> kOpcodes = opcode_detail::make_table();

constexpr const OpcodeInfo& info(Opcode opcode) {
  return kOpcodes[static_cast<size_t>(opcode)];
}
constexpr std::string_view mnemonic(Opcode opcode) {
  return info(opcode).mnemonic;
}

namespace opcode_detail {

inline constexpr uint16_t kNoOpcode = 0xffff;
/// Numbers behind a prefix byte stay below this.
inline constexpr uint32_t kMaxCode = 0x120;

template <OpcodePrefix prefix>
consteval std::array<uint16_t, kMaxCode> make_index() {
  std::array<uint16_t, kMaxCode> index;
  index.fill(kNoOpcode);
  for (uint32_t i = 0; i < kOpcodeCount; ++i)
    if (kOpcodes[i].prefix == prefix) index[kOpcodes[i].code] = static_cast<uint16_t>(i);
  return index;
}
template <OpcodePrefix prefix>
inline constexpr auto kIndex = make_index<prefix>();

template <OpcodePrefix prefix>
constexpr std::optional<Opcode> find(uint32_t code) {
  if (code >= kMaxCode || kIndex<prefix>[code] == kNoOpcode) return std::nullopt;
  return static_cast<Opcode>(kIndex<prefix>[code]);
}

}  // namespace opcode_detail

constexpr bool is_opcode_prefix(uint8_t byte) {
  return byte >= 0xfb && byte <= 0xfe;
}

/// The instruction with this opcode byte, or behind this prefix; nullopt if there is none.
constexpr std::optional<Opcode> find_opcode(OpcodePrefix prefix, uint32_t code) {
  switch (prefix) {
    case OpcodePrefix::None: return opcode_detail::find<OpcodePrefix::None>(code);
    case OpcodePrefix::Gc: return opcode_detail::find<OpcodePrefix::Gc>(code);
    case OpcodePrefix::Misc: return opcode_detail::find<OpcodePrefix::Misc>(code);
    case OpcodePrefix::Simd: return opcode_detail::find<OpcodePrefix::Simd>(code);
    case OpcodePrefix::Atomic: return opcode_detail::find<OpcodePrefix::Atomic>(code);
  }
  return std::nullopt;
}

}  // namespace brink

#endif  // BRINK_WASM_OPCODE_H_
