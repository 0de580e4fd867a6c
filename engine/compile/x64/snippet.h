// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// For tests: an IR function of one block, compiled for any CPU and called on this one.

#ifndef BRINK_COMPILE_X64_SNIPPET_H_
#define BRINK_COMPILE_X64_SNIPPET_H_

#include <initializer_list>
#include <string>
#include <vector>

#include "brink/v128.h"
#include "engine/compile/ir/editor.h"
#include "engine/platform/cpu_features.h"
#include "engine/platform/executable_memory.h"

namespace brink::compile::x64 {

/// Parameters and results of a call: the first eight of each class, in their registers.
struct Registers {
  uint64_t ints[8] = {};
  V128 vectors[8] = {};
};

/// CPUs to compile for, the older ones first; those that this machine can run.
struct CpuLevel {
  const char* name;
  platform::CpuFeatures features;
};
const std::vector<CpuLevel>& cpu_levels();

/// A function that is built instruction by instruction.
class SnippetBuilder {
 public:
  explicit SnippetBuilder(std::initializer_list<ValType> params);
  explicit SnippetBuilder(const std::vector<ValType>& params);
  SnippetBuilder(const SnippetBuilder&) = delete;

  ir::ValueId param(size_t i) const { return function_.blocks[0].params[i]; }
  ir::ValueId add(const ir::Inst& inst) { return ir::append(function_, 0, inst); }
  ir::ValueId add(Opcode opcode, ir::Type type, std::initializer_list<ir::ValueId> args) {
    return add(ir::make_inst(opcode, type, args));
  }
  /// With any number of arguments.
  ir::ValueId add(ir::Inst inst, const std::vector<ir::ValueId>& args);
  ir::ValueId constant(ValType type, V128 bits);
  uint64_t add_vector(const V128& bits);
  /// Ends the function.
  void finish(const std::vector<ir::ValueId>& results);

  const ir::Function& function() const { return function_; }

 private:
  void add_params(std::span<const ValType> params);

  FuncType type_;
  ir::Function function_;
};

class Snippet {
 public:
  Snippet(const SnippetBuilder& builder, platform::CpuFeatures cpu);

  void call(Registers& registers) const;
  const std::string& assembly() const { return assembly_; }
  /// Of the assembly, without the return.
  uint32_t instruction_count() const;

 private:
  std::string assembly_;
  platform::CodeMemory memory_;
};

ir::Type ir_type(ValType type);

}  // namespace brink::compile::x64

#endif  // BRINK_COMPILE_X64_SNIPPET_H_
