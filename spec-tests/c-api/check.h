/* Copyright the Brink authors.
   SPDX-License-Identifier: Apache-2.0

   What the tests of the C API share. They are written in C and use the shared library, so that they
   see what any C program sees. */

#ifndef BRINK_SPEC_TESTS_C_API_CHECK_H_
#define BRINK_SPEC_TESTS_C_API_CHECK_H_

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "brink.h"
#include "wasm.h"

extern int checks_done;

#define CHECK(condition)                                                           \
  do {                                                                             \
    ++checks_done;                                                                 \
    if (!(condition)) {                                                            \
      printf("%s:%d: not so: %s (last error: %s)\n", __FILE__, __LINE__, #condition, \
             brink_last_error());                                                  \
      exit(1);                                                                     \
    }                                                                              \
  } while (0)

/* A module from its text, through the binary that wasm_module_new takes. */
wasm_module_t* load(wasm_store_t* store, const char* text);

/* An instance with these imports, which has to succeed; the module is deleted. */
wasm_instance_t* instantiate(wasm_store_t* store, const char* text, wasm_extern_t** imports,
                             size_t import_count);

wasm_func_t* func_at(const wasm_extern_vec_t* exports, size_t index);

/* Calls a function of i32 parameters with one i32 result, which it returns; must not trap. */
int32_t call_i32(const wasm_func_t* func, size_t count, int32_t a, int32_t b);

/* The message of the trap that a call ends with; deletes the trap. */
void expect_trap(const wasm_func_t* func, size_t count, int32_t a, int32_t b, size_t result_count,
                 const char* message);

void test_hello(void);
void test_callback(void);
void test_trap(void);
void test_start(void);
void test_reflect(void);
void test_global(void);
void test_table(void);
void test_memory(void);
void test_hostref(void);
void test_finalize(void);
void test_serialize(void);
void test_threads(void);
void test_multi(void);
void test_types(void);
void test_vectors(void);
void test_order_of_deletion(void);
void test_config(void);
void test_limits(void);
void test_metrics(void);
void test_time(void);
void test_linker(void);
void test_values(void);
void test_snapshot(void);
void test_exceptions(void);
void test_shared_memory(void);
void test_wasi(void);

#endif
