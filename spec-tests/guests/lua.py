# Copyright the Brink authors.
# SPDX-License-Identifier: Apache-2.0
#
"""Lua 5.4: errors and coroutines leave many C frames at once, which this C library cannot do.

Asyncify, a pass of Binaryen's wasm-opt, gives it that with plain instructions: src/lua/setjmp.h.
"""

import texts
from c import compile_native, compile_wasm
from guest import Case, Guest
from workshop import SOURCES, crate, node_packages, product, run, tool

CRATE = ("lua-src", "551.1.0")
BINARYEN = "binaryen@132.0.0"
OURS = SOURCES / "lua"
# The seed of string hashes is otherwise taken from the clock and addresses.
OPTIONS = ["-Dluai_makeseed(lua)=1", "-w"]


def script(name, **more):
    return Case(
        name,
        [f"{name}.lua", *more.pop("args", [])],
        files={f"{name}.lua": OURS / f"{name}.lua"},
        **more,
    )


CASES = [
    script("language"),
    script("errors"),
    script("files", args=["one", "two words"], stdin=texts.prose(50)),
    Case("missing", ["none.lua"]),
]


def sources(*ours):
    folder = crate(*CRATE) / "lua-5.4.9"
    return [*(OURS / name for name in ours), *sorted(folder.glob("*.c"))], folder


def build_wasm():
    files, folder = sources("main.c", "unwind.c")
    plain = compile_wasm(
        "lua-plain",
        files,
        [
            "-O2",
            "-D_WASI_EMULATED_SIGNAL",
            "-D_WASI_EMULATED_PROCESS_CLOCKS",
            "-lwasi-emulated-signal",
            "-lwasi-emulated-process-clocks",
            "-Wl,-z,stack-size=1048576",
            *OPTIONS,
        ],
        [OURS, folder],
    )

    def make(target):
        wasm_opt = node_packages(BINARYEN) / "node_modules" / "binaryen" / "bin" / "wasm-opt"
        run(
            [
                tool("node", "install Node.js (apt install nodejs npm)"),
                wasm_opt,
                "--asyncify",
                "--pass-arg=asyncify-ignore-imports",
                "-O2",
                plain,
                "-o",
                target / "program.wasm",
            ]
        )

    return product("lua", [plain, BINARYEN], make) / "program.wasm"


def build_native():
    files, folder = sources("main.c")
    return compile_native("lua", files, OPTIONS, [folder])


def guests():
    return [Guest("lua", build_wasm, CASES, native=build_native)]
