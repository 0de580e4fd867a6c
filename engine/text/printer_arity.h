// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// How many operands an instruction takes and how many results it leaves: what folding needs to know
// of an instruction's type. Counts only; whether the types fit is the validator's business.

#ifndef BRINK_TEXT_PRINTER_ARITY_H_
#define BRINK_TEXT_PRINTER_ARITY_H_

#include <cstdint>
#include <optional>
#include <span>

#include "engine/decode/instruction_reader.h"
#include "engine/text/printer_types.h"
#include "engine/wasm/module.h"

namespace brink::text {

struct Arity {
  uint32_t operands = 0;
  uint32_t results = 0;
};

/// Stands for the arity of a label whose block type leads nowhere.
inline constexpr uint32_t kUnknownArity = ~uint32_t{0};

class ArityFinder {
 public:
  ArityFinder(const wasm::Module& module, const TypePrinter& types)
      : module_(module), types_(types) {}

  /// `label_arities`: operands of a branch to each label in scope, innermost last; the first is the
  /// body's own. Nothing if an index leads nowhere, so that nobody can tell.
  std::optional<Arity> find(const decode::Instruction& instruction,
                            const decode::InstructionReader& reader,
                            std::span<const uint32_t> label_arities) const;
  /// Parameters and results of a block.
  std::optional<Arity> of_block(const decode::BlockType& type) const;

 private:
  std::optional<Arity> of_branch(const decode::Instruction& instruction,
                                 const decode::InstructionReader& reader,
                                 std::span<const uint32_t> label_arities) const;
  std::optional<Arity> of_call(const decode::Instruction& instruction) const;
  std::optional<Arity> of_struct_new(uint32_t type_index) const;

  const wasm::Module& module_;
  const TypePrinter& types_;
};

}  // namespace brink::text

#endif  // BRINK_TEXT_PRINTER_ARITY_H_
