// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// An ELF file in memory about code that lies elsewhere in memory: names of functions and how to
// walk through their frames, for debuggers (see runtime/debugger.h).
//
//     ELF header   .eh_frame   .symtab   .strtab   .shstrtab   section headers
//     .text        takes no room: its address is where the code runs

#ifndef BRINK_COMPILE_ARTIFACT_SYMBOL_FILE_H_
#define BRINK_COMPILE_ARTIFACT_SYMBOL_FILE_H_

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace brink::compile::artifact {

struct SymbolFileFunction {
  uint32_t offset = 0;  ///< in the code
  uint32_t bytes = 0;
  uint32_t frame_bytes = 0;
  std::string name;
};

/// `code` as it lies in memory; `functions` by offset.
std::vector<uint8_t> make_symbol_file(std::span<const uint8_t> code,
                                      std::span<const SymbolFileFunction> functions);

}  // namespace brink::compile::artifact

#endif  // BRINK_COMPILE_ARTIFACT_SYMBOL_FILE_H_
