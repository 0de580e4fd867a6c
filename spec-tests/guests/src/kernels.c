// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Kernels on 128-bit vectors, each beside its scalar twin; a line says whether both agree, and the
// result. The vectors are the compiler's own, so the program builds with and without SIMD
// instructions.

#include <stdint.h>
#include <stdio.h>
#include <string.h>

typedef int32_t i32x4 __attribute__((vector_size(16)));
typedef uint8_t u8x16 __attribute__((vector_size(16)));
typedef int8_t i8x16 __attribute__((vector_size(16)));
typedef int16_t i16x8 __attribute__((vector_size(16)));
typedef uint16_t u16x8 __attribute__((vector_size(16)));
typedef uint64_t u64x2 __attribute__((vector_size(16)));
typedef float f32x4 __attribute__((vector_size(16)));
typedef double f64x2 __attribute__((vector_size(16)));

enum { kCount = 4096 };
static uint8_t bytes[kCount], other[kCount], out_vector[kCount], out_scalar[kCount];
static int32_t ints[kCount];
static float floats[kCount];
static double doubles[kCount];

static void fill(void) {
  uint32_t state = 12345;
  for (int i = 0; i < kCount; i++) {
    state = state * 1664525u + 1013904223u;
    bytes[i] = (uint8_t)(state >> 24);
    other[i] = (uint8_t)(state >> 16);
    ints[i] = (int32_t)state;
    floats[i] = (float)((int32_t)state >> 16);
    doubles[i] = (double)((int32_t)state >> 8) / 256;
  }
}

static void verdict(const char* name, double vector, double scalar) {
  printf("%-12s %s %.3f\n", name, vector == scalar ? "same" : "DIFFERENT", vector);
}

static void sum_ints(void) {
  i32x4 sum = {0, 0, 0, 0};
  uint32_t scalar = 0;
  for (int i = 0; i < kCount; i += 4) {
    i32x4 part;
    memcpy(&part, ints + i, 16);
    sum += part >> 8;
  }
  for (int i = 0; i < kCount; i++) scalar += (uint32_t)(ints[i] >> 8);
  verdict("sum", (double)(uint32_t)(sum[0] + sum[1] + sum[2] + sum[3]), (double)scalar);
}

static void saturating(void) {
  long vector = 0, scalar = 0;
  for (int i = 0; i < kCount; i += 16) {
    u8x16 a, b;
    memcpy(&a, bytes + i, 16);
    memcpy(&b, other + i, 16);
    u8x16 sum = a + b;
    u8x16 carried = (u8x16)(sum < a);
    sum |= carried;
    memcpy(out_vector + i, &sum, 16);
  }
  for (int i = 0; i < kCount; i++) {
    int sum = bytes[i] + other[i];
    out_scalar[i] = (uint8_t)(sum > 255 ? 255 : sum);
  }
  for (int i = 0; i < kCount; i++) vector += out_vector[i], scalar += out_scalar[i];
  verdict("saturate", (double)vector,
          memcmp(out_vector, out_scalar, kCount) ? -1.0 : (double)scalar);
}

static void shuffles(void) {
  for (int i = 0; i < kCount; i += 16) {
    u8x16 a, b;
    memcpy(&a, bytes + i, 16);
    memcpy(&b, other + i, 16);
    u8x16 mixed =
        __builtin_shufflevector(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 15, 31, 14, 30, 13, 29, 12, 28);
    memcpy(out_vector + i, &mixed, 16);
    for (int lane = 0; lane < 16; lane++) {
      int from = lane < 8 ? lane / 2 : 15 - (lane - 8) / 2;
      out_scalar[i + lane] = (lane & 1) ? other[i + from] : bytes[i + from];
    }
  }
  long sum = 0;
  for (int i = 0; i < kCount; i++) sum += out_vector[i] * (i % 7);
  verdict("shuffle", (double)sum, memcmp(out_vector, out_scalar, kCount) ? -1.0 : (double)sum);
}

static void dot_products(void) {
  f32x4 sum = {0, 0, 0, 0};
  float lanes[4] = {0, 0, 0, 0};
  for (int i = 0; i < kCount; i += 4) {
    f32x4 part;
    memcpy(&part, floats + i, 16);
    sum += part * part;
    for (int lane = 0; lane < 4; lane++) lanes[lane] += floats[i + lane] * floats[i + lane];
  }
  verdict("dot f32", sum[0] + sum[1] + sum[2] + sum[3], lanes[0] + lanes[1] + lanes[2] + lanes[3]);
  f64x2 wide = {0, 0};
  double pair[2] = {0, 0};
  for (int i = 0; i < kCount; i += 2) {
    f64x2 part;
    memcpy(&part, doubles + i, 16);
    wide += part / (part * part + 1.0);
    for (int lane = 0; lane < 2; lane++) {
      pair[lane] += doubles[i + lane] / (doubles[i + lane] * doubles[i + lane] + 1.0);
    }
  }
  verdict("divide f64", wide[0] + wide[1], pair[0] + pair[1]);
}

static void selects(void) {
  i32x4 most = {INT32_MIN, INT32_MIN, INT32_MIN, INT32_MIN};
  int32_t scalar = INT32_MIN;
  for (int i = 0; i < kCount; i += 4) {
    i32x4 part;
    memcpy(&part, ints + i, 16);
    i32x4 larger = part > most;
    most = (part & larger) | (most & ~larger);
  }
  for (int i = 0; i < kCount; i++) scalar = ints[i] > scalar ? ints[i] : scalar;
  int32_t vector = most[0];
  for (int lane = 1; lane < 4; lane++) vector = most[lane] > vector ? most[lane] : vector;
  verdict("maximum", vector, scalar);
}

static void widening(void) {
  u64x2 sum = {0, 0};
  uint64_t scalar = 0;
  for (int i = 0; i < kCount; i += 8) {
    i16x8 words;
    u16x8 shifted;
    memcpy(&words, bytes + i * 2 % kCount, 16);
    shifted = (u16x8)(words * words) >> 3;
    u64x2 folded = (u64x2)shifted;
    sum ^= folded * 3;
    uint64_t lanes[2];
    memcpy(lanes, &shifted, 16);
    scalar ^= lanes[0] * 3 ^ lanes[1] * 3;
  }
  verdict("words", (double)(sum[0] ^ sum[1]), (double)scalar);
}

static void converting(void) {
  double vector = 0, scalar = 0;
  for (int i = 0; i < kCount; i += 4) {
    i32x4 part;
    memcpy(&part, ints + i, 16);
    f32x4 as_float = __builtin_convertvector(part, f32x4);
    i32x4 back = __builtin_convertvector(as_float / 2.0f, i32x4);
    for (int lane = 0; lane < 4; lane++) {
      vector += back[lane];
      scalar += (int32_t)((float)ints[i + lane] / 2.0f);
    }
  }
  verdict("convert", vector, scalar);
}

int main(void) {
  fill();
  sum_ints();
  saturating();
  shuffles();
  dot_products();
  selects();
  widening();
  converting();
  i8x16 negative = {-128, -1, 0, 1, 127, 5, -5, 9, 1, 2, 3, 4, 5, 6, 7, 8};
  negative = -negative >> 1;
  for (int i = 0; i < 16; i++) printf("%d ", negative[i]);
  printf("\n");
  return 0;
}
