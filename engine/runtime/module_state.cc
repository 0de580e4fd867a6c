// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/runtime/module_state.h"

#include "engine/decode/name_section.h"

namespace brink::runtime {

ModuleState::ModuleState(Engine owner, wasm::Module module, std::string module_name)
    : engine(std::move(owner)), decoded(std::move(module)), name(std::move(module_name)) {
  exports.reserve(decoded.exports.size());
  for (uint32_t i = 0; i < decoded.exports.size(); ++i) exports.emplace(decoded.exports[i].name, i);
  code = std::make_unique<std::atomic<const CodeHeader*>[]>(decoded.functions.size());
}

ModuleState::~ModuleState() = default;

std::string ModuleState::function_name(uint32_t function_index) const {
  std::call_once(names_once_, [this] {
    names_ = std::make_unique<decode::NameSection>(decode::read_name_section(decoded));
  });
  if (const auto found = decode::find_name(names_->functions, function_index))
    return std::string(*found);
  for (const wasm::Export& item : decoded.exports)
    if (item.kind == ExternKind::Func && item.index == function_index)
      return std::string(item.name);
  return {};
}

}  // namespace brink::runtime
