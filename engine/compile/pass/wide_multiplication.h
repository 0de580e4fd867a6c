// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Recognizes the function that C, C++, Rust and Zig programs call to multiply 128-bit integers
// (__multi3 of the compilers' runtime libraries): four multiplications of halves, because wasm has
// no other way. Its body becomes the one multiplication that the machine has. The proof is by
// shape: what is stored must be the schoolbook product, term by term, in any order of its sums.

#ifndef BRINK_COMPILE_PASS_WIDE_MULTIPLICATION_H_
#define BRINK_COMPILE_PASS_WIDE_MULTIPLICATION_H_

#include "engine/compile/ir/ir.h"

namespace brink::compile {

/// Bodies that are longer are none.
inline constexpr uint32_t kMaxWideMultiplicationBytes = 256;

/// Whether such a function can have this type: (pointer to the result, a, A, b, B).
bool is_wide_multiplication_type(const FuncType& type);

/// True if the function was one, and is replaced.
bool simplify_wide_multiplication(ir::Function& function);

}  // namespace brink::compile

#endif  // BRINK_COMPILE_PASS_WIDE_MULTIPLICATION_H_
