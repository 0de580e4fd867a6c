// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// SANDBOX-CRITICAL: see code_scan.h.

#include "engine/runtime/code_scan.h"

#include <algorithm>

#include "engine/decode/instruction_reader.h"
#include "engine/decode/type_reader.h"
#include "engine/support/check.h"

namespace brink::runtime {
namespace {

/// Visits each instruction of a defined function.
template <typename Visit>
void for_each_instruction(const wasm::Module& module, uint32_t function_index, Visit visit) {
  const wasm::ByteRange body = module.functions[function_index].body;
  support::ByteReader reader(module.view(body), body.offset);
  for (uint32_t count = reader.read_u32(); count != 0; --count) {
    reader.read_u32();
    decode::read_val_type(reader, module.features);
  }
  decode::InstructionReader instructions(reader, module.features);
  decode::Instruction instruction;
  while (!reader.at_end()) {
    // The module is valid.
    BRINK_CHECK(instructions.read(instruction));
    visit(instruction);
  }
}

bool is_call_by_reference(Opcode opcode) {
  switch (opcode) {
    case Opcode::CallIndirect:
    case Opcode::ReturnCallIndirect:
    case Opcode::CallRef:
    case Opcode::ReturnCallRef: return true;
    default: return false;
  }
}

/// Whether references to functions can come from outside of the module.
bool imports_references(const wasm::Module& module) {
  if (module.imported_tables != 0) return true;
  return std::ranges::any_of(module.imports, [](const wasm::Import& import) {
    const auto* const global = std::get_if<GlobalType>(&import.desc);
    return global != nullptr && global->value.is_ref();
  });
}

}  // namespace

std::vector<bool> tables_set_by_code(const wasm::Module& module) {
  std::vector<bool> is_set(module.tables.size());
  if (is_set.empty()) return is_set;
  for (auto i = module.imported_functions; i < module.functions.size(); ++i)
    for_each_instruction(module, i, [&](const decode::Instruction& instruction) {
      if (instruction.opcode == Opcode::TableSet) is_set[instruction.index] = true;
    });
  return is_set;
}

bool calls_no_imports(const wasm::Module& module, uint32_t function_index) {
  if (module.imported_functions == 0 && !imports_references(module)) return true;
  std::vector<bool> is_reached(module.functions.size());
  std::vector<uint32_t> pending;
  const auto reach = [&](uint32_t index) {
    if (is_reached[index]) return;
    is_reached[index] = true;
    pending.push_back(index);
  };
  bool by_reference = false;
  reach(function_index);
  while (!pending.empty()) {
    const uint32_t index = pending.back();
    pending.pop_back();
    if (module.is_imported_function(index)) return false;
    for_each_instruction(module, index, [&](const decode::Instruction& instruction) {
      const Opcode opcode = instruction.opcode;
      if (opcode == Opcode::Call || opcode == Opcode::ReturnCall) reach(instruction.index);
      if (!is_call_by_reference(opcode) || by_reference) return;
      by_reference = true;
      // Whatever somebody can have a reference to; all, if nobody has looked.
      const bool is_known = module.declared_functions.size() == module.functions.size();
      for (uint32_t i = 0; i < module.functions.size(); ++i)
        if (!is_known || module.declared_functions[i]) reach(i);
    });
  }
  return !by_reference || !imports_references(module);
}

}  // namespace brink::runtime
