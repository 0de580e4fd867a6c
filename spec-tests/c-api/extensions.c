/* Copyright the Brink authors.
   SPDX-License-Identifier: Apache-2.0

   What brink.h adds. */

#include <pthread.h>

#include "check.h"

static int code_of(wasm_trap_t* trap) {
  CHECK(trap != NULL);
  const int code = brink_trap_code(trap);
  wasm_trap_delete(trap);
  return code;
}

static const char* const kForever = "(module (func (export \"f\") (loop (br 0))))";

/* How a call of the export "f", without arguments and results, ends. */
static int run_f(const wasm_instance_t* instance) {
  wasm_func_t* f = brink_instance_func(instance, "f");
  wasm_trap_t* trap = wasm_func_call(f, NULL, NULL);
  wasm_func_delete(f);
  return trap == NULL ? BRINK_TRAP_None : code_of(trap);
}

void test_config(void) {
  CHECK(strchr(brink_version(), '.') != NULL);
  wasm_config_t* config = wasm_config_new();
  CHECK(!brink_config_set_feature(config, "no-such-thing", true));
  CHECK(strstr(brink_last_error(), "no-such-thing") != NULL);
  CHECK(brink_config_set_feature(config, "simd", false));
  brink_config_set_tier(config, BRINK_TIER_INTERPRETER);
  brink_config_set_eager(config, true);
  brink_config_set_memory_reservation(config, 1 << 20);
  wasm_engine_t* engine = wasm_engine_new_with_config(config);
  wasm_store_t* store = wasm_store_new(engine);
  wasm_byte_vec_t binary;
  const char* text = "(module (func (param v128)))";
  CHECK(brink_wat2wasm(text, strlen(text), &binary));
  CHECK(wasm_module_new(store, &binary) == NULL);
  CHECK(strstr(brink_last_error(), "simd") != NULL);
  wasm_byte_vec_delete(&binary);
  CHECK(!brink_wat2wasm("(module", 7, &binary));
  wasm_store_delete(store);
  wasm_engine_delete(engine);

  for (int tier = BRINK_TIER_AUTO; tier <= BRINK_TIER_COMPILER; ++tier) {
    if (tier == BRINK_TIER_COMPILER && !brink_has_compiler()) continue;
    config = wasm_config_new();
    brink_config_set_tier(config, tier);
    engine = wasm_engine_new_with_config(config);
    store = wasm_store_new(engine);
    wasm_instance_t* instance = instantiate(
        store, "(module (func (export \"f\") (unreachable)))", NULL, 0);
    CHECK(run_f(instance) == BRINK_TRAP_Unreachable);
    wasm_instance_delete(instance);
    wasm_store_delete(store);
    wasm_engine_delete(engine);
  }
}

void test_limits(void) {
  wasm_engine_t* engine = wasm_engine_new();
  brink_limits_t limits;
  brink_limits_init(&limits);
  limits.memory_bytes = 2 << 16;
  limits.table_elements = 10;
  limits.stack_bytes = 64 << 10;
  limits.instances = 2;
  wasm_store_t* store = brink_store_new(engine, &limits);
  wasm_instance_t* instance =
      instantiate(store,
                  "(module (memory 1) (table 1 funcref)"
                  " (func (export \"memory\") (result i32) (memory.grow (i32.const 2)))"
                  " (func (export \"table\") (result i32)"
                  "  (table.grow (ref.null func) (i32.const 10)))"
                  " (func $f (export \"f\") (call $f)))",
                  NULL, 0);
  wasm_func_t* memory = brink_instance_func(instance, "memory");
  wasm_func_t* table = brink_instance_func(instance, "table");
  CHECK(call_i32(memory, 0, 0, 0) == -1);
  CHECK(call_i32(table, 0, 0, 0) == -1);
  CHECK(run_f(instance) == BRINK_TRAP_StackExhausted);
  CHECK(brink_instance_func(instance, "other") == NULL);
  CHECK(brink_instance_export(instance, "other") == NULL);
  wasm_instance_delete(instantiate(store, "(module)", NULL, 0));
  wasm_module_t* module = load(store, "(module)");
  wasm_extern_vec_t none = WASM_EMPTY_VEC;
  CHECK(wasm_instance_new(store, module, &none, NULL) == NULL);
  CHECK(strstr(brink_last_error(), "instance") != NULL);
  wasm_module_delete(module);
  wasm_func_delete(memory);
  wasm_func_delete(table);
  wasm_instance_delete(instance);
  wasm_store_delete(store);
  wasm_engine_delete(engine);

  wasm_config_t* config = wasm_config_new();
  brink_config_set_consume_fuel(config, true);
  engine = wasm_engine_new_with_config(config);
  store = wasm_store_new(engine);
  instance = instantiate(store, kForever, NULL, 0);
  brink_store_set_fuel(store, 1000);
  CHECK(brink_store_fuel(store) == 1000);
  CHECK(run_f(instance) == BRINK_TRAP_OutOfFuel);
  CHECK(brink_store_fuel(store) == 0);
  wasm_instance_delete(instance);
  wasm_store_delete(store);
  wasm_engine_delete(engine);
}

