# Copyright the Brink authors.
# SPDX-License-Identifier: Apache-2.0
#
"""Zig, from the Python registry; the same program built for this machine says what to expect."""

import sys

from guest import Case, Guest
from workshop import SOURCES, product, python_package, run

ZIG = "ziglang==0.17.1"
SOURCE = SOURCES / "zig" / "program.zig"
MODES = ["Debug", "ReleaseSmall"]


def build(mode, target):

    def make(folder):
        environment = {
            "PYTHONPATH": str(python_package(ZIG)),
            "ZIG_GLOBAL_CACHE_DIR": str(folder / "cache"),
        }
        run(
            [
                sys.executable,
                "-m",
                "ziglang",
                "build-exe",
                SOURCE,
                *target,
                "-O",
                mode,
                f"-femit-bin={folder / 'program'}",
                "--cache-dir",
                folder / "cache",
            ],
            env=environment,
        )

    return product(f"zig-{mode}", [SOURCE, ZIG, mode, *target], make) / "program"


def guests():
    return [
        Guest(
            f"zig/{mode}",
            lambda mode=mode: build(mode, ["-target", "wasm32-wasi"]),
            [Case("all")],
            native=lambda: build("Debug", []),
        )
        for mode in MODES
    ]
