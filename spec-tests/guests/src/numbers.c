// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Arithmetic at its edges: division, shifts, bit counts, 128-bit products, conversions, printing of
// numbers.

#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Hidden from the optimizer, so that the operation happens at run time.
static volatile int64_t longs[] = {0, 1, -1, 2, -7, 63, INT32_MAX, INT32_MIN, INT64_MAX, INT64_MIN};
static volatile double reals[] = {0.0,    -0.0,         0.5,     -1.5,     2.5,       1e10,
                                  -1e300, DBL_TRUE_MIN, DBL_MAX, INFINITY, -INFINITY, 3.9999999999};

enum { kLongs = sizeof longs / sizeof *longs, kReals = sizeof reals / sizeof *reals };

static void integers(void) {
  for (int i = 0; i < kLongs; i++) {
    int64_t a = longs[i];
    uint64_t u = (uint64_t)a;
    int32_t small = (int32_t)a;
    printf("%" PRId64 " %" PRIu64 " %" PRIx64 ":", a, u, u);
    for (int j = 1; j < kLongs; j++) {
      int64_t b = longs[j];
      if (!(a == INT64_MIN && b == -1)) printf(" %" PRId64 " %" PRId64, a / b, a % b);
      printf(" %" PRIu64 " %" PRIu64, u / (uint64_t)b, u % (uint64_t)b);
      if ((int32_t)b && !(small == INT32_MIN && (int32_t)b == -1)) {
        printf(" %d %d", small / (int32_t)b, small % (int32_t)b);
      }
    }
    for (int shift = 0; shift < 64; shift += 13) {
      printf(" %" PRIu64 " %" PRIu64 " %" PRId64, u << shift, u >> shift, a >> shift);
      printf(" %" PRIu64, u << shift | u >> ((64 - shift) & 63));
    }
    if (u) printf(" clz %d ctz %d", __builtin_clzll(u), __builtin_ctzll(u));
    printf(" ones %d low %d %d\n", __builtin_popcountll(u), (int8_t)a, (int16_t)a);
  }
}

static void products(void) {
  for (int i = 0; i < kLongs; i++) {
    for (int j = i; j < kLongs; j++) {
      unsigned __int128 wide = (unsigned __int128)(uint64_t)longs[i] * (uint64_t)longs[j];
      __int128 narrow = (__int128)longs[i] * longs[j];
      int64_t result;
      int overflow = __builtin_mul_overflow(longs[i], longs[j], &result);
      printf("%016" PRIx64 "%016" PRIx64 " %" PRId64 " %d %" PRId64 "\n", (uint64_t)(wide >> 64),
             (uint64_t)wide, (int64_t)(narrow >> 64), overflow, result);
    }
  }
}

static void floats(void) {
  for (int i = 0; i < kReals; i++) {
    double x = reals[i];
    float f = (float)x;
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    printf("%" PRIx64 " %.17g %e %g f %.9g:", bits, x, x, x, (double)f);
    printf(" %g %g %g %g", floor(x), ceil(x), trunc(x), nearbyint(x));
    printf(" %.17g %d %d", sqrt(fabs(x)), signbit(x) != 0, isfinite(x) != 0);
    if (fabs(x) < 9e18) printf(" %" PRId64, (int64_t)x);
    if (fabs(x) < 2e9) printf(" %d", (int)x);
    for (int j = 0; j < kReals; j++) {
      double y = reals[j];
      double quotient = x / y, sum = x + y;
      printf(" %d%d%d", x < y, x == y, x >= y);
      if (!isnan(quotient)) printf(" %.17g", quotient);
      if (!isnan(sum)) printf(" %.17g", sum);
      printf(" %g", copysign(x, y));
      if (x != y) printf(" %g", fmin(x, y));
    }
    printf("\n");
  }
}

static void texts(void) {
  static const char* const kTexts[] = {"0.1",
                                       "1e23",
                                       "9007199254740993",
                                       "2.2250738585072011e-308",
                                       "1e-400",
                                       "0x1.8p3",
                                       "nan",
                                       "-inf",
                                       "123456789012345678901234567890"};
  for (size_t i = 0; i < sizeof kTexts / sizeof *kTexts; i++) {
    printf("%s -> %.17g %.9g %lld\n", kTexts[i], strtod(kTexts[i], NULL),
           (double)strtof(kTexts[i], NULL), strtoll(kTexts[i], NULL, 0));
  }
  for (int i = 1; i <= 12; i++) {
    double x = i / 8.0 + 0.1;
    printf("%.12f %.12f %.12f %.12f %.12f\n", sin(x), exp(x), log(x), pow(x, x), atan2(x, i));
  }
}

int main(void) {
  integers();
  products();
  floats();
  texts();
  return 0;
}
