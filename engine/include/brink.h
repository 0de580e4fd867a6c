/* Copyright the Brink authors.
   SPDX-License-Identifier: Apache-2.0

   What Brink has and the standard C API (wasm.h) has no function for. Handles are those of wasm.h
   and mix freely with it; its rules of ownership hold here. Names are strings that end with a null
   character; they are copied. Functions that return bool, or a pointer that may be null, say with
   brink_last_error() why they failed. */

#ifndef BRINK_H
#define BRINK_H

#include "wasm.h"

#ifdef __cplusplus
extern "C" {
#endif

#define own
#define BRINK_DECLARE_OWN(name)                       \
  typedef struct brink_##name##_t brink_##name##_t; \
  WASM_API_EXTERN void brink_##name##_delete(own brink_##name##_t*);

/* "0.1.0". */
WASM_API_EXTERN const char* brink_version(void);

/* Why the latest function of this thread that failed did so; "" if none has. Valid until the next
   failure. */
WASM_API_EXTERN const char* brink_last_error(void);

/* ---- configuration ---- */

enum brink_tier_enum {
  BRINK_TIER_AUTO,
  BRINK_TIER_INTERPRETER,
  BRINK_TIER_COMPILER,
};

/* `name` as in `brink run -W`: "threads", "gc", "memory64" ... False if there is none. */
WASM_API_EXTERN bool brink_config_set_feature(wasm_config_t*, const char* name, bool on);
WASM_API_EXTERN void brink_config_set_tier(wasm_config_t*, int tier);
/* Count fuel, see brink_store_set_fuel. */
WASM_API_EXTERN void brink_config_set_consume_fuel(wasm_config_t*, bool on);
/* Address space reserved for each 32-bit memory; below 8 GiB accesses are checked explicitly. */
WASM_API_EXTERN void brink_config_set_memory_reservation(wasm_config_t*, uint64_t bytes);
/* Prepare all functions when a module is made, instead of each at its first call. */
WASM_API_EXTERN void brink_config_set_eager(wasm_config_t*, bool on);
/* For modules of somebody who may mean harm: bounds on their sizes, counts and nesting. */
WASM_API_EXTERN void brink_config_set_strict(wasm_config_t*);
WASM_API_EXTERN bool brink_has_compiler(void);

/* ---- stores: limits, fuel, time, garbage ---- */

typedef struct brink_limits_t {
  uint64_t memory_bytes;   /* of each memory */
  uint64_t table_elements; /* of each table */
  uint64_t stack_bytes;    /* of guest frames */
  uint64_t gc_heap_bytes;
  uint32_t instances;
  uint32_t memories;
  uint32_t tables;
} brink_limits_t;

/* What wasm_store_new takes. */
WASM_API_EXTERN void brink_limits_init(brink_limits_t* out);
/* For guests of somebody who may mean harm. */
WASM_API_EXTERN void brink_limits_init_strict(brink_limits_t* out);
WASM_API_EXTERN own wasm_store_t* brink_store_new(wasm_engine_t*, const brink_limits_t*);

/* Fuel left to guests; running out is BRINK_TRAP_OutOfFuel. */
WASM_API_EXTERN void brink_store_set_fuel(wasm_store_t*, uint64_t fuel);
WASM_API_EXTERN uint64_t brink_store_fuel(const wasm_store_t*);
/* Guests still running so many nanoseconds from now trap with BRINK_TRAP_DeadlineExceeded. */
WASM_API_EXTERN void brink_store_set_timeout(wasm_store_t*, uint64_t nanoseconds);
WASM_API_EXTERN void brink_store_clear_timeout(wasm_store_t*);
/* Frees garbage-collected objects that nothing leads to. */
WASM_API_EXTERN void brink_store_collect_garbage(wasm_store_t*);
WASM_API_EXTERN uint64_t brink_store_gc_heap_bytes(const wasm_store_t*);

/* What an instance has cost so far. */
typedef struct brink_metrics_t {
  uint64_t instantiate_nanoseconds; /* with the start function */
  uint64_t run_nanoseconds;         /* of the host's calls */
  uint64_t calls;
  uint64_t traps;
  uint64_t fuel_used; /* where fuel is counted */
  uint64_t peak_memory_bytes;
} brink_metrics_t;
enum brink_metrics_event_enum {
  BRINK_METRICS_INSTANTIATED,
  BRINK_METRICS_RETURNED,
  BRINK_METRICS_TRAPPED,
};
/* Called after instantiation and after each call by the host. Null: nothing is measured. */
typedef void (*brink_metrics_callback_t)(void* env, int event, const struct wasm_instance_t*,
                                         const brink_metrics_t*);
WASM_API_EXTERN void brink_store_set_metrics(wasm_store_t*, brink_metrics_callback_t, void* env);

/* Stops what runs in a store, from any thread and from signal handlers: BRINK_TRAP_Interrupted. */
BRINK_DECLARE_OWN(canceller)
WASM_API_EXTERN own brink_canceller_t* brink_canceller_new(wasm_store_t*);
WASM_API_EXTERN void brink_canceller_cancel(const brink_canceller_t*);

/* ---- modules ---- */

WASM_API_EXTERN bool brink_wat2wasm(const char* text, size_t size, own wasm_byte_vec_t* out);
/* From binary or text. */
WASM_API_EXTERN own wasm_module_t* brink_module_new(wasm_store_t*, const char* bytes, size_t size);
WASM_API_EXTERN own wasm_module_t* brink_module_from_file(wasm_store_t*, const char* path);
WASM_API_EXTERN const char* brink_module_name(const wasm_module_t*);

/* ---- values beyond wasm_val_t ---- */

enum brink_valkind_enum {
  BRINK_V128 = 4,
  BRINK_ANYREF = 130, /* anyref and what is below it: structs, arrays, i31 */
  BRINK_EXNREF = 131,
};

typedef struct brink_val_t {
  wasm_valkind_t kind;
  union {
    int32_t i32;
    int64_t i64;
    float32_t f32;
    float64_t f64;
    uint8_t v128[16]; /* little endian */
    wasm_ref_t* ref;  /* null for a null reference */
  } of;
} brink_val_t;

WASM_API_EXTERN void brink_val_delete(own brink_val_t*);

/* As wasm_func_call, for all types. The results are the caller's to delete. */
WASM_API_EXTERN own wasm_trap_t* brink_func_call(const wasm_func_t*, const brink_val_t* args,
                                                 size_t arg_count, own brink_val_t* results,
                                                 size_t result_count);

/* Without any check or conversion: `slots` holds the arguments, 8 bytes each (a v128 two slots, i32
   and f32 in the low half with the rest zero), and then the results; it must have room for
   whichever take more. Numbers and vectors only. */
WASM_API_EXTERN own wasm_trap_t* brink_func_call_unchecked(const wasm_func_t*, uint64_t* slots);

enum brink_refkind_enum {
  BRINK_REF_FUNC,
  BRINK_REF_GLOBAL,
  BRINK_REF_TABLE,
  BRINK_REF_MEMORY,
  BRINK_REF_TAG,
  BRINK_REF_INSTANCE,
  BRINK_REF_MODULE,
  BRINK_REF_TRAP,
  BRINK_REF_FOREIGN,
  BRINK_REF_STRUCT,
  BRINK_REF_ARRAY,
  BRINK_REF_I31,
  BRINK_REF_EXN,
  BRINK_REF_OTHER,
};
/* What a non-null reference refers to. It keeps garbage-collected objects alive. */
WASM_API_EXTERN int brink_ref_kind(const wasm_ref_t*);

/* ---- traps ---- */

/* BRINK_TRAP_None, BRINK_TRAP_Unreachable, ...: brink/trap.def has all, with their messages. */
enum brink_trap_enum {
  BRINK_TRAP_None,
#define BRINK_TRAP(id, message) BRINK_TRAP_##id,
#include "brink/trap.def" /* and undefines BRINK_TRAP */
};

WASM_API_EXTERN int brink_trap_code(const wasm_trap_t*);
WASM_API_EXTERN const char* brink_trap_code_message(int code);
/* Whether the guest ended itself (BRINK_TRAP_Exit), and with which status. */
WASM_API_EXTERN bool brink_trap_exit_status(const wasm_trap_t*, int32_t* status);
/* Message and backtrace, for people. */
WASM_API_EXTERN void brink_trap_to_string(const wasm_trap_t*, own wasm_message_t* out);
/* "" if unknown. */
WASM_API_EXTERN const char* brink_frame_func_name(const wasm_frame_t*);
WASM_API_EXTERN const char* brink_frame_module_name(const wasm_frame_t*);

/* ---- exceptions ---- */

BRINK_DECLARE_OWN(tag)
WASM_API_EXTERN own brink_tag_t* brink_tag_new(wasm_store_t*, const wasm_tagtype_t*);
WASM_API_EXTERN own wasm_tagtype_t* brink_tag_type(const brink_tag_t*);
WASM_API_EXTERN bool brink_tag_same(const brink_tag_t*, const brink_tag_t*);
WASM_API_EXTERN wasm_extern_t* brink_tag_as_extern(brink_tag_t*);
WASM_API_EXTERN brink_tag_t* brink_extern_as_tag(wasm_extern_t*);

/* What a callback returns to throw an exception. */
WASM_API_EXTERN own wasm_trap_t* brink_throw(wasm_store_t*, const brink_tag_t*,
                                             const brink_val_t* payload, size_t size);
/* Of BRINK_TRAP_UncaughtException: the exception, as a reference; null for other traps. */
WASM_API_EXTERN own wasm_ref_t* brink_trap_exception(const wasm_trap_t*);
/* Null if the reference is no exception. */
WASM_API_EXTERN own brink_tag_t* brink_exception_tag(const wasm_ref_t*);
/* Fills as many as there is room for, and says how many there are. */
WASM_API_EXTERN size_t brink_exception_payload(const wasm_ref_t*, own brink_val_t* out,
                                               size_t size);

/* ---- host functions that see their caller ---- */

typedef struct brink_caller_t brink_caller_t;
typedef own wasm_trap_t* (*brink_func_callback_t)(void* env, brink_caller_t*,
                                                  const wasm_val_vec_t* args,
                                                  wasm_val_vec_t* results);
WASM_API_EXTERN own wasm_func_t* brink_func_new(wasm_store_t*, const wasm_functype_t*,
                                                brink_func_callback_t, void* env,
                                                void (*finalizer)(void*));
/* Null if the calling instance has no such export. */
WASM_API_EXTERN own wasm_extern_t* brink_caller_export(brink_caller_t*, const char* name);
/* Bytes of the memory that the caller exports as "memory"; null if they do not all lie inside. */
WASM_API_EXTERN uint8_t* brink_caller_slice(brink_caller_t*, uint64_t address, uint64_t size);

/* ---- instances and linkers ---- */

/* Null if there is none. */
WASM_API_EXTERN own wasm_extern_t* brink_instance_export(const wasm_instance_t*, const char* name);
WASM_API_EXTERN own wasm_func_t* brink_instance_func(const wasm_instance_t*, const char* name);

/* Names that imports are resolved against. */
BRINK_DECLARE_OWN(linker)
WASM_API_EXTERN own brink_linker_t* brink_linker_new(wasm_store_t*);
/* Whether a second definition replaces the first, instead of failing. */
WASM_API_EXTERN void brink_linker_allow_shadowing(brink_linker_t*, bool allow);
WASM_API_EXTERN bool brink_linker_define(brink_linker_t*, const char* module, const char* name,
                                         const wasm_extern_t*);
WASM_API_EXTERN bool brink_linker_define_func(brink_linker_t*, const char* module,
                                              const char* name, const wasm_functype_t*,
                                              brink_func_callback_t, void* env,
                                              void (*finalizer)(void*));
/* All exports of an instance, under `module`. */
WASM_API_EXTERN bool brink_linker_define_instance(brink_linker_t*, const char* module,
                                                  const wasm_instance_t*);
/* As wasm_instance_new; the error names all imports that are missing. */
WASM_API_EXTERN own wasm_instance_t* brink_linker_instantiate(brink_linker_t*,
                                                              const wasm_module_t*,
                                                              own wasm_trap_t** trap);

/* A module that starts in the state that the instance is in now. `removed_exports`, initializers
   for instance, are not exported by it. False for what no module can say: see brink/snapshot.h. */
WASM_API_EXTERN bool brink_instance_snapshot(const wasm_instance_t*, size_t removed_count,
                                             const char* const removed_exports[],
                                             own wasm_byte_vec_t* out);

/* ---- memories ---- */

/* `max` UINT64_MAX: none. In pages of 64 KiB. */
WASM_API_EXTERN own wasm_memorytype_t* brink_memorytype_new(uint64_t min, uint64_t max,
                                                            bool is_64, bool is_shared);
WASM_API_EXTERN uint64_t brink_memory_size(const wasm_memory_t*);
WASM_API_EXTERN bool brink_memory_grow(wasm_memory_t*, uint64_t delta, uint64_t* previous_size);
/* Bytes of it, valid until it grows; null if they do not all lie inside. */
WASM_API_EXTERN uint8_t* brink_memory_slice(const wasm_memory_t*, uint64_t offset, uint64_t size);

/* A shared memory apart from any store, for other threads. */
BRINK_DECLARE_OWN(shared_memory)
WASM_API_EXTERN own brink_shared_memory_t* brink_memory_share(const wasm_memory_t*);
WASM_API_EXTERN own wasm_memory_t* brink_memory_obtain(wasm_store_t*,
                                                       const brink_shared_memory_t*);

/* ---- WASI preview 1: nothing is granted but what is named here ---- */

BRINK_DECLARE_OWN(wasi_config)
WASM_API_EXTERN own brink_wasi_config_t* brink_wasi_config_new(void);
WASM_API_EXTERN void brink_wasi_config_set_args(brink_wasi_config_t*, size_t count,
                                                const char* const args[]);
WASM_API_EXTERN void brink_wasi_config_set_env(brink_wasi_config_t*, const char* name,
                                               const char* value);
WASM_API_EXTERN void brink_wasi_config_inherit_env(brink_wasi_config_t*);
WASM_API_EXTERN void brink_wasi_config_inherit_stdio(brink_wasi_config_t*);
WASM_API_EXTERN void brink_wasi_config_set_stdin(brink_wasi_config_t*, const char* bytes,
                                                 size_t size);
/* Receives what a guest writes, as it does. */
typedef void (*brink_sink_t)(void* env, const uint8_t* bytes, size_t size);
WASM_API_EXTERN void brink_wasi_config_set_stdout(brink_wasi_config_t*, brink_sink_t, void* env);
WASM_API_EXTERN void brink_wasi_config_set_stderr(brink_wasi_config_t*, brink_sink_t, void* env);
WASM_API_EXTERN void brink_wasi_config_preopen_dir(brink_wasi_config_t*, const char* host_path,
                                                   const char* guest_path, bool read_only);
WASM_API_EXTERN void brink_wasi_config_set_random_seed(brink_wasi_config_t*, uint64_t seed);
/* Ends a guest that waits inside a WASI function; give it what brink_store_set_timeout got. */
WASM_API_EXTERN void brink_wasi_config_set_timeout(brink_wasi_config_t*, uint64_t nanoseconds);
/* False if something that was granted cannot be had. */
WASM_API_EXTERN bool brink_linker_define_wasi(brink_linker_t*, own brink_wasi_config_t*);
/* Calls "_start". Null, and the status, when the program ends, by itself or with exit. */
WASM_API_EXTERN own wasm_trap_t* brink_wasi_run(const wasm_instance_t*, int32_t* status);

#undef own
#undef BRINK_DECLARE_OWN

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* BRINK_H */
