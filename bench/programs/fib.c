// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Calls: the Fibonacci numbers by double recursion, and Ackermann's function.

#include <stdint.h>
#include <stdio.h>

__attribute__((noinline)) static uint32_t fib(uint32_t n) {
  return n < 2 ? n : fib(n - 1) + fib(n - 2);
}

__attribute__((noinline)) static uint32_t ackermann(uint32_t m, uint32_t n) {
  if (m == 0) return n + 1;
  return ackermann(m - 1, n == 0 ? 1 : ackermann(m, n - 1));
}

int main(void) {
  uint32_t sum = 0;
  for (uint32_t n = 380; n < 400; n++) sum += ackermann(2, n);
  printf("%u %u\n", fib(35), sum);
  return 0;
}
