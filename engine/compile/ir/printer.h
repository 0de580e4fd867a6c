// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// IR as text, for people, golden files and `brink inspect`. The text depends on the function alone:
// no addresses, no canonical type numbers.

#ifndef BRINK_COMPILE_IR_PRINTER_H_
#define BRINK_COMPILE_IR_PRINTER_H_

#include <string>

#include "engine/compile/ir/ir.h"

namespace brink::compile::ir {

std::string to_text(const Function& function);
std::string to_text(const Function& function, ValueId inst);

}  // namespace brink::compile::ir

#endif  // BRINK_COMPILE_IR_PRINTER_H_
