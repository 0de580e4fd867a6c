// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// A floating-point loop with an early exit: the Mandelbrot set.

#include <stdint.h>
#include <stdio.h>

enum { kWidth = 1000, kHeight = 800, kMost = 120 };

int main(void) {
  uint64_t sum = 0;
  for (int row = 0; row < kHeight; row++) {
    for (int column = 0; column < kWidth; column++) {
      double cx = 3.0 * column / kWidth - 2.2, cy = 2.4 * row / kHeight - 1.2;
      double x = 0, y = 0;
      int steps = 0;
      while (steps < kMost && x * x + y * y < 4) {
        double next = x * x - y * y + cx;
        y = 2 * x * y + cy;
        x = next;
        steps++;
      }
      sum = sum * 31 + (uint64_t)steps;
    }
  }
  printf("%llu\n", (unsigned long long)sum);
  return 0;
}
