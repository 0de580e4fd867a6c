// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// 64 x 64 -> 128-bit products: modular exponentiation by Montgomery multiplication on 512 bits.

#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { kLimbs = 8 };
typedef unsigned __int128 wide;

static const uint64_t kModulus[kLimbs] = {
    0xffffffffffffffc7, 0x123456789abcdef1, 0xfedcba9876543211, 0x0f1e2d3c4b5a6979,
    0x8796a5b4c3d2e1f1, 0x1122334455667788, 0x99aabbccddeeff01, 0xd1d2d3d4d5d6d7d8};

// -modulus^-1 mod 2^64 by Newton's iteration: each step doubles the number of right bits.
static uint64_t negated_inverse(void) {
  uint64_t inverse = 1;
  for (int i = 0; i < 6; i++) inverse *= 2 - kModulus[0] * inverse;
  return -inverse;
}

static int not_below_modulus(const uint64_t* x) {
  for (int i = kLimbs; i-- > 0;) {
    if (x[i] != kModulus[i]) return x[i] > kModulus[i];
  }
  return 1;
}

static void subtract_modulus(uint64_t* x) {
  uint64_t borrow = 0;
  for (int i = 0; i < kLimbs; i++) {
    wide difference = (wide)x[i] - kModulus[i] - borrow;
    x[i] = (uint64_t)difference;
    borrow = (uint64_t)(difference >> 64) & 1;
  }
}

static void multiply(uint64_t* out, const uint64_t* a, const uint64_t* b, uint64_t inverse) {
  uint64_t t[kLimbs + 2] = {0};
  for (int i = 0; i < kLimbs; i++) {
    wide carry = 0;
    for (int j = 0; j < kLimbs; j++) {
      carry += (wide)a[j] * b[i] + t[j];
      t[j] = (uint64_t)carry;
      carry >>= 64;
    }
    carry += t[kLimbs];
    t[kLimbs] = (uint64_t)carry;
    t[kLimbs + 1] = (uint64_t)(carry >> 64);
    uint64_t factor = t[0] * inverse;
    carry = ((wide)factor * kModulus[0] + t[0]) >> 64;
    for (int j = 1; j < kLimbs; j++) {
      carry += (wide)factor * kModulus[j] + t[j];
      t[j - 1] = (uint64_t)carry;
      carry >>= 64;
    }
    carry += t[kLimbs];
    t[kLimbs - 1] = (uint64_t)carry;
    t[kLimbs] = t[kLimbs + 1] + (uint64_t)(carry >> 64);
  }
  if (t[kLimbs] || not_below_modulus(t)) subtract_modulus(t);
  memcpy(out, t, kLimbs * sizeof *t);
}

int main(void) {
  uint64_t base[kLimbs], power[kLimbs], inverse = negated_inverse();
  for (int i = 0; i < kLimbs; i++) base[i] = 0x9e3779b97f4a7c15 * (uint64_t)(i + 1) >> 1;
  memcpy(power, base, sizeof power);
  for (int round = 0; round < 50; round++) {
    for (int bit = 0; bit < 512; bit++) {
      multiply(power, power, power, inverse);
      if (kModulus[bit / 64] >> bit % 64 & 1) multiply(power, power, base, inverse);
    }
  }
  for (int i = kLimbs; i-- > 0;) printf("%016llx", (unsigned long long)power[i]);
  printf("\n");
  return 0;
}
