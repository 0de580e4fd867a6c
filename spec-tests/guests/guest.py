# Copyright the Brink authors.
# SPDX-License-Identifier: Apache-2.0
#
"""What a guest and a case are, how a case runs, and when it passes.

A case passes if exit code, standard output and the files left behind are what they should be. What
they should be comes from a source independent of any WebAssembly engine: the same program built for
this machine and run on a copy of the same files (`Guest.native`), or a text written down with the
case.
"""

import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Callable, Optional, Union


@dataclass
class Case:
    name: str
    args: list = field(default_factory=list)
    stdin: Union[str, bytes] = b""
    env: dict = field(default_factory=dict)
    argv0: Optional[str] = None
    # What the scratch folder holds before the run: path -> contents, a Path to copy, a function
    # that gives one of these, or None for a folder.
    files: dict = field(default_factory=dict)
    # What the guest is granted: values of --dir, where {scratch} is the scratch folder of this run.
    dirs: list = field(default_factory=lambda: ["{scratch}::/"])
    # Expected standard output; None: what the native program prints. A function judges the text
    # itself and returns None or what is wrong.
    stdout: Union[None, str, Callable] = None
    exit_code: int = 0  # only used if stdout is given
    compare_files: bool = True
    seconds: int = 300


@dataclass
class Guest:
    name: str
    build: Callable[[], Path]
    cases: list
    native: Optional[Callable[[], Path]] = None
    big: bool = False
    # Cases are run with what `brink snapshot` makes of it, too.
    snapshot: bool = False


@dataclass
class Outcome:
    exit_code: int
    stdout: bytes
    stderr: bytes
    tree: dict


def as_bytes(text):
    return text.encode() if isinstance(text, str) else text


def lay_out(files, scratch):
    for name, contents in files.items():
        target = scratch / name
        if callable(contents):
            contents = contents()
        if contents is None:
            target.mkdir(parents=True, exist_ok=True)
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(contents, Path):
            copy = shutil.copytree if contents.is_dir() else shutil.copyfile
            copy(contents, target)
        else:
            target.write_bytes(as_bytes(contents))


def read_tree(scratch):
    """Every path below `scratch` -> contents, link target, or None for a folder."""
    tree = {}
    for folder, folders, names in os.walk(scratch):
        for name in folders + names:
            path = Path(folder) / name
            if path.is_symlink():
                contents = b"-> " + os.fsencode(os.readlink(path))
            else:
                contents = None if path.is_dir() else path.read_bytes()
            tree[str(path.relative_to(scratch))] = contents
    return tree


def execute(command, case, scratch, env=None, executable=None):
    done = subprocess.run(
        command,
        executable=executable,
        cwd=scratch,
        env=env,
        input=as_bytes(case.stdin),
        capture_output=True,
        timeout=case.seconds,
    )
    # A program ended by signal n counts as exit code 128 + n, as in a shell: abort() is 134, and so
    # is a trap.
    code = done.returncode if done.returncode >= 0 else 128 - done.returncode
    return Outcome(code, done.stdout, done.stderr, read_tree(scratch))


def run_native(program, case):
    with tempfile.TemporaryDirectory(prefix="brink-native-") as folder:
        scratch = Path(folder)
        lay_out(case.files, scratch)
        command = [case.argv0 or str(program), *case.args]
        return execute(command, case, scratch, env=dict(case.env), executable=str(program))


def run_guest(runner, module, case):
    with tempfile.TemporaryDirectory(prefix="brink-guest-") as folder:
        scratch = Path(folder)
        lay_out(case.files, scratch)
        command = list(runner)
        for grant in case.dirs:
            command += ["--dir", grant.format(scratch=scratch)]
        for key, value in case.env.items():
            command += ["--env", f"{key}={value}"]
        if case.argv0:
            command += ["--argv0", case.argv0]
        return execute(command + [str(module), *case.args], case, scratch)


def take_snapshot(runner, module, folder):
    """The module that starts where its initialization ended; made by the program under test."""
    program, _run, *options = runner
    snapshot = Path(folder) / "snapshot.wasm"
    command = [program, "snapshot", *options, str(module), "-o", str(snapshot)]
    subprocess.run(command, check=True, capture_output=True)
    return snapshot


def differences(got, want, case):
    """What distinguishes two outcomes, as lines for a person; none if they agree."""
    found = []
    if got.exit_code != want.exit_code:
        found.append(f"exit code {got.exit_code}, expected {want.exit_code}")
    if got.stdout != want.stdout:
        found.append(first_difference("stdout", got.stdout, want.stdout))
    if case.compare_files and got.tree != want.tree:
        for path in sorted(set(got.tree) | set(want.tree)):
            if path not in got.tree:
                found.append(f"file {path} is missing")
            elif path not in want.tree:
                found.append(f"file {path} should not be there")
            elif got.tree[path] != want.tree[path]:
                found.append(
                    first_difference(
                        f"file {path}",
                        got.tree[path] or b"<folder>",
                        want.tree[path] or b"<folder>",
                    )
                )
    return found


def first_difference(what, got, want):
    got_lines, want_lines = got.splitlines(keepends=True), want.splitlines(keepends=True)
    for number, (ours, theirs) in enumerate(zip(got_lines, want_lines), 1):
        if ours != theirs:
            return f"{what} line {number}: {ours[:200]!r}, expected {theirs[:200]!r}"
    return (
        f"{what}: {len(got_lines)} lines, expected {len(want_lines)}"
        f" ({len(got)} bytes, expected {len(want)})"
    )


def check(runner, module, native, case):
    """Runs one case; returns what is wrong as a list of lines, empty if it passes."""
    try:
        got = run_guest(runner, module, case)
    except subprocess.TimeoutExpired:
        return [f"still running after {case.seconds} s"]
    if callable(case.stdout):
        wrong = case.stdout(got.stdout.decode(errors="replace"))
        found = [wrong] if wrong else []
        if got.exit_code != case.exit_code:
            found.append(f"exit code {got.exit_code}, expected {case.exit_code}")
    elif case.stdout is not None:
        want = Outcome(case.exit_code, as_bytes(case.stdout), b"", got.tree)
        found = differences(got, want, case)
    else:
        found = differences(got, run_native(native, case), case)
    if found and got.stderr:
        found.append("stderr: " + got.stderr.decode(errors="replace").strip()[-1500:])
    return found
