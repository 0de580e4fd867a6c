/* Copyright the Brink authors.
   SPDX-License-Identifier: Apache-2.0

   Modules: reflection, serialization, threads; types and vectors as values of their own. */

#include <pthread.h>

#include "check.h"

static bool is_named(const wasm_name_t* name, const char* expected) {
  return name->size == strlen(expected) && memcmp(name->data, expected, name->size) == 0;
}

void test_reflect(void) {
  wasm_engine_t* engine = wasm_engine_new();
  wasm_store_t* store = wasm_store_new(engine);
  wasm_module_t* module =
      load(store,
           "(module (import \"env\" \"tag\" (tag (param i32)))"
           " (func (export \"func\") (param i32 f64 f32) (result i32) (unreachable))"
           " (global (export \"global\") f64 (f64.const 0))"
           " (table (export \"table\") 0 50 externref)"
           " (memory (export \"memory\") 1)"
           " (func (export \"vector\") (param v128 anyref) (unreachable)))");
  wasm_importtype_vec_t imports;
  wasm_module_imports(module, &imports);
  CHECK(imports.size == 1);
  CHECK(is_named(wasm_importtype_module(imports.data[0]), "env"));
  CHECK(is_named(wasm_importtype_name(imports.data[0]), "tag"));
  const wasm_externtype_t* imported = wasm_importtype_type(imports.data[0]);
  CHECK(wasm_externtype_kind(imported) == WASM_EXTERN_TAG);
  const wasm_functype_t* tag_type =
      wasm_tagtype_functype(wasm_externtype_as_tagtype_const(imported));
  CHECK(wasm_functype_params(tag_type)->size == 1);

  wasm_exporttype_vec_t exports;
  wasm_module_exports(module, &exports);
  CHECK(exports.size == 5);
  static const char* const names[] = {"func", "global", "table", "memory", "vector"};
  static const wasm_externkind_t kinds[] = {WASM_EXTERN_FUNC, WASM_EXTERN_GLOBAL,
                                            WASM_EXTERN_TABLE, WASM_EXTERN_MEMORY,
                                            WASM_EXTERN_FUNC};
  for (size_t i = 0; i < 5; ++i) {
    CHECK(is_named(wasm_exporttype_name(exports.data[i]), names[i]));
    CHECK(wasm_externtype_kind(wasm_exporttype_type(exports.data[i])) == kinds[i]);
  }
  const wasm_functype_t* func =
      wasm_externtype_as_functype_const(wasm_exporttype_type(exports.data[0]));
  CHECK(wasm_externtype_as_globaltype_const(wasm_exporttype_type(exports.data[0])) == NULL);
  CHECK(wasm_functype_params(func)->size == 3 && wasm_functype_results(func)->size == 1);
  CHECK(wasm_valtype_kind(wasm_functype_params(func)->data[1]) == WASM_F64);
  const wasm_globaltype_t* global =
      wasm_externtype_as_globaltype_const(wasm_exporttype_type(exports.data[1]));
  CHECK(wasm_valtype_kind(wasm_globaltype_content(global)) == WASM_F64);
  CHECK(wasm_globaltype_mutability(global) == WASM_CONST);
  const wasm_tabletype_t* table =
      wasm_externtype_as_tabletype_const(wasm_exporttype_type(exports.data[2]));
  CHECK(wasm_valtype_kind(wasm_tabletype_element(table)) == WASM_EXTERNREF);
  CHECK(wasm_tabletype_limits(table)->min == 0 && wasm_tabletype_limits(table)->max == 50);
  const wasm_memorytype_t* memory =
      wasm_externtype_as_memorytype_const(wasm_exporttype_type(exports.data[3]));
  CHECK(wasm_memorytype_limits(memory)->min == 1);
  CHECK(wasm_memorytype_limits(memory)->max == wasm_limits_max_default);
  const wasm_functype_t* vector =
      wasm_externtype_as_functype_const(wasm_exporttype_type(exports.data[4]));
  CHECK(wasm_valtype_kind(wasm_functype_params(vector)->data[0]) == BRINK_V128);
  CHECK(wasm_valtype_kind(wasm_functype_params(vector)->data[1]) == BRINK_ANYREF);
  CHECK(wasm_valtype_is_num(wasm_functype_params(vector)->data[0]));
  CHECK(wasm_valtype_is_ref(wasm_functype_params(vector)->data[1]));

  wasm_exporttype_vec_delete(&exports);
  wasm_importtype_vec_delete(&imports);
  wasm_module_delete(module);

  wasm_byte_vec_t binary;
  wasm_byte_vec_new(&binary, 8, "\0asm\2\0\0\0");
  CHECK(!wasm_module_validate(store, &binary));
  CHECK(wasm_module_new(store, &binary) == NULL);
  CHECK(strstr(brink_last_error(), "unknown binary version") != NULL);
  wasm_byte_vec_delete(&binary);
  wasm_store_delete(store);
  wasm_engine_delete(engine);
}

