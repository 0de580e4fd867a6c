# Copyright the Brink authors.
# SPDX-License-Identifier: Apache-2.0
#
"""SQLite: a database in a granted folder is filled, closed, opened again, asked and shrunk.

The native build leaves the same bytes on disk, so the database file itself is compared as well.
"""

from c import compile_native, compile_wasm
from guest import Case, Guest
from workshop import SOURCES, crate

CRATE = ("libsqlite3-sys", "0.39.1")
OPTIONS = [
    "-DSQLITE_THREADSAFE=0",
    "-DSQLITE_OMIT_LOAD_EXTENSION",
    "-DSQLITE_ENABLE_FTS5",
    "-DSQLITE_ENABLE_MATH_FUNCTIONS",
    "-w",
]
EMULATED = ["mman", "signal", "process-clocks", "getpid"]
WASI_OPTIONS = [f"-D_WASI_EMULATED_{name.upper().replace('-', '_')}" for name in EMULATED] + [
    f"-lwasi-emulated-{name}" for name in EMULATED
]

SCRIPTS = {name: SOURCES / "sql" / name for name in ("make.sql", "ask.sql")}
CASES = [
    Case("database", ["town.db", "make.sql", "ask.sql"], files=SCRIPTS),
    Case("in-memory", [":memory:", "make.sql"], files=SCRIPTS),
    Case("missing", ["none/town.db", "make.sql"], files=SCRIPTS),
]


def sources():
    library = crate(*CRATE) / "sqlite3"
    return [SOURCES / "sql.c", library / "sqlite3.c"], [library]


def build_wasm():
    files, include = sources()
    return compile_wasm("sqlite", files, ["-O2", *OPTIONS, *WASI_OPTIONS], include)


def build_native():
    files, include = sources()
    return compile_native("sqlite", files, OPTIONS, include)


def guests():
    return [Guest("sqlite", build_wasm, CASES, native=build_native)]
