// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Sorting: strings by qsort with a comparison through a pointer, numbers by quicksort and by heap
// sort.

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { kStrings = 40000, kNumbers = 300000 };
static char storage[kStrings][12];
static char* strings[kStrings];
static uint32_t numbers[kNumbers];
static uint32_t state = 1;

static uint32_t next_random(void) {
  return state = state * 1664525 + 1013904223;
}

static int by_text(const void* a, const void* b) {
  return strcmp(*(char* const*)a, *(char* const*)b);
}

static void quicksort(uint32_t* v, int low, int high) {
  while (low < high) {
    uint32_t pivot = v[(low + high) / 2];
    int i = low, j = high;
    while (i <= j) {
      while (v[i] < pivot) i++;
      while (v[j] > pivot) j--;
      if (i > j) break;
      uint32_t swap = v[i];
      v[i++] = v[j];
      v[j--] = swap;
    }
    if (j - low < high - i)
      quicksort(v, low, j), low = i;
    else
      quicksort(v, i, high), high = j;
  }
}

static void sift(uint32_t* v, int root, int size) {
  for (int child; (child = root * 2 + 1) < size; root = child) {
    if (child + 1 < size && v[child + 1] > v[child]) child++;
    if (v[root] >= v[child]) return;
    uint32_t swap = v[root];
    v[root] = v[child];
    v[child] = swap;
  }
}

static void heap_sort(uint32_t* v, int size) {
  for (int i = size / 2; i-- > 0;) sift(v, i, size);
  for (int i = size; i-- > 1;) {
    uint32_t swap = v[0];
    v[0] = v[i];
    v[i] = swap;
    sift(v, 0, i);
  }
}

static uint32_t checksum(void) {
  uint32_t sum = 0;
  for (int i = 0; i < kNumbers; i++) sum = sum * 31 + numbers[i];
  return sum;
}

int main(void) {
  for (int i = 0; i < kStrings; i++) {
    uint32_t length = 3 + (next_random() >> 29);
    for (uint32_t j = 0; j < length; j++) storage[i][j] = (char)('a' + (next_random() >> 24) % 26);
    strings[i] = storage[i];
  }
  qsort(strings, kStrings, sizeof *strings, by_text);
  for (int i = 0; i < kNumbers; i++) numbers[i] = next_random();
  quicksort(numbers, 0, kNumbers - 1);
  uint32_t first = checksum();
  for (int i = 0; i < kNumbers; i++) numbers[i] = next_random();
  heap_sort(numbers, kNumbers);
  printf("%s %s %u %u\n", strings[0], strings[kStrings - 1], first, checksum());
  return 0;
}
