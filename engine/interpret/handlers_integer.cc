// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Handlers of i32, i64 and what has an integer first operand and a scalar result.

#include "engine/interpret/handlers_value.h"

namespace brink::interpret {
namespace {

struct IntegerPart {
  static constexpr bool has(Opcode opcode) {
    const OpcodeInfo& row = info(opcode);
    return row.prefix != OpcodePrefix::Simd && row.cls != OpClass::Wide &&
           (row.signature.operands[0] == static_cast<uint8_t>(ValKind::I32) ||
            row.signature.operands[0] == static_cast<uint8_t>(ValKind::I64));
  }
};

}  // namespace

void fill_integer_rows(ValueTables& tables) {
  fill_rows<IntegerPart>(tables);
}

}  // namespace brink::interpret
