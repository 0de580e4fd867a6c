// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Dynamic programming over bytes: edit distances and longest common subsequences.

#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { kSize = 2500 };
static char left[kSize], right[kSize];
static int32_t row[kSize + 1], other[kSize + 1];

static int32_t min(int32_t a, int32_t b) {
  return a < b ? a : b;
}
static int32_t max(int32_t a, int32_t b) {
  return a > b ? a : b;
}

static int32_t edits(void) {
  for (int j = 0; j <= kSize; j++) row[j] = j;
  for (int i = 1; i <= kSize; i++) {
    int32_t diagonal = row[0];
    row[0] = i;
    for (int j = 1; j <= kSize; j++) {
      int32_t changed = diagonal + (left[i - 1] != right[j - 1]);
      diagonal = row[j];
      row[j] = min(changed, min(row[j], row[j - 1]) + 1);
    }
  }
  return row[kSize];
}

static int32_t common(void) {
  memset(row, 0, sizeof row);
  for (int i = 1; i <= kSize; i++) {
    memcpy(other, row, sizeof row);
    for (int j = 1; j <= kSize; j++) {
      row[j] = left[i - 1] == right[j - 1] ? other[j - 1] + 1 : max(other[j], row[j - 1]);
    }
  }
  return row[kSize];
}

int main(void) {
  uint32_t state = 3;
  for (int i = 0; i < kSize; i++) {
    state = state * 1664525 + 1013904223;
    left[i] = (char)('a' + (state >> 28));
    right[i] = (char)('a' + (state >> 13) % 16);
  }
  printf("%d %d\n", edits(), common());
  return 0;
}