static brink_metrics_t metrics;
static int metrics_events[3];

static void note_metrics(void* env, int event, const wasm_instance_t* instance,
                         const brink_metrics_t* so_far) {
  CHECK(env == &metrics && instance != NULL);
  ++metrics_events[event];
  metrics = *so_far;
}

void test_metrics(void) {
  wasm_config_t* config = wasm_config_new();
  brink_config_set_strict(config);
  brink_config_set_consume_fuel(config, true);
  wasm_engine_t* engine = wasm_engine_new_with_config(config);
  brink_limits_t limits;
  brink_limits_init_strict(&limits);
  CHECK(limits.memory_bytes < 1u << 30);
  wasm_store_t* store = brink_store_new(engine, &limits);
  brink_store_set_fuel(store, 10000);
  brink_store_set_metrics(store, note_metrics, &metrics);
  wasm_instance_t* instance =
      instantiate(store,
                  "(module (memory 2 4) (func (export \"f\") (unreachable))"
                  " (func (export \"grow\") (result i32) (memory.grow (i32.const 1))))",
                  NULL, 0);
  CHECK(metrics_events[BRINK_METRICS_INSTANTIATED] == 1 && metrics.calls == 0);
  CHECK(metrics.peak_memory_bytes == 2 * MEMORY_PAGE_SIZE);
  wasm_func_t* grow = brink_instance_func(instance, "grow");
  CHECK(call_i32(grow, 0, 0, 0) == 2);
  wasm_func_delete(grow);
  CHECK(metrics.calls == 1 && metrics.traps == 0 && metrics.fuel_used > 0);
  CHECK(metrics.peak_memory_bytes == 3 * MEMORY_PAGE_SIZE);
  CHECK(run_f(instance) == BRINK_TRAP_Unreachable);
  CHECK(metrics.calls == 2 && metrics.traps == 1 && metrics.run_nanoseconds > 0);
  CHECK(metrics_events[BRINK_METRICS_RETURNED] == 1 && metrics_events[BRINK_METRICS_TRAPPED] == 1);
  brink_store_set_metrics(store, NULL, NULL);
  CHECK(run_f(instance) == BRINK_TRAP_Unreachable);
  CHECK(metrics.calls == 2);
  wasm_instance_delete(instance);
  wasm_store_delete(store);
  wasm_engine_delete(engine);
}

static void* cancel(void* canceller) {
  brink_canceller_cancel(canceller);
  return NULL;
}

void test_time(void) {
  wasm_engine_t* engine = wasm_engine_new();
  wasm_store_t* store = wasm_store_new(engine);
  wasm_instance_t* instance = instantiate(store, kForever, NULL, 0);
  brink_store_set_timeout(store, 10 * 1000 * 1000);
  CHECK(run_f(instance) == BRINK_TRAP_DeadlineExceeded);
  brink_store_clear_timeout(store);
  brink_canceller_t* canceller = brink_canceller_new(store);
  pthread_t thread;
  CHECK(pthread_create(&thread, NULL, cancel, canceller) == 0);
  CHECK(run_f(instance) == BRINK_TRAP_Interrupted);
  CHECK(pthread_join(thread, NULL) == 0);
  brink_canceller_delete(canceller);
  wasm_instance_delete(instance);
  wasm_store_delete(store);
  wasm_engine_delete(engine);
}

static char heard[64];

static wasm_trap_t* hear(void* env, brink_caller_t* caller, const wasm_val_vec_t* args,
                         wasm_val_vec_t* results) {
  CHECK(results->size == 0);
  const uint32_t size = (uint32_t)args->data[1].of.i32;
  const uint8_t* bytes = brink_caller_slice(caller, (uint32_t)args->data[0].of.i32, size);
  if (bytes == NULL || size >= sizeof heard) {
    wasm_name_t message;
    wasm_name_new_from_string_nt(&message, "the text is not in the memory");
    wasm_trap_t* trap = wasm_trap_new(env, &message);
    wasm_name_delete(&message);
    return trap;
  }
  memcpy(heard, bytes, size);
  wasm_extern_t* memory = brink_caller_export(caller, "memory");
  CHECK(memory != NULL && wasm_extern_kind(memory) == WASM_EXTERN_MEMORY);
  wasm_extern_delete(memory);
  CHECK(brink_caller_export(caller, "nothing") == NULL);
  return NULL;
}