static const char* const kAnswer = "(module (func (export \"f\") (result i32) (i32.const 42)))";

static void check_answer(wasm_store_t* store, const wasm_module_t* module) {
  wasm_extern_vec_t none = WASM_EMPTY_VEC;
  wasm_instance_t* instance = wasm_instance_new(store, module, &none, NULL);
  CHECK(instance != NULL);
  wasm_extern_vec_t exports;
  wasm_instance_exports(instance, &exports);
  CHECK(call_i32(func_at(&exports, 0), 0, 0, 0) == 42);
  wasm_extern_vec_delete(&exports);
  wasm_instance_delete(instance);
}

void test_serialize(void) {
  wasm_engine_t* engine = wasm_engine_new();
  wasm_store_t* store = wasm_store_new(engine);
  wasm_module_t* module = load(store, kAnswer);
  wasm_byte_vec_t bytes;
  wasm_module_serialize(module, &bytes);
  CHECK(bytes.size > 0);
  wasm_module_delete(module);
  module = wasm_module_deserialize(store, &bytes);
  CHECK(module != NULL);
  check_answer(store, module);
  wasm_module_delete(module);
  /* In a store of another engine. */
  wasm_engine_t* other_engine = wasm_engine_new();
  wasm_store_t* other_store = wasm_store_new(other_engine);
  module = wasm_module_deserialize(other_store, &bytes);
  CHECK(module != NULL);
  check_answer(other_store, module);
  wasm_module_delete(module);
  wasm_store_delete(other_store);
  wasm_engine_delete(other_engine);
  /* What is no serialized module is refused. */
  bytes.data[1] ^= 1;
  CHECK(wasm_module_deserialize(store, &bytes) == NULL);
  wasm_byte_vec_t short_bytes = {3, bytes.data};
  CHECK(wasm_module_deserialize(store, &short_bytes) == NULL);
  wasm_byte_vec_delete(&bytes);
  wasm_store_delete(store);
  wasm_engine_delete(engine);
}

struct Worker {
  wasm_engine_t* engine;
  wasm_shared_module_t* module;
};

static void* work(void* data) {
  const struct Worker* worker = data;
  for (int i = 0; i < 20; ++i) {
    wasm_store_t* store = wasm_store_new(worker->engine);
    wasm_module_t* module = wasm_module_obtain(store, worker->module);
    wasm_extern_vec_t none = WASM_EMPTY_VEC;
    wasm_instance_t* instance = wasm_instance_new(store, module, &none, NULL);
    wasm_func_t* f = brink_instance_func(instance, "f");
    wasm_val_t result = WASM_INIT_VAL;
    wasm_val_vec_t results = {1, &result};
    if (wasm_func_call(f, NULL, &results) != NULL || result.of.i32 != 42) abort();
    wasm_func_delete(f);
    wasm_module_delete(module);
    wasm_instance_delete(instance);
    wasm_store_delete(store);
  }
  return NULL;
}

