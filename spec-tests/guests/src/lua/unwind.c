// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// See setjmp.h. Neither function may be inlined: Asyncify leaves exactly these two as they are.

#include "setjmp.h"

#define ASYNCIFY(name) __attribute__((import_module("asyncify"), import_name(name)))

struct saved_frames {
  char *next, *end;
};

ASYNCIFY("start_unwind") void asyncify_start_unwind(struct saved_frames* frames);
ASYNCIFY("stop_unwind") void asyncify_stop_unwind(void);

static char frame_bytes[1 << 20];
static struct saved_frames frames;
static int unwinding;

static void* stack_pointer(void) {
  void* pointer;
  __asm__ volatile(
      ".globaltype __stack_pointer, i32\n"
      "global.get __stack_pointer\n"
      "local.set %0"
      : "=r"(pointer));
  return pointer;
}

static void set_stack_pointer(void* pointer) {
  __asm__ volatile(
      ".globaltype __stack_pointer, i32\n"
      "local.get %0\n"
      "global.set __stack_pointer"
      :
      : "r"(pointer));
}

__attribute__((noinline)) void unwind_try(void (*body)(void*, void*), void* first, void* second) {
  void* stack = stack_pointer();
  body(first, second);
  if (!unwinding) return;
  asyncify_stop_unwind();
  unwinding = 0;
  set_stack_pointer(stack);  // the frames that were left did not give theirs back
}

__attribute__((noinline)) void unwind_throw(void) {
  frames.next = frame_bytes;
  frames.end = frame_bytes + sizeof frame_bytes;
  unwinding = 1;
  asyncify_start_unwind(&frames);
}
