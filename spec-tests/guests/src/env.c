// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Prints its arguments and its environment; the argument "exit=N" ends the program with that code.

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern char** environ;

static int by_text(const void* a, const void* b) {
  return strcmp(*(char* const*)a, *(char* const*)b);
}

int main(int argc, char** argv) {
  printf("%d arguments\n", argc - 1);
  for (int i = 1; i < argc; i++) printf("[%s]\n", argv[i]);
  int count = 0;
  while (environ && environ[count]) count++;
  char** sorted = malloc(sizeof(char*) * (size_t)(count + 1));
  if (count) memcpy(sorted, environ, sizeof(char*) * (size_t)count);
  qsort(sorted, (size_t)count, sizeof(char*), by_text);
  for (int i = 0; i < count; i++) puts(sorted[i]);
  const char* home = getenv("HOME");
  printf("HOME is %s\n", home ? home : "not set");
  setenv("ADDED", "later", 1);
  printf("ADDED is %s\n", getenv("ADDED"));
  for (int i = 1; i < argc; i++) {
    if (!strncmp(argv[i], "argv0", 5)) printf("started as %s\n", argv[0]);
    if (!strncmp(argv[i], "exit=", 5)) exit(atoi(argv[i] + 5));
  }
  return 0;
}
