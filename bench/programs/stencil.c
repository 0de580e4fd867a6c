// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Dense kernels of doubles: a stencil over a grid, a factorization, products of matrix and vector.

#include <stdio.h>

enum { kSize = 180 };
static double a[kSize][kSize], b[kSize][kSize], x[kSize], y[kSize];

static void fill(void) {
  for (int i = 0; i < kSize; i++) {
    x[i] = 1.0 + i / (double)kSize;
    y[i] = 0;
    for (int j = 0; j < kSize; j++) {
      a[i][j] = ((double)(i * j % 17) + 2) / kSize;
      b[i][j] = ((double)i * (j + 3) + 3) / kSize;
    }
    a[i][i] += kSize;
  }
}

static void jacobi(int steps) {
  for (int t = 0; t < steps; t++) {
    for (int i = 1; i < kSize - 1; i++)
      for (int j = 1; j < kSize - 1; j++)
        b[i][j] = 0.2 * (a[i][j] + a[i][j - 1] + a[i][j + 1] + a[i + 1][j] + a[i - 1][j]);
    for (int i = 1; i < kSize - 1; i++)
      for (int j = 1; j < kSize - 1; j++)
        a[i][j] = 0.2 * (b[i][j] + b[i][j - 1] + b[i][j + 1] + b[i + 1][j] + b[i - 1][j]);
  }
}

static void factorize(void) {
  for (int i = 0; i < kSize; i++) {
    for (int j = 0; j < i; j++) {
      for (int k = 0; k < j; k++) a[i][j] -= a[i][k] * a[k][j];
      a[i][j] /= a[j][j];
    }
    for (int j = i; j < kSize; j++)
      for (int k = 0; k < i; k++) a[i][j] -= a[i][k] * a[k][j];
  }
}

static void transposed_product(void) {
  for (int i = 0; i < kSize; i++) {
    double sum = 0;
    for (int j = 0; j < kSize; j++) sum += b[i][j] * x[j];
    for (int j = 0; j < kSize; j++) y[j] += b[i][j] * sum;
  }
}

int main(void) {
  double sum = 0;
  for (int round = 0; round < 6; round++) {
    fill();
    jacobi(20);
    for (int i = 0; i < 20; i++) transposed_product();
    for (int i = 0; i < kSize; i++) a[i][i] += kSize;
    factorize();
    for (int i = 0; i < kSize; i++) sum += a[i][i] + y[i] * 1e-9;
  }
  printf("%.6f\n", sum);
  return 0;
}