void test_linker(void) {
  wasm_engine_t* engine = wasm_engine_new();
  wasm_store_t* store = wasm_store_new(engine);
  brink_linker_t* linker = brink_linker_new(store);
  wasm_functype_t* type = wasm_functype_new_2_0(wasm_valtype_new_i32(), wasm_valtype_new_i32());
  CHECK(brink_linker_define_func(linker, "host", "say", type, hear, store, NULL));
  CHECK(!brink_linker_define_func(linker, "host", "say", type, hear, store, NULL));
  brink_linker_allow_shadowing(linker, true);
  CHECK(brink_linker_define_func(linker, "host", "say", type, hear, store, NULL));
  wasm_functype_delete(type);

  const char* text =
      "(module $talker (import \"host\" \"say\" (func $say (param i32 i32)))"
      " (memory (export \"memory\") 1) (data (i32.const 8) \"hello\")"
      " (func (export \"f\") (call $say (i32.const 8) (i32.const 5)))"
      " (func (export \"g\") (call $say (i32.const 8) (i32.const -1))))";
  wasm_module_t* module = brink_module_new(store, text, strlen(text));
  CHECK(module != NULL && strcmp(brink_module_name(module), "talker") == 0);
  wasm_trap_t* trap = NULL;
  wasm_instance_t* instance = brink_linker_instantiate(linker, module, &trap);
  CHECK(instance != NULL && trap == NULL);
  CHECK(run_f(instance) == BRINK_TRAP_None);
  CHECK(strcmp(heard, "hello") == 0);
  wasm_func_t* g = brink_instance_func(instance, "g");
  expect_trap(g, 0, 0, 0, 0, "the text is not in the memory");
  wasm_func_delete(g);

  CHECK(brink_linker_define_instance(linker, "talker", instance));
  wasm_extern_t* f = brink_instance_export(instance, "f");
  CHECK(brink_linker_define(linker, "a", "b", f));
  wasm_extern_delete(f);
  wasm_module_delete(module);
  text = "(module (import \"talker\" \"g\" (func)) (import \"a\" \"b\" (func $b))"
         " (func (export \"f\") (call $b)))";
  module = brink_module_new(store, text, strlen(text));
  wasm_instance_t* user = brink_linker_instantiate(linker, module, NULL);
  CHECK(user != NULL);
  CHECK(run_f(user) == BRINK_TRAP_None);
  wasm_instance_delete(user);
  wasm_module_delete(module);

  text = "(module (import \"host\" \"sya\" (func)))";
  module = brink_module_new(store, text, strlen(text));
  CHECK(brink_linker_instantiate(linker, module, &trap) == NULL);
  CHECK(strstr(brink_last_error(), "did you mean \"say\"?") != NULL);
  wasm_trap_delete(trap);
  wasm_module_delete(module);
  CHECK(brink_module_from_file(store, "no-such-file.wasm") == NULL);
  wasm_instance_delete(instance);
  brink_linker_delete(linker);
  wasm_store_delete(store);
  wasm_engine_delete(engine);
}

