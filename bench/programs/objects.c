// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Indirect calls: small objects behind function pointers, as C++ and Go compile them.

#include <stdint.h>
#include <stdio.h>

struct shape;
struct methods {
  int64_t (*area)(const struct shape*);
  void (*scale)(struct shape*, int64_t);
};
struct shape {
  const struct methods* methods;
  int64_t a, b;
};

static int64_t box_area(const struct shape* s) {
  return s->a * s->b;
}
static int64_t triangle_area(const struct shape* s) {
  return s->a * s->b / 2;
}
static int64_t ring_area(const struct shape* s) {
  return 3 * (s->a * s->a - s->b * s->b);
}
static void scale_both(struct shape* s, int64_t by) {
  s->a = (s->a * by & 1023) + 1, s->b = (s->b * by & 1023) + 1;
}
static void scale_first(struct shape* s, int64_t by) {
  s->a = (s->a + by & 2047) + 1;
}

static const struct methods kBox = {box_area, scale_both}, kTriangle = {triangle_area, scale_first},
                            kRing = {ring_area, scale_both};

int main(void) {
  static const struct methods* const kKinds[] = {&kBox, &kTriangle, &kRing};
  static struct shape shapes[3000];
  for (int i = 0; i < 3000; i++)
    shapes[i] = (struct shape){kKinds[i * 7 / 3 % 3], i + 1, i % 50 + 1};
  int64_t sum = 0;
  for (int round = 1; round <= 1500; round++) {
    for (int i = 0; i < 3000; i++) {
      struct shape* shape = &shapes[i];
      sum += shape->methods->area(shape);
      if ((i + round) % 4 == 0) shape->methods->scale(shape, round);
    }
  }
  printf("%lld\n", (long long)sum);
  return 0;
}
