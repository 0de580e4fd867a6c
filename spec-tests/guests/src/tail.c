// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Tail calls, direct and through a table: a million deep in constant stack.

#include <stdint.h>
#include <stdio.h>

typedef uint64_t step(uint64_t left, uint64_t sum);

static step even, odd, finish;
static step* volatile steps[] = {even, odd, finish};

static uint64_t even(uint64_t left, uint64_t sum) {
  if (left == 0) __attribute__
    ((musttail)) return finish(left, sum);
  __attribute__((musttail)) return steps[1](left - 1, sum * 3 + left);
}

static uint64_t odd(uint64_t left, uint64_t sum) {
  if (left == 0) __attribute__
    ((musttail)) return steps[2](left, sum + 1);
  __attribute__((musttail)) return even(left - 1, sum ^ (left << 7));
}

static uint64_t finish(uint64_t left, uint64_t sum) {
  return sum - left;
}

int main(void) {
  printf("%llu\n", (unsigned long long)even(1000000, 1));
  printf("%llu\n", (unsigned long long)odd(1000000, 1));
  return 0;
}
