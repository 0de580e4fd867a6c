// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// The file format of artifacts: a module compiled ahead of time. An ELF shared object that the
// system's tools understand and that Brink maps and uses as it is:
//
//     ELF header, program headers           read-only from here
//     .brink.info       struct Info: versions, options, places of the rest
//     .brink.functions  and the other tables of tables.def, rows as in memory
//     .brink.module     the WebAssembly module, for declarations, data, names, and functions that
//                       were not compiled
//     .eh_frame .symtab .strtab .shstrtab, section headers            to here
//     .brink.data       the data area, writable; takes no room in the file
//     .text             code of all functions, executable, to the end of the file
//
// Addresses in the file and in memory keep the distance between .brink.data and .text, so nothing
// in the file is changed when it is loaded. Everything is little-endian; the tables are aligned to
// 8 bytes, .text to a page. The same module, engine and options give the same bytes.
//
// The checksum covers every byte of the file but itself. It tells accidents, not attackers: an
// artifact is a program, and who may write it decides what it does.

#ifndef BRINK_COMPILE_ARTIFACT_FORMAT_H_
#define BRINK_COMPILE_ARTIFACT_FORMAT_H_

#include <bit>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>

#include "engine/compile/artifact/elf.h"
#include "engine/compile/code_object.h"

namespace brink::compile::artifact {

static_assert(std::endian::native == std::endian::little);

inline constexpr char kMagic[8] = {'b', 'r', 'i', 'n', 'k', 'a', 'o', 't'};
/// Counts changes of the layout described here; what code and tables mean is the fingerprint's.
inline constexpr uint32_t kFormatVersion = 2;
inline constexpr uint64_t kPageBytes = 4096;
inline constexpr uint64_t kTableAlignment = 8;
inline constexpr uint32_t kFunctionAlignment = 16;
/// Displacements in code have 32 bits; data area and code together must not need more.
inline constexpr uint64_t kMaxLoadedBytes = uint64_t{1} << 31;

/// A defined function. Its part of a table ends where the next row's begins; one more row closes
/// the table.
struct FunctionRow {
  uint32_t text_offset = 0;
  uint32_t size = 0;        ///< with the constants; 0: not compiled, the interpreter runs it
  uint32_t code_bytes = 0;  ///< without them
  uint32_t frame_bytes = 0;
  uint32_t entry_check = 0;
  uint32_t first_site = 0;
  uint32_t first_map = 0;
  uint32_t first_map_slot = 0;
  uint32_t first_landing = 0;
  uint32_t first_clause = 0;
  uint32_t first_position = 0;
  uint32_t body_offset = 0;  ///< of its body in the module, so that nobody has to look for it
  uint32_t body_size = 0;
};

enum class Table : uint8_t {
#define BRINK_ARTIFACT_TABLE(id, row, section) id,
#include "engine/compile/artifact/tables.def"
};

inline constexpr uint32_t kTableCount = 0
#define BRINK_ARTIFACT_TABLE(id, row, section) +1
#include "engine/compile/artifact/tables.def"
    ;

/// What is written as it is has no bytes that nobody set.
#define BRINK_ARTIFACT_TABLE(id, row, section)                   \
  static_assert(std::has_unique_object_representations_v<row> && \
                std::is_trivially_copyable_v<row> && alignof(row) <= kTableAlignment);
#include "engine/compile/artifact/tables.def"

struct Checksum {
  uint64_t low = 0;
  uint64_t high = 0;
  friend bool operator==(const Checksum&, const Checksum&) = default;
};

struct FileRange {
  uint64_t offset = 0;
  uint64_t bytes = 0;
};

/// What the code depends on besides the module. Runs where all of it is the same, and the features
/// of the processor are there.
struct Target {
  uint64_t fingerprint = 0;  ///< of code generation and layouts: see engine_identity()
  uint64_t cpu_features = 0;
  uint32_t features = 0;  ///< of WebAssembly that the module may use
  uint8_t consume_fuel = 0;
  uint8_t gc_stress = 0;
  uint8_t guarded_memories = 0;  ///< 32-bit memories are reserved so that they need no checks
  uint8_t reserved = 0;
};

/// Lies behind the program headers. The first five members keep their places in all versions.
struct Info {
  char magic[sizeof kMagic];
  uint32_t format_version;
  uint32_t info_bytes;
  uint64_t file_bytes;
  Checksum checksum;
  char engine_version[32];  ///< for people; ends with 0
  Target target;
  uint32_t function_count;  ///< of the module, imports included
  uint32_t imported_functions;
  uint32_t type_count;
  uint32_t tag_count;
  uint32_t compiled_functions;
  uint32_t reserved;
  uint64_t data_bytes;  ///< whole pages
  FileRange text;       ///< whole pages
  FileRange module;
  FileRange tables[kTableCount];
};
static_assert(std::has_unique_object_representations_v<Info>);

inline constexpr uint32_t kProgramHeaderCount = 4;
inline constexpr uint64_t kInfoOffset =
    sizeof(elf::Header) + kProgramHeaderCount * sizeof(elf::ProgramHeader);
static_assert(kInfoOffset % kTableAlignment == 0);

constexpr uint64_t round_up(uint64_t value, uint64_t alignment) {
  return (value + alignment - 1) / alignment * alignment;
}

}  // namespace brink::compile::artifact

#endif  // BRINK_COMPILE_ARTIFACT_FORMAT_H_
