# Copyright the Brink authors.
# SPDX-License-Identifier: Apache-2.0
#
"""QuickJS-ng, a JavaScript engine in C, and its own tests; they print what the native one does."""

from functools import lru_cache

from c import compile_native, compile_wasm
from guest import Case, Guest
from workshop import SOURCES, crate

CRATE = ("rquickjs-sys", "0.14.0")
FILES = [
    "qjs",
    "quickjs",
    "quickjs-libc",
    "libregexp",
    "libunicode",
    "dtoa",
    "gen/repl",
    "gen/standalone",
]
OPTIONS = ["-D_GNU_SOURCE", "-w"]
# Deep recursion in JavaScript has to end in its own RangeError, not in the trap of a full stack: to
# 64 KiB of the stack in memory belong a few MiB of an engine's frames.
WASI_OPTIONS = [
    "-DJS_DEFAULT_STACK_SIZE=65536",
    "-D_WASI_EMULATED_PROCESS_CLOCKS",
    "-D_WASI_EMULATED_SIGNAL",
    "-lwasi-emulated-process-clocks",
    "-lwasi-emulated-signal",
    "-Wl,-z,stack-size=2097152",
]

# Left out: what needs threads or processes (test_std, test_worker, bug1301, bug1302,
# atomics-store-leak), the time-taking microbench, and three that end a recursion in an error with a
# backtrace (bug775, bug776, bug904): built with this compiler and C library the engine then writes
# outside its memory.
TESTS = """
    array-fromasync-enumerable array-sort-identical-values bug1296 bug1297 bug1305 bug1318 bug1352
    bug1354 bug1355 bug1368 bug1430 bug1468 bug1498 bug1552 bug1557 bug1562 bug1564 bug1565
    bug1571 bug1572 bug1591 bug1598 bug1625 bug1626 bug1627 bug1628 bug1661 bug1683 bug1690
    bug1691 bug1693 bug488-upstream bug492 bug493 bug567 bug648 bug652 bug741 bug832 bug858 bug988
    bug999 callsite-isconstructor callsite-native-position destructured-export
    dynamic_import_rejection_handled fix_set_array_length-uaf fixture_cyclic_import
    fixture_reexport_direct fixture_throwing_module for-await-normal-close function_source
    global-reference-column import-attributes-identity iterator-filter-leak
    iterator-tostringtag-setter null_or_undefined parse-error-column reexport-error-module
    resize_array_buffer_index_valueOf str-pad-leak suspended-coroutine-closure-gc
    suspended-coroutine-mapped-arguments-gc suspended-generator-closure-gc test_array_to_gc
    test_base64 test_bigint test_bjson test_builtin test_closure test_domexception
    test_for_of_line_numbers test_language test_loop test_queue_microtask test_string_exports
    typedarray-lastindexof-shrink typedarray-set-invalid-index typedarray-slice-overlap
    typedarray-subarray-species
""".split()


@lru_cache(maxsize=None)
def source_folder():
    return crate(*CRATE) / "quickjs"


def sources():
    folder = source_folder()
    return [folder / f"{name}.c" for name in FILES], [folder]


def build_wasm():
    files, include = sources()
    return compile_wasm("quickjs", files, ["-O2", *OPTIONS, *WASI_OPTIONS], include)


def build_native():
    files, include = sources()
    return compile_native("quickjs", files, [*OPTIONS, "-lpthread", "-ldl"], include)


def own_test(name):
    """test_builtin asks what only the engine's test driver knows: the prelude answers."""
    return Case(
        name,
        ["-I", "prelude.js", f"tests/{name}.js"],
        files={
            "tests": lambda: source_folder() / "tests",
            "prelude.js": SOURCES / "js" / "prelude.js",
        },
    )


def guests():
    cases = [own_test(name) for name in TESTS]
    programs = [
        Case(
            "programs",
            ["--std", "programs.js", "one", "two words"],
            files={"programs.js": SOURCES / "js" / "programs.js"},
            stdin="line one\nline two\n",
        )
    ]
    return [Guest("quickjs", build_wasm, programs + cases, native=build_native)]
