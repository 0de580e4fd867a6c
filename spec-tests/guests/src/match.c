// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Prints the lines of files that match a pattern: . * + ? ^ $ and [sets]; options -n -v -c -i.
// Exit code as usual: 0 some line matched, 1 none, 2 trouble.

#include <ctype.h>
#include <stdio.h>
#include <string.h>

static int numbered, inverted, counting, folding;

static int same(int a, int b) {
  return folding ? tolower(a) == tolower(b) : a == b;
}

// The pattern after its first element.
static const char* after_element(const char* p) {
  if (*p != '[') return p + (*p == '\\' && p[1] ? 2 : 1);
  const char* end = strchr(p + 2, ']');
  return end ? end + 1 : p + strlen(p);
}

static int in_set(const char* p, const char* end, int c) {
  int negated = *p == '^';
  int found = 0;
  for (p += negated; p < end; p++) {
    if (p + 2 < end && p[1] == '-') {
      found |= c >= (unsigned char)p[0] && c <= (unsigned char)p[2];
      p += 2;
    } else {
      found |= same(c, (unsigned char)*p);
    }
  }
  return found != negated;
}

static int matches_one(const char* p, const char* s) {
  if (!*s) return 0;
  if (*p == '.') return 1;
  if (*p == '[') return in_set(p + 1, after_element(p) - 1, (unsigned char)*s);
  if (*p == '\\' && p[1]) p++;
  return same((unsigned char)*p, (unsigned char)*s);
}

static int matches_here(const char* p, const char* s) {
  if (!*p) return 1;
  if (*p == '$' && !p[1]) return !*s;
  const char* next = after_element(p);
  if (*next == '?') {
    return (matches_one(p, s) && matches_here(next + 1, s + 1)) || matches_here(next + 1, s);
  }
  if (*next == '*' || *next == '+') {
    const char* longest = s;
    while (matches_one(p, longest)) longest++;
    const char* shortest = s + (*next == '+');
    for (; longest >= shortest; longest--) {
      if (matches_here(next + 1, longest)) return 1;
    }
    return 0;
  }
  return matches_one(p, s) && matches_here(next, s + 1);
}

static int matches(const char* p, const char* s) {
  if (*p == '^') return matches_here(p + 1, s);
  do {
    if (matches_here(p, s)) return 1;
  } while (*s++);
  return 0;
}

static long search(FILE* in, const char* pattern, const char* prefix) {
  static char line[4096];
  long hits = 0;
  for (long number = 1; fgets(line, sizeof line, in); number++) {
    line[strcspn(line, "\n")] = 0;
    if (matches(pattern, line) == inverted) continue;
    hits++;
    if (counting) continue;
    printf("%s%s", prefix, *prefix ? ":" : "");
    if (numbered) printf("%ld:", number);
    puts(line);
  }
  if (counting) printf("%s%s%ld\n", prefix, *prefix ? ":" : "", hits);
  return hits;
}

int main(int argc, char** argv) {
  int i = 1;
  for (; i < argc && argv[i][0] == '-'; i++) {
    numbered |= argv[i][1] == 'n';
    inverted |= argv[i][1] == 'v';
    counting |= argv[i][1] == 'c';
    folding |= argv[i][1] == 'i';
  }
  if (i == argc) return 2;
  const char* pattern = argv[i++];
  if (i == argc) return search(stdin, pattern, "") == 0;
  long hits = 0;
  int several = argc - i > 1, trouble = 0;
  for (; i < argc; i++) {
    FILE* in = fopen(argv[i], "r");
    if (!in) {
      printf("match: no file %s\n", argv[i]);
      trouble = 1;
      continue;
    }
    hits += search(in, pattern, several ? argv[i] : "");
    fclose(in);
  }
  return trouble ? 2 : hits == 0;
}
