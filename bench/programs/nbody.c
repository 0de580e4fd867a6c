// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Floating-point records: five bodies under gravity.

#include <math.h>
#include <stdio.h>

struct body {
  double x, y, z, vx, vy, vz, mass;
};

enum { kBodies = 5, kSteps = 400000 };
static struct body bodies[kBodies] = {{0, 0, 0, 0, 0, 0, 39.5},
                                      {4.84, -1.16, -0.10, 0.61, 2.81, -0.025, 0.0377},
                                      {8.34, 4.12, -0.40, -1.01, 1.82, 0.0084, 0.0113},
                                      {12.89, -15.11, -0.22, 1.08, 0.868, -0.0108, 0.00172},
                                      {15.38, -25.92, 0.179, 0.979, 0.594, -0.0347, 0.00203}};

static void advance(double dt) {
  for (int i = 0; i < kBodies; i++) {
    struct body* a = &bodies[i];
    for (int j = i + 1; j < kBodies; j++) {
      struct body* b = &bodies[j];
      double dx = a->x - b->x, dy = a->y - b->y, dz = a->z - b->z;
      double square = dx * dx + dy * dy + dz * dz;
      double pull = dt / (square * sqrt(square));
      a->vx -= dx * b->mass * pull, a->vy -= dy * b->mass * pull, a->vz -= dz * b->mass * pull;
      b->vx += dx * a->mass * pull, b->vy += dy * a->mass * pull, b->vz += dz * a->mass * pull;
    }
  }
  for (int i = 0; i < kBodies; i++) {
    struct body* a = &bodies[i];
    a->x += dt * a->vx, a->y += dt * a->vy, a->z += dt * a->vz;
  }
}

int main(void) {
  for (int i = 0; i < kSteps; i++) advance(0.001);
  double energy = 0;
  for (int i = 0; i < kBodies; i++) {
    struct body* a = &bodies[i];
    energy += a->mass * (a->vx * a->vx + a->vy * a->vy + a->vz * a->vz) / 2;
  }
  printf("%.9f\n", energy);
  return 0;
}
