// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/compile/compiler.h"

#include "engine/compile/ir/builder.h"
#include "engine/compile/ir/printer.h"
#include "engine/compile/ir/verifier.h"
#include "engine/compile/machine/print.h"
#include "engine/compile/pass/optimize.h"
#include "engine/compile/x64/abi.h"
#include "engine/compile/x64/emit.h"
#include "engine/compile/x64/lower.h"
#include "engine/support/check.h"
#include "engine/support/try.h"

namespace brink::compile {

namespace {

/// Debug builds look at the result of each stage.
[[maybe_unused]] void check([[maybe_unused]] const std::string& complaints) {
#ifndef NDEBUG
  if (!complaints.empty()) support::check_failed(__FILE__, __LINE__, complaints.c_str());
#endif
}

void check([[maybe_unused]] const ModuleContext& context,
           [[maybe_unused]] const ir::Function& function) {
#ifndef NDEBUG
  check(ir::verify(function, *context.module.registry));
#endif
}

void list(Listing* listing, bool Listing::* wanted, std::string_view title, auto text) {
  if (listing == nullptr || !(listing->*wanted)) return;
  listing->text += title;
  listing->text += '\n';
  listing->text += text();
}

}  // namespace

Result<CodeObject> compile_function(const ModuleContext& context, uint32_t function_index,
                                    Listing* listing, const LoopEntry* entry) {
  ir::Function function = BRINK_TRY(ir::build(context, function_index, entry));
  check(context, function);
  list(listing, &Listing::wants_ir, "; as built", [&] { return ir::to_text(function); });

  optimize(context, function);
  list(listing, &Listing::wants_ir, "; optimized", [&] { return ir::to_text(function); });

  const x64::LoweredFunction lowered = x64::lower(context, function);
#ifndef NDEBUG
  check(verify(lowered.machine));
#endif
  list(listing, &Listing::wants_machine, "; lowered",
       [&] { return print(lowered.machine, x64::machine_names()); });

  const Allocation allocation = allocate_registers(lowered.machine, x64::register_file());
#ifndef NDEBUG
  check(check_allocation(lowered.machine, x64::register_file(), allocation));
#endif
  list(listing, &Listing::wants_machine, "; allocated",
       [&] { return print(lowered.machine, allocation, x64::machine_names()); });

  std::string assembly;
  const bool wants_assembly = listing != nullptr && listing->wants_assembly;
  CodeObject code =
      x64::emit_code(function, lowered, allocation, wants_assembly ? &assembly : nullptr);
  if (entry != nullptr) code.loop_offset = entry->offset;
  list(listing, &Listing::wants_assembly, "; assembly", [&] { return assembly; });
  return code;
}

}  // namespace brink::compile