void test_values(void) {
  wasm_engine_t* engine = wasm_engine_new();
  wasm_store_t* store = wasm_store_new(engine);
  wasm_instance_t* instance =
      instantiate(store,
                  "(module (type $s (struct (field i32))) (type $a (array i8))"
                  " (func (export \"swap\") (param v128 i32) (result i32 v128)"
                  "  (local.get 1) (i8x16.add (local.get 0) (local.get 0)))"
                  " (func (export \"struct\") (result (ref $s)) (struct.new $s (i32.const 7)))"
                  " (func (export \"array\") (result arrayref) (array.new_default $a (i32.const 3)))"
                  " (func (export \"i31\") (result i31ref) (ref.i31 (i32.const 5)))"
                  " (func (export \"get\") (param anyref) (result i32)"
                  "  (struct.get $s 0 (ref.cast (ref $s) (local.get 0))))"
                  " (func (export \"add\") (param i32 i64) (result i64)"
                  "  (i64.add (i64.extend_i32_s (local.get 0)) (local.get 1))))",
                  NULL, 0);
  wasm_func_t* swap = brink_instance_func(instance, "swap");
  brink_val_t args[2];
  args[0].kind = BRINK_V128;
  for (int i = 0; i < 16; ++i) args[0].of.v128[i] = (uint8_t)i;
  args[1].kind = WASM_I32;
  args[1].of.i32 = 99;
  brink_val_t results[2];
  CHECK(brink_func_call(swap, args, 2, results, 2) == NULL);
  CHECK(results[0].kind == WASM_I32 && results[0].of.i32 == 99);
  CHECK(results[1].kind == BRINK_V128 && results[1].of.v128[15] == 30);
  args[0].kind = WASM_I64;
  CHECK(code_of(brink_func_call(swap, args, 2, results, 2)) == BRINK_TRAP_HostError);
  wasm_func_delete(swap);

  static const struct {
    const char* name;
    int kind;
  } makers[] = {{"struct", BRINK_REF_STRUCT}, {"array", BRINK_REF_ARRAY}, {"i31", BRINK_REF_I31}};
  for (size_t i = 0; i < 3; ++i) {
    wasm_func_t* make = brink_instance_func(instance, makers[i].name);
    CHECK(brink_func_call(make, NULL, 0, results, 1) == NULL);
    CHECK(results[0].kind == BRINK_ANYREF);
    CHECK(brink_ref_kind(results[0].of.ref) == makers[i].kind);
    if (makers[i].kind == BRINK_REF_STRUCT) {
      /* The handle keeps the object. */
      wasm_func_t* get = brink_instance_func(instance, "get");
      brink_store_collect_garbage(store);
      CHECK(brink_store_gc_heap_bytes(store) > 0);
      wasm_ref_t* copy = wasm_ref_copy(results[0].of.ref);
      CHECK(wasm_ref_same(copy, results[0].of.ref));
      brink_val_delete(&results[0]);
      brink_store_collect_garbage(store);
      brink_val_t arg;
      arg.kind = BRINK_ANYREF;
      arg.of.ref = copy;
      CHECK(brink_func_call(get, &arg, 1, &results[1], 1) == NULL);
      CHECK(results[1].of.i32 == 7);
      wasm_ref_delete(copy);
      wasm_func_delete(get);
      brink_store_collect_garbage(store);
      CHECK(brink_store_gc_heap_bytes(store) == 0);
    } else {
      brink_val_delete(&results[0]);
    }
    wasm_func_delete(make);
  }

  wasm_func_t* add = brink_instance_func(instance, "add");
  uint64_t slots[2] = {(uint32_t)-5, 47};
  CHECK(brink_func_call_unchecked(add, slots) == NULL);
  CHECK(slots[0] == 42);
  CHECK(brink_ref_kind(wasm_func_as_ref(add)) == BRINK_REF_FUNC);
  wasm_func_delete(add);
  wasm_instance_delete(instance);
  wasm_store_delete(store);
  wasm_engine_delete(engine);
}

void test_snapshot(void) {
  wasm_engine_t* engine = wasm_engine_new();
  wasm_store_t* store = wasm_store_new(engine);
  wasm_instance_t* instance =
      instantiate(store,
                  "(module (global $g (mut i32) (i32.const 0))"
                  " (func (export \"f\") (global.set $g (i32.const 42)))"
                  " (func (export \"get\") (result i32) (global.get $g)))",
                  NULL, 0);
  CHECK(run_f(instance) == BRINK_TRAP_None);
  const char* const removed[] = {"f", "none"};
  wasm_byte_vec_t binary;
  CHECK(!brink_instance_snapshot(instance, 2, removed, &binary));
  CHECK(strstr(brink_last_error(), "none") != NULL);
  CHECK(brink_instance_snapshot(instance, 1, removed, &binary));
  wasm_instance_delete(instance);
  wasm_module_t* module = wasm_module_new(store, &binary);
  wasm_byte_vec_delete(&binary);
  wasm_extern_vec_t none = WASM_EMPTY_VEC;
  instance = wasm_instance_new(store, module, &none, NULL);
  CHECK(instance != NULL && brink_instance_func(instance, "f") == NULL);
  wasm_func_t* get = brink_instance_func(instance, "get");
  CHECK(call_i32(get, 0, 0, 0) == 42);
  wasm_func_delete(get);
  wasm_instance_delete(instance);
  wasm_module_delete(module);
  wasm_store_delete(store);
  wasm_engine_delete(engine);
}

