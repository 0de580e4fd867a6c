/* Copyright the Brink authors.
   SPDX-License-Identifier: Apache-2.0

   Globals, tables, memories, host references, host information and its finalizers. */

#include "check.h"

void test_global(void) {
  wasm_engine_t* engine = wasm_engine_new();
  wasm_store_t* store = wasm_store_new(engine);
  wasm_globaltype_t* const_type = wasm_globaltype_new(wasm_valtype_new(WASM_F32), WASM_CONST);
  wasm_globaltype_t* var_type = wasm_globaltype_new(wasm_valtype_new(WASM_I64), WASM_VAR);
  wasm_val_t one = WASM_F32_VAL(1);
  wasm_val_t two = WASM_I64_VAL(2);
  wasm_global_t* constant = wasm_global_new(store, const_type, &one);
  wasm_global_t* variable = wasm_global_new(store, var_type, &two);
  CHECK(constant != NULL && variable != NULL);
  CHECK(wasm_global_new(store, const_type, &two) == NULL);
  wasm_globaltype_delete(const_type);
  wasm_globaltype_delete(var_type);

  wasm_extern_t* imports[] = {wasm_global_as_extern(constant), wasm_global_as_extern(variable)};
  wasm_instance_t* instance =
      instantiate(store,
                  "(module (import \"g\" \"c\" (global $c f32))"
                  " (import \"g\" \"v\" (global $v (mut i64)))"
                  " (export \"c\" (global $c)) (export \"v\" (global $v))"
                  " (func (export \"set\") (param i32)"
                  "  (global.set $v (i64.extend_i32_s (local.get 0))))"
                  " (func (export \"get\") (result i32) (i32.wrap_i64 (global.get $v))))",
                  imports, 2);
  wasm_extern_vec_t exports;
  wasm_instance_exports(instance, &exports);
  wasm_global_t* exported = wasm_extern_as_global(exports.data[1]);
  CHECK(exported != NULL);
  /* Another handle to the same global. */
  CHECK(wasm_global_same(exported, variable));
  CHECK(wasm_extern_same(exports.data[0], wasm_global_as_extern(constant)));
  CHECK(!wasm_global_same(exported, constant));

  wasm_val_t value;
  wasm_global_get(wasm_extern_as_global(exports.data[0]), &value);
  CHECK(value.kind == WASM_F32 && value.of.f32 == 1);
  wasm_global_get(exported, &value);
  CHECK(value.kind == WASM_I64 && value.of.i64 == 2);
  wasm_val_t changed = WASM_I64_VAL(-7);
  wasm_global_set(variable, &changed);
  CHECK(call_i32(func_at(&exports, 3), 0, 0, 0) == -7);
  wasm_val_t arg = WASM_I32_VAL(73);
  wasm_val_vec_t args = {1, &arg};
  wasm_val_vec_t none = WASM_EMPTY_VEC;
  CHECK(wasm_func_call(func_at(&exports, 2), &args, &none) == NULL);
  wasm_global_get(variable, &value);
  CHECK(value.of.i64 == 73);
  /* What is constant, or of another type, stays. */
  wasm_val_t float_value = WASM_F32_VAL(9);
  wasm_global_set(constant, &float_value);
  wasm_global_get(constant, &value);
  CHECK(value.of.f32 == 1);
  wasm_global_set(variable, &float_value);
  wasm_global_get(variable, &value);
  CHECK(value.of.i64 == 73);

  wasm_global_delete(constant);
  wasm_global_delete(variable);
  wasm_extern_vec_delete(&exports);
  wasm_instance_delete(instance);
  wasm_store_delete(store);
  wasm_engine_delete(engine);
}

static wasm_trap_t* negate(const wasm_val_vec_t* args, wasm_val_vec_t* results) {
  results->data[0].kind = WASM_I32;
  results->data[0].of.i32 = -args->data[0].of.i32;
  return NULL;
}

static bool is_set(const wasm_table_t* table, wasm_table_size_t index) {
  wasm_ref_t* ref = wasm_table_get(table, index);
  if (ref == NULL) return false;
  CHECK(wasm_ref_as_func(ref) != NULL);
  wasm_ref_delete(ref);
  return true;
}

