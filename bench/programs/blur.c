// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Bytes of an image: a 3 x 3 blur, a threshold and a histogram; scalar, or with -msimd128.

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#ifdef __wasm_simd128__
#include <wasm_simd128.h>
#endif

enum { kWidth = 1024, kHeight = 512 };
static uint8_t image[kHeight][kWidth + 16], blurred[kHeight][kWidth + 16];

// The nine neighbours weighted 1 2 1, 2 4 2, 1 2 1, divided by 16.
static void blur(void) {
  for (int y = 1; y < kHeight - 1; y++) {
#ifdef __wasm_simd128__
    for (int x = 1; x <= kWidth - 8; x += 8) {
      v128_t sum = wasm_i16x8_splat(0);
      for (int row = -1; row <= 1; row++) {
        const uint8_t* at = &image[y + row][x];
        v128_t middle = wasm_i16x8_shl(wasm_u16x8_load8x8(at), 1);
        v128_t sides = wasm_i16x8_add(wasm_u16x8_load8x8(at - 1), wasm_u16x8_load8x8(at + 1));
        sum = wasm_i16x8_add(sum, wasm_i16x8_shl(wasm_i16x8_add(middle, sides), row == 0));
      }
      sum = wasm_u16x8_shr(sum, 4);
      wasm_v128_store64_lane(&blurred[y][x], wasm_u8x16_narrow_i16x8(sum, sum), 0);
    }
#else
    for (int x = 1; x <= kWidth - 8; x++) {
      int sum = 0;
      for (int row = -1; row <= 1; row++) {
        const uint8_t* at = &image[y + row][x];
        sum += (at[-1] + 2 * at[0] + at[1]) << (row == 0);
      }
      blurred[y][x] = (uint8_t)(sum >> 4);
    }
#endif
  }
}

static uint32_t count_bright(uint8_t limit) {
  uint32_t count = 0;
  for (int y = 0; y < kHeight; y++) {
#ifdef __wasm_simd128__
    for (int x = 0; x < kWidth; x += 16) {
      v128_t bright = wasm_u8x16_gt(wasm_v128_load(&blurred[y][x]), wasm_u8x16_splat(limit));
      count += (uint32_t)__builtin_popcount(wasm_i8x16_bitmask(bright));
    }
#else
    for (int x = 0; x < kWidth; x++) count += blurred[y][x] > limit;
#endif
  }
  return count;
}

int main(void) {
  for (int y = 0; y < kHeight; y++) {
    for (int x = 0; x < kWidth; x++) image[y][x] = (uint8_t)((x * x + y * y * 3) >> 5 ^ x * y);
  }
  uint32_t sum = 0;
  for (int round = 0; round < 10; round++) {
    blur();
    for (int limit = 32; limit < 256; limit += 32) sum = sum * 31 + count_bright((uint8_t)limit);
    memcpy(image, blurred, sizeof image);
  }
  for (int y = 0; y < kHeight; y++) {
    for (int x = 0; x < kWidth; x += 5) sum = sum * 31 + blurred[y][x];
  }
  printf("%u\n", sum);
  return 0;
}
