#!/usr/bin/env python3
# Copyright the Brink authors.
# SPDX-License-Identifier: Apache-2.0
#
"""Builds real programs for WebAssembly with their own toolchains and runs them under Brink.

Prints a line per case and ends with the line "N passed, N failed"; the exit code is 1 if any
failed. A guest that cannot be built, for want of a toolchain say, is a failure of all its cases.
"""

import argparse
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import assemblyscript
import c
import go
import lua
import quickjs
import snapshots
import sqlite
import zig
from guest import check, take_snapshot
from workshop import BuildError, cache_root

FAMILIES = [c, sqlite, lua, quickjs, snapshots, assemblyscript, zig, go]


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--brink", metavar="PATH", default="brink", help="the program under test")
    parser.add_argument(
        "--engine",
        metavar="ARGS",
        default="",
        help="further options for `brink run`, for instance to choose a tier",
    )
    parser.add_argument(
        "--runner",
        metavar="COMMAND",
        help="another engine with the same options, such as 'wasmtime run', to prove the cases",
    )
    parser.add_argument(
        "--filter",
        metavar="NAME",
        action="append",
        default=[],
        help="only cases whose guest/case name contains NAME (may be repeated)",
    )
    parser.add_argument("--big", action="store_true", help="also the programs that take minutes")
    parser.add_argument("--list", action="store_true", help="print the names of the cases and stop")
    parser.add_argument(
        "--build-only", action="store_true", help="build the chosen guests, run nothing"
    )
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="guests handled at once")
    return parser.parse_args()


def chosen_guests(options):
    """Pairs of a guest and those of its cases that are asked for."""
    for family in FAMILIES:
        for guest in family.guests():
            if guest.big and not options.big:
                continue
            cases = [
                case
                for case in guest.cases
                if not options.filter
                or any(part in f"{guest.name}/{case.name}" for part in options.filter)
            ]
            if cases:
                yield guest, cases


def runner_command(options):
    if options.runner:
        return shlex.split(options.runner)
    program = shutil.which(options.brink)
    if not program:
        sys.exit(f"no program '{options.brink}': build Brink first, or give --brink PATH")
    return [str(Path(program).resolve()), "run", *shlex.split(options.engine)]


def report(verdict, guest, case_name, seconds, lines=()):
    text = f"{verdict} {guest.name}/{case_name} ({seconds:.2f} s)\n"
    text += "".join(f"       {part}\n" for line in lines for part in line.splitlines())
    sys.stdout.write(text)
    sys.stdout.flush()


def handle(guest, cases, runner, is_brink):
    """Builds a guest and runs its cases, if there is a runner; returns how many did not fail."""
    started = time.monotonic()
    try:
        module = guest.build()
        native = guest.native() if guest.native else None
    except BuildError as error:
        for number, case in enumerate(cases):
            why = "not built, see above" if number else f"not built: {error}"
            report("FAIL", guest, case.name, time.monotonic() - started, [why])
        return 0
    report("made", guest, "build", time.monotonic() - started)
    if not runner:
        return len(cases)
    with tempfile.TemporaryDirectory(prefix="brink-snapshot-") as folder:
        modules = [module]
        if guest.snapshot and is_brink:
            try:
                modules.append(take_snapshot(runner, module, folder))
            except subprocess.CalledProcessError as error:
                report("FAIL", guest, "snapshot", time.monotonic() - started, [error.stderr.decode()])
                return 0
        return run_cases(guest, cases, runner, modules, native)


def run_cases(guest, cases, runner, modules, native):
    passed = 0
    for case in cases:
        started = time.monotonic()
        wrong = [line for module in modules for line in check(runner, module, native, case)]
        report("FAIL" if wrong else "pass", guest, case.name, time.monotonic() - started, wrong)
        passed += not wrong
    return passed


def main():
    options = arguments()
    work = list(chosen_guests(options))
    if options.list:
        for guest, cases in work:
            print("\n".join(f"{guest.name}/{case.name}" for case in cases))
        return 0
    if not work:
        sys.exit("no case has such a name")
    runner = None if options.build_only else runner_command(options)
    print(f"guest programs are kept in {cache_root()}", flush=True)
    with ThreadPoolExecutor(max_workers=options.jobs) as pool:
        passed = sum(pool.map(lambda pair: handle(*pair, runner, not options.runner), work))
    failed = sum(len(cases) for _, cases in work) - passed
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