void test_table(void) {
  wasm_engine_t* engine = wasm_engine_new();
  wasm_store_t* store = wasm_store_new(engine);
  wasm_instance_t* instance =
      instantiate(store,
                  "(module (table (export \"table\") 2 10 funcref)"
                  " (func (export \"call\") (param i32 i32) (result i32)"
                  "  (call_indirect (param i32) (result i32) (local.get 0) (local.get 1)))"
                  " (func $f (export \"f\") (param i32) (result i32) (local.get 0))"
                  " (func (export \"g\") (param i32) (result i32) (i32.const 666))"
                  " (elem (i32.const 1) $f))",
                  NULL, 0);
  wasm_extern_vec_t exports;
  wasm_instance_exports(instance, &exports);
  wasm_table_t* table = wasm_extern_as_table(exports.data[0]);
  CHECK(table != NULL && wasm_extern_as_func(exports.data[0]) == NULL);
  wasm_func_t* call = func_at(&exports, 1);
  wasm_func_t* f = func_at(&exports, 2);
  wasm_func_t* g = func_at(&exports, 3);
  wasm_functype_t* type = wasm_functype_new_1_1(wasm_valtype_new_i32(), wasm_valtype_new_i32());
  wasm_func_t* h = wasm_func_new(store, type, negate);
  wasm_functype_delete(type);

  CHECK(wasm_table_size(table) == 2);
  CHECK(!is_set(table, 0) && is_set(table, 1));
  expect_trap(call, 2, 0, 0, 1, "uninitialized element");
  CHECK(call_i32(call, 2, 7, 1) == 7);
  expect_trap(call, 2, 0, 2, 1, "undefined element");
  /* The element is the function that is exported. */
  wasm_ref_t* element = wasm_table_get(table, 1);
  CHECK(wasm_ref_same(element, wasm_func_as_ref(f)));
  CHECK(wasm_func_same(wasm_ref_as_func(element), f));
  wasm_ref_delete(element);

  CHECK(wasm_table_set(table, 0, wasm_func_as_ref(g)));
  CHECK(wasm_table_set(table, 1, NULL));
  CHECK(!wasm_table_set(table, 2, wasm_func_as_ref(f)));
  CHECK(is_set(table, 0) && !is_set(table, 1));
  CHECK(call_i32(call, 2, 7, 0) == 666);

  CHECK(wasm_table_grow(table, 3, NULL));
  CHECK(wasm_table_size(table) == 5);
  CHECK(wasm_table_set(table, 3, wasm_func_as_ref(h)));
  CHECK(!wasm_table_set(table, 5, NULL));
  CHECK(call_i32(call, 2, 6, 3) == -6);
  CHECK(wasm_table_grow(table, 2, wasm_func_as_ref(f)));
  CHECK(is_set(table, 5) && is_set(table, 6));
  CHECK(!wasm_table_grow(table, 5, NULL));
  CHECK(wasm_table_grow(table, 3, NULL));
  CHECK(wasm_table_grow(table, 0, NULL));
  CHECK(wasm_table_get(table, 100) == NULL);
  /* Only functions go into it. */
  wasm_foreign_t* foreign = wasm_foreign_new(store);
  CHECK(!wasm_table_set(table, 0, wasm_foreign_as_ref(foreign)));
  wasm_foreign_delete(foreign);

  wasm_limits_t limits = {5, 5};
  wasm_tabletype_t* alone_type = wasm_tabletype_new(wasm_valtype_new(WASM_FUNCREF), &limits);
  wasm_table_t* alone = wasm_table_new(store, alone_type, wasm_func_as_ref(h));
  CHECK(wasm_table_size(alone) == 5 && is_set(alone, 4));
  CHECK(!wasm_table_grow(alone, 1, NULL));
  CHECK(wasm_table_grow(alone, 0, NULL));
  wasm_tabletype_delete(alone_type);
  wasm_table_delete(alone);

  wasm_func_delete(h);
  wasm_extern_vec_delete(&exports);
  wasm_instance_delete(instance);
  wasm_store_delete(store);
  wasm_engine_delete(engine);
}

