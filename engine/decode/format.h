// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// The bytes and bits of the binary format that are neither opcodes nor one-byte types (spec: binary
// format), for those who read it and those who write it.

#ifndef BRINK_DECODE_FORMAT_H_
#define BRINK_DECODE_FORMAT_H_

#include <cstdint>

namespace brink::decode {

/// The first four bytes of every module and component.
inline constexpr uint8_t kMagic[] = {0x00, 'a', 's', 'm'};
inline constexpr uint32_t kVersion = 1;

/// What a type may begin with, besides the types that are a single byte.
inline constexpr uint8_t kRefByte = 0x64;
inline constexpr uint8_t kRefNullByte = 0x63;
inline constexpr uint8_t kEmptyBlockByte = 0x40;
inline constexpr uint8_t kFuncTypeByte = 0x60;
inline constexpr uint8_t kStructTypeByte = 0x5f;
inline constexpr uint8_t kArrayTypeByte = 0x5e;
inline constexpr uint8_t kSubTypeByte = 0x50;
inline constexpr uint8_t kSubFinalTypeByte = 0x4f;
inline constexpr uint8_t kRecGroupByte = 0x4e;

/// Stands before a zero byte, the table type and the initializer.
inline constexpr uint8_t kTableWithInitializerByte = 0x40;

/// The first byte of limits.
namespace limits_flags {
inline constexpr uint8_t kHasMax = 0x01;
inline constexpr uint8_t kShared = 0x02;
inline constexpr uint8_t kAddress64 = 0x04;
inline constexpr uint8_t kHasPageSize = 0x08;
}  // namespace limits_flags

/// The alignment field of a memarg.
namespace memarg_flags {
inline constexpr uint32_t kAlignMask = 0x3f;
inline constexpr uint32_t kHasMemoryIndex = 0x40;
}  // namespace memarg_flags

/// The first number of an element segment.
namespace element_flags {
inline constexpr uint32_t kNotActive = 1;
inline constexpr uint32_t kExplicit = 2;  ///< a table index or, when not active, declarative
inline constexpr uint32_t kExpressions = 4;
/// The only kind of elements that are given by index.
inline constexpr uint8_t kFunctionKind = 0;
}  // namespace element_flags

/// The first number of a data segment.
namespace data_flags {
inline constexpr uint32_t kActive = 0;
inline constexpr uint32_t kPassive = 1;
inline constexpr uint32_t kActiveWithIndex = 2;
}  // namespace data_flags

/// The first byte of the immediates of br_on_cast and br_on_cast_fail.
namespace cast_flags {
inline constexpr uint8_t kSourceNullable = 1;
inline constexpr uint8_t kTargetNullable = 2;
}  // namespace cast_flags

}  // namespace brink::decode

#endif  // BRINK_DECODE_FORMAT_H_