static brink_tag_t* thrown_tag;

static wasm_trap_t* throw_it(void* store, const wasm_val_vec_t* args, wasm_val_vec_t* results) {
  CHECK(results->size == 0);
  brink_val_t payload;
  payload.kind = WASM_I32;
  payload.of.i32 = args->data[0].of.i32;
  return brink_throw(store, thrown_tag, &payload, 1);
}

void test_exceptions(void) {
  wasm_engine_t* engine = wasm_engine_new();
  wasm_store_t* store = wasm_store_new(engine);
  wasm_tagtype_t* tag_type = wasm_tagtype_new(wasm_functype_new_1_0(wasm_valtype_new_i32()));
  thrown_tag = brink_tag_new(store, tag_type);
  wasm_tagtype_delete(tag_type);
  wasm_functype_t* type = wasm_functype_new_1_0(wasm_valtype_new_i32());
  wasm_func_t* thrower = wasm_func_new_with_env(store, type, throw_it, store, NULL);
  wasm_functype_delete(type);
  wasm_extern_t* imports[] = {brink_tag_as_extern(thrown_tag), wasm_func_as_extern(thrower)};
  wasm_instance_t* instance =
      instantiate(store,
                  "(module (import \"\" \"tag\" (tag $t (param i32)))"
                  " (import \"\" \"throw\" (func $throw (param i32)))"
                  " (export \"tag\" (tag $t))"
                  " (func (export \"catch\") (param i32) (result i32)"
                  "  (block $h (result i32)"
                  "   (try_table (catch $t $h) (call $throw (local.get 0))) (i32.const 0)))"
                  " (func (export \"leave\") (param i32) (result i32)"
                  "  (throw $t (i32.add (local.get 0) (i32.const 1)))))",
                  imports, 2);
  wasm_func_t* catch = brink_instance_func(instance, "catch");
  CHECK(call_i32(catch, 1, 31, 0) == 31);
  wasm_func_delete(catch);

  wasm_func_t* leave = brink_instance_func(instance, "leave");
  wasm_val_t arg = WASM_I32_VAL(8);
  wasm_val_vec_t args = {1, &arg};
  wasm_val_t result = WASM_INIT_VAL;
  wasm_val_vec_t results = {1, &result};
  wasm_trap_t* trap = wasm_func_call(leave, &args, &results);
  CHECK(trap != NULL && brink_trap_code(trap) == BRINK_TRAP_UncaughtException);
  wasm_ref_t* exception = brink_trap_exception(trap);
  CHECK(exception != NULL && brink_ref_kind(exception) == BRINK_REF_EXN);
  brink_tag_t* tag = brink_exception_tag(exception);
  CHECK(brink_tag_same(tag, thrown_tag));
  brink_val_t payload[2];
  CHECK(brink_exception_payload(exception, payload, 2) == 1);
  CHECK(payload[0].kind == WASM_I32 && payload[0].of.i32 == 9);
  CHECK(brink_exception_tag(wasm_func_as_ref(leave)) == NULL);
  CHECK(brink_exception_payload(wasm_func_as_ref(leave), payload, 2) == 0);
  CHECK(code_of(brink_throw(store, tag, NULL, 0)) == BRINK_TRAP_HostError);
  wasm_extern_t* exported = brink_instance_export(instance, "tag");
  CHECK(wasm_extern_kind(exported) == WASM_EXTERN_TAG);
  CHECK(brink_tag_same(brink_extern_as_tag(exported), tag));
  wasm_extern_delete(exported);
  brink_tag_delete(tag);
  wasm_ref_delete(exception);
  wasm_trap_delete(trap);
  wasm_func_delete(leave);
  wasm_func_delete(thrower);
  brink_tag_delete(thrown_tag);
  wasm_instance_delete(instance);
  wasm_store_delete(store);
  wasm_engine_delete(engine);
}

