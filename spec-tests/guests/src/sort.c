// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Sorts the lines of standard input: -n by number, -r reversed, -u each line once.

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int numeric, reversed, unique;

static int compare(const void* a, const void* b) {
  const char *left = *(char* const*)a, *right = *(char* const*)b;
  int order = 0;
  if (numeric) {
    double x = strtod(left, NULL), y = strtod(right, NULL);
    order = (x > y) - (x < y);
  }
  if (order == 0) order = strcmp(left, right);
  return reversed ? -order : order;
}

static char* read_line(void) {
  size_t size = 0, room = 32;
  char* line = malloc(room);
  int c;
  while ((c = getchar()) != EOF && c != '\n') {
    if (size + 1 == room) line = realloc(line, room *= 2);
    line[size++] = (char)c;
  }
  if (c == EOF && size == 0) {
    free(line);
    return NULL;
  }
  line[size] = 0;
  return line;
}

int main(int argc, char** argv) {
  for (int i = 1; i < argc; i++) {
    numeric |= strcmp(argv[i], "-n") == 0;
    reversed |= strcmp(argv[i], "-r") == 0;
    unique |= strcmp(argv[i], "-u") == 0;
  }
  size_t count = 0, room = 16;
  char** lines = malloc(room * sizeof *lines);
  for (char* line; (line = read_line()) != NULL;) {
    if (count == room) lines = realloc(lines, (room *= 2) * sizeof *lines);
    lines[count++] = line;
  }
  qsort(lines, count, sizeof *lines, compare);
  for (size_t i = 0; i < count; i++) {
    if (!unique || i == 0 || strcmp(lines[i - 1], lines[i]) != 0) puts(lines[i]);
  }
  return count == 0;
}
