// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/compile/ir/test_function.h"

#include <catch2/catch.hpp>
#include <sstream>

#include "engine/compile/ir/builder.h"
#include "engine/compile/ir/printer.h"
#include "engine/compile/ir/verifier.h"
#include "engine/validate/test_module.h"

namespace brink::compile::ir::testing {

TestModule::TestModule(std::string_view wat, EngineConfig config, bool guarded)
    : module_(validate::testing::valid_module(wat)),
      config_(config),
      layouts_(*module_.registry),
      context_{module_, config_, layouts_, {}, {}} {
  for (const MemoryType& memory : module_.memories)
    context_.memory_is_guarded.push_back(guarded && memory.address == AddressType::I32);
}

Function TestModule::build(uint32_t function_index) const {
  Result<Function> function = ir::build(context_, function_index);
  if (!function.has_value()) UNSCOPED_INFO(function.error().to_string());
  REQUIRE(function.has_value());
  check(*function);
  return *std::move(function);
}

void TestModule::check(const Function& function) const {
  INFO(to_text(function));
  CHECK(verify(function, *module_.registry) == "");
}

std::string ir_of(std::string_view wat, EngineConfig config, bool guarded) {
  const TestModule module(wat, config, guarded);
  const std::string text = to_text(module.build(module.module().imported_functions));
  return text.substr(text.find('\n') + 1);
}

std::string lines(std::string_view text) {
  std::istringstream stream{std::string(text)};
  std::string out;
  size_t indentation = std::string::npos;
  for (std::string line; std::getline(stream, line);) {
    const size_t first = line.find_first_not_of(' ');
    if (first == std::string::npos) continue;
    indentation = std::min(indentation, first);
    out += line.substr(indentation) + "\n";
  }
  return out;
}

}  // namespace brink::compile::ir::testing
