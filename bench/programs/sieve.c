// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Byte stores with a stride: the sieve of Eratosthenes, then the gaps between primes.

#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { kLimit = 8000000 };
static uint8_t composite[kLimit];

int main(void) {
  uint32_t count = 0, widest = 0, last = 2;
  for (int round = 0; round < 2; round++) {
    memset(composite, 0, sizeof composite);
    for (uint32_t i = 2; i * i < kLimit; i++) {
      if (composite[i]) continue;
      for (uint32_t j = i * i; j < kLimit; j += i) composite[j] = 1;
    }
    for (uint32_t i = 2; i < kLimit; i++) {
      if (composite[i]) continue;
      count++;
      if (i > last && i - last > widest) widest = i - last;
      last = i;
    }
  }
  printf("%u %u %u\n", count, widest, last);
  return 0;
}
