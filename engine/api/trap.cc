// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include <fmt/format.h>

#include "brink/store.h"

namespace brink {

std::unexpected<Trap> make_trap(std::string message, TrapCode code) {
  return std::unexpected(Trap{code, std::move(message), {}, 0});
}

std::unexpected<Trap> make_exit(int32_t exit_code) {
  return std::unexpected(
      Trap{TrapCode::Exit, fmt::format("exit with status {}", exit_code), {}, exit_code});
}

std::string Trap::to_string() const {
  std::string text = message;
  size_t number = 0;
  for (const Frame& frame : backtrace) {
    const std::string function = frame.function_name.empty()
                                     ? fmt::format("function {}", frame.function_index)
                                     : frame.function_name;
    const std::string module = frame.module_name.empty() ? "" : frame.module_name + "!";
    text += fmt::format("\n  {:>3}: {:#8x} - {}{}", number++, frame.offset, module, function);
  }
  return text;
}

}  // namespace brink
