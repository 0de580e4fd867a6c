/* Copyright the Brink authors.
   SPDX-License-Identifier: Apache-2.0

   Functions of both sides: hello, callbacks, environments, several values, traps, start functions. */

#include "check.h"

static int hellos = 0;

static wasm_trap_t* say_hello(const wasm_val_vec_t* args, wasm_val_vec_t* results) {
  CHECK(args->size == 0);
  CHECK(results->size == 0);
  ++hellos;
  return NULL;
}

void test_hello(void) {
  wasm_engine_t* engine = wasm_engine_new();
  wasm_store_t* store = wasm_store_new(engine);
  wasm_module_t* module = load(store,
                               "(module (func $hello (import \"\" \"hello\"))"
                               " (func (export \"run\") (call $hello)))");
  wasm_functype_t* type = wasm_functype_new_0_0();
  wasm_func_t* hello = wasm_func_new(store, type, say_hello);
  wasm_functype_delete(type);
  wasm_extern_t* externs[] = {wasm_func_as_extern(hello)};
  wasm_extern_vec_t imports = WASM_ARRAY_VEC(externs);
  wasm_instance_t* instance = wasm_instance_new(store, module, &imports, NULL);
  CHECK(instance != NULL);
  wasm_func_delete(hello);

  wasm_extern_vec_t exports;
  wasm_instance_exports(instance, &exports);
  CHECK(exports.size == 1);
  wasm_val_vec_t none = WASM_EMPTY_VEC;
  CHECK(wasm_func_call(func_at(&exports, 0), &none, &none) == NULL);
  CHECK(wasm_func_call(func_at(&exports, 0), NULL, NULL) == NULL);
  CHECK(hellos == 2);

  wasm_extern_vec_delete(&exports);
  wasm_instance_delete(instance);
  wasm_module_delete(module);
  wasm_store_delete(store);
  wasm_engine_delete(engine);
}

static wasm_trap_t* add_one(const wasm_val_vec_t* args, wasm_val_vec_t* results) {
  CHECK(args->size == 1 && args->data[0].kind == WASM_I32);
  wasm_val_copy(&results->data[0], &args->data[0]);
  ++results->data[0].of.i32;
  return NULL;
}

static wasm_trap_t* add_env(void* env, const wasm_val_vec_t* args, wasm_val_vec_t* results) {
  results->data[0].kind = WASM_I32;
  results->data[0].of.i32 = args->data[0].of.i32 + *(int*)env;
  return NULL;
}

static wasm_trap_t* return_wrong_kind(const wasm_val_vec_t* args, wasm_val_vec_t* results) {
  results->data[0].kind = WASM_F64;
  results->data[0].of.f64 = args->data[0].of.i32;
  return NULL;
}

static int finalized = 0;
static void finalize_env(void* env) {
  finalized += *(int*)env;
}

void test_callback(void) {
  wasm_engine_t* engine = wasm_engine_new();
  wasm_store_t* store = wasm_store_new(engine);
  wasm_functype_t* type = wasm_functype_new_1_1(wasm_valtype_new_i32(), wasm_valtype_new_i32());
  int env = 42;
  wasm_func_t* plain = wasm_func_new(store, type, add_one);
  wasm_func_t* closure = wasm_func_new_with_env(store, type, add_env, &env, finalize_env);
  wasm_func_t* wrong = wasm_func_new(store, type, return_wrong_kind);
  wasm_functype_delete(type);
  wasm_extern_t* imports[] = {wasm_func_as_extern(plain), wasm_func_as_extern(closure),
                              wasm_func_as_extern(wrong)};
  wasm_instance_t* instance = instantiate(store,
                                          "(module"
                                          " (import \"\" \"a\" (func $a (param i32) (result i32)))"
                                          " (import \"\" \"b\" (func $b (param i32) (result i32)))"
                                          " (import \"\" \"c\" (func $c (param i32) (result i32)))"
                                          " (func (export \"run\") (param i32 i32) (result i32)"
                                          "  (call $a (call $b (i32.add (local.get 0) (local.get 1)))))"
                                          " (func (export \"wrong\") (param i32) (result i32)"
                                          "  (call $c (local.get 0))))",
                                          imports, 3);
  wasm_extern_vec_t exports;
  wasm_instance_exports(instance, &exports);
  wasm_func_t* run = func_at(&exports, 0);
  CHECK(call_i32(run, 2, 3, 4) == 3 + 4 + 42 + 1);
  env = 100;
  CHECK(call_i32(run, 2, 0, 0) == 101);
  CHECK(call_i32(closure, 1, 5, 0) == 105); /* a host function called by the host */
  CHECK(wasm_func_param_arity(run) == 2);
  CHECK(wasm_func_result_arity(run) == 1);
  expect_trap(func_at(&exports, 1), 1, 1, 0, 1, "host function returned something else");
  /* Calls that do not fit the function do not reach it. */
  expect_trap(run, 1, 1, 0, 1, "the number of arguments does not fit");
  /* Results that nobody wants are dropped. */
  wasm_val_t numbers[2] = {WASM_I32_VAL(1), WASM_I32_VAL(2)};
  wasm_val_vec_t number_vec = WASM_ARRAY_VEC(numbers);
  wasm_val_vec_t nothing = WASM_EMPTY_VEC;
  CHECK(wasm_func_call(run, &number_vec, &nothing) == NULL);
  wasm_val_t floats[2] = {WASM_F32_VAL(1), WASM_F32_VAL(2)};
  wasm_val_t result = WASM_INIT_VAL;
  wasm_val_vec_t float_vec = WASM_ARRAY_VEC(floats);
  wasm_val_vec_t result_vec = {1, &result};
  wasm_trap_t* trap = wasm_func_call(run, &float_vec, &result_vec);
  CHECK(trap != NULL);
  wasm_trap_delete(trap);

  wasm_extern_vec_delete(&exports);
  wasm_instance_delete(instance);
  wasm_func_delete(plain);
  wasm_func_delete(wrong);
  wasm_func_delete(closure);
  CHECK(finalized == 0);
  wasm_store_delete(store);
  CHECK(finalized == 100);
  wasm_engine_delete(engine);
}

