/* Copyright the Brink authors.
   SPDX-License-Identifier: Apache-2.0

   A program whose preparation is most of its work: primes up to two million, and an index of
   strings, sorted and hashed, on the heap. Run as it is, it prepares itself first; in a snapshot
   that is done. What it prints is the same. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { kLimit = 2000000, kWords = 20000, kBuckets = 4096 };

typedef struct Word {
  struct Word *next;
  unsigned count;
  char text[];
} Word;

static unsigned char *composite;
static unsigned prime_count;
static Word *buckets[kBuckets];
static Word **sorted;
static size_t word_count;
static int (*order)(const void *, const void *);
static int is_ready;

static unsigned hash_of(const char *text) {
  unsigned hash = 2166136261u;
  for (; *text; ++text) hash = (hash ^ (unsigned char)*text) * 16777619u;
  return hash;
}

static int by_text(const void *a, const void *b) {
  return strcmp((*(Word *const *)a)->text, (*(Word *const *)b)->text);
}

static Word *find(const char *text) {
  Word *word = buckets[hash_of(text) % kBuckets];
  while (word && strcmp(word->text, text) != 0) word = word->next;
  return word;
}

static void add(const char *text) {
  Word *word = find(text);
  if (!word) {
    Word **bucket = &buckets[hash_of(text) % kBuckets];
    word = malloc(sizeof *word + strlen(text) + 1);
    word->next = *bucket;
    word->count = 0;
    strcpy(word->text, text);
    *bucket = word;
    sorted = realloc(sorted, (word_count + 1) * sizeof *sorted);
    sorted[word_count++] = word;
  }
  ++word->count;
}

#ifdef __wasm__
__attribute__((export_name("wizer.initialize")))
#endif
void prepare(void) {
  composite = calloc(kLimit, 1);
  for (unsigned i = 2; i < kLimit; ++i) {
    if (composite[i]) continue;
    ++prime_count;
    for (unsigned long long j = (unsigned long long)i * i; j < kLimit; j += i) composite[j] = 1;
  }
  unsigned state = 12345;
  for (int i = 0; i < kWords; ++i) {
    char text[16];
    size_t length = 0;
    do {
      state = state * 1103515245u + 12345u;
      text[length++] = (char)('a' + (state >> 16) % 6);
    } while (length < 8 && (state >> 24) % 4 != 0);
    text[length] = 0;
    add(text);
  }
  order = by_text;
  qsort(sorted, word_count, sizeof *sorted, order);
  is_ready = 1;
}

int main(int argc, char **argv) {
  if (!is_ready) prepare();
  printf("%u primes, %zu words\n", prime_count, word_count);
  for (int i = 1; i < argc; ++i) {
    const unsigned number = (unsigned)strtoul(argv[i], 0, 10);
    const Word *word = find(argv[i]);
    if (number > 1 && number < kLimit) printf("%u is %sprime\n", number, composite[number] ? "not " : "");
    if (word) printf("%s: %u times\n", word->text, word->count);
  }
  /* The heap goes on working. */
  add("from-main");
  qsort(sorted, word_count, sizeof *sorted, order);
  for (size_t i = 0; i < word_count; i += word_count / 20) printf("%s %u\n", sorted[i]->text, sorted[i]->count);
  for (size_t i = 0; i < word_count; ++i) free(sorted[i]);
  free(sorted);
  free(composite);
  return 0;
}
