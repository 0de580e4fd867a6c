# Copyright the Brink authors.
# SPDX-License-Identifier: Apache-2.0
#
"""Guests in C and C++: Debian's clang with wasi-libc, each program built in several ways.

What is expected comes from the same source compiled for this machine by the same compiler.
"""

import texts
from guest import Case, Guest
from workshop import SOURCES, product, run, tool, version_of

INSTALL = "apt install clang lld wasi-libc libclang-rt-dev-wasm32 libc++-dev-wasm32"

# Name of a way to build -> its options.
VARIANTS = {
    "O2": ["-O2"],
    "Os": ["-Os"],
    "debug": ["-O0", "-g"],
    "simd": ["-O2", "-msimd128"],
    "modern": [
        "-O2",
        "-mbulk-memory",
        "-msign-ext",
        "-mnontrapping-fptoint",
        "-mreference-types",
        "-mtail-call",
        "-ftls-model=local-exec",
    ],
}

CLASSIC = [name for name in VARIANTS if name != "modern"]


def compiler_for(source):
    """The compile command for a source, and the options its language needs."""
    if source.suffix == ".cc":
        return tool("clang++", INSTALL), ["-std=c++17", "-fno-exceptions"]
    return tool("clang", INSTALL), ["-std=gnu11"]


def compile_wasm(name, sources, options, include=()):
    """The .wasm made of C or C++ sources; `options` follow them and may name libraries."""
    compiler, language = compiler_for(sources[0])
    options = [*language, *options]

    def make(folder):
        run(
            [
                compiler,
                "--target=wasm32-wasi",
                *sources,
                *(f"-I{path}" for path in include),
                *options,
                "-o",
                folder / "program.wasm",
            ]
        )

    return product(f"c-{name}", [*sources, *options, version_of(compiler)], make) / "program.wasm"


def compile_native(name, sources, options=(), include=()):
    """The same for this machine: the program whose behaviour is expected."""
    compiler, language = compiler_for(sources[0])
    options = [*language, "-O1", "-w", *options, "-lm"]

    def make(folder):
        run(
            [
                compiler,
                *sources,
                *(f"-I{path}" for path in include),
                *options,
                "-o",
                folder / "program",
            ]
        )

    return product(f"native-{name}", [*sources, *options, version_of(compiler)], make) / "program"


PROSE = texts.prose(400)

WC = [
    Case("stdin", stdin=PROSE),
    Case("empty"),
    Case("files", ["a.txt", "sub/b.bin"], files={"a.txt": PROSE, "sub/b.bin": texts.noise(20000)}),
    Case("missing", ["a.txt", "nothing"], files={"a.txt": "one line"}),
    Case("dot", ["a.txt"], files={"a.txt": PROSE}, dirs=["{scratch}::."]),
    Case(
        "two-grants",
        ["a/x", "b/y"],
        files={"a/x": "1\n", "b/y": "2 2\n"},
        dirs=["{scratch}/a::a", "{scratch}/b::b:ro"],
    ),
    Case(
        "not-granted",
        ["a.txt"],
        files={"a.txt": PROSE},
        dirs=[],
        exit_code=1,
        stdout="wc: no file a.txt\n       0        0        0      0 total\n",
    ),
    Case(
        "escape",
        ["../a.txt", "/../a.txt", "b/../../a.txt"],
        files={"a.txt": PROSE, "in/b/c": "x"},
        dirs=["{scratch}/in::/"],
        exit_code=1,
        stdout="wc: no file ../a.txt\nwc: no file /../a.txt\nwc: no file b/../../a.txt\n"
        "       0        0        0      0 total\n",
    ),
]

SORT = [
    Case("text", stdin=PROSE),
    Case("reversed-unique", ["-r", "-u"], stdin=PROSE * 3),
    Case("numbers", ["-n"], stdin=texts.numbers(2000)),
    Case("empty"),
]

