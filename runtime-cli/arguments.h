// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef BRINK_RUNTIME_CLI_ARGUMENTS_H_
#define BRINK_RUNTIME_CLI_ARGUMENTS_H_

#include <span>
#include <string>
#include <vector>

#include "brink/store.h"

namespace brink::cli {

/// The arguments of `--invoke` as values of the function's parameter types. Integers are decimal or
/// 0x..., signed or unsigned; floats as in C, "inf", "nan"; references only "null". The Error says
/// which argument is wrong and what is expected.
Result<std::vector<Value>> parse_arguments(const FuncType& type,
                                           std::span<const std::string> texts);

}  // namespace brink::cli

#endif  // BRINK_RUNTIME_CLI_ARGUMENTS_H_
