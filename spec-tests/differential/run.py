#!/usr/bin/env python3
# Copyright the Brink authors.
# SPDX-License-Identifier: Apache-2.0
"""Runs random modules in several engines, each the oracle of the others: what calls return, how they trap, and
what memories and globals hold afterwards has to agree.

The modules come from generator/ (needs cargo) and are the same ones for the same seeds. Engines are Brink's
tiers (interp, jit, auto, also with "+loop-stress" or "+gc-stress" behind them) and wasmtime (the Python package, installed if it
is missing). Modules that differ, crash or hang are kept in the work folder. Ends with "N passed, N failed".
"""

import argparse
import os
import re
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parents[1]
OLDEST_CARGO = (1, 88)
# Of processor time for a batch, so that a busy machine fails nothing. A module takes some milliseconds.
PATIENCE_SECONDS = 300

# Where an engine gives up because something is too large, the others may go further.
RESOURCES = re.compile(r"limit|trap:(call_stack_exhausted|allocation_size_too_large|garbage-collected_heap_exhausted"
                       r"|GC_heap_out_of_memory)")
# Brink tells apart what wasmtime has one name for.
COARSE = [(re.compile(r"trap:null_\w+_reference"), "trap:null_reference"),
          (re.compile(r"trap:undefined_element"), "trap:out_of_bounds_table_access")]


def say(text):
    print(f"differential: {text}", file=sys.stderr, flush=True)


