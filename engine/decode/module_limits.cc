// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/decode/module_limits.h"

#include <algorithm>
#include <string_view>

#include "engine/decode/instruction_reader.h"
#include "engine/decode/limits.h"
#include "engine/decode/type_reader.h"
#include "engine/support/byte_reader.h"
#include "engine/support/try.h"

namespace brink::decode {
namespace {

/// The largest of each thing that a module has.
struct Extent {
#define BRINK_MODULE_LIMIT(name, strict, what) uint64_t name = 0;
#include "brink/module_limits.def"
};

Status compare(const Extent& extent, const ModuleLimits& limits, uint64_t offset) {
#define BRINK_MODULE_LIMIT(name, strict, what) \
  if (extent.name > limits.name)               \
    return std::unexpected(decode::limits::exceeded(what, extent.name, limits.name, offset));
#include "brink/module_limits.def"
  return {};
}

Extent measure(const wasm::Module& module) {
  Extent extent;
  extent.module_bytes = module.bytes.size();
  extent.types = module.types.size();
  extent.imports = module.imports.size();
  extent.functions = module.functions.size();
  extent.tables = module.tables.size();
  for (const wasm::Table& table : module.tables)
    // Each is below 2^64; sums stop at the largest number instead of starting again.
    extent.table_entries =
        std::max(extent.table_entries, extent.table_entries + table.type.limits.min);
  extent.memories = module.memories.size();
  extent.globals = module.globals.size();
  extent.tags = module.tags.size();
  extent.exports = module.exports.size();
  extent.element_segments = module.elements.size();
  extent.data_segments = module.data.size();
  for (const SubType& type : module.types) {
    const auto* function = std::get_if<FuncType>(&type.composite);
    if (function == nullptr) continue;
    extent.params = std::max<uint64_t>(extent.params, function->params.size());
    extent.results = std::max<uint64_t>(extent.results, function->results.size());
  }
  return extent;
}

/// Locals and nesting of a body, without what only validation finds wrong with it.
Result<Extent> measure_body(const wasm::Module& module, const wasm::Function& function) {
  Extent extent;
  extent.function_bytes = function.body.size;
  support::ByteReader bytes(module.view(function.body), function.body.offset);
  const uint32_t groups = bytes.read_u32();
  for (uint32_t i = 0; i < groups && bytes.ok(); ++i) {
    extent.locals += bytes.read_u32();
    read_val_type(bytes, module.features);
  }
  InstructionReader reader(bytes, module.features);
  Instruction instruction;
  uint64_t depth = 0;
  while (bytes.ok() && bytes.remaining() != 0 && reader.read(instruction)) {
    const ImmKind imm = info(instruction.opcode).imm;
    if (imm == ImmKind::BlockType || imm == ImmKind::TryTable)
      extent.nesting = std::max(extent.nesting, ++depth);
    else if (instruction.opcode == Opcode::End || instruction.opcode == Opcode::Delegate)
      depth -= depth != 0 ? 1 : 0;
  }
  BRINK_TRY(bytes.status());
  return extent;
}

}  // namespace

Status check_module_limits(const wasm::Module& module, const ModuleLimits& limits) {
  BRINK_TRY(compare(measure(module), limits, 0));
  for (size_t i = module.imported_functions; i < module.functions.size(); ++i) {
    const wasm::Function& function = module.functions[i];
    // Before a single instruction of it is read.
    if (function.body.size > limits.function_bytes)
      return std::unexpected(decode::limits::exceeded("bytes in a function", function.body.size,
                                                      limits.function_bytes, function.body.offset));
    const Extent extent = BRINK_TRY(measure_body(module, function));
    BRINK_TRY(compare(extent, limits, function.body.offset));
  }
  return {};
}

}  // namespace brink::decode
