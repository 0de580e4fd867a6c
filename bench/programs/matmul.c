// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Floating-point loops over arrays: products of 200 x 200 matrices, and a Cholesky factorization.

#include <math.h>
#include <stdio.h>

enum { kN = 200 };
static double a[kN][kN], b[kN][kN], c[kN][kN];

static void multiply(void) {
  for (int i = 0; i < kN; i++) {
    for (int j = 0; j < kN; j++) {
      double sum = 0;
      for (int k = 0; k < kN; k++) sum += a[i][k] * b[k][j];
      c[i][j] = sum;
    }
  }
}

static void factorize(void) {
  for (int i = 0; i < kN; i++) {
    for (int j = 0; j <= i; j++) {
      double sum = i == j ? kN * kN : c[i][j] + c[j][i];
      for (int k = 0; k < j; k++) sum -= a[i][k] * a[j][k];
      a[i][j] = i == j ? sqrt(sum) : sum / a[j][j];
    }
  }
}

int main(void) {
  for (int i = 0; i < kN; i++) {
    for (int j = 0; j < kN; j++) {
      a[i][j] = (i * 7 + j * 3) % 11 / 11.0;
      b[i][j] = (i * 5 + j) % 13 / 13.0;
    }
  }
  double trace = 0;
  for (int round = 0; round < 6; round++) {
    multiply();
    for (int i = 0; i < kN; i++) trace += c[i][(i * 17 + round) % kN];
    b[round][round] += 1;
  }
  factorize();
  for (int i = 0; i < kN; i++) trace += a[i][i];
  printf("%.9f\n", trace);
  return 0;
}
