// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// How errors reach a person: one line that says what, where and what to do, on stderr; colours only
// on a terminal that wants them.

#ifndef BRINK_RUNTIME_CLI_REPORT_H_
#define BRINK_RUNTIME_CLI_REPORT_H_

#include <string_view>

#include "brink/error.h"
#include "brink/store.h"

namespace brink::cli {

/// "brink: error: FILE: message"; returns kExitError.
int report_error(std::string_view file, const Error& error);
int report_error(std::string_view message);
/// Something that a person may want to know though nothing is wrong: "brink: note: message".
void report_note(std::string_view message);
/// For a wrong command line; returns kExitUsage.
int report_usage(std::string_view message);
/// The trap with its backtrace; returns the exit status: the guest's own for an exit, else
/// kExitTrap.
int report_trap(std::string_view file, const Trap& trap);

/// Whichever of the two it is.
int report_failure(std::string_view file, const InstantiateError& error);

}  // namespace brink::cli

#endif  // BRINK_RUNTIME_CLI_REPORT_H_