static wasm_store_t* trap_store;

static wasm_trap_t* fail(void* env, const wasm_val_vec_t* args, wasm_val_vec_t* results) {
  CHECK(env == &trap_store);
  CHECK(args->size == 0 && results->size == 1);
  wasm_name_t message;
  wasm_name_new_from_string_nt(&message, "callback abort");
  wasm_trap_t* trap = wasm_trap_new(trap_store, &message);
  wasm_name_delete(&message);
  return trap;
}

static void check_frame(const wasm_frame_t* frame, const wasm_instance_t* instance, uint32_t index) {
  CHECK(wasm_frame_func_index(frame) == index);
  CHECK(wasm_frame_instance(frame) != NULL);
  CHECK(wasm_instance_same(wasm_frame_instance(frame), instance));
  CHECK(wasm_frame_module_offset(frame) > wasm_frame_func_offset(frame));
  CHECK(wasm_frame_func_offset(frame) > 0);
}

void test_trap(void) {
  wasm_engine_t* engine = wasm_engine_new();
  wasm_store_t* store = wasm_store_new(engine);
  trap_store = store;
  wasm_functype_t* type = wasm_functype_new_0_1(wasm_valtype_new_i32());
  wasm_func_t* failing = wasm_func_new_with_env(store, type, fail, &trap_store, NULL);
  wasm_functype_delete(type);
  wasm_extern_t* imports[] = {wasm_func_as_extern(failing)};
  wasm_instance_t* instance =
      instantiate(store,
                  "(module (func $callback (import \"\" \"callback\") (result i32))"
                  " (func (export \"callback\") (result i32) (call $callback))"
                  " (func (export \"unreachable\") (result i32) (call $inner))"
                  " (func $inner (result i32) (unreachable) (i32.const 1)))",
                  imports, 1);
  wasm_extern_vec_t exports;
  wasm_instance_exports(instance, &exports);
  expect_trap(func_at(&exports, 0), 0, 0, 0, 1, "callback abort");
  expect_trap(func_at(&exports, 1), 0, 0, 0, 1, "unreachable");

  wasm_val_t result = WASM_INIT_VAL;
  wasm_val_vec_t none = WASM_EMPTY_VEC;
  wasm_val_vec_t results = {1, &result};
  wasm_trap_t* trap = wasm_func_call(func_at(&exports, 1), &none, &results);
  CHECK(trap != NULL);
  CHECK(brink_trap_code(trap) == BRINK_TRAP_Unreachable);
  CHECK(strcmp(brink_trap_code_message(BRINK_TRAP_Unreachable), "unreachable") == 0);
  CHECK(strcmp(brink_trap_code_message(-1), "") == 0);
  wasm_frame_t* origin = wasm_trap_origin(trap);
  CHECK(origin != NULL);
  check_frame(origin, instance, 3);
  CHECK(strcmp(brink_frame_func_name(origin), "inner") == 0);
  wasm_frame_vec_t trace;
  wasm_trap_trace(trap, &trace);
  CHECK(trace.size == 2);
  check_frame(trace.data[0], instance, 3);
  check_frame(trace.data[1], instance, 2);
  wasm_frame_vec_t copy;
  wasm_frame_vec_copy(&copy, &trace);
  check_frame(copy.data[1], instance, 2);
  wasm_frame_vec_delete(&copy);
  wasm_frame_vec_delete(&trace);
  wasm_frame_delete(origin);
  wasm_message_t text;
  brink_trap_to_string(trap, &text);
  CHECK(strstr(text.data, "inner") != NULL);
  wasm_name_delete(&text);
  CHECK(wasm_ref_as_trap(wasm_trap_as_ref(trap)) == trap);
  CHECK(wasm_ref_as_func(wasm_trap_as_ref(trap)) == NULL);
  wasm_trap_t* same = wasm_trap_copy(trap);
  CHECK(wasm_trap_same(trap, same));
  wasm_trap_delete(same);
  wasm_trap_delete(trap);

  /* One that no guest was part of has no frames. */
  wasm_name_t message;
  wasm_name_new_from_string_nt(&message, "mine");
  trap = wasm_trap_new(store, &message);
  wasm_name_delete(&message);
  CHECK(wasm_trap_origin(trap) == NULL);
  wasm_trap_trace(trap, &trace);
  CHECK(trace.size == 0);
  wasm_frame_vec_delete(&trace);
  wasm_trap_delete(trap);

  wasm_func_delete(failing);
  wasm_extern_vec_delete(&exports);
  wasm_instance_delete(instance);
  wasm_store_delete(store);
  wasm_engine_delete(engine);
}

