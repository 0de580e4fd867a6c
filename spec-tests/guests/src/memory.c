// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// The heap: many blocks of many sizes, moved and freed in an odd order, then one large block; large
// copies.

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { kBlocks = 2000, kRounds = 20000, kLarge = 48 << 20 };

struct block {
  uint8_t* bytes;
  uint32_t size;
};

static uint32_t state = 1;

static uint32_t random_number(void) {
  state ^= state << 13;
  state ^= state >> 17;
  state ^= state << 5;
  return state;
}

static int intact(const struct block* block, int i) {
  for (uint32_t at = 0; at < block->size; at += 97) {
    if (block->bytes[at] != (uint8_t)i) return 0;
  }
  return 1;
}

int main(void) {
  static struct block blocks[kBlocks];
  long damaged = 0, moved = 0;
  for (int round = 0; round < kRounds; round++) {
    int i = (int)(random_number() % kBlocks);
    struct block* block = &blocks[i];
    damaged += !intact(block, i);
    if (random_number() % 3 == 0) {
      free(block->bytes);
      block->bytes = NULL;
      block->size = 0;
    } else {
      uint32_t size = 1u << (random_number() % 14);
      size += random_number() % size;
      block->bytes = realloc(block->bytes, size);
      block->size = size;
      memset(block->bytes, i, size);
      moved++;
    }
  }
  for (int i = 0; i < kBlocks; i++) {
    damaged += !intact(&blocks[i], i);
    free(blocks[i].bytes);
  }
  printf("%ld blocks, %ld damaged\n", moved, damaged);

  uint8_t* large = calloc(1, kLarge);
  for (uint32_t i = 0; i < kLarge; i += 4096) large[i] = (uint8_t)(i >> 12);
  memmove(large + 4096 * 3, large, kLarge - 4096 * 3);
  memset(large, 7, 4096 * 3);
  uint32_t sum = 0;
  for (uint32_t i = 0; i < kLarge; i += 1024) sum = sum * 31 + large[i];
  printf("large %u %d\n", sum, memcmp(large, large + 4096, 4096));
  free(large);
  uint32_t* zeros = calloc(1 << 20, sizeof *zeros);
  for (int i = 0; i < 1 << 20; i++) sum |= zeros[i];
  printf("%u\n", sum);
  return damaged != 0;
}
