// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Handlers of f32, f64 and the conversions from them.

#include "engine/interpret/handlers_value.h"

namespace brink::interpret {
namespace {

struct FloatPart {
  static constexpr bool has(Opcode opcode) {
    const OpcodeInfo& row = info(opcode);
    return row.prefix != OpcodePrefix::Simd && row.cls != OpClass::Wide &&
           (row.signature.operands[0] == static_cast<uint8_t>(ValKind::F32) ||
            row.signature.operands[0] == static_cast<uint8_t>(ValKind::F64));
  }
};

}  // namespace

void fill_float_rows(ValueTables& tables) {
  fill_rows<FloatPart>(tables);
}

}  // namespace brink::interpret
