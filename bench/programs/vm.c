// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// An interpreter in the guest: a loop around a switch runs a small stack machine's program.

#include <stdint.h>
#include <stdio.h>

enum op {
  kPush,
  kLoad,
  kStore,
  kAdd,
  kSub,
  kMul,
  kMod,
  kLess,
  kJump,
  kJumpIfZero,
  kGet,
  kPut,
  kHalt
};

struct instruction {
  enum op op;
  int32_t value;
};

static int32_t memory[4096], variables[8], stack[64];

static uint64_t run(const struct instruction* program) {
  uint64_t executed = 0;
  int32_t* top = stack;
  for (const struct instruction* at = program;; at++) {
    executed++;
    switch (at->op) {
      case kPush: *++top = at->value; break;
      case kLoad: *++top = variables[at->value]; break;
      case kStore: variables[at->value] = *top--; break;
      case kAdd: top--, *top = (int32_t)((uint32_t)top[0] + (uint32_t)top[1]); break;
      case kSub: top--, *top = (int32_t)((uint32_t)top[0] - (uint32_t)top[1]); break;
      case kMul: top--, *top = (int32_t)((uint32_t)top[0] * (uint32_t)top[1]); break;
      case kMod: top--, *top = (int32_t)((uint32_t)top[0] % (uint32_t)top[1]); break;
      case kLess: top--, *top = top[0] < top[1]; break;
      case kJump: at = program + at->value - 1; break;
      case kJumpIfZero:
        if (!*top--) at = program + at->value - 1;
        break;
      case kGet: *top = memory[*top & 4095]; break;
      case kPut: memory[top[-1] & 4095] = *top, top -= 2; break;
      case kHalt: return executed;
    }
  }
}

int main(void) {
  // i = 0; while (i < 1000000) { memory[i * 17 % 4093] = memory[i % 4093] + i * 3; i = i + 1; }
  static const struct instruction kProgram[] = {
      {kPush, 0},    {kStore, 0}, {kLoad, 0},  {kPush, 1000000}, {kLess, 0}, {kJumpIfZero, 24},
      {kLoad, 0},    {kPush, 17}, {kMul, 0},   {kPush, 4093},    {kMod, 0},  {kLoad, 0},
      {kPush, 4093}, {kMod, 0},   {kGet, 0},   {kLoad, 0},       {kPush, 3}, {kMul, 0},
      {kAdd, 0},     {kPut, 0},   {kLoad, 0},  {kPush, 1},       {kAdd, 0},  {kJump, 26},
      {kHalt, 0},    {kHalt, 0},  {kStore, 0}, {kJump, 2}};
  uint64_t executed = run(kProgram);
  uint32_t sum = 0;
  for (int i = 0; i < 4096; i++) sum = sum * 31 + (uint32_t)memory[i];
  printf("%llu %u\n", (unsigned long long)executed, sum);
  return 0;
}
