// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// The few structures of 64-bit little-endian ELF files that artifacts are written with, so that
// objdump, readelf, perf and gdb can read them. Brink itself reads no more of them than the header.

#ifndef BRINK_COMPILE_ARTIFACT_ELF_H_
#define BRINK_COMPILE_ARTIFACT_ELF_H_

#include <cstdint>

namespace brink::compile::artifact::elf {

inline constexpr uint8_t kMagic[4] = {0x7f, 'E', 'L', 'F'};
inline constexpr uint8_t kClass64 = 2;
inline constexpr uint8_t kLittleEndian = 1;
inline constexpr uint8_t kVersion = 1;
inline constexpr uint16_t kExecutableFile = 2;  // ET_EXEC
inline constexpr uint16_t kSharedObject = 3;    // ET_DYN
inline constexpr uint16_t kMachineX64 = 62;

struct Header {
  uint8_t magic[4];
  uint8_t file_class;
  uint8_t data_encoding;
  uint8_t ident_version;
  uint8_t ident_padding[9];
  uint16_t type;
  uint16_t machine;
  uint32_t version;
  uint64_t entry;
  uint64_t program_headers;  ///< file offset
  uint64_t section_headers;  ///< file offset
  uint32_t flags;
  uint16_t header_bytes;
  uint16_t program_header_bytes;
  uint16_t program_header_count;
  uint16_t section_header_bytes;
  uint16_t section_header_count;
  uint16_t name_section;
};
static_assert(sizeof(Header) == 64);

enum class SegmentType : uint32_t { Load = 1, Stack = 0x6474e551 };
enum SegmentFlags : uint32_t { kExecutable = 1, kWritable = 2, kReadable = 4 };

struct ProgramHeader {
  SegmentType type;
  uint32_t flags;
  uint64_t offset;
  uint64_t address;
  uint64_t physical_address;
  uint64_t file_bytes;
  uint64_t memory_bytes;
  uint64_t alignment;
};
static_assert(sizeof(ProgramHeader) == 56);

enum class SectionType : uint32_t { Null = 0, Content = 1, Symbols = 2, Strings = 3, NoBits = 8 };
enum SectionFlags : uint64_t { kWrite = 1, kAllocated = 2, kInstructions = 4 };

struct SectionHeader {
  uint32_t name;  ///< in the section of section names
  SectionType type;
  uint64_t flags;
  uint64_t address;
  uint64_t offset;
  uint64_t size;
  uint32_t link;
  uint32_t info;
  uint64_t alignment;
  uint64_t entry_bytes;
};
static_assert(sizeof(SectionHeader) == 64);

inline constexpr uint8_t kLocalFunction = 2;  // STB_LOCAL, STT_FUNC

struct Symbol {
  uint32_t name;
  uint8_t info;
  uint8_t visibility;
  uint16_t section;
  uint64_t address;
  uint64_t size;
};
static_assert(sizeof(Symbol) == 24);

}  // namespace brink::compile::artifact::elf

#endif  // BRINK_COMPILE_ARTIFACT_ELF_H_
