// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// A stream cipher of additions and rotations, and a block cipher of table look-ups.

#include <stdint.h>
#include <stdio.h>
#include <string.h>

static uint32_t rotate(uint32_t x, int by) {
  return x << by | x >> (32 - by);
}

static void quarter(uint32_t* s, int a, int b, int c, int d) {
  s[a] += s[b], s[d] = rotate(s[d] ^ s[a], 16);
  s[c] += s[d], s[b] = rotate(s[b] ^ s[c], 12);
  s[a] += s[b], s[d] = rotate(s[d] ^ s[a], 8);
  s[c] += s[d], s[b] = rotate(s[b] ^ s[c], 7);
}

static void stream(const uint32_t in[16], uint8_t out[64]) {
  uint32_t s[16];
  memcpy(s, in, sizeof s);
  for (int i = 0; i < 10; i++) {
    quarter(s, 0, 4, 8, 12), quarter(s, 1, 5, 9, 13);
    quarter(s, 2, 6, 10, 14), quarter(s, 3, 7, 11, 15);
    quarter(s, 0, 5, 10, 15), quarter(s, 1, 6, 11, 12);
    quarter(s, 2, 7, 8, 13), quarter(s, 3, 4, 9, 14);
  }
  for (int i = 0; i < 16; i++) {
    const uint32_t word = s[i] + in[i];
    for (int j = 0; j < 4; j++) out[4 * i + j] = (uint8_t)(word >> 8 * j);
  }
}

static uint8_t box[256];
static uint32_t table[4][256];
static uint32_t keys[44];

static uint8_t twice(uint8_t x) {
  return (uint8_t)(x << 1 ^ (x >> 7) * 0x1b);
}

static void make_tables(void) {
  uint8_t p = 1, q = 1;
  do {
    p = p ^ twice(p);
    q ^= q << 1, q ^= q << 2, q ^= q << 4;
    if (q & 0x80) q ^= 9;
    const uint8_t x =
        q ^ (q << 1 | q >> 7) ^ (q << 2 | q >> 6) ^ (q << 3 | q >> 5) ^ (q << 4 | q >> 4);
    box[p] = x ^ 0x63;
  } while (p != 1);
  box[0] = 0x63;
  for (int i = 0; i < 256; i++) {
    const uint32_t s = box[i], t = twice(box[i]);
    table[0][i] = t | s << 8 | s << 16 | (s ^ t) << 24;
    for (int j = 1; j < 4; j++) table[j][i] = rotate(table[j - 1][i], 8);
  }
  uint8_t round = 1;
  for (int i = 0; i < 4; i++) keys[i] = 0x03020100u + 0x04040404u * i;
  for (int i = 4; i < 44; i++) {
    uint32_t k = keys[i - 1];
    if (i % 4 == 0) {
      k = rotate(k, 24);
      k = box[k & 255] | box[k >> 8 & 255] << 8 | box[k >> 16 & 255] << 16 |
          (uint32_t)box[k >> 24] << 24;
      k ^= round, round = twice(round);
    }
    keys[i] = keys[i - 4] ^ k;
  }
}

static void encrypt(uint32_t s[4]) {
  uint32_t t[4];
  for (int i = 0; i < 4; i++) s[i] ^= keys[i];
  for (int round = 1; round < 10; round++) {
    for (int i = 0; i < 4; i++)
      t[i] = table[0][s[i] & 255] ^ table[1][s[(i + 1) & 3] >> 8 & 255] ^
             table[2][s[(i + 2) & 3] >> 16 & 255] ^ table[3][s[(i + 3) & 3] >> 24] ^
             keys[4 * round + i];
    memcpy(s, t, sizeof t);
  }
  for (int i = 0; i < 4; i++)
    t[i] = (box[s[i] & 255] | box[s[(i + 1) & 3] >> 8 & 255] << 8 |
            box[s[(i + 2) & 3] >> 16 & 255] << 16 | (uint32_t)box[s[(i + 3) & 3] >> 24] << 24) ^
           keys[40 + i];
  memcpy(s, t, sizeof t);
}

int main(void) {
  static uint8_t data[4096];
  uint32_t state[16] = {0x61707865, 0x3320646e, 0x79622d32, 0x6b206574, 1, 2, 3, 4, 5, 6, 7, 8};
  for (int round = 0; round < 700; round++)
    for (int at = 0; at < 4096; at += 64) {
      uint8_t mask[64];
      state[12]++;
      stream(state, mask);
      for (int i = 0; i < 64; i++) data[at + i] ^= mask[i];
    }
  make_tables();
  uint32_t block[4] = {0x33221100, 0x77665544, 0xbbaa9988, 0xffeeddcc};
  for (int i = 0; i < 200000; i++) encrypt(block);
  uint32_t sum = 0;
  for (int i = 0; i < 4096; i++) sum = sum * 31 + data[i];
  printf("%08x %08x %08x %08x %08x\n", sum, block[0], block[1], block[2], block[3]);
  return 0;
}
