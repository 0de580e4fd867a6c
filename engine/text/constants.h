// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Constants as they follow t.const, in modules and in scripts.

#ifndef BRINK_TEXT_CONSTANTS_H_
#define BRINK_TEXT_CONSTANTS_H_

#include <array>
#include <cstdint>
#include <string_view>

#include "brink/error.h"
#include "brink/v128.h"
#include "engine/text/token_stream.h"

namespace brink::text {

/// How a 128-bit vector is divided.
struct VectorShape {
  std::string_view word;  ///< "i8x16", ...
  uint8_t lanes = 0;
  uint8_t lane_bits = 0;
  bool is_float = false;
};

/// The number tokens of the lanes of a vector; the first shape.lanes ones count.
struct VectorLanes {
  VectorShape shape;
  std::array<Token, 16> tokens;
};

Result<uint32_t> expect_i32_const(TokenStream& tokens);
Result<uint64_t> expect_i64_const(TokenStream& tokens);
/// The bits of a float.
Result<uint32_t> expect_f32_const(TokenStream& tokens);
Result<uint64_t> expect_f64_const(TokenStream& tokens);
/// Shape and lanes.
Result<V128> expect_v128_const(TokenStream& tokens);

/// Shape and lanes; with `allow_patterns` float lanes may be nan:canonical or nan:arithmetic.
Result<VectorLanes> expect_vector_lanes(TokenStream& tokens, bool allow_patterns);
/// Bits of one lane.
Result<uint64_t> lane_value(const TokenStream& tokens, const VectorShape& shape,
                            const Token& token);
void set_lane(V128& vector, const VectorShape& shape, uint32_t lane, uint64_t bits);

/// A lane index, or another number of one byte.
Result<uint8_t> expect_u8(TokenStream& tokens);
/// The 16 lane indices of a shuffle.
Result<std::array<uint8_t, 16>> expect_shuffle_lanes(TokenStream& tokens);

}  // namespace brink::text

#endif  // BRINK_TEXT_CONSTANTS_H_
