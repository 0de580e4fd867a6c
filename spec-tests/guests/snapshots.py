# Copyright the Brink authors.
# SPDX-License-Identifier: Apache-2.0
#
"""Programs that prepare themselves when they start, unless `brink snapshot` has let them do it before.

Every case runs with the program and with its snapshot; both have to do what the native program does.
"""

import quickjs
from c import compile_native, compile_wasm
from guest import Case, Guest
from workshop import SOURCES

OURS = SOURCES / "snapshot"

PREPARED = [
    Case("plain"),
    Case("asked", ["7", "1999993", "1999991", "abc", "a", "fed", "nothing"]),
]

JS = [
    Case("state", ["memory.get('fib19')", "shapes[30].area", "counter.next().value", "big.toString(36)"]),
    Case("growing", ["shapes.push(...shapes.map(s => s.n)); shapes.length", "fibonacci(15)"]),
    Case("collection", ["for (let i = 0; i < 20000; ++i) new Map([[i, shapes]]); memory.size"]),
    Case("pattern", ["'12-ab'.match(pattern).slice(1).join()", "Object.keys(globalThis).sort().join()"]),
    Case("errors", ["nothing.at.all", "try { null.x } catch (e) { e.constructor.name }"]),
]


def js_sources():
    files, include = quickjs.sources()
    left_out = {"qjs.c", "quickjs-libc.c", "repl.c", "standalone.c"}
    return [OURS / "js.c", *(path for path in files if path.name not in left_out)], include


def build_js():
    files, include = js_sources()
    return compile_wasm("snapshot-js", files, ["-O2", *quickjs.OPTIONS, *quickjs.WASI_OPTIONS], include)


def build_native_js():
    files, include = js_sources()
    return compile_native("snapshot-js", files, [*quickjs.OPTIONS, "-lpthread"], include)


def guests():
    return [
        Guest(
            "snapshot-prepared",
            lambda: compile_wasm("snapshot-prepared", [OURS / "prepared.c"], ["-O2"]),
            PREPARED,
            native=lambda: compile_native("snapshot-prepared", [OURS / "prepared.c"]),
            snapshot=True,
        ),
        Guest("snapshot-js", build_js, JS, native=build_native_js, snapshot=True),
    ]