void test_threads(void) {
  wasm_engine_t* engine = wasm_engine_new();
  wasm_store_t* store = wasm_store_new(engine);
  wasm_module_t* module = load(store, kAnswer);
  struct Worker worker = {engine, wasm_module_share(module)};
  wasm_module_delete(module);
  wasm_store_delete(store);
  pthread_t threads[4];
  for (int i = 0; i < 4; ++i) CHECK(pthread_create(&threads[i], NULL, work, &worker) == 0);
  for (int i = 0; i < 4; ++i) CHECK(pthread_join(threads[i], NULL) == 0);
  /* In a store of another engine, it is compiled again. */
  wasm_engine_t* other_engine = wasm_engine_new();
  store = wasm_store_new(other_engine);
  module = wasm_module_obtain(store, worker.module);
  check_answer(store, module);
  wasm_module_delete(module);
  wasm_store_delete(store);
  wasm_engine_delete(other_engine);
  wasm_shared_module_delete(worker.module);
  wasm_engine_delete(engine);
}

void test_types(void) {
  wasm_functype_t* type =
      wasm_functype_new_3_2(wasm_valtype_new_i32(), wasm_valtype_new_i64(), wasm_valtype_new_f32(),
                            wasm_valtype_new_f64(), wasm_valtype_new_funcref());
  wasm_functype_t* copy = wasm_functype_copy(type);
  wasm_functype_delete(type);
  CHECK(wasm_valtype_kind(wasm_functype_params(copy)->data[2]) == WASM_F32);
  CHECK(wasm_valtype_kind(wasm_functype_results(copy)->data[1]) == WASM_FUNCREF);

  /* An extern type is the type seen differently; copies of it are of the right type. */
  wasm_externtype_t* as_extern = wasm_functype_as_externtype(copy);
  CHECK(wasm_externtype_kind(as_extern) == WASM_EXTERN_FUNC);
  CHECK(wasm_externtype_as_functype(as_extern) == copy);
  CHECK(wasm_externtype_as_memorytype(as_extern) == NULL);
  wasm_externtype_t* extern_copy = wasm_externtype_copy(as_extern);
  wasm_functype_delete(copy);
  CHECK(wasm_functype_params(wasm_externtype_as_functype(extern_copy))->size == 3);

  wasm_name_t module, name;
  wasm_name_new_from_string(&module, "m");
  wasm_name_new_from_string(&name, "n");
  wasm_importtype_t* import = wasm_importtype_new(&module, &name, extern_copy);
  wasm_importtype_t* import_copy = wasm_importtype_copy(import);
  wasm_importtype_delete(import);
  CHECK(is_named(wasm_importtype_module(import_copy), "m"));
  CHECK(is_named(wasm_importtype_name(import_copy), "n"));
  CHECK(wasm_externtype_kind(wasm_importtype_type(import_copy)) == WASM_EXTERN_FUNC);
  wasm_importtype_delete(import_copy);

  wasm_tagtype_t* tag = wasm_tagtype_new(wasm_functype_new_1_0(wasm_valtype_new_i64()));
  wasm_externtype_t* tag_copy = wasm_externtype_copy(wasm_tagtype_as_externtype(tag));
  wasm_tagtype_delete(tag);
  CHECK(wasm_functype_params(wasm_tagtype_functype(wasm_externtype_as_tagtype(tag_copy)))->size ==
        1);
  wasm_externtype_delete(tag_copy);

  wasm_limits_t limits = {1, wasm_limits_max_default};
  wasm_tabletype_t* table = wasm_tabletype_new(wasm_valtype_new_externref(), &limits);
  CHECK(wasm_tabletype_limits(table)->max == wasm_limits_max_default);
  wasm_name_new_from_string(&name, "t");
  wasm_exporttype_t* export = wasm_exporttype_new(&name, wasm_tabletype_as_externtype(table));
  wasm_exporttype_t* export_copy = wasm_exporttype_copy(export);
  wasm_exporttype_delete(export);
  CHECK(is_named(wasm_exporttype_name(export_copy), "t"));
  wasm_exporttype_delete(export_copy);

  /* The layout that other engines' programs have been compiled with. */
  CHECK(sizeof(wasm_val_t) == 16 && offsetof(wasm_val_t, of) == 8);
  CHECK(sizeof(wasm_valkind_t) == 1 && sizeof(wasm_mutability_t) == 1);
  CHECK(sizeof(wasm_externkind_t) == 1 && sizeof(wasm_limits_t) == 8);
  CHECK(sizeof(wasm_byte_vec_t) == 2 * sizeof(void*) && offsetof(wasm_byte_vec_t, data) == 8);
  CHECK(WASM_I32 == 0 && WASM_F64 == 3 && WASM_EXTERNREF == 128 && WASM_FUNCREF == 129);
  CHECK(WASM_EXTERN_FUNC == 0 && WASM_EXTERN_GLOBAL == 1 && WASM_EXTERN_TABLE == 2);
  CHECK(WASM_EXTERN_MEMORY == 3 && WASM_CONST == 0 && WASM_VAR == 1);
}

