// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Strings built, split, compared and counted: numbers are spelled out, words sorted and joined.

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct string {
  char* data;
  size_t size, capacity;
};

static void append(struct string* s, const char* text, size_t size) {
  if (s->size + size + 1 > s->capacity) {
    s->capacity = (s->size + size + 1) * 2;
    s->data = realloc(s->data, s->capacity);
  }
  memcpy(s->data + s->size, text, size);
  s->size += size;
  s->data[s->size] = 0;
}

static void append_number(struct string* s, uint32_t number) {
  static const char* const kOnes[] = {"zero", "one", "two",   "three", "four",
                                      "five", "six", "seven", "eight", "nine"};
  char digits[12];
  int count = 0;
  do digits[count++] = (char)(number % 10);
  while (number /= 10);
  while (count-- > 0) {
    const char* word = kOnes[(int)digits[count]];
    append(s, word, strlen(word));
    append(s, count ? "-" : " ", 1);
  }
}

static int compare(const void* a, const void* b) {
  return strcmp(*(const char* const*)a, *(const char* const*)b);
}

int main(void) {
  static char* words[4096];
  uint64_t sum = 0;
  for (int round = 0; round < 25; round++) {
    struct string all = {0}, joined = {0};
    for (uint32_t i = 0; i < 1500; i++) append_number(&all, (i * 7919 + round) % 5003);
    int count = 0;
    for (char* p = strtok(all.data, " "); p; p = strtok(NULL, " ")) words[count++] = p;
    qsort(words, count, sizeof *words, compare);
    for (int i = 0; i < count; i++) {
      if (i && strcmp(words[i], words[i - 1]) == 0) continue;
      append(&joined, words[i], strlen(words[i]));
      append(&joined, ",", 1);
    }
    for (size_t i = 0; i < joined.size; i++) sum = sum * 31 + (uint8_t)joined.data[i];
    sum += strstr(joined.data, "seven-seven-seven") != NULL;
    free(all.data), free(joined.data);
  }
  printf("%llu\n", (unsigned long long)sum);
  return 0;
}
