// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Counts lines, words, bytes and the longest line of files or of standard input.

#include <ctype.h>
#include <stdio.h>
#include <string.h>

struct counts {
  long lines, words, bytes, longest;
};

static struct counts count(FILE* in) {
  struct counts all = {0, 0, 0, 0};
  long length = 0;
  int in_word = 0;
  for (int c = getc(in); c != EOF; c = getc(in)) {
    all.bytes++;
    int is_word = !isspace(c);
    all.words += is_word && !in_word;
    in_word = is_word;
    length = c == '\n' ? 0 : length + 1;
    all.lines += c == '\n';
    if (length > all.longest) all.longest = length;
  }
  return all;
}

static void print(struct counts counts, const char* name) {
  printf("%8ld %8ld %8ld %6ld %s\n", counts.lines, counts.words, counts.bytes, counts.longest,
         name);
}

int main(int argc, char** argv) {
  if (argc == 1) {
    print(count(stdin), "-");
    return 0;
  }
  int failed = 0;
  struct counts total = {0, 0, 0, 0};
  for (int i = 1; i < argc; i++) {
    FILE* in = fopen(argv[i], "rb");
    if (!in) {
      printf("wc: no file %s\n", argv[i]);
      failed = 1;
      continue;
    }
    struct counts one = count(in);
    fclose(in);
    print(one, argv[i]);
    total.lines += one.lines;
    total.words += one.words;
    total.bytes += one.bytes;
    if (one.longest > total.longest) total.longest = one.longest;
  }
  print(total, "total");
  return failed;
}
