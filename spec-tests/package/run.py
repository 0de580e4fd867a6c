#!/usr/bin/env python3
# Copyright the Brink authors.
# SPDX-License-Identifier: Apache-2.0
"""Installs a build into an empty folder, and builds host programs with nothing but what lies there: in C++ through
CMake, in C through pkg-config, in Python through ctypes. Ends with "N passed, N failed"."""

import argparse
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent


class Failure(Exception):
    pass


def run(*command, **options):
    result = subprocess.run([str(part) for part in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                            text=True, **options)
    if result.returncode != 0:
        raise Failure(f"{' '.join(map(str, command))}: exit {result.returncode}\n{result.stdout}")
    return result.stdout


class Installation:
    def __init__(self, build, folder):
        self.folder = folder
        self.prefix = folder / "prefix"
        self.build = build
        # Moved after it is installed: nothing in it may name the place.
        first = folder / "first"
        run("cmake", "--install", build, "--prefix", first)
        first.rename(self.prefix)
        self.library = next(self.prefix.rglob("libbrink.so")).resolve()
        self.environment = dict(os.environ, PKG_CONFIG_PATH=str(next(self.prefix.rglob("brink.pc")).parent),
                                LD_LIBRARY_PATH=str(self.library.parent))
        cache = (build / "CMakeCache.txt").read_text()
        self.compilers = [f"-D{name}={value}" for name, value in
                          re.findall(r"^(CMAKE_C(?:XX)?_COMPILER):\w+=(.*)$", cache, re.MULTILINE)]
        found = re.search(r"^CMAKE_C_COMPILER:\w+=(.*)$", cache, re.MULTILINE)
        self.cc = found.group(1) if found else "cc"
        sanitize = re.search(r"^BRINK_SANITIZE:\w+=(.+)$", cache, re.MULTILINE)
        self.sanitize = [f"-fsanitize={sanitize.group(1)}"] if sanitize else []


def cpp_through_cmake(installation, shared):
    build = installation.folder / f"cpp-{shared}"
    run("cmake", "-S", HERE / "cpp", "-B", build, f"-DCMAKE_PREFIX_PATH={installation.prefix}",
        f"-DBUILD_SHARED_LIBS={shared}", f"-DCMAKE_CXX_FLAGS={' '.join(installation.sanitize)}",
        *installation.compilers)
    run("cmake", "--build", build)
    program = build / "host"
    output = run(program, env=installation.environment)
    assert output == "hello 42\n", output
    needed = run("ldd", program, env=installation.environment)
    assert ("libbrink.so" in needed) == (shared == "ON"), needed


def case_cpp_shared(installation):
    cpp_through_cmake(installation, "ON")


def case_cpp_static(installation):
    cpp_through_cmake(installation, "OFF")


def c_through_pkg_config(installation, *options):
    flags = run("pkg-config", "--cflags", "--libs", *options, "brink", env=installation.environment).split()
    if options:
        flags = ["-l:libbrink.a" if flag == "-lbrink" else flag for flag in flags]
    program = installation.folder / f"c{''.join(options)}"
    run(installation.cc, "-std=c11", "-Wall", "-Wextra", "-Werror", *installation.sanitize, HERE / "c" / "host.c",
        "-o", program, *flags)
    output = run(program, env=installation.environment)
    version = run("pkg-config", "--modversion", "brink", env=installation.environment).strip()
    assert output == f"{version} 42\n", output


def case_c_shared(installation):
    c_through_pkg_config(installation)


def case_c_static(installation):
    c_through_pkg_config(installation, "--static")


def case_python(installation):
    if installation.sanitize:
        return  # the interpreter has no sanitizer's runtime
    output = run(sys.executable, HERE.parent / "python" / "smoke.py", installation.library)
    assert output.endswith("all is well\n"), output


def case_program(installation):
    program = installation.prefix / "bin" / "brink"
    module = installation.folder / "add.wat"
    module.write_text('(module (func (export "add") (param i32 i32) (result i32) '
                      "(i32.add (local.get 0) (local.get 1))))")
    output = run(program, "run", "--invoke", "add", module, "40", "2")
    assert output == "42\n", output


def visible_names(installation):
    return run("nm", "-D", "-C", "--defined-only", "--format=posix", installation.library).splitlines()


def declared_functions(installation):
    """Names of the free functions of the C++ headers, which have them at the start of a line."""
    names = set()
    for header in sorted((installation.prefix / "include" / "brink").glob("*.h")):
        names.update(re.findall(r"^(?=[a-zA-Z])(?!using|inline|constexpr|template|static_assert)"
                                r"[\w:<>&*, ]+[ &*>](\w+)\([^;{]*(?:= \{\}\))?;$", header.read_text(), re.MULTILINE))
    return names


def case_what_the_headers_declare_is_visible(installation):
    declared = declared_functions(installation)
    assert {"make_trap", "take_snapshot", "call_slots", "functions", "is_artifact"} <= declared, declared
    visible = {match.group(1) for line in visible_names(installation)
               if (match := re.match(r"brink::(?:\w+::)?([a-z_]+)[\[(]", line))}
    assert declared <= visible, declared - visible


def case_nothing_else_is_visible(installation):
    names = visible_names(installation)
    assert len(names) > 200, len(names)
    declared = declared_functions(installation)
    for line in names:
        function = re.match(r"brink::(?:runtime::|wasi::)?([a-z_]+)[\[(]", line)
        assert function and function.group(1) in declared or \
            re.match(r"(wasm_|brink_)\w+ |brink::(wasi::)?[A-Z]|brink::internal::", line), line


def case_headers_in_c(installation):
    for header in ("wasm.h", "brink.h"):
        for language, standard in (("c", "c99"), ("c", "c17"), ("c++", "c++17")):
            run(installation.cc, f"-std={standard}", "-x", language, "-Wall", "-Wextra", "-Werror", "-fsyntax-only",
                f"-I{installation.prefix / 'include'}", "-include", header, "/dev/null")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", required=True, type=Path, metavar="FOLDER", help="the build to install")
    parser.add_argument("filters", nargs="*", help="only cases whose name contains one of these")
    options = parser.parse_args()
    passed = failed = 0
    with tempfile.TemporaryDirectory() as folder:
        installation = Installation(options.build.resolve(), Path(folder))
        for name, case in sorted(globals().items()):
            if not name.startswith("case_") or options.filters and not any(f in name for f in options.filters):
                continue
            try:
                case(installation)
                passed += 1
            except (Failure, AssertionError) as failure:
                failed += 1
                print(f"{name.removeprefix('case_')}: {failure}")
    print(f"{passed} passed, {failed} failed")
    sys.exit(failed != 0)


if __name__ == "__main__":
    main()
