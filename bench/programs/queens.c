// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Bit operations and recursion: the queens problem, population counts, a xorshift generator.

#include <stdint.h>
#include <stdio.h>

static uint32_t place(uint32_t all, uint32_t columns, uint32_t down, uint32_t up) {
  if (columns == all) return 1;
  uint32_t found = 0;
  for (uint32_t free = all & ~(columns | down | up); free; free &= free - 1) {
    uint32_t bit = free & -free;
    found += place(all, columns | bit, (down | bit) << 1, (up | bit) >> 1);
  }
  return found;
}

int main(void) {
  uint64_t state = 88172645463325252, sum = 0;
  for (int i = 0; i < 5000000; i++) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    sum += (uint64_t)__builtin_popcountll(state) + (uint64_t)__builtin_clzll(state | 1);
  }
  printf("%u %llu\n", place((1 << 11) - 1, 0, 0, 0), (unsigned long long)sum);
  return 0;
}
