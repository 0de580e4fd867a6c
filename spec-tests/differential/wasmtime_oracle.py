#!/usr/bin/env python3
# Copyright the Brink authors.
# SPDX-License-Identifier: Apache-2.0
"""Wasmtime's side of the differential check; needs the Python package `wasmtime`.

Runs a file of modules as the generator writes it and prints what execute.cc prints. Functions are called
through the C interface: the package's own conversions know no vectors and change NaNs.
"""

import ctypes
import sys
import zlib

import wasmtime
from wasmtime import _bindings as c

KINDS = {"i": 0, "l": 1, "f": 2, "d": 3, "v": 4, "c": 5, "x": 6, "a": 7, "r": 7, "R": 7}
DIGITS = {"i": (4, "i%x"), "f": (4, "f%x"), "l": (8, "l%x"), "d": (8, "d%x"), "v": (16, "v%032x")}
# What is read of a value to see whether a reference is null: funcref and the other references alike begin with
# the number of their store, which is never 0.
STORE_BYTES = 8

# How Brink names the traps. An index beyond a table is told from a bad access only by Brink.
TRAPS = {
    "STACK_OVERFLOW": "call stack exhausted",
    "MEMORY_OUT_OF_BOUNDS": "out of bounds memory access",
    "HEAP_MISALIGNED": "unaligned atomic",
    "TABLE_OUT_OF_BOUNDS": "out of bounds table access",
    "INDIRECT_CALL_TO_NULL": "uninitialized element",
    "BAD_SIGNATURE": "indirect call type mismatch",
    "INTEGER_OVERFLOW": "integer overflow",
    "INTEGER_DIVISION_BY_ZERO": "integer divide by zero",
    "BAD_CONVERSION_TO_INTEGER": "invalid conversion to integer",
    "UNREACHABLE": "unreachable",
    "ATOMIC_WAIT_NON_SHARED_MEMORY": "expected shared memory",
    "NULL_REFERENCE": "null reference",
    "ARRAY_OUT_OF_BOUNDS": "out of bounds array access",
    "ALLOCATION_TOO_LARGE": "allocation size too large",
    "CAST_FAILURE": "cast failure",
}


def make_engine():
    config = wasmtime.Config()
    for feature in ("threads", "tail_call", "reference_types", "function_references", "gc", "simd", "relaxed_simd",
                    "relaxed_simd_deterministic", "bulk_memory", "multi_value", "multi_memory", "memory64",
                    "wide_arithmetic", "exceptions", "custom_page_sizes"):
        setattr(config, f"wasm_{feature}", True)
    config.shared_memory = True
    config.cranelift_opt_level = "none"
    config.parallel_compilation = False
    return wasmtime.Engine(config)


def write_value(value, text):
    letter, digits = text[0], text[1:]
    value.kind = KINDS[letter]
    ctypes.memset(ctypes.byref(value.of), 0, ctypes.sizeof(value.of))
    if digits:
        raw = int(digits, 16).to_bytes(16, "little")
        ctypes.memmove(ctypes.byref(value.of), raw, 16)


def read_value(value, letter):
    if letter in DIGITS:
        size, form = DIGITS[letter]
        return form % int.from_bytes(ctypes.string_at(ctypes.byref(value.of), size), "little")
    return "ref" if any(ctypes.string_at(ctypes.byref(value.of), STORE_BYTES)) else "null"


def describe(trap_or_error):
    if isinstance(trap_or_error, wasmtime.Trap):
        code = trap_or_error.trap_code
        message = TRAPS.get(code.name, code.name) if code else trap_or_error.message
    else:
        message = str(trap_or_error)
    return "trap:" + message.splitlines()[0].replace(" ", "_")


class Session:
    def __init__(self, engine, content):
        self.engine, self.instance = engine, None
        try:
            self.module = wasmtime.Module(engine, content)
        except wasmtime.WasmtimeError as error:
            self.module, self.problem = None, str(error)
            print(self.problem, file=sys.stderr)

    def run(self, item):
        kind, *parts = item.split(":")
        if kind == "n":
            return self.instantiate()
        if self.instance is None:
            return "-"
        export = self.exports[int(parts[0])]
        if kind == "f":
            return self.call(export, parts[1].split(",") if parts[1] else [], parts[2])
        if kind == "g":
            value = c.wasmtime_val_t()
            c.wasmtime_global_get(self.store._context(), ctypes.byref(export._global), ctypes.byref(value))
            return read_value(value, parts[1])
        return self.memory(export)

    def instantiate(self):
        self.instance = None
        if self.module is None:
            return "invalid"
        self.store = wasmtime.Store(self.engine)
        try:
            self.instance = wasmtime.Instance(self.store, self.module, [])
        except wasmtime.Trap as trap:
            return describe(trap)
        except wasmtime.WasmtimeError as error:
            return self.exception() or describe(error)
        exports = self.instance.exports(self.store)
        self.exports = [exports.by_index[i] for i in range(len(exports))]
        return "ok"

    def exception(self):
        """What an uncaught exception is reported as; it is left in the store."""
        if not c.wasmtime_context_has_exception(self.store._context()):
            return None
        out = c.wasmtime_exnref_t()
        c.wasmtime_context_take_exception(self.store._context(), ctypes.byref(out))
        return "trap:unhandled_exception"

    def call(self, function, args, results):
        raw_args = (c.wasmtime_val_t * len(args))()
        for value, text in zip(raw_args, args):
            write_value(value, text)
        raw_results = (c.wasmtime_val_t * len(results))()
        trap = ctypes.POINTER(c.wasm_trap_t)()
        error = c.wasmtime_func_call(self.store._context(), ctypes.byref(function._func), raw_args, len(args),
                                     raw_results, len(results), ctypes.byref(trap))
        exception = self.exception()
        if trap:
            trap = wasmtime.Trap._from_ptr(trap)
        if error:
            error = wasmtime.WasmtimeError._from_ptr(error)
        if exception or trap or error:
            return exception or describe(trap or error)
        return "=" + "".join(read_value(value, letter) + "," for value, letter in zip(raw_results, results))

    def memory(self, memory):
        if isinstance(memory, wasmtime.SharedMemory):
            pointer = c.wasmtime_sharedmemory_data(memory.ptr())
            length = c.wasmtime_sharedmemory_data_size(memory.ptr())
            pages = c.wasmtime_sharedmemory_size(memory.ptr())
        else:
            pointer, length = memory.data_ptr(self.store), memory.data_len(self.store)
            pages = memory.size(self.store)
        if length == 0:
            return "0/00000000"
        data = (ctypes.c_ubyte * length).from_address(ctypes.cast(pointer, ctypes.c_void_p).value)
        return f"{pages}/{zlib.crc32(data):08x}"


def main():
    engine = make_engine()
    with open(sys.argv[1], "rb") as file:
        while line := file.readline().decode():
            seed, size, *items = line.split()
            content = file.read(int(size))
            print(seed, end="", flush=True)
            session = Session(engine, content)
            for item in items:
                print("", session.run(item), end="")
            print(flush=True)


main()
