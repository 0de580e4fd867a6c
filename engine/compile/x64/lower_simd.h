// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// The functions that lower vector operations which take more than one instruction, by topic: each
// is named by rows of the table in lower_simd.cc. What a row's `code`, `vex`, `width` and `extra`
// mean is said beside a function if it looks at them.

#ifndef BRINK_COMPILE_X64_LOWER_SIMD_H_
#define BRINK_COMPILE_X64_LOWER_SIMD_H_

#include "engine/compile/x64/lowering.h"

namespace brink::compile::x64 {

#define BRINK_LOWER(name) void name(Lowering& l, ir::ValueId value, const Row& row)

// lower_simd_integer.cc
BRINK_LOWER(lower_not_of);         ///< not(a op b)
BRINK_LOWER(lower_bound_compare);  ///< a == bound(a, b); width of a lane
BRINK_LOWER(lower_not_bound_compare);
BRINK_LOWER(lower_i64x2_greater);  ///< extra: Comparison64
BRINK_LOWER(lower_vector_neg);     ///< 0 - a
BRINK_LOWER(lower_i64x2_abs);
BRINK_LOWER(lower_i64x2_mul);
BRINK_LOWER(lower_popcnt);
BRINK_LOWER(lower_q15mulr);
BRINK_LOWER(lower_extend_high);       ///< code: of the low half; width of a source lane
BRINK_LOWER(lower_extend_high_zero);  ///< code: interleaving with zero
BRINK_LOWER(lower_extmul_bytes);      ///< code: of the product's high half; extra: 1 for high lanes
BRINK_LOWER(lower_extmul_words);      ///< the same
BRINK_LOWER(lower_extmul_dwords);     ///< code: the product; extra: 1 for high lanes
BRINK_LOWER(lower_extadd_bytes_s);
BRINK_LOWER(lower_extadd_words_u);
BRINK_LOWER(lower_dot_bytes);
BRINK_LOWER(lower_dot_bytes_add);

// lower_simd_shift.cc. width of a lane.
BRINK_LOWER(lower_shift);
BRINK_LOWER(lower_shift_bytes);  ///< extra: ByteShift
BRINK_LOWER(lower_shift_quads_s);

// lower_simd_float.cc. width of a lane.
BRINK_LOWER(lower_vector_extreme);  ///< code: min or max; extra: 1 for max
BRINK_LOWER(lower_vector_madd);     ///< code: the sum
BRINK_LOWER(lower_vector_nmadd);    ///< code: what changes the sign
BRINK_LOWER(lower_f32x4_convert_u);
BRINK_LOWER(lower_f64x2_convert_u);
BRINK_LOWER(lower_trunc_f32x4_s);
BRINK_LOWER(lower_trunc_f32x4_u);
BRINK_LOWER(lower_trunc_f64x2_s);
BRINK_LOWER(lower_trunc_f64x2_u);

// lower_simd_bits.cc
BRINK_LOWER(lower_bitwise);
BRINK_LOWER(lower_bitselect);
BRINK_LOWER(lower_any_true);
BRINK_LOWER(lower_all_true);  ///< width of a lane
BRINK_LOWER(lower_bitmask);   ///< code: the instruction, with a general register
BRINK_LOWER(lower_bitmask_words);

// lower_simd_lane.cc
BRINK_LOWER(lower_splat);  ///< width of a lane
BRINK_LOWER(lower_splat_f32);
BRINK_LOWER(lower_extract);  ///< code: with a general register; extra: bytes to sign-extend, or 0
BRINK_LOWER(lower_extract_f32);
BRINK_LOWER(lower_extract_f64);
BRINK_LOWER(lower_replace);  ///< code: with a general register, width of the lane
BRINK_LOWER(lower_replace_f32);
BRINK_LOWER(lower_replace_f64);
BRINK_LOWER(lower_swizzle);
BRINK_LOWER(lower_shuffle);
BRINK_LOWER(lower_vector_load);  ///< width of the access
BRINK_LOWER(lower_load_splat);
BRINK_LOWER(lower_load_lane);
BRINK_LOWER(lower_vector_store);
BRINK_LOWER(lower_store_lane);

#undef BRINK_LOWER

enum class ByteShift : uint8_t { Left, Right, RightSigned };
enum class Comparison64 : uint8_t { Gt, Lt, Ge, Le };

}  // namespace brink::compile::x64

#endif  // BRINK_COMPILE_X64_LOWER_SIMD_H_
