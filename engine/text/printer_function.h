// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Function bodies and constant expressions as text.

#ifndef BRINK_TEXT_PRINTER_FUNCTION_H_
#define BRINK_TEXT_PRINTER_FUNCTION_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "brink/error.h"
#include "engine/text/line_writer.h"
#include "engine/text/printer_arity.h"
#include "engine/text/printer_fold.h"
#include "engine/text/printer_instruction.h"
#include "engine/text/printer_names.h"
#include "engine/text/printer_types.h"
#include "engine/wasm/module.h"

namespace brink::text {

/// The custom section that branch hints come from, and the annotation that they are printed as.
inline constexpr std::string_view kBranchHintSection = "metadata.code.branch_hint";

class FunctionPrinter {
 public:
  FunctionPrinter(const wasm::Module& module, const PrintOptions& options,
                  const PrintedNames& names, LineWriter& lines);

  /// "(func ...)" with its body, on lines of level 1.
  Status print(uint32_t function_index);
  /// " (i32.add (i32.const 1) (global.get 0))": the expressions, each after a space.
  Status append_expression(std::string& out, wasm::ConstExpr expression);
  /// The same as a clause: " (i32.const 1)", or " (offset ...)" if it is not a single expression.
  Status append_clause(std::string& out, std::string_view keyword, wasm::ConstExpr expression);

  /// Whether the branch hints of the module print as annotations and come back as they are. They
  /// do not if the section is written in another way than usual or names no branch.
  Result<bool> find_branch_hints();

 private:
  Status fold_expression(wasm::ConstExpr expression);
  Status print_flat(BodyCursor& cursor, uint32_t function_index, const IdentifierSpace& locals);
  Status print_folded(BodyCursor& cursor, uint32_t function_index, const IdentifierSpace& locals);
  Result<bool> has_branches_at_hints(std::span<const wasm::BranchHint> hints);
  /// The annotation before an instruction; empty if there is none.
  std::string_view hint_at(uint32_t function_index, const BodyCursor& cursor);

  const wasm::Module& module_;
  const PrintOptions& options_;
  const PrintedNames& names_;
  LineWriter& lines_;
  TypePrinter types_;
  ArityFinder arities_;
  InstructionPrinter instructions_;
  FoldedBody folded_;
  std::span<const wasm::BranchHint> hints_;  ///< not printed yet
};

}  // namespace brink::text

#endif  // BRINK_TEXT_PRINTER_FUNCTION_H_
