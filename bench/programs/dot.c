// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Products of 16-bit and 32-bit lanes: filters over samples and matrices of floats; scalar, or with
// -msimd128.

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#ifdef __wasm_simd128__
#include <wasm_simd128.h>
#endif

enum { kSamples = 1 << 15, kTaps = 64, kN = 192 };
static int16_t samples[kSamples + kTaps], taps[kTaps];
static float a[kN][kN], b[kN][kN], c[kN][kN];

static int32_t filter(const int16_t* at) {
#ifdef __wasm_simd128__
  v128_t sum = wasm_i32x4_splat(0);
  for (int i = 0; i < kTaps; i += 8) {
    sum =
        wasm_i32x4_add(sum, wasm_i32x4_dot_i16x8(wasm_v128_load(at + i), wasm_v128_load(taps + i)));
  }
  return wasm_i32x4_extract_lane(sum, 0) + wasm_i32x4_extract_lane(sum, 1) +
         wasm_i32x4_extract_lane(sum, 2) + wasm_i32x4_extract_lane(sum, 3);
#else
  int32_t sum = 0;
  for (int i = 0; i < kTaps; i++) sum += at[i] * taps[i];
  return sum;
#endif
}

// Each element is summed in the same order in both forms, so the results are the same to the bit.
static void multiply(void) {
  for (int i = 0; i < kN; i++) {
    for (int j = 0; j < kN; j += 4) {
#ifdef __wasm_simd128__
      v128_t sum = wasm_f32x4_splat(0);
      for (int k = 0; k < kN; k++) {
        sum = wasm_f32x4_add(sum,
                             wasm_f32x4_mul(wasm_f32x4_splat(a[i][k]), wasm_v128_load(&b[k][j])));
      }
      wasm_v128_store(&c[i][j], sum);
#else
      float sum[4] = {0, 0, 0, 0};
      for (int k = 0; k < kN; k++) {
        for (int lane = 0; lane < 4; lane++) sum[lane] += a[i][k] * b[k][j + lane];
      }
      memcpy(&c[i][j], sum, sizeof sum);
#endif
    }
  }
}

int main(void) {
  for (int i = 0; i < kSamples + kTaps; i++) samples[i] = (int16_t)(i * 7919);
  for (int i = 0; i < kTaps; i++) taps[i] = (int16_t)(i * 31 - 900);
  for (int i = 0; i < kN * kN; i++)
    a[i / kN][i % kN] = (float)(i % 17) - 8, b[i / kN][i % kN] = (float)(i % 23) / 4;
  uint32_t sum = 0;
  for (int round = 0; round < 20; round++) {
    for (int i = 0; i < kSamples; i++) sum = sum * 31 + (uint32_t)filter(samples + i);
  }
  double trace = 0;
  for (int round = 0; round < 3; round++) {
    multiply();
    for (int i = 0; i < kN; i++) trace += (double)c[i][(i * 5 + round) % kN];
  }
  printf("%u %.3f\n", sum, trace);
  return 0;
}