void test_vectors(void) {
  wasm_byte_vec_t bytes, copy;
  wasm_byte_vec_new_empty(&bytes);
  CHECK(bytes.size == 0);
  wasm_byte_vec_copy(&copy, &bytes);
  CHECK(copy.size == 0);
  wasm_byte_vec_delete(&copy);
  wasm_byte_vec_delete(&bytes);
  wasm_byte_vec_new(&bytes, 3, "abc");
  wasm_byte_vec_copy(&copy, &bytes);
  CHECK(copy.data != bytes.data && memcmp(copy.data, "abc", 3) == 0);
  wasm_byte_vec_delete(&bytes);
  CHECK(bytes.size == 0 && bytes.data == NULL);
  wasm_byte_vec_delete(&bytes);
  wasm_byte_vec_delete(&copy);

  /* One that was not filled in can be deleted all the same. */
  wasm_externtype_vec_t types;
  wasm_externtype_vec_new_uninitialized(&types, 4);
  types.data[2] = wasm_functype_as_externtype(wasm_functype_new_0_0());
  wasm_externtype_vec_t types_copy;
  wasm_externtype_vec_copy(&types_copy, &types);
  wasm_externtype_vec_delete(&types);
  CHECK(types_copy.size == 4 && types_copy.data[0] == NULL);
  CHECK(wasm_externtype_kind(types_copy.data[2]) == WASM_EXTERN_FUNC);
  wasm_externtype_vec_delete(&types_copy);

  wasm_engine_t* engine = wasm_engine_new();
  wasm_store_t* store = wasm_store_new(engine);
  wasm_val_vec_t values, values_copy;
  wasm_val_vec_new_uninitialized(&values, 2);
  values.data[0].kind = WASM_EXTERNREF;
  values.data[0].of.ref = wasm_foreign_as_ref(wasm_foreign_new(store));
  values.data[1].kind = WASM_I64;
  values.data[1].of.i64 = 5;
  wasm_val_vec_copy(&values_copy, &values);
  CHECK(wasm_ref_same(values.data[0].of.ref, values_copy.data[0].of.ref));
  wasm_val_vec_delete(&values);
  CHECK(values_copy.data[1].of.i64 == 5);
  wasm_val_vec_delete(&values_copy);
  wasm_store_delete(store);
  wasm_engine_delete(engine);
}

void test_order_of_deletion(void) {
  wasm_engine_t* engine = wasm_engine_new();
  wasm_store_t* store = wasm_store_new(engine);
  wasm_engine_delete(engine);
  wasm_instance_t* instance = instantiate(store, kAnswer, NULL, 0);
  wasm_store_delete(store);
  wasm_extern_vec_t exports;
  wasm_instance_exports(instance, &exports);
  wasm_instance_delete(instance);
  wasm_func_t* f = wasm_func_copy(func_at(&exports, 0));
  wasm_extern_vec_delete(&exports);
  CHECK(call_i32(f, 0, 0, 0) == 42);
  wasm_func_delete(f);
}