void test_memory(void) {
  wasm_engine_t* engine = wasm_engine_new();
  wasm_store_t* store = wasm_store_new(engine);
  wasm_instance_t* instance =
      instantiate(store,
                  "(module (memory (export \"memory\") 2 3)"
                  " (func (export \"size\") (result i32) (memory.size))"
                  " (func (export \"load\") (param i32) (result i32) (i32.load8_s (local.get 0)))"
                  " (func (export \"store\") (param i32 i32) (result i32)"
                  "  (i32.store8 (local.get 0) (local.get 1)) (i32.const 0))"
                  " (data (i32.const 0x1000) \"\\01\\02\\03\\04\"))",
                  NULL, 0);
  wasm_extern_vec_t exports;
  wasm_instance_exports(instance, &exports);
  wasm_memory_t* memory = wasm_extern_as_memory(exports.data[0]);
  wasm_func_t* size = func_at(&exports, 1);
  wasm_func_t* load_byte = func_at(&exports, 2);
  wasm_func_t* store_byte = func_at(&exports, 3);

  CHECK(wasm_memory_size(memory) == 2);
  CHECK(wasm_memory_data_size(memory) == 2 * MEMORY_PAGE_SIZE);
  CHECK(wasm_memory_data(memory)[0x1003] == 4);
  CHECK(call_i32(load_byte, 1, 0x1003, 0) == 4);
  expect_trap(load_byte, 1, 0x20000, 0, 1, "out of bounds memory access");
  wasm_memory_data(memory)[0x1003] = 5;
  CHECK(call_i32(store_byte, 2, 0x1002, 6) == 0);
  CHECK(wasm_memory_data(memory)[0x1002] == 6);
  CHECK(call_i32(load_byte, 1, 0x1003, 0) == 5);
  CHECK(wasm_memory_grow(memory, 1));
  CHECK(wasm_memory_size(memory) == 3 && call_i32(size, 0, 0, 0) == 3);
  CHECK(call_i32(load_byte, 1, 0x20000, 0) == 0);
  CHECK(!wasm_memory_grow(memory, 1));
  CHECK(wasm_memory_grow(memory, 0));
  CHECK(brink_memory_slice(memory, 0x1000, 4)[2] == 6);
  CHECK(brink_memory_slice(memory, 3 * MEMORY_PAGE_SIZE, 0) != NULL);
  CHECK(brink_memory_slice(memory, 3 * MEMORY_PAGE_SIZE, 1) == NULL);
  CHECK(brink_memory_slice(memory, ~(uint64_t)0, 2) == NULL);

  wasm_limits_t limits = {5, 5};
  wasm_memorytype_t* alone_type = wasm_memorytype_new(&limits);
  wasm_memory_t* alone = wasm_memory_new(store, alone_type);
  CHECK(wasm_memory_size(alone) == 5);
  CHECK(!wasm_memory_grow(alone, 1));
  wasm_memorytype_delete(alone_type);
  wasm_memory_delete(alone);

  wasm_extern_vec_delete(&exports);
  wasm_instance_delete(instance);
  wasm_store_delete(store);
  wasm_engine_delete(engine);
}

static int references_seen = 0;

static wasm_trap_t* pass_on(const wasm_val_vec_t* args, wasm_val_vec_t* results) {
  if (args->data[0].of.ref != NULL)
    references_seen += (int)(intptr_t)wasm_ref_get_host_info(args->data[0].of.ref);
  wasm_val_copy(&results->data[0], &args->data[0]);
  return NULL;
}

/* Calls f(ref) -> ref; the result has to be `expected`. */
static void check_round_trip(wasm_func_t* func, wasm_ref_t* ref, const wasm_ref_t* expected) {
  wasm_val_t arg = WASM_REF_VAL(ref);
  wasm_val_t result = WASM_INIT_VAL;
  wasm_val_vec_t args = {1, &arg};
  wasm_val_vec_t results = {1, &result};
  CHECK(wasm_func_call(func, &args, &results) == NULL);
  CHECK(wasm_valkind_is_ref(result.kind));
  CHECK((result.of.ref == NULL) == (expected == NULL));
  if (expected != NULL) CHECK(wasm_ref_same(result.of.ref, expected));
  wasm_val_delete(&result);
}