MATCH = [
    Case("plain", ["mun", "-"], stdin=PROSE),
    Case("stdin", ["-n", "^B.*[aeiou][^a-m]$"], stdin=PROSE),
    Case("folded-count", ["-i", "-c", "kib?a+"], stdin=PROSE),
    Case("inverted", ["-v", "[a-z]"], stdin=PROSE),
    Case("files", ["-n", "ta ", "a", "b", "c"], files={"a": PROSE, "b": texts.prose(50, seed=9)}),
    Case("none", ["xyzzy"], stdin=PROSE),
]

TREE = {"a.txt": PROSE, "b.txt": "short\n", "d/e/f.txt": "deep\n", "d/g": "", "empty": None}
FILES = [
    Case("cat", ["cat", "a.txt", "-", "b.txt", "none"], stdin="in between\n", files=TREE),
    Case("ls", ["ls", ".", "d", "empty", "none", "b.txt"], files=TREE),
    Case("many", ["ls", "."], files={f"file-{i:03d}": "x" for i in range(500)}),
    Case("tree", ["tree", "."], files=TREE),
    Case("stat", ["stat", "a.txt", "d", "d/g", "d/e/f.txt", "none"], files=TREE),
    Case(
        "cp",
        [
            "cp",
            "a.txt",
            "copy.txt",
            ";",
            "cp",
            "b.txt",
            "a.txt",
            ";",
            "cp",
            "none",
            "x",
            ";",
            "cp",
            "a.txt",
            "none/x",
        ],
        files=TREE,
    ),
    Case(
        "mv",
        [
            "mv",
            "a.txt",
            "d/a.txt",
            ";",
            "mv",
            "d/e",
            "moved",
            ";",
            "mv",
            "b.txt",
            "d/g",
            ";",
            "mv",
            "none",
            "x",
            ";",
            "tree",
            ".",
        ],
        files=TREE,
    ),
    Case(
        "rm",
        ["rm", "a.txt", "none", ";", "rmdir", "empty", "d", ";", "rmtree", "d", ";", "tree", "."],
        files=TREE,
    ),
    Case(
        "mkdir",
        [
            "mkdir",
            "new",
            "new/inner",
            "none/inner",
            "d",
            ";",
            "touch",
            "new/inner/file",
            "b.txt",
            ";",
            "tree",
            ".",
        ],
        files=TREE,
    ),
    Case(
        "links",
        [
            "ln",
            "b.txt",
            "hard",
            ";",
            "stat",
            "hard",
            ";",
            "symlink",
            "d/e",
            "soft",
            ";",
            "readlink",
            "soft",
            "a.txt",
            ";",
            "stat",
            "soft",
            ";",
            "cat",
            "soft/f.txt",
            ";",
            "symlink",
            "nowhere",
            "dangling",
            ";",
            "cat",
            "dangling",
            ";",
            "rm",
            "soft",
        ],
        files=TREE,
    ),
    Case(
        "truncate",
        [
            "truncate",
            "b.txt",
            "3",
            ";",
            "truncate",
            "a.txt",
            "50000",
            ";",
            "stat",
            "b.txt",
            "a.txt",
        ],
        files=TREE,
    ),
    Case(
        "read-only",
        ["cat", "b.txt", ";", "touch", "new", ";", "rm", "b.txt", ";", "mkdir", "new"],
        files={"b.txt": "short\n"},
        dirs=["{scratch}::/:ro"],
        exit_code=3,
        stdout=lambda text: (
            None
            if text.startswith("short\ntouch new: ") and text.count("\n") == 4
            else f"unexpected output {text!r}"
        ),
    ),
]

