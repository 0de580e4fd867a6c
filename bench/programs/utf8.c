// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Text by its bytes: UTF-8 is decoded and checked, words, numbers and symbols are told apart by
// tables and by comparisons.

#include <stdint.h>
#include <stdio.h>

enum { kBytes = 1 << 19 };
static uint8_t text[kBytes + 4];
static uint8_t class_of[128];
enum { kSymbol, kSpace, kLetter, kDigit };

static uint32_t next_random(uint32_t* state) {
  *state = *state * 1664525 + 1013904223;
  return *state >> 8;
}

static int put(uint8_t* to, uint32_t code) {
  if (code < 0x80) return to[0] = code, 1;
  if (code < 0x800) return to[0] = 0xc0 | code >> 6, to[1] = 0x80 | (code & 63), 2;
  to[0] = 0xe0 | code >> 12, to[1] = 0x80 | (code >> 6 & 63), to[2] = 0x80 | (code & 63);
  return 3;
}

/// The character at p, whose bytes are counted in *length; 0xfffd for what is none.
static uint32_t decode(const uint8_t* p, const uint8_t* end, int* length) {
  uint32_t code = *p;
  *length = 1;
  if (code < 0x80) return code;
  int more = code >= 0xf0 ? 3 : code >= 0xe0 ? 2 : code >= 0xc2 ? 1 : 0;
  if (more == 0 || code > 0xf4 || end - p <= more) return 0xfffd;
  code &= 0x3f >> more;
  for (int i = 1; i <= more; i++) {
    if ((p[i] & 0xc0) != 0x80) return 0xfffd;
    code = code << 6 | (p[i] & 63);
  }
  if ((more == 2 && code < 0x800) || (code >= 0xd800 && code < 0xe000)) return 0xfffd;
  *length = more + 1;
  return code;
}

static int is_letter(uint32_t code) {
  if (code < 0x80) return class_of[code] == kLetter;
  return (code >= 0xc0 && code < 0x250) || (code >= 0x370 && code < 0x530) ||
         (code >= 0x4e00 && code < 0xa000);
}

int main(void) {
  for (int c = 0; c < 128; c++)
    class_of[c] = c <= ' '                                                       ? kSpace
                  : (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ? kLetter
                  : c >= '0' && c <= '9'                                         ? kDigit
                                                                                 : kSymbol;
  uint32_t state = 7;
  uint32_t size = 0;
  while (size + 3 < kBytes) {
    const uint32_t kind = next_random(&state) % 64;
    const uint32_t code = kind < 42   ? 'a' + next_random(&state) % 26
                          : kind < 50 ? ' '
                          : kind < 54 ? '0' + next_random(&state) % 10
                          : kind < 57 ? '!' + next_random(&state) % 15
                          : kind < 61 ? 0xc0 + next_random(&state) % 0x400
                                      : 0x4e00 + next_random(&state) % 0x1000;
    size += put(text + size, code);
  }
  uint64_t sum = 0;
  uint32_t words = 0, numbers = 0, symbols = 0, wide = 0;
  for (int round = 0; round < 12; round++) {
    text[round * 997] ^= 0x80;  // some of it is not UTF-8
    const uint8_t* p = text;
    const uint8_t* const end = text + size;
    while (p < end) {
      int length;
      uint32_t code = decode(p, end, &length);
      if (is_letter(code)) {
        uint32_t hash = 2166136261u;
        do {
          hash = (hash ^ code) * 16777619u;
          wide += length > 1;
          p += length;
          if (p >= end) break;
          code = decode(p, end, &length);
        } while (is_letter(code));
        sum += hash;
        words++;
      } else if (code < 0x80 && class_of[code] == kDigit) {
        uint32_t value = 0;
        while (p < end && *p < 0x80 && class_of[*p] == kDigit) value = value * 10 + (*p++ - '0');
        sum += value;
        numbers++;
      } else {
        symbols += code >= 0x80 || class_of[code] == kSymbol;
        p += length;
      }
    }
  }
  printf("%llu %u %u %u %u\n", (unsigned long long)sum, words, numbers, symbols, wide);
  return 0;
}
