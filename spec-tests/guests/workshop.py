# Copyright the Brink authors.
# SPDX-License-Identifier: Apache-2.0
#
"""Where guest programs are made: the cache folder, the commands, the sources of other projects.

Nothing a guest is built from or into lies in the repository: programs of other projects come from
the package registries through their own clients (cargo, npm, pip), and every product goes into the
cache, under a name that contains a hash of all it was made from. The folder may be deleted at any
time.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections import defaultdict
from functools import lru_cache
from pathlib import Path

SOURCES = Path(__file__).resolve().parent / "src"


class BuildError(Exception):
    """A guest cannot be built; the text says why and, for a missing tool, what to install."""


def cache_root():
    chosen = os.environ.get("BRINK_GUEST_CACHE")
    if chosen:
        return Path(chosen)
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "brink" / "guests"


def tool(name, install):
    """The path of a program; `install` tells what to do when it is not there."""
    path = shutil.which(name)
    if not path:
        raise BuildError(f"'{name}' is not on PATH: {install}")
    return path


def run(command, cwd=None, env=None):
    """Runs one build command; its output is shown only if it fails. Returns stdout."""
    full_env = {**os.environ, **(env or {})}
    done = subprocess.run(
        [str(word) for word in command],
        cwd=cwd,
        env=full_env,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    if done.returncode != 0:
        output = (done.stdout + done.stderr).strip()[-4000:]
        raise BuildError(f"{' '.join(str(word) for word in command)}\n{output}")
    return done.stdout


@lru_cache(maxsize=None)
def version_of(command):
    """First line of `command --version`: part of the hash of what that tool makes."""
    words = command.split()
    if len(words) == 1:
        words.append("--version")
    return run(words).splitlines()[0]


_product_locks = defaultdict(threading.Lock)


def product(name, ingredients, make):
    """The cache folder `name-HASH`; `make(folder)` fills it when it is not there yet.

    An ingredient is a Path (its contents count) or anything with a stable str(). The folder appears
    by a rename once it is complete, so an interrupted build and two builds at once leave no half
    product.
    """
    digest = hashlib.sha256()
    for ingredient in ingredients:
        text = ingredient.read_bytes() if isinstance(ingredient, Path) else str(ingredient).encode()
        digest.update(len(text).to_bytes(8, "little") + text)
    folder = cache_root() / f"{name}-{digest.hexdigest()[:16]}"
    with _product_locks[folder]:
        if not folder.exists():
            folder.parent.mkdir(parents=True, exist_ok=True)
            unfinished = Path(tempfile.mkdtemp(prefix=f".{name}-", dir=folder.parent))
            try:
                make(unfinished)
                unfinished.chmod(0o755)
                unfinished.rename(folder)
            except OSError:
                if not folder.exists():
                    raise
            finally:
                shutil.rmtree(unfinished, ignore_errors=True)
    return folder


def crate(name, version):
    """The unpacked source folder of a crate, fetched by cargo into cargo's own store."""
    cargo = tool("cargo", "install Rust's cargo (apt install cargo, or rustup)")

    def fetch(folder):
        (folder / "src").mkdir()
        (folder / "src" / "lib.rs").touch()
        (folder / "Cargo.toml").write_text(
            f'[package]\nname = "fetch"\nversion = "0.0.0"\nedition = "2021"\n'
            f'[dependencies]\n{name} = "={version}"\n'
        )
        run([cargo, "fetch", "--quiet"], cwd=folder)

    project = product(f"crate-{name}", [name, version], fetch)
    metadata = json.loads(run([cargo, "metadata", "--quiet", "--format-version", "1"], cwd=project))
    for package in metadata["packages"]:
        if package["name"] == name:
            return Path(package["manifest_path"]).parent
    raise BuildError(f"cargo did not deliver the crate {name}")


def node_packages(*packages):
    """A folder whose node_modules holds the given npm packages ("name@version")."""
    npm = tool("npm", "install Node.js with npm (apt install nodejs npm)")

    def install(folder):
        (folder / "package.json").write_text('{"private": true}\n')
        run([npm, "install", "--silent", "--no-audit", "--no-fund", *packages], cwd=folder)

    return product("npm-" + packages[0].split("@")[0], packages, install)


def python_package(requirement):
    """A folder to put on PYTHONPATH that holds a package of the Python registry."""

    def install(folder):
        run(
            [
                sys.executable,
                "-m",
                "pip",
                "install",
                "--quiet",
                "--no-deps",
                "--target",
                folder,
                requirement,
            ]
        )

    return product("pip-" + requirement.split("=")[0], [requirement], install)
