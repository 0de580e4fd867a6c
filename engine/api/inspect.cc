// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "brink/inspect.h"

#include <fmt/format.h>

#if BRINK_COMPILER
#include "engine/compile/runtime/module_context.h"
#endif
#include "engine/interpret/listing.h"
#include "engine/runtime/module_state.h"
#include "engine/support/try.h"

namespace brink {
namespace {

Status check_is_defined(const Module& module, uint32_t function_index) {
  const wasm::Module& decoded = module.decoded();
  if (function_index < decoded.functions.size() && !decoded.is_imported_function(function_index))
    return {};
  return make_error(
      ErrorKind::Usage,
      fmt::format("function {} has no code: the module defines functions {} to {}", function_index,
                  decoded.imported_functions, static_cast<int64_t>(decoded.functions.size()) - 1));
}

#if BRINK_COMPILER
Result<std::string> list_stages(const Module& module, uint32_t function_index,
                                compile::Listing listing) {
  BRINK_TRY(check_is_defined(module, function_index));
  const compile::ModuleContext context = compile::make_context(*module.state());
  BRINK_TRY(compile::compile_function(context, function_index, &listing));
  const std::string name = module.state()->function_name(function_index);
  return fmt::format("func {}{}{}\n{}\n", function_index, name.empty() ? "" : " ", name,
                     listing.text);
}
#endif

}  // namespace

Result<std::string> list_bytecode(const Module& module, uint32_t function_index) {
  BRINK_TRY(check_is_defined(module, function_index));
  return interpret::list_code(*module.state(), function_index);
}

#if BRINK_COMPILER
Result<std::string> list_ir(const Module& module, uint32_t function_index) {
  return list_stages(module, function_index, {.wants_ir = true, .text = {}});
}

Result<std::string> list_assembly(const Module& module, uint32_t function_index) {
  return list_stages(module, function_index, {.wants_assembly = true, .text = {}});
}
#endif

}  // namespace brink
