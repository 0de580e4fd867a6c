#!/usr/bin/env python3
# Copyright the Brink authors.
# SPDX-License-Identifier: Apache-2.0
"""A binding needs nothing but the C API and the shared library: this one is made with ctypes on the spot, and runs a
guest that calls back into Python, traps, runs out of fuel and writes through WASI."""

import ctypes
import sys
from ctypes import CFUNCTYPE, POINTER, Structure, Union, byref, c_bool, c_char_p, c_double, c_float, c_int32
from ctypes import c_int64, c_size_t, c_uint8, c_uint64, c_void_p

WASM_I32 = 0
TRAP_OUT_OF_FUEL = "all fuel consumed"


class Payload(Union):
    _fields_ = [("i32", c_int32), ("i64", c_int64), ("f32", c_float), ("f64", c_double), ("ref", c_void_p)]


class Val(Structure):
    _fields_ = [("kind", c_uint8), ("of", Payload)]


class ValVec(Structure):
    _fields_ = [("size", c_size_t), ("data", POINTER(Val))]


class ByteVec(Structure):
    _fields_ = [("size", c_size_t), ("data", POINTER(ctypes.c_char))]


class PointerVec(Structure):
    _fields_ = [("size", c_size_t), ("data", POINTER(c_void_p))]


Callback = CFUNCTYPE(c_void_p, c_void_p, POINTER(ValVec), POINTER(ValVec))
SinkCallback = CFUNCTYPE(None, c_void_p, POINTER(c_uint8), c_size_t)


def open_library(path):
    library = ctypes.CDLL(path)
    pointers = ["wasm_config_new", "wasm_engine_new_with_config", "wasm_store_new", "wasm_module_new",
                "wasm_valtype_new", "wasm_functype_new", "wasm_func_new_with_env", "wasm_func_as_extern",
                "wasm_instance_new", "wasm_func_call", "brink_instance_func", "brink_instance_export",
                "wasm_extern_as_memory", "wasm_memory_data", "brink_linker_new", "brink_linker_instantiate",
                "brink_wasi_config_new", "brink_module_new", "brink_wasi_run"]
    for name in pointers:
        getattr(library, name).restype = c_void_p
    library.brink_last_error.restype = c_char_p
    library.brink_version.restype = c_char_p
    library.brink_wat2wasm.restype = c_bool
    library.brink_linker_define_wasi.restype = c_bool
    library.brink_store_fuel.restype = c_uint64
    return library


class Host:
    """An engine and a store, and what is made in it."""

    def __init__(self, path):
        self.library = open_library(path)
        config = self.library.wasm_config_new()
        self.library.brink_config_set_consume_fuel(c_void_p(config), c_bool(True))
        self.engine = c_void_p(self.library.wasm_engine_new_with_config(c_void_p(config)))
        self.store = c_void_p(self.library.wasm_store_new(self.engine))
        self.library.brink_store_set_fuel(self.store, c_uint64(1_000_000))
        self.alive = []  # callbacks, which ctypes would free

    def close(self):
        self.library.wasm_store_delete(self.store)
        self.library.wasm_engine_delete(self.engine)

    def message(self, trap):
        text = ByteVec()
        self.library.wasm_trap_message(c_void_p(trap), byref(text))
        result = text.data[:text.size - 1].decode()
        self.library.wasm_byte_vec_delete(byref(text))
        self.library.wasm_trap_delete(c_void_p(trap))
        return result

    def module(self, text):
        binary = ByteVec()
        source = text.encode()
        assert self.library.brink_wat2wasm(source, c_size_t(len(source)), byref(binary)), self.library.brink_last_error()
        module = self.library.wasm_module_new(self.store, byref(binary))
        self.library.wasm_byte_vec_delete(byref(binary))
        assert module, self.library.brink_last_error()
        return c_void_p(module)

    def function_type(self, params, results):
        vectors = []
        for kinds in (params, results):
            vector = PointerVec()
            array = (c_void_p * len(kinds))(*[self.library.wasm_valtype_new(c_uint8(kind)) for kind in kinds])
            self.library.wasm_valtype_vec_new(byref(vector), c_size_t(len(kinds)), array)
            vectors.append(vector)
        return c_void_p(self.library.wasm_functype_new(byref(vectors[0]), byref(vectors[1])))

    def function(self, params, results, python):
        def call(_, args, out):
            out[0].data[0].kind = WASM_I32
            out[0].data[0].of.i32 = python(*[args[0].data[i].of.i32 for i in range(args[0].size)])
            return None

        callback = Callback(call)
        self.alive.append(callback)
        kind = self.function_type(params, results)
        function = self.library.wasm_func_new_with_env(self.store, kind, callback, None, None)
        self.library.wasm_functype_delete(kind)
        return c_void_p(function)

    def instantiate(self, text, imports=()):
        array = (c_void_p * len(imports))(*[self.library.wasm_func_as_extern(f) for f in imports])
        vector = PointerVec(len(imports), array)
        trap = c_void_p()
        module = self.module(text)
        instance = self.library.wasm_instance_new(self.store, module, byref(vector), byref(trap))
        self.library.wasm_module_delete(module)
        assert instance, self.message(trap.value)
        return c_void_p(instance)

    def call(self, instance, name, *args):
        """The i32 that the export returns, or the message of its trap."""
        function = c_void_p(self.library.brink_instance_func(instance, name.encode()))
        assert function, self.library.brink_last_error()
        values = (Val * len(args))()
        for value, arg in zip(values, args):
            value.kind = WASM_I32
            value.of.i32 = arg
        results = (Val * 1)()
        trap = self.library.wasm_func_call(function, byref(ValVec(len(args), values)), byref(ValVec(1, results)))
        self.library.wasm_func_delete(function)
        return self.message(trap) if trap else results[0].of.i32


