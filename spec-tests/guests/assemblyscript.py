# Copyright the Brink authors.
# SPDX-License-Identifier: Apache-2.0
#
"""AssemblyScript with its WASI shim; what to expect is written down beside the program."""

from guest import Case, Guest
from workshop import SOURCES, node_packages, product, run, tool

PACKAGES = ["assemblyscript@0.28.20", "@assemblyscript/wasi-shim@0.1.0"]
SOURCE = SOURCES / "assemblyscript" / "program.ts"
EXPECTED = (SOURCES / "assemblyscript" / "program.txt").read_text()

VARIANTS = {
    "optimized": ["-O3"],
    "plain": ["--debug"],
    "incremental": ["-O", "--runtime", "incremental"],
}


def build(variant):

    def make(folder):
        # The compiler finds the shim only by a path that starts at the folder of the source.
        (folder / "program.ts").write_bytes(SOURCE.read_bytes())
        (folder / "node_modules").symlink_to(node_packages(*PACKAGES) / "node_modules")
        run(
            [
                tool("node", "install Node.js (apt install nodejs npm)"),
                "node_modules/assemblyscript/bin/asc.js",
                "program.ts",
                "--config",
                "node_modules/@assemblyscript/wasi-shim/asconfig.json",
                *VARIANTS[variant],
                "-o",
                "program.wasm",
            ],
            cwd=folder,
        )

    return (
        product(f"assemblyscript-{variant}", [SOURCE, *PACKAGES, *VARIANTS[variant]], make)
        / "program.wasm"
    )


def guests():
    cases = [Case("all", stdout=EXPECTED)]
    return [
        Guest(f"assemblyscript/{variant}", lambda variant=variant: build(variant), cases)
        for variant in VARIANTS
    ]
