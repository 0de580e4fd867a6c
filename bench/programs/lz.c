// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Byte comparisons and hash chains: a greedy LZ77 compressor and its decompressor on synthetic
// text.

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
  kSize = 1 << 21,
  kHashBits = 16,
  kMinMatch = 4,
  kMaxMatch = 255 + kMinMatch,
  kWindow = 65535
};

static uint8_t text[kSize], packed[kSize * 2], back[kSize];
static int32_t head[1 << kHashBits], chain[kSize];

static void make_text(void) {
  static const char* const kWords[] = {"the ",    "quick ",   "brown ", "fox ",
                                       "engine ", "module, ", "of ",    "run\n"};
  uint32_t state = 7;
  for (size_t at = 0; at < kSize;) {
    state = state * 1664525 + 1013904223;
    const char* word = kWords[state >> 29];
    for (; *word && at < kSize; word++) text[at++] = (uint8_t)*word;
    if (state >> 20 & 7) continue;
    for (int i = 0; i < 6 && at < kSize; i++) text[at++] = (uint8_t)('a' + (state >> (i * 4) & 15));
  }
}

static uint32_t hash4(const uint8_t* p) {
  uint32_t word;
  memcpy(&word, p, 4);
  return word * 2654435761u >> (32 - kHashBits);
}

static size_t match_length(const uint8_t* a, const uint8_t* b, const uint8_t* end) {
  size_t length = 0;
  while (b + length < end && length < kMaxMatch && a[length] == b[length]) length++;
  return length;
}

static size_t compress(void) {
  size_t out = 0;
  memset(head, -1, sizeof head);
  for (size_t at = 0; at < kSize;) {
    size_t best = 0, distance = 0;
    if (at + kMinMatch <= kSize) {
      int32_t old = head[hash4(text + at)];
      for (int tries = 0; tries < 8 && old >= 0 && at - (size_t)old <= kWindow; tries++) {
        size_t length = match_length(text + old, text + at, text + kSize);
        if (length > best) best = length, distance = at - (size_t)old;
        old = chain[old];
      }
    }
    size_t step = best >= kMinMatch ? best : 1;
    if (best >= kMinMatch) {
      packed[out++] = 1;
      packed[out++] = (uint8_t)(best - kMinMatch);
      packed[out++] = (uint8_t)distance;
      packed[out++] = (uint8_t)(distance >> 8);
    } else {
      packed[out++] = 0;
      packed[out++] = text[at];
    }
    for (; step; step--, at++) {
      if (at + kMinMatch > kSize) continue;
      uint32_t slot = hash4(text + at);
      chain[at] = head[slot];
      head[slot] = (int32_t)at;
    }
  }
  return out;
}

static size_t expand(size_t size) {
  size_t out = 0;
  for (size_t at = 0; at < size;) {
    if (!packed[at++]) {
      back[out++] = packed[at++];
      continue;
    }
    size_t length = packed[at] + (size_t)kMinMatch,
           distance = packed[at + 1] | (size_t)packed[at + 2] << 8;
    at += 3;
    for (; length; length--, out++) back[out] = back[out - distance];
  }
  return out;
}

int main(void) {
  make_text();
  size_t size = compress(), again = expand(size);
  printf("%zu %zu %d\n", size, again, memcmp(text, back, kSize));
  return 0;
}
