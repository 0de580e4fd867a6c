// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Handlers of vectors: the second half of the prefix 0xfd.

#include "engine/interpret/handlers_value.h"

namespace brink::interpret {
namespace {

struct SimdHighPart {
  static constexpr bool has(Opcode opcode) {
    const OpcodeInfo& row = info(opcode);
    return row.prefix == OpcodePrefix::Simd && row.code >= 128;
  }
};

}  // namespace

void fill_simd_high_rows(ValueTables& tables) {
  fill_rows<SimdHighPart>(tables);
}

}  // namespace brink::interpret
