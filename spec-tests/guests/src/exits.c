// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// The ways a program ends: return, exit codes with atexit and unflushed output, abort, and every
// common trap.

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static volatile int zero;
static volatile int lowest = INT32_MIN, minus_one = -1;
static void (*volatile no_function)(void);

static void farewell(void) {
  puts("farewell");
}

// Two calls each, so that none is made into a loop. The first uses up the stack in memory, the
// second has nothing there when optimized, and uses up the engine's own.
static int descend(int depth) {
  char room[64];
  if (depth == minus_one) return 0;
  memset(room, depth, sizeof room);
  return descend(depth + 1) + descend(depth + 2) + room[depth & 63];
}

static int sink(int depth) {
  return depth == minus_one ? 0 : sink(depth + 1) + sink(depth + 2);
}

static int takes_int(int x) {
  return x;
}

int main(int argc, char** argv) {
  const char* way = argc > 1 ? argv[1] : "return";
  printf("before %s\n", way);
  atexit(farewell);
  if (!strcmp(way, "return")) return 7;
  if (!strcmp(way, "exit")) exit(atoi(argv[2]));
  fflush(stdout);
  if (!strcmp(way, "quick")) _Exit(9);
  if (!strcmp(way, "abort")) abort();
  if (!strcmp(way, "unreachable")) __builtin_trap();
  if (!strcmp(way, "divide")) return 100 / zero;
  if (!strcmp(way, "overflow")) return lowest / minus_one;
  if (!strcmp(way, "recursion")) return descend(zero);
  if (!strcmp(way, "deep")) return sink(zero);
  if (!strcmp(way, "null-call")) no_function();
  if (!strcmp(way, "wrong-type")) {
    no_function = (void (*)(void))takes_int;
    no_function();
  }
  if (!strcmp(way, "out-of-bounds")) return *(volatile char*)(uintptr_t)0xfffffff0u;
  puts("after");
  return 0;
}