def build_generator(folder):
    try:
        version = subprocess.run(["cargo", "--version"], capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        sys.exit("differential: cargo is missing; install Rust %d.%d or newer" % OLDEST_CARGO)
    if tuple(map(int, re.search(r"(\d+)\.(\d+)", version).groups())) < OLDEST_CARGO:
        sys.exit(f"differential: {version.strip()} is too old; the modules are made by a program that needs "
                 "Rust %d.%d or newer" % OLDEST_CARGO)
    command = ["cargo", "build", "--release", "--quiet", "--manifest-path", HERE / "generator" / "Cargo.toml",
               "--target-dir", folder / "generator"]
    subprocess.run(command, check=True)
    return folder / "generator" / "release" / "make-modules"


def environment_with_wasmtime(folder):
    """Variables with which this Python finds the package."""
    packages = folder / "python"
    environment = {**os.environ, "PYTHONPATH": f"{packages}:{os.environ.get('PYTHONPATH', '')}"}
    check = [sys.executable, "-c", "import wasmtime"]
    if subprocess.run(check, env=environment, stderr=subprocess.DEVNULL).returncode != 0:
        say("installing the Python package wasmtime")
        subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", "--target", packages, "wasmtime"], check=True)
    return environment


class Module:
    def __init__(self, header, content):
        self.header, self.content = header, content
        self.seed, _, *self.items = header.decode().split()

    def bytes(self):
        return self.header + self.content


def make_modules(generator, first, count):
    stream = subprocess.run([generator, str(first), str(count)], capture_output=True, check=True).stdout
    modules, position = [], 0
    while position < len(stream):
        start = stream.index(b"\n", position) + 1
        header = stream[position:start]
        position = start + int(header.split()[1])
        modules.append(Module(header, stream[start:position]))
    return modules


def limit_processor_time():
    resource.setrlimit(resource.RLIMIT_CPU, (PATIENCE_SECONDS, PATIENCE_SECONDS + 5))


class Engine:
    def __init__(self, name, command, environment):
        self.name, self.command, self.environment = name, command, environment

    def run(self, modules, folder):
        """A report for each module: a list with a word for each item, or one with what went wrong."""
        reports = []
        while len(reports) < len(modules):
            batch = folder / "batch"
            batch.write_bytes(b"".join(module.bytes() for module in modules[len(reports):]))
            problem, lines, errors = self.run_once(batch)
            reports += [line.split()[1:] for line in lines]
            if problem and len(reports) < len(modules):
                reports.append([f"{problem}: {errors[-2000:]}"])
            elif problem:
                raise RuntimeError(f"{self.name} {problem} behind the last module: {errors}")
        return reports

    def run_once(self, batch):
        """Why it ended too soon, the whole lines it printed, and its errors."""
        command = [word if word != "FILE" else batch for word in self.command]
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as errors:
            code = subprocess.run(command, stdout=out, stderr=errors, env=self.environment,
                                  preexec_fn=limit_processor_time).returncode
            problem = None
            if code == -signal.SIGXCPU:
                problem = f"hung for {PATIENCE_SECONDS} s"
            elif code != 0:
                problem = f"ended with {code}"
            out.seek(0)
            errors.seek(0)
            return problem, out.read().decode().split("\n")[:-1], errors.read().decode(errors="replace")


def coarse(word):
    for pattern, name in COARSE:
        word = pattern.sub(name, word)
    return word


def difference(items, ours, theirs, exact):
    """The first item that two engines disagree about, in words."""
    if len(ours) != len(items) or len(theirs) != len(items):
        return f"{' '.join(ours) if len(ours) != len(items) else ' '.join(theirs)}"
    comparable = True
    for item, a, b in zip(items, ours, theirs):
        comparable = comparable or item == "n"
        if RESOURCES.match(a) or RESOURCES.match(b):
            comparable = False
        if comparable and (a != b if exact else coarse(a) != coarse(b)):
            return f"{item}: {a} against {b}"
    return None


class Check:
    def __init__(self, options, generator, engines):
        self.options, self.generator, self.engines = options, generator, engines
        self.passed = self.failed = 0
        self.outcomes = Counter()

    def batch(self, first):
        count = min(self.options.batch, self.options.first + self.options.count - first)
        with tempfile.TemporaryDirectory(prefix="brink-differential-") as folder:
            modules = make_modules(self.generator, first, count)
            reports = [engine.run(modules, Path(folder)) for engine in self.engines]
        return modules, reports

    def judge(self, module, reports):
        reference = self.engines[0]
        problems = []
        for engine, report in zip(self.engines, reports):
            exact = "wasmtime" not in (reference.name, engine.name)
            found = difference(module.items, reports[0], report, exact)
            if found:
                problems.append(f"{reference.name}, {engine.name}: {found}")
        self.outcomes.update(re.match(r"trap:|=|.*", word).group() for item, word in zip(module.items, reports[0])
                             if item[0] in "nf")
        if not problems:
            self.passed += 1
            return
        self.failed += 1
        path = self.options.work / f"{module.seed}.wasm"
        path.write_bytes(module.content)
        lines = [module.header.decode()] + [f"{engine.name}: {' '.join(report)}\n"
                                            for engine, report in zip(self.engines, reports)]
        path.with_suffix(".txt").write_text("".join(lines))
        print(f"seed {module.seed}: {problems[0]}\n  {path}", flush=True)

    def run(self):
        begin = time.monotonic()
        last = self.options.first + self.options.count
        with ThreadPoolExecutor(self.options.jobs) as pool:
            for modules, reports in pool.map(self.batch, range(self.options.first, last, self.options.batch)):
                for i, module in enumerate(modules):
                    self.judge(module, [of_engine[i] for of_engine in reports])
                done = self.passed + self.failed
                if done % 10000 == 0:
                    say(f"{done} modules, {self.failed} differ, {done / (time.monotonic() - begin):.0f} a second")


def parse_options():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--executor", type=Path, default=REPOSITORY / "build/release/tests/differential_execute",
                        help="Brink's side, from a build of any preset")
    parser.add_argument("--engines", default="interp,interp+gc-stress,wasmtime",
                        help="names with commas between them; the first is compared with each other one")
    parser.add_argument("--first", type=int, default=1, help="the first seed")
    parser.add_argument("--count", type=int, default=1000, help="modules to run")
    parser.add_argument("--batch", type=int, default=1000, help="modules a process runs")
    parser.add_argument("--jobs", type=int, default=1, help="batches to run at a time")
    parser.add_argument("--work", type=Path, default=REPOSITORY / "build/differential",
                        help="folder for what is built and for modules that differ")
    return parser.parse_args()


def main():
    options = parse_options()
    options.work.mkdir(parents=True, exist_ok=True)
    generator = build_generator(options.work)
    engines = []
    for name in options.engines.split(","):
        if name == "wasmtime":
            command = [sys.executable, HERE / "wasmtime_oracle.py", "FILE"]
            engines.append(Engine(name, command, environment_with_wasmtime(options.work)))
        else:
            engines.append(Engine(name, [options.executor, "FILE", name], dict(os.environ)))
    check = Check(options, generator, engines)
    check.run()
    outcomes = ", ".join(f"{count} {word.strip(':')}" for word, count in check.outcomes.most_common(4))
    say(f"{', '.join(engine.name for engine in engines)}: {outcomes.replace('=', 'returned')}")
    print(f"{check.passed} passed, {check.failed} failed")
    sys.exit(check.failed != 0)


if __name__ == "__main__":
    main()
