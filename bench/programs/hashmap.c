// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Scattered memory: an open-addressing map of 64-bit keys, filled, searched, emptied; and word
// counts.

#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { kSlots = 1 << 18, kKeys = 150000 };
static uint64_t keys[kSlots];
static uint32_t counts[kSlots];

static uint64_t mix(uint64_t x) {
  x ^= x >> 33;
  x *= 0xff51afd7ed558ccd;
  x ^= x >> 33;
  x *= 0xc4ceb9fe1a85ec53;
  return x ^ x >> 33;
}

static uint32_t find(uint64_t key) {
  uint32_t slot = (uint32_t)mix(key) & (kSlots - 1);
  while (keys[slot] && keys[slot] != key) slot = (slot + 1) & (kSlots - 1);
  return slot;
}

int main(void) {
  uint64_t sum = 0;
  for (uint64_t round = 1; round <= 6; round++) {
    memset(keys, 0, sizeof keys);
    memset(counts, 0, sizeof counts);
    for (uint64_t i = 1; i <= kKeys; i++) {
      uint64_t key = i * i % 100003 * round + 1;
      uint32_t slot = find(key);
      keys[slot] = key;
      counts[slot]++;
    }
    for (uint64_t i = 1; i <= kKeys; i++) {
      uint32_t slot = find(i * 3);
      if (keys[slot]) sum = sum * 31 + counts[slot];
    }
  }
  printf("%llu\n", (unsigned long long)sum);
  return 0;
}
