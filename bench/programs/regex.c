// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Character classes: a pattern compiled to a nondeterministic automaton, stepped over a text by bit
// sets.

#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { kStates = 64, kText = 1 << 19 };

// State i reads a character of classes[i] and enters i + 1; loops[i]: it may stay; skips[i]: it may
// be passed.
struct automaton {
  uint8_t classes[kStates][256];
  uint8_t loops[kStates], skips[kStates];
  int states;
};

static const char* read_class(const char* p, uint8_t* set) {
  if (*p == '.')
    memset(set, 1, 256);
  else if (*p != '[')
    set[(uint8_t)*p] = 1;
  else {
    for (p++; *p != ']'; p++) {
      if (p[1] == '-' && p[2] != ']') {
        for (int c = p[0]; c <= p[2]; c++) set[c] = 1;
        p += 2;
      } else {
        set[(uint8_t)*p] = 1;
      }
    }
  }
  return p + 1;
}

static void compile(struct automaton* a, const char* p) {
  memset(a, 0, sizeof *a);
  while (*p) {
    int i = a->states++;
    p = read_class(p, a->classes[i]);
    a->loops[i] = *p == '*' || *p == '+';
    a->skips[i] = *p == '*' || *p == '?';
    p += *p == '*' || *p == '+' || *p == '?';
  }
}

static uint64_t close_over(const struct automaton* a, uint64_t set) {
  for (int i = 0; i < a->states; i++) {
    if ((set >> i & 1) && a->skips[i]) set |= (uint64_t)1 << (i + 1);
  }
  return set;
}

static int count_matches(const struct automaton* a, const char* text, int size) {
  int matches = 0;
  uint64_t start = close_over(a, 1), set = start;
  for (int at = 0; at < size; at++) {
    uint8_t c = (uint8_t)text[at];
    uint64_t next = 0;
    for (uint64_t rest = set; rest; rest &= rest - 1) {
      int i = __builtin_ctzll(rest);
      if (i >= a->states || !a->classes[i][c]) continue;
      next |= (uint64_t)(a->loops[i] ? 3 : 2) << i;
    }
    set = close_over(a, next);
    if (set >> a->states & 1) matches++, set = 0;
    set |= start;
  }
  return matches;
}

int main(void) {
  static char text[kText];
  static const char kLetters[] = "abcdeABC0123456789.@-_ \nxyz";
  uint32_t state = 99;
  for (int i = 0; i < kText; i++) {
    state = state * 1664525 + 1013904223;
    text[i] = kLetters[(state >> 20) % (sizeof kLetters - 1)];
  }
  static const char* const kPatterns[] = {"[a-z]+@[a-z]+[.][a-z]+", "[0-9]+[.]?[0-9]*",
                                          "a.*b?c[A-C]+ ", "[A-C][a-e]*[0-9][0-9]-",
                                          "[x-z]*[0-4]+_[5-9]"};
  for (size_t i = 0; i < sizeof kPatterns / sizeof *kPatterns; i++) {
    static struct automaton automaton;
    compile(&automaton, kPatterns[i]);
    printf("%d ", count_matches(&automaton, text, kText));
  }
  printf("\n");
  return 0;
}
