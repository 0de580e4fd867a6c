// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// For tests: what engine/semantics says of an operation, and inputs to try.

#ifndef BRINK_COMPILE_X64_VECTOR_ORACLE_H_
#define BRINK_COMPILE_X64_VECTOR_ORACLE_H_

#include <array>
#include <optional>
#include <random>

#include "brink/v128.h"
#include "engine/wasm/opcode.h"

namespace brink::compile::x64 {

/// Arguments and results: integers and floats by their bits in word 0.
using OracleArguments = std::array<V128, 4>;
struct OracleResults {
  uint32_t count = 0;
  std::array<V128, 2> values;
};
/// nullopt: not an operation of engine/semantics, or one that may trap. Immediates (a lane, the
/// numbers of a shuffle) come behind the arguments.
std::optional<OracleResults> oracle(Opcode opcode, const OracleArguments& arguments);

/// Lanes of some type, edges of that type and random ones.
V128 any_vector(std::mt19937_64& random);

/// Whether the machine's result will do: the same, but for NaNs of float arithmetic, of which only
/// what the specification says must hold.
bool is_allowed(Opcode opcode, V128 got, V128 want, const OracleArguments& arguments);

}  // namespace brink::compile::x64

#endif  // BRINK_COMPILE_X64_VECTOR_ORACLE_H_
