// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Floating-point divisions: the spectral norm of an infinite matrix, by the power method.

#include <math.h>
#include <stdio.h>

enum { kN = 800 };

static double entry(int i, int j) {
  return 1.0 / ((i + j) * (i + j + 1) / 2 + i + 1);
}

static void multiply(const double* v, double* out, int transposed) {
  for (int i = 0; i < kN; i++) {
    double sum = 0;
    for (int j = 0; j < kN; j++) sum += (transposed ? entry(j, i) : entry(i, j)) * v[j];
    out[i] = sum;
  }
}

int main(void) {
  static double u[kN], v[kN], between[kN];
  for (int i = 0; i < kN; i++) u[i] = 1;
  for (int round = 0; round < 10; round++) {
    multiply(u, between, 0);
    multiply(between, v, 1);
    multiply(v, between, 0);
    multiply(between, u, 1);
  }
  double product = 0, square = 0;
  for (int i = 0; i < kN; i++) product += u[i] * v[i], square += v[i] * v[i];
  printf("%.9f\n", sqrt(product / square));
  return 0;
}
