/* Copyright the Brink authors.
   SPDX-License-Identifier: Apache-2.0 */

#include "check.h"

int checks_done = 0;

wasm_module_t* load(wasm_store_t* store, const char* text) {
  wasm_byte_vec_t binary;
  CHECK(brink_wat2wasm(text, strlen(text), &binary));
  CHECK(wasm_module_validate(store, &binary));
  wasm_module_t* module = wasm_module_new(store, &binary);
  wasm_byte_vec_delete(&binary);
  CHECK(module != NULL);
  return module;
}

wasm_instance_t* instantiate(wasm_store_t* store, const char* text, wasm_extern_t** imports,
                             size_t import_count) {
  wasm_module_t* module = load(store, text);
  wasm_extern_vec_t vec = {import_count, imports};
  wasm_trap_t* trap = NULL;
  wasm_instance_t* instance = wasm_instance_new(store, module, &vec, &trap);
  CHECK(instance != NULL);
  CHECK(trap == NULL);
  wasm_module_delete(module);
  return instance;
}

wasm_func_t* func_at(const wasm_extern_vec_t* exports, size_t index) {
  CHECK(index < exports->size);
  CHECK(wasm_extern_kind(exports->data[index]) == WASM_EXTERN_FUNC);
  wasm_func_t* func = wasm_extern_as_func(exports->data[index]);
  CHECK(func != NULL);
  return func;
}

int32_t call_i32(const wasm_func_t* func, size_t count, int32_t a, int32_t b) {
  wasm_val_t args[2] = {WASM_I32_VAL(a), WASM_I32_VAL(b)};
  wasm_val_t results[1] = {WASM_INIT_VAL};
  wasm_val_vec_t arg_vec = {count, args};
  wasm_val_vec_t result_vec = WASM_ARRAY_VEC(results);
  CHECK(wasm_func_call(func, &arg_vec, &result_vec) == NULL);
  CHECK(results[0].kind == WASM_I32);
  return results[0].of.i32;
}

void expect_trap(const wasm_func_t* func, size_t count, int32_t a, int32_t b, size_t result_count,
                 const char* message) {
  wasm_val_t args[2] = {WASM_I32_VAL(a), WASM_I32_VAL(b)};
  wasm_val_t results[1] = {WASM_INIT_VAL};
  wasm_val_vec_t arg_vec = {count, args};
  wasm_val_vec_t result_vec = {result_count, results};
  wasm_trap_t* trap = wasm_func_call(func, &arg_vec, &result_vec);
  CHECK(trap != NULL);
  wasm_message_t text;
  wasm_trap_message(trap, &text);
  CHECK(text.size == strlen(text.data) + 1);
  CHECK(strncmp(text.data, message, strlen(message)) == 0);
  wasm_name_delete(&text);
  wasm_trap_delete(trap);
}

int main(void) {
  static const struct {
    const char* name;
    void (*run)(void);
  } tests[] = {
      {"hello", test_hello},
      {"callback", test_callback},
      {"trap", test_trap},
      {"start", test_start},
      {"reflect", test_reflect},
      {"global", test_global},
      {"table", test_table},
      {"memory", test_memory},
      {"hostref", test_hostref},
      {"finalize", test_finalize},
      {"serialize", test_serialize},
      {"threads", test_threads},
      {"multi", test_multi},
      {"types", test_types},
      {"vectors", test_vectors},
      {"order of deletion", test_order_of_deletion},
      {"config", test_config},
      {"limits", test_limits},
      {"metrics", test_metrics},
      {"time", test_time},
      {"linker", test_linker},
      {"values", test_values},
      {"snapshot", test_snapshot},
      {"exceptions", test_exceptions},
      {"shared memory", test_shared_memory},
      {"wasi", test_wasi},
  };
  const size_t count = sizeof tests / sizeof *tests;
  for (size_t i = 0; i < count; ++i) {
    const int before = checks_done;
    tests[i].run();
    CHECK(checks_done > before);
  }
  printf("All tests passed (%d assertions in %zu test cases)\n", checks_done, count);
  return 0;
}