void test_start(void) {
  wasm_engine_t* engine = wasm_engine_new();
  wasm_store_t* store = wasm_store_new(engine);
  wasm_module_t* module = load(store, "(module (start $f) (func $f (unreachable)))");
  wasm_extern_vec_t none = WASM_EMPTY_VEC;
  wasm_trap_t* trap = NULL;
  CHECK(wasm_instance_new(store, module, &none, &trap) == NULL);
  CHECK(trap != NULL);
  wasm_frame_t* origin = wasm_trap_origin(trap);
  CHECK(origin != NULL && wasm_frame_func_index(origin) == 0);
  wasm_frame_delete(origin);
  wasm_trap_delete(trap);
  CHECK(wasm_instance_new(store, module, &none, NULL) == NULL);
  wasm_module_delete(module);

  /* What does not link is told the same way. */
  module = load(store, "(module (import \"m\" \"f\" (func)))");
  trap = NULL;
  CHECK(wasm_instance_new(store, module, &none, &trap) == NULL);
  CHECK(trap != NULL);
  wasm_trap_delete(trap);
  wasm_module_delete(module);
  wasm_store_delete(store);
  wasm_engine_delete(engine);
}

static wasm_trap_t* reverse(const wasm_val_vec_t* args, wasm_val_vec_t* results) {
  for (size_t i = 0; i < 4; ++i) wasm_val_copy(&results->data[i], &args->data[3 - i]);
  return NULL;
}

void test_multi(void) {
  wasm_engine_t* engine = wasm_engine_new();
  wasm_store_t* store = wasm_store_new(engine);
  wasm_valtype_t* params[] = {wasm_valtype_new_i32(), wasm_valtype_new_i64(),
                              wasm_valtype_new_f32(), wasm_valtype_new_f64()};
  wasm_valtype_t* returned[] = {wasm_valtype_new_f64(), wasm_valtype_new_f32(),
                                wasm_valtype_new_i64(), wasm_valtype_new_i32()};
  wasm_valtype_vec_t param_vec, result_vec;
  wasm_valtype_vec_new(&param_vec, 4, params);
  wasm_valtype_vec_new(&result_vec, 4, returned);
  wasm_functype_t* type = wasm_functype_new(&param_vec, &result_vec);
  wasm_func_t* callback = wasm_func_new(store, type, reverse);
  wasm_functype_delete(type);
  wasm_extern_t* imports[] = {wasm_func_as_extern(callback)};
  wasm_instance_t* instance =
      instantiate(store,
                  "(module (func $f (import \"\" \"f\") (param i32 i64 f32 f64) (result f64 f32 i64 i32))"
                  " (func (export \"g\") (param i32 i64 f32 f64) (result f64 f32 i64 i32)"
                  "  (call $f (local.get 0) (local.get 1) (local.get 2) (local.get 3))))",
                  imports, 1);
  wasm_func_delete(callback);
  wasm_extern_vec_t exports;
  wasm_instance_exports(instance, &exports);
  wasm_val_t args[] = {WASM_I32_VAL(-1), WASM_I64_VAL(1ll << 40), WASM_F32_VAL(0.5f),
                       WASM_F64_VAL(-2.25)};
  wasm_val_t results[] = {WASM_INIT_VAL, WASM_INIT_VAL, WASM_INIT_VAL, WASM_INIT_VAL};
  wasm_val_vec_t arg_vec = WASM_ARRAY_VEC(args);
  wasm_val_vec_t results_vec = WASM_ARRAY_VEC(results);
  CHECK(wasm_func_call(func_at(&exports, 0), &arg_vec, &results_vec) == NULL);
  CHECK(results[0].kind == WASM_F64 && results[0].of.f64 == -2.25);
  CHECK(results[1].kind == WASM_F32 && results[1].of.f32 == 0.5f);
  CHECK(results[2].kind == WASM_I64 && results[2].of.i64 == 1ll << 40);
  CHECK(results[3].kind == WASM_I32 && results[3].of.i32 == -1);

  wasm_extern_vec_delete(&exports);
  wasm_instance_delete(instance);
  wasm_store_delete(store);
  wasm_engine_delete(engine);
}