void test_hostref(void) {
  wasm_engine_t* engine = wasm_engine_new();
  wasm_store_t* store = wasm_store_new(engine);
  wasm_functype_t* type =
      wasm_functype_new_1_1(wasm_valtype_new_externref(), wasm_valtype_new_externref());
  wasm_func_t* callback = wasm_func_new(store, type, pass_on);
  wasm_functype_delete(type);
  wasm_extern_t* imports[] = {wasm_func_as_extern(callback)};
  wasm_instance_t* instance =
      instantiate(store,
                  "(module (func $f (import \"\" \"f\") (param externref) (result externref))"
                  " (global $g (export \"global\") (mut externref) (ref.null extern))"
                  " (table $t (export \"table\") 10 externref)"
                  " (func (export \"swap\") (param externref) (result externref)"
                  "  (global.get $g) (global.set $g (local.get 0)))"
                  " (func (export \"call\") (param externref) (result externref)"
                  "  (call $f (local.get 0))))",
                  imports, 1);
  wasm_extern_vec_t exports;
  wasm_instance_exports(instance, &exports);
  wasm_global_t* global = wasm_extern_as_global(exports.data[0]);
  wasm_table_t* table = wasm_extern_as_table(exports.data[1]);
  wasm_func_t* swap = func_at(&exports, 2);
  wasm_func_t* call = func_at(&exports, 3);

  wasm_ref_t* host1 = wasm_foreign_as_ref(wasm_foreign_new(store));
  wasm_ref_t* host2 = wasm_foreign_as_ref(wasm_foreign_new(store));
  wasm_ref_set_host_info(host1, (void*)1);
  wasm_ref_set_host_info(host2, (void*)20);
  wasm_ref_t* copy = wasm_ref_copy(host1);
  CHECK(wasm_ref_same(copy, host1) && !wasm_ref_same(host1, host2));
  CHECK(wasm_ref_get_host_info(copy) == (void*)1);
  wasm_ref_delete(copy);

  check_round_trip(call, NULL, NULL);
  check_round_trip(call, host1, host1);
  check_round_trip(call, host2, host2);
  CHECK(references_seen == 21);
  check_round_trip(swap, host1, NULL);
  check_round_trip(swap, host2, host1);
  wasm_val_t value;
  wasm_global_get(global, &value);
  CHECK(value.kind == WASM_EXTERNREF && wasm_ref_same(value.of.ref, host2));
  wasm_val_delete(&value);
  CHECK(wasm_table_set(table, 2, host1));
  wasm_ref_t* element = wasm_table_get(table, 2);
  CHECK(wasm_ref_same(element, host1) && wasm_ref_as_foreign(element) != NULL);
  CHECK(wasm_ref_get_host_info(element) == (void*)1);
  wasm_ref_delete(element);
  CHECK(wasm_table_get(table, 3) == NULL);
  /* Any other object can be lent as an externref, too. */
  check_round_trip(call, wasm_instance_as_ref(instance), wasm_instance_as_ref(instance));
  check_round_trip(call, wasm_func_as_ref(swap), wasm_func_as_ref(swap));

  wasm_ref_delete(host1);
  wasm_ref_delete(host2);
  wasm_func_delete(callback);
  wasm_extern_vec_delete(&exports);
  wasm_instance_delete(instance);
  wasm_store_delete(store);
  wasm_engine_delete(engine);
}

static int alive = 0;
static void finalize(void* data) {
  CHECK(data != NULL);
  --alive;
}

#define BRINK_INSTANCES 20000

static void make_instances(wasm_store_t* store) {
  wasm_module_t* module = load(store, "(module (func (export \"f\")) (func (export \"g\")))");
  wasm_extern_vec_t none = WASM_EMPTY_VEC;
  for (intptr_t i = 1; i <= BRINK_INSTANCES; ++i) {
    wasm_instance_t* instance = wasm_instance_new(store, module, &none, NULL);
    CHECK(instance != NULL);
    wasm_instance_set_host_info_with_finalizer(instance, (void*)i, finalize);
    CHECK(wasm_instance_get_host_info(instance) == (void*)i);
    wasm_instance_delete(instance);
    ++alive;
  }
  wasm_module_delete(module);
}

void test_finalize(void) {
  wasm_engine_t* engine = wasm_engine_new();
  wasm_store_t* store1 = wasm_store_new(engine);
  make_instances(store1);
  wasm_store_t* store2 = wasm_store_new(engine);
  make_instances(store2);
  CHECK(alive == 2 * BRINK_INSTANCES);
  wasm_store_delete(store1);
  CHECK(alive == BRINK_INSTANCES);
  wasm_store_delete(store2);
  CHECK(alive == 0);

  /* Modules and foreign objects go with their last handle, unless a guest has them. */
  wasm_store_t* store = wasm_store_new(engine);
  alive = 3;
  wasm_module_t* module = load(store, "(module)");
  wasm_module_set_host_info_with_finalizer(module, &alive, finalize);
  wasm_module_t* other = wasm_module_copy(module);
  wasm_module_delete(module);
  CHECK(alive == 3 && wasm_module_get_host_info(other) == &alive);
  wasm_module_delete(other);
  CHECK(alive == 2);
  wasm_foreign_t* foreign = wasm_foreign_new(store);
  wasm_foreign_set_host_info_with_finalizer(foreign, &alive, finalize);
  wasm_foreign_delete(foreign);
  CHECK(alive == 1);
  foreign = wasm_foreign_new(store);
  wasm_foreign_set_host_info_with_finalizer(foreign, &alive, finalize);
  wasm_globaltype_t* type = wasm_globaltype_new(wasm_valtype_new_externref(), WASM_VAR);
  wasm_val_t value = WASM_REF_VAL(wasm_foreign_as_ref(foreign));
  wasm_global_t* global = wasm_global_new(store, type, &value);
  wasm_globaltype_delete(type);
  wasm_foreign_delete(foreign);
  CHECK(alive == 1);
  wasm_global_delete(global);
  wasm_store_delete(store);
  CHECK(alive == 0);
  wasm_engine_delete(engine);
}
