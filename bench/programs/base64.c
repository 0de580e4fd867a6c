// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Bytes to base64 and back, and bytes to hexadecimal.

#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { kSize = 3 << 18, kRounds = 6 };
static const char kAlphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static uint8_t data[kSize], back[kSize];
static char text[kSize / 3 * 4 + 1], hex[kSize * 2 + 1];

static void encode(void) {
  char* out = text;
  for (int i = 0; i < kSize; i += 3) {
    uint32_t bits = (uint32_t)data[i] << 16 | (uint32_t)data[i + 1] << 8 | data[i + 2];
    *out++ = kAlphabet[bits >> 18];
    *out++ = kAlphabet[bits >> 12 & 63];
    *out++ = kAlphabet[bits >> 6 & 63];
    *out++ = kAlphabet[bits & 63];
  }
}

static int value_of(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  return c == '+' ? 62 : c == '/' ? 63 : -1;
}

static int decode(void) {
  uint8_t* out = back;
  for (const char* in = text; *in; in += 4) {
    int bits =
        value_of(in[0]) << 18 | value_of(in[1]) << 12 | value_of(in[2]) << 6 | value_of(in[3]);
    if (bits < 0) return -1;
    *out++ = (uint8_t)(bits >> 16);
    *out++ = (uint8_t)(bits >> 8);
    *out++ = (uint8_t)bits;
  }
  return 0;
}

int main(void) {
  uint32_t sum = 0;
  for (int round = 0; round < kRounds; round++) {
    for (uint32_t i = 0; i < kSize; i++) data[i] = (uint8_t)(i * 31 + i / 256 + (uint32_t)round);
    encode();
    sum += (uint32_t)decode() + (uint32_t)memcmp(data, back, kSize);
    for (int i = 0; i < kSize; i++) {
      hex[2 * i] = "0123456789abcdef"[data[i] >> 4];
      hex[2 * i + 1] = "0123456789abcdef"[data[i] & 15];
    }
    for (int i = 0; i < kSize; i += 7) sum = sum * 31 + (uint8_t)text[i] + (uint8_t)hex[i * 2];
  }
  printf("%u\n", sum);
  return 0;
}
