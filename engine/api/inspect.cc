// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "brink/inspect.h"

#include <fmt/format.h>

#include "engine/interpret/listing.h"
#include "engine/runtime/module_state.h"

namespace brink {

Result<std::string> list_bytecode(const Module& module, uint32_t function_index) {
  const wasm::Module& decoded = module.decoded();
  if (function_index >= decoded.functions.size() || decoded.is_imported_function(function_index))
    return make_error(ErrorKind::Usage,
                      fmt::format("function {} has no code: the module defines functions {} to {}",
                                  function_index, decoded.imported_functions,
                                  static_cast<int64_t>(decoded.functions.size()) - 1));
  return interpret::list_code(*module.state(), function_index);
}

}  // namespace brink
