// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "brink/typed_export.h"

#include <fmt/format.h>

#include "engine/runtime/store_state.h"
#include "engine/runtime/tiers.h"
#include "engine/support/check.h"

namespace brink::runtime {
namespace {

Status mismatch(const FuncType& actual, const FuncType& expected) {
  if (actual == expected) return {};
  return make_error(ErrorKind::Usage, fmt::format("the function is {}, not {}", to_string(actual),
                                                  to_string(expected)));
}

}  // namespace

Result<uint32_t> find_function(const Module& module, std::string_view name, const FuncType& type) {
  const auto& exports = module.state()->exports;
  const auto found = exports.find(name);
  const wasm::Module& decoded = module.decoded();
  if (found == exports.end() || decoded.exports[found->second].kind != ExternKind::Func)
    return make_error(ErrorKind::Usage, fmt::format("the module exports no function \"{}\"", name));
  const uint32_t index = decoded.exports[found->second].index;
  if (Status status = mismatch(decoded.function_type(index), type); !status.has_value())
    return std::unexpected(std::move(status).error());
  return index;
}

FuncObject& function_of(InstanceObject* instance, const ModuleState* module, uint32_t index) {
  // Safety: the index means something else in another module.
  BRINK_CHECK(instance->module == module);
  FuncObject* const function = instance->functions[index];
  return function != nullptr ? *function : *instance->func_ref(index);
}

}  // namespace brink::runtime
