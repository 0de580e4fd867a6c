#!/usr/bin/env python3
# Copyright the Brink authors.
# SPDX-License-Identifier: Apache-2.0
"""Runs the official WASI test suite through `brink run`.

A test is NAME.wasm with, optionally, NAME.json beside it:
    args       arguments after the program's name
    env        environment variables
    dirs       directories beside the test to grant; each test gets fresh copies of them
    exit_code  what the program must exit with (0)
    stdout     what it must print, if given
Prints a line for each failing test and the sums; the exit status is 1 if one failed.
"""

import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
TIMEOUT_SECONDS = 60


def default_suite():
    named = os.environ.get("WASI_TESTSUITE")
    return pathlib.Path(named) if named else REPOSITORY.parent / "shared" / "wasi-testsuite"


def command_line(brink, test, spec, scratch):
    """The command that runs `test`, with its directories copied to `scratch`."""
    command = [*brink, "run"]
    for name, value in spec.get("env", {}).items():
        command.append(f"--env={name}={value}")
    for name in spec.get("dirs", []):
        shutil.copytree(test.parent / name, scratch / name)
        for path in [scratch / name, *(scratch / name).rglob("*")]:
            path.chmod(path.stat().st_mode | 0o200)
        command.append(f"--dir={scratch / name}::{name}")
    return [*command, str(test), *spec.get("args", [])]


def run_test(brink, test):
    """What is wrong, or None."""
    config = test.with_suffix(".json")
    spec = json.loads(config.read_text()) if config.exists() else {}
    with tempfile.TemporaryDirectory() as scratch:
        command = command_line(brink, test, spec, pathlib.Path(scratch))
        try:
            result = subprocess.run(
                command, stdin=subprocess.DEVNULL, capture_output=True, timeout=TIMEOUT_SECONDS
            )
        except subprocess.TimeoutExpired:
            return f"did not end within {TIMEOUT_SECONDS} s"
    problems = []
    expected_code = spec.get("exit_code", 0)
    if result.returncode != expected_code:
        problems.append(f"exit code {result.returncode} instead of {expected_code}")
    if "stdout" in spec and result.stdout != spec["stdout"].encode():
        problems.append(f"printed {result.stdout!r} instead of {spec['stdout']!r}")
    if problems and result.stderr:
        problems.append(result.stderr.decode(errors="replace").strip())
    return "; ".join(problems) or None


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--brink", required=True, help="the program to test (may hold options)")
    parser.add_argument("--suite", type=pathlib.Path, default=default_suite())
    parser.add_argument("filters", nargs="*", help="run only tests whose path contains one of these")
    options = parser.parse_args()
    tests = sorted(options.suite.rglob("*.wasm"))
    if not tests:
        sys.exit(
            f"the WASI test suite is not in {options.suite}: clone the repository "
            "WebAssembly/wasi-testsuite with its built tests, and set WASI_TESTSUITE to its folder"
        )
    if options.filters:
        tests = [test for test in tests if any(word in str(test) for word in options.filters)]
    failed = 0
    for test in tests:
        problem = run_test(options.brink.split(), test)
        if problem:
            failed += 1
            print(f"FAILED {test.relative_to(options.suite)}: {problem}", flush=True)
    print(f"{len(tests) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