void test_shared_memory(void) {
  wasm_engine_t* engine = wasm_engine_new();
  wasm_store_t* store = wasm_store_new(engine);
  wasm_store_t* other_store = wasm_store_new(engine);
  wasm_memorytype_t* type = brink_memorytype_new(1, 2, false, true);
  wasm_memory_t* memory = wasm_memory_new(store, type);
  wasm_memorytype_delete(type);
  CHECK(memory != NULL);
  brink_shared_memory_t* shared = brink_memory_share(memory);
  CHECK(shared != NULL);
  wasm_memory_t* other = brink_memory_obtain(other_store, shared);
  brink_shared_memory_delete(shared);
  CHECK(other != NULL);
  wasm_memory_data(memory)[5] = 9;
  CHECK(wasm_memory_data(other)[5] == 9);
  wasm_memory_delete(memory);
  wasm_memory_delete(other);

  type = brink_memorytype_new(1, UINT64_MAX, true, false);
  memory = wasm_memory_new(store, type);
  wasm_memorytype_delete(type);
  CHECK(brink_memory_share(memory) == NULL);
  uint64_t previous = 0;
  CHECK(brink_memory_grow(memory, 2, &previous));
  CHECK(previous == 1 && brink_memory_size(memory) == 3);
  CHECK(!brink_memory_grow(memory, UINT64_MAX, NULL));
  wasm_memory_delete(memory);
  wasm_store_delete(store);
  wasm_store_delete(other_store);
  wasm_engine_delete(engine);
}

static char written[64];
static void collect(void* env, const uint8_t* bytes, size_t size) {
  CHECK(env == written);
  CHECK(strlen(written) + size < sizeof written);
  memcpy(written + strlen(written), bytes, size);
}

void test_wasi(void) {
  wasm_engine_t* engine = wasm_engine_new();
  wasm_store_t* store = wasm_store_new(engine);
  /* Writes its environment's only variable, "NAME=value" and a null character, and exits with the
     number of its arguments. */
  const char* text =
      "(module"
      " (import \"wasi_snapshot_preview1\" \"environ_get\""
      "  (func $environ_get (param i32 i32) (result i32)))"
      " (import \"wasi_snapshot_preview1\" \"args_sizes_get\""
      "  (func $args_sizes_get (param i32 i32) (result i32)))"
      " (import \"wasi_snapshot_preview1\" \"fd_write\""
      "  (func $fd_write (param i32 i32 i32 i32) (result i32)))"
      " (import \"wasi_snapshot_preview1\" \"proc_exit\" (func $proc_exit (param i32)))"
      " (memory (export \"memory\") 1)"
      " (data (i32.const 0) \"\\00\\01\\00\\00\\0a\")"
      " (func (export \"_start\")"
      "  (drop (call $environ_get (i32.const 16) (i32.const 256)))"
      "  (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))"
      "  (drop (call $args_sizes_get (i32.const 32) (i32.const 36)))"
      "  (call $proc_exit (i32.load (i32.const 32)))))";
  wasm_module_t* module = brink_module_new(store, text, strlen(text));
  CHECK(module != NULL);
  brink_wasi_config_t* config = brink_wasi_config_new();
  const char* const args[] = {"program", "one", "two"};
  brink_wasi_config_set_args(config, 3, args);
  brink_wasi_config_set_env(config, "COLOR", "blue");
  brink_wasi_config_set_stdin(config, "", 0);
  brink_wasi_config_set_stdout(config, collect, written);
  brink_wasi_config_set_stderr(config, collect, written);
  brink_wasi_config_set_random_seed(config, 7);
  brink_wasi_config_set_timeout(config, UINT64_MAX);
  brink_linker_t* linker = brink_linker_new(store);
  CHECK(brink_linker_define_wasi(linker, config));
  wasm_instance_t* instance = brink_linker_instantiate(linker, module, NULL);
  CHECK(instance != NULL);
  int32_t status = -1;
  CHECK(brink_wasi_run(instance, &status) == NULL);
  CHECK(status == 3);
  CHECK(strcmp(written, "COLOR=blue") == 0);
  wasm_func_t* start = brink_instance_func(instance, "_start");
  wasm_trap_t* trap = wasm_func_call(start, NULL, NULL);
  CHECK(trap != NULL && brink_trap_exit_status(trap, &status) && status == 3);
  wasm_trap_delete(trap);
  wasm_func_delete(start);
  wasm_instance_delete(instance);
  wasm_module_delete(module);
  brink_linker_delete(linker);

  linker = brink_linker_new(store);
  config = brink_wasi_config_new();
  brink_wasi_config_preopen_dir(config, "/no/such/folder", "/", true);
  CHECK(!brink_linker_define_wasi(linker, config));
  CHECK(strstr(brink_last_error(), "/no/such/folder") != NULL);
  brink_linker_delete(linker);
  instance = instantiate(store, "(module)", NULL, 0);
  CHECK(code_of(brink_wasi_run(instance, &status)) == BRINK_TRAP_HostError);
  wasm_instance_delete(instance);
  wasm_store_delete(store);
  wasm_engine_delete(engine);
}
