// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Table look-ups per byte: CRC-32, Adler-32 and FNV-1a of a buffer.

#include <stdint.h>
#include <stdio.h>

static uint32_t table[256];
static uint8_t buffer[1 << 20];

int main(void) {
  for (uint32_t i = 0; i < 256; i++) {
    uint32_t value = i;
    for (int bit = 0; bit < 8; bit++) value = value & 1 ? 0xedb88320 ^ value >> 1 : value >> 1;
    table[i] = value;
  }
  for (uint32_t i = 0; i < sizeof buffer; i++) buffer[i] = (uint8_t)(i * i >> 7);
  uint32_t crc = ~0u, low = 1, high = 0;
  uint64_t fnv = 0xcbf29ce484222325;
  for (int round = 0; round < 12; round++) {
    for (uint32_t i = 0; i < sizeof buffer; i++) crc = table[(crc ^ buffer[i]) & 255] ^ crc >> 8;
    for (uint32_t i = 0; i < sizeof buffer; i++) fnv = (fnv ^ buffer[i]) * 0x100000001b3;
    for (uint32_t at = 0; at < sizeof buffer; at += 4096) {
      for (uint32_t i = at; i < at + 4096; i++) low += buffer[i], high += low;
      low %= 65521, high %= 65521;
    }
  }
  printf("%08x %u %u %llx\n", ~crc, high, low, (unsigned long long)fnv);
  return 0;
}