GUEST = """(module
  (import "host" "times" (func $times (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 64) "from the guest")
  (func (export "square") (param i32) (result i32) (call $times (local.get 0) (local.get 0)))
  (func (export "divide") (param i32 i32) (result i32) (i32.div_s (local.get 0) (local.get 1)))
  (func (export "forever") (result i32) (loop (br 0)) (unreachable)))"""

PROGRAM = """(module
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\\10\\00\\00\\00\\03\\00\\00\\00")
  (data (i32.const 16) "hey")
  (func (export "_start")
    (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
    (call $exit (i32.const 3))))"""


def check_calls(host):
    times = host.function([WASM_I32, WASM_I32], [WASM_I32], lambda a, b: a * b)
    instance = host.instantiate(GUEST, [times])
    host.library.wasm_func_delete(times)
    assert host.call(instance, "square", 12) == 144
    assert host.call(instance, "divide", -84, 2) == -42
    assert host.call(instance, "divide", 1, 0) == "integer divide by zero"
    assert host.call(instance, "forever") == TRAP_OUT_OF_FUEL
    assert host.library.brink_store_fuel(host.store) == 0
    item = c_void_p(host.library.brink_instance_export(instance, b"memory"))
    memory = c_void_p(host.library.wasm_extern_as_memory(item))
    data = host.library.wasm_memory_data(memory)
    assert ctypes.string_at(data + 64, 14) == b"from the guest"
    host.library.wasm_extern_delete(item)
    host.library.wasm_instance_delete(instance)


def check_wasi(host):
    host.library.brink_store_set_fuel(host.store, c_uint64(1_000_000))
    written = []
    sink = SinkCallback(lambda _, data, size: written.append(ctypes.string_at(data, size)))
    config = c_void_p(host.library.brink_wasi_config_new())
    host.library.brink_wasi_config_set_stdout(config, sink, None)
    linker = c_void_p(host.library.brink_linker_new(host.store))
    assert host.library.brink_linker_define_wasi(linker, config), host.library.brink_last_error()
    source = PROGRAM.encode()
    module = c_void_p(host.library.brink_module_new(host.store, source, c_size_t(len(source))))
    instance = c_void_p(host.library.brink_linker_instantiate(linker, module, None))
    assert instance, host.library.brink_last_error()
    status = c_int32(-1)
    assert host.library.brink_wasi_run(instance, byref(status)) is None
    assert status.value == 3 and b"".join(written) == b"hey", (status, written)
    for name, handle in (("wasm_instance", instance), ("wasm_module", module), ("brink_linker", linker)):
        getattr(host.library, f"{name}_delete")(handle)


def main():
    host = Host(sys.argv[1])
    print("brink", host.library.brink_version().decode())
    check_calls(host)
    check_wasi(host)
    assert not host.library.brink_module_new(host.store, b"junk", c_size_t(4))
    assert b"not a WebAssembly module" in host.library.brink_last_error()
    host.close()
    print("all is well")


if __name__ == "__main__":
    main()
