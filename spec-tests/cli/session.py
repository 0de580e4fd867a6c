# Copyright the Brink authors.
# SPDX-License-Identifier: Apache-2.0
"""What a case works with: a fresh folder, and the program run in it."""

import os
import re
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

# Far above what any case needs, so that a busy machine fails none.
PATIENCE_SECONDS = 60


class Failure(Exception):
    pass


class Outcome:
    """How a run ended. `code` is negative if a signal ended it."""

    def __init__(self, command, code, out, err):
        self.command, self.code, self.out, self.err = command, code, out, err

    def expect(self, code=0, out=None, err=None, out_has=(), err_has=(), err_lines=None):
        """Raises unless all that is given holds. `out` and `err` are exact; `*_has` are patterns that must
        be found in this order."""
        problems = []
        if self.code != code:
            problems.append(f"exit code {self.code}, not {code}")
        if out is not None and self.out != out:
            problems.append(f"stdout is not {out!r}")
        if err is not None and self.err != err:
            problems.append(f"stderr is not {err!r}")
        for name, text, patterns in (("stdout", self.out, out_has), ("stderr", self.err, err_has)):
            position = 0
            for pattern in [patterns] if isinstance(patterns, str) else patterns:
                found = re.compile(pattern, re.MULTILINE).search(text, position)
                if not found:
                    problems.append(f"{name} has no {pattern!r}")
                    break
                position = found.end()
        if err_lines is not None and len(self.err.splitlines()) != err_lines:
            problems.append(f"stderr has {len(self.err.splitlines())} lines, not {err_lines}")
        if problems:
            raise Failure("; ".join(problems) + f"\n  command: {' '.join(self.command)}"
                          f"\n  stdout: {self.out[-2000:]!r}\n  stderr: {self.err[-2000:]!r}")
        return self


class Running(subprocess.Popen):
    """Does not outlive its `with`, however that ends."""

    def __exit__(self, *failure):
        self.kill()
        return super().__exit__(*failure)


class Session:
    def __init__(self, brink):
        self.brink = str(brink)

    def __enter__(self):
        self.folder = Path(tempfile.mkdtemp(prefix="brink-cli-"))
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.folder, ignore_errors=True)

    def file(self, name, content):
        """Makes a file in the case's folder; returns its name, which works as an argument."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return name

    def environment(self, extra):
        """A terminal that would like colours, so that a case shows that there are none in a file."""
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "ASAN_OPTIONS", "UBSAN_OPTIONS")
                if name in os.environ}
        return {**kept, "TERM": "xterm-256color", **(extra or {})}

    def start(self, *arguments, env=None, **streams):
        # Who runs the tests in the background may have SIGINT ignored, which programs inherit.
        return Running([self.brink, *arguments], cwd=self.folder, env=self.environment(env),
                       preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL), **streams)

    def run(self, *arguments, stdin=b"", env=None):
        content = stdin if isinstance(stdin, bytes) else stdin.encode()
        try:
            result = subprocess.run([self.brink, *arguments], input=content, capture_output=True,
                                    cwd=self.folder, env=self.environment(env), timeout=PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            raise Failure(f"{' '.join(arguments)}: did not end within {PATIENCE_SECONDS} s") from None
        return Outcome(["brink", *arguments], result.returncode,
                       result.stdout.decode(errors="replace"), result.stderr.decode(errors="replace"))
