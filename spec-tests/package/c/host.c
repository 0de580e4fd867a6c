/* Copyright the Brink authors.
   SPDX-License-Identifier: Apache-2.0

   A host program in C, as somebody else would write it. */

#include <stdio.h>
#include <string.h>

#include <brink.h>
#include <wasm.h>

int main(void) {
  const char* text = "(module (func (export \"f\") (param i32) (result i32)"
                     " (i32.mul (local.get 0) (i32.const 2))))";
  wasm_engine_t* engine = wasm_engine_new();
  wasm_store_t* store = wasm_store_new(engine);
  wasm_module_t* module = brink_module_new(store, text, strlen(text));
  if (module == NULL) return puts(brink_last_error()), 1;
  wasm_extern_vec_t none = WASM_EMPTY_VEC;
  wasm_instance_t* instance = wasm_instance_new(store, module, &none, NULL);
  wasm_extern_vec_t exports;
  wasm_instance_exports(instance, &exports);
  wasm_val_t args[1] = {WASM_I32_VAL(21)};
  wasm_val_t results[1] = {WASM_INIT_VAL};
  wasm_val_vec_t arg_vec = WASM_ARRAY_VEC(args);
  wasm_val_vec_t result_vec = WASM_ARRAY_VEC(results);
  if (wasm_func_call(wasm_extern_as_func(exports.data[0]), &arg_vec, &result_vec) != NULL) return 2;
  printf("%s %d\n", brink_version(), results[0].of.i32);
  wasm_extern_vec_delete(&exports);
  wasm_instance_delete(instance);
  wasm_module_delete(module);
  wasm_store_delete(store);
  wasm_engine_delete(engine);
  return 0;
}
