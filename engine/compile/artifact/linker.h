// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Places the code of a module's functions one behind the other and fills in every relocation: what
// comes out runs at any address, as long as the data area ends where it begins.

#ifndef BRINK_COMPILE_ARTIFACT_LINKER_H_
#define BRINK_COMPILE_ARTIFACT_LINKER_H_

#include <cstdint>
#include <span>
#include <vector>

#include "brink/error.h"
#include "engine/compile/artifact/format.h"
#include "engine/compile/data_area.h"

namespace brink::compile::artifact {

/// Code by function index, ascending, each function at most once, none imported.
struct LinkInput {
  std::span<const CodeObject> code;
  DataArea area;
  uint32_t imported_functions = 0;
};

struct LinkedCode {
  std::vector<uint8_t> text;           ///< whole pages; traps between and behind the functions
  uint64_t used_bytes = 0;             ///< of the text, without what fills the last page
  std::vector<FunctionRow> functions;  ///< by defined function, and one row that closes the table
  uint64_t data_bytes = 0;             ///< of the data area, whole pages
};

/// ErrorKind::Limit: more code than displacements reach.
Result<LinkedCode> link(const LinkInput& input);

}  // namespace brink::compile::artifact

#endif  // BRINK_COMPILE_ARTIFACT_LINKER_H_