ENV = [
    Case("nothing"),
    Case(
        "arguments",
        [
            "",
            "two words",
            "--dir",
            "-x",
            "--",
            "\u00fc\u4e2d",
            "a\nb",
            "[a-z]",
            "[]",
            "{}",
            "a,b",
            "[a,b]",
            "%%",
            "'q'",
            '"q"',
            "\\",
            "-",
            "--help",
            "--env=A=B",
        ],
    ),
    Case(
        "environment", env={"HOME": "/home/me", "EMPTY": "", "SPACED": " a b ", "EQUALS": "a=b=c"}
    ),
    Case("argv0", ["argv0"], argv0="another-name"),
    *[Case(f"exit-{code}", [f"exit={code}"]) for code in (0, 1, 42, 125)],
    Case(
        "many",
        [f"argument {i}" for i in range(1000)],
        env={f"VARIABLE_{i}": "x" * i for i in range(100)},
    ),
]

TRAPS = [
    "abort",
    "unreachable",
    "divide",
    "overflow",
    "recursion",
    "deep",
    "null-call",
    "wrong-type",
    "out-of-bounds",
]
EXITS = [
    Case("return", ["return"]),
    *[Case(f"exit-{code}", ["exit", str(code)]) for code in (0, 3, 100)],
    Case("quick", ["quick"]),
    *[Case(way, [way], stdout=f"before {way}\n", exit_code=134) for way in TRAPS],
]

SQUEEZE = [
    Case("prose", stdin=texts.prose(3000)),
    Case("round-trip", ["-t"], stdin=texts.prose(6000)),
    Case("noise", ["-t"], stdin=texts.noise(30000)),
    Case("zeros", ["-t"], stdin=bytes(300000)),
    Case("nothing", ["-t"]),
    Case("one-byte", ["-t"], stdin="x"),
    Case("damaged", ["-d"], stdin=texts.noise(4000)),
]

JSON = [
    Case("indented", stdin=texts.document(100)),
    Case("one-line", ["-m"], stdin=texts.document(300, seed=5)),
    Case("statistics", ["-s"], stdin=texts.document(2000, seed=6)),
    Case("numbers", ["-m"], stdin="[0, -0, 1e5, 1.5e-7, 123456789012345678, 0.1, 1e400, 2.5e-324]"),
    *[
        Case(f"mistake-{number}", stdin=text)
        for number, text in enumerate(
            [
                "",
                "[1, 2",
                '{"a" 1}',
                '["\\q"]',
                "[tru]",
                '{"a": 1,\n "b": [1 2]}',
                '"no end\n"',
                "[1] 2",
                "[" * 600,
                '["\\u12g4"]',
            ],
            1,
        )
    ],
]

# Source, cases, the variants it is built in, further compile options.
PROGRAMS = [
    ("wc.c", WC, VARIANTS, []),
    ("sort.c", SORT, VARIANTS, []),
    ("match.c", MATCH, VARIANTS, []),
    ("files.c", FILES, VARIANTS, []),
    ("env.c", ENV, VARIANTS, []),
    ("seek.c", [Case("all")], VARIANTS, []),
    ("exits.c", EXITS, VARIANTS, []),
    ("squeeze.c", SQUEEZE, VARIANTS, []),
    ("json.c", JSON, VARIANTS, []),
    ("kernels.c", [Case("all")], VARIANTS, []),
    ("numbers.c", [Case("all")], VARIANTS, []),
    ("clock.c", [Case("all")], ["O2", "debug"], []),
    ("memory.c", [Case("all")], ["O2", "debug", "modern"], []),
    ("tail.c", [Case("all")], ["modern"], []),
    ("words.cc", [Case("prose", stdin=texts.prose(1500)), Case("empty")], CLASSIC, []),
    ("shapes.cc", [Case("all")], CLASSIC, []),
]


def program(source_name, cases, variant, options):
    source = SOURCES / source_name
    stem = source.stem
    return Guest(
        name=f"c/{stem}-{variant}",
        build=lambda: compile_wasm(f"{stem}-{variant}", [source], [*VARIANTS[variant], *options]),
        native=lambda: compile_native(stem, [source], options),
        cases=cases,
    )


def guests():
    return [
        program(source, cases, variant, options)
        for source, cases, variants, options in PROGRAMS
        for variant in variants
    ]
