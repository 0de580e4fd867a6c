#!/usr/bin/env python3
# Copyright the Brink authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests the `brink` program as people meet it: what it prints, where, and how it exits.

A case is a function case_NAME(session) of one of the modules below; it fails by raising. Prints a line for
each failing case and ends with "N passed, N failed"; the exit status is 1 if any failed.
"""

import argparse
import os
import sys
import traceback
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import artifacts
import documents
import errors
import running
import tools
from session import Failure, Session

MODULES = [artifacts, errors, running, tools, documents]


def cases(filters):
    for module in MODULES:
        for name, function in vars(module).items():
            full_name = f"{module.__name__}/{name.removeprefix('case_')}"
            if name.startswith("case_") and (not filters or any(f in full_name for f in filters)):
                yield full_name, function


def problem_of(brink, function):
    """What is wrong, or None."""
    with Session(brink) as session:
        try:
            function(session)
        except Failure as failure:
            return str(failure)
        except Exception:
            return traceback.format_exc().strip()
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--brink", required=True, type=Path, metavar="PATH", help="the program under test")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="cases to run at a time")
    parser.add_argument("filters", nargs="*", help="only cases whose module/name contains one of these")
    options = parser.parse_args()
    chosen = list(cases(options.filters))
    if not chosen:
        sys.exit("no case has such a name")
    failed = 0
    with ThreadPoolExecutor(options.jobs) as pool:
        problems = pool.map(lambda case: problem_of(options.brink.resolve(), case[1]), chosen)
        for (name, _), problem in zip(chosen, problems):
            if problem:
                failed += 1
                print(f"FAILED {name}: {problem}", flush=True)
    print(f"{len(chosen) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
