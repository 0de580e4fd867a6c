# Copyright the Brink authors.
# SPDX-License-Identifier: Apache-2.0
"""Compiling ahead of time, running what came of it, and the cache."""

import shutil
import subprocess
import time

import guests

# Some of everything that an artifact has tables for: calls, traps, references, exceptions, indirect calls.
PROGRAM = """
(module $program
  (type $binary (func (param i32 i32) (result i32)))
  (memory 1)
  (table funcref (elem $add $divide))
  (tag $odd (param i32))
  (func $add (type $binary) (i32.add (local.get 0) (local.get 1)))
  (func $divide (type $binary) (i32.div_s (local.get 0) (local.get 1)))
  (func (export "apply") (param i32 i32 i32) (result i32)
    (call_indirect (type $binary) (local.get 1) (local.get 2) (local.get 0)))
  (func $check (param i32) (result i32)
    (if (i32.and (local.get 0) (i32.const 1)) (then (throw $odd (local.get 0))))
    (local.get 0))
  (func (export "catch") (param i32) (result i32)
    (local.set 0
      (block $handler (result i32)
        (try_table (result i32) (catch $odd $handler) (call $check (local.get 0)))
        (return)))
    (i32.sub (i32.const 0) (local.get 0)))
  (func (export "loop") (loop (br 0)))
  (func (export "fib") (param i32) (result i32)
    (if (result i32) (i32.lt_u (local.get 0) (i32.const 2)) (then (local.get 0))
      (else (i32.add (call 6 (i32.sub (local.get 0) (i32.const 1)))
                     (call 6 (i32.sub (local.get 0) (i32.const 2))))))))
"""


def compiled(session, *options):
    session.file("program.wat", PROGRAM)
    session.run("compile", *options, "program.wat", "-o", "program.brink").expect(0, out="", err="")
    return session.folder / "program.brink"


def case_an_artifact_runs_like_its_module(session):
    compiled(session)
    for file in ("program.wat", "program.brink"):
        session.run("run", "--invoke", "apply", file, "0", "40", "2").expect(0, out="42\n", err="")
        session.run("run", "--invoke", "catch", file, "4").expect(0, out="4\n")
        session.run("run", "--invoke", "catch", file, "5").expect(0, out="-5\n")
        session.run("run", "--invoke", "fib", file, "20").expect(0, out="6765\n")
        session.run("run", "--invoke", "apply", file, "1", "40", "0").expect(
            134, out="", err_has=[f"brink: trap: {file}: integer divide by zero", "program!divide", "program!"])
        session.run("run", "--invoke", "apply", file, "7", "1", "1").expect(134, err_has="undefined element 7")
        session.run("run", "--timeout", "50ms", "--invoke", "loop", file).expect(134, err_has="deadline exceeded")


def case_backtraces_of_artifacts_are_those_of_the_interpreter(session):
    compiled(session)
    trap = ["--invoke", "apply", "program.brink", "1", "1", "0"]
    native = session.run("run", *trap).expect(134)
    interpreted = session.run("run", "--engine=interp", *trap).expect(134)
    assert native.err == interpreted.err, (native.err, interpreted.err)


def case_the_bytes_do_not_depend_on_threads(session):
    first = compiled(session, "-j", "1").read_bytes()
    for jobs in ("2", "7"):
        assert compiled(session, "-j", jobs).read_bytes() == first
    # Nor on what was compiled: the text, or the binary made from it.
    session.run("parse", "program.wat").expect(0)
    session.run("compile", "program.wasm", "-o", "other.brink").expect(0)
    assert (session.folder / "other.brink").read_bytes() == first


def case_compile_names_its_output_and_tells_sizes(session):
    session.file("folder/guest.wat", PROGRAM)
    session.run("compile", "--stats", "folder/guest.wat").expect(
        0, err_has=[r"^compile +\d", r"^functions +7 of 7 compiled", r"^artifact +\d+ bytes"])
    assert (session.folder / "guest.brink").exists()
    session.run("run", "--invoke", "fib", "guest.brink", "10").expect(0, out="55\n")
    session.run("compile", "-", "-o", "piped.brink", stdin=PROGRAM).expect(0)
    session.run("run", "--invoke", "fib", "piped.brink", "10").expect(0, out="55\n")


def case_compile_errors(session):
    session.file("bad.wat", "(module (func (result i32)))")
    session.run("compile", "bad.wat").expect(1, out="", err_has="bad.wat:1:.*type mismatch")
    assert not (session.folder / "bad.brink").exists()
    session.run("compile", "missing.wasm").expect(1, err_has="cannot read 'missing.wasm'")
    session.file("program.wat", PROGRAM)
    session.run("compile", "program.wat", "-o", "no/where.brink").expect(1, err_has="cannot write 'no/where.brink'")
    session.run("compile", "--target-cpu", "avx3", "program.wat").expect(
        1, err_has="no processor feature 'avx3'; there are native, baseline, and sse3")


def case_code_for_every_processor(session):
    baseline = compiled(session, "--target-cpu", "baseline")
    session.run("run", "--invoke", "fib", "program.brink", "10").expect(0, out="55\n")
    session.run("inspect", "program.brink").expect(0, out_has=r"processor: sse3 ssse3 sse4.1 sse4.2 cx16 popcnt$")
    assert baseline.read_bytes() == compiled(session, "--cpu=baseline").read_bytes()


def case_damaged_artifacts_are_refused(session):
    path = compiled(session)
    good = path.read_bytes()

    def refused(content, message):
        path.write_bytes(content)
        session.run("run", "program.brink").expect(
            1, out="", err_has=f"^brink: error: program.brink: .*{message}", err_lines=1)

    refused(good[:100], "truncated: only 100 bytes are there.*brink compile")
    refused(good[:len(good) // 2], f"truncated: {len(good) // 2} of {len(good)} bytes.*brink compile")
    refused(good + b"x", "damaged: 1 bytes too many")
    for position in (700, len(good) // 2, len(good) - 1):
        changed = bytearray(good)
        changed[position] ^= 1
        refused(bytes(changed), "damaged: its checksum does not match.*brink compile")
    stale = bytearray(good)
    stale[64 + 4 * 56 + 8] += 1  # the version, behind ELF and program headers and the magic
    refused(bytes(stale), "stale: it has version .*brink compile")
    foreign = bytearray(good)
    foreign[18] = 183
    refused(bytes(foreign), "for another architecture .*brink compile")
    refused(b"(module)", "not a Brink artifact|nothing to run")
    shutil.copyfile("/bin/true", path)
    session.run("run", "program.brink").expect(1, err_has="not a Brink artifact: it is an ELF file of another kind.*native program", err_lines=1)


def case_artifacts_of_other_engines_and_options_are_refused(session):
    compiled(session)
    session.run("run", "--fuel=1000000", "--invoke", "fib", "program.brink", "3").expect(
        1, err_has="counts no fuel, this engine counts fuel; compile the module with the same options", err_lines=1)
    session.run("run", "-Omemory-reservation=64K", "--invoke", "fib", "program.brink", "3").expect(
        1, err_has="this engine checks every access")
    session.run("run", "-W", "exceptions=n", "--invoke", "fib", "program.brink", "3").expect(
        1, err_has="switched off in this engine \\(exceptions\\)")
    compiled(session, "--fuel")
    session.run("run", "--fuel=1000000", "--invoke", "fib", "program.brink", "3").expect(0, out="2\n")
    session.run("run", "--fuel=10", "--invoke", "fib", "program.brink", "30").expect(134, err_has="all fuel consumed")
    session.run("run", "--invoke", "fib", "program.brink", "3").expect(1, err_has="counts fuel, this engine counts no")


def case_an_artifact_under_another_name_is_not_run_unasked(session):
    path = compiled(session)
    path.rename(session.folder / "program.wasm")
    session.run("run", "--invoke", "fib", "program.wasm", "10").expect(1, out="", err_has="--allow-precompiled")
    session.run("run", "--allow-precompiled", "--invoke", "fib", "program.wasm", "10").expect(0, out="55\n")
    session.run("run", "-", stdin=(session.folder / "program.wasm").read_bytes()).expect(
        1, err_has="--allow-precompiled")


def case_other_commands_see_the_module_in_an_artifact(session):
    compiled(session)
    session.run("inspect", "program.brink").expect(
        0, out_has=[r"^artifact of brink \d", "code: .* 7 of 7 functions compiled", "export"])
    session.run("print", "program.wat", "-o", "from-text.wat").expect(0)
    session.run("print", "program.brink", "-o", "from-artifact.wat").expect(0)
    assert (session.folder / "from-text.wat").read_text() == (session.folder / "from-artifact.wat").read_text()
    session.run("validate", "program.brink").expect(0)


def case_tools_of_the_system_read_artifacts(session):
    compiled(session)
    if shutil.which("objdump") is None:
        return
    text = subprocess.run(["objdump", "-d", "program.brink"], cwd=session.folder, capture_output=True, text=True,
                          check=True).stdout
    assert "<add>:" in text and "<divide>:" in text and "(bad)" not in text, text[:2000]
    frames = subprocess.run(["readelf", "--debug-dump=frames", "program.brink"], cwd=session.folder,
                            capture_output=True, text=True, check=True)
    assert frames.stdout.count("FDE") == 7 and not frames.stderr, frames.stdout + frames.stderr


def case_what_is_in_an_artifact_is_not_compiled_again(session):
    compiled(session)
    outcome = session.run("run", "--trace=translate", "--invoke", "fib", "program.brink", "20").expect(0, out="6765\n")
    assert "func" not in outcome.err, outcome.err


def case_the_cache(session):
    session.file("program.wat", PROGRAM)
    cache = session.folder / "cache"

    def run(*options):
        return session.run("run", f"--cache={cache}", "--stats", *options, "--invoke", "fib", "program.wat", "10")

    def entries():
        return [path for path in cache.glob("*.brink")]

    run().expect(0, out="55\n", err_has="compiled into the cache")
    run().expect(0, out="55\n", err_has="found in the cache")
    assert len(entries()) == 1
    # Other options are other entries.
    run("--fuel=100000").expect(0, out="55\n", err_has="compiled into the cache")
    run("--fuel=100000").expect(0, out="55\n", err_has="found in the cache")
    assert len(entries()) == 2
    # Damaged ones are ignored and replaced, known or not.
    time.sleep(0.2)
    run().expect(0, err_has="found in the cache")
    for entry in entries():
        content = bytearray(entry.read_bytes())
        content[len(content) // 2] ^= 1
        entry.write_bytes(content)
    run().expect(0, out="55\n", err_has="compiled into the cache")
    run().expect(0, out="55\n", err_has="found in the cache")
    session.run("cache", "list", f"--cache={cache}").expect(0, out_has=r"bytes in 2 artifacts")
    session.run("cache", "clean", f"--cache={cache}").expect(0, out="2 artifacts removed\n")
    assert not entries()
    run().expect(0, out="55\n", err_has="compiled into the cache")


def case_the_cache_belongs_to_the_user_alone(session):
    session.file("program.wat", PROGRAM)
    cache = session.folder / "cache"
    cache.mkdir()
    cache.chmod(0o777)
    session.run("run", f"--cache={cache}", "--invoke", "fib", "program.wat", "10").expect(
        1, out="", err_has="others may write to the directory")
    session.run("run", "--cache", "--stats", "--invoke", "fib", "program.wat", "10",
                env={"XDG_CACHE_HOME": str(session.folder / "usual")}).expect(0, out="55\n")
    usual = session.folder / "usual" / "brink"
    assert usual.stat().st_mode & 0o777 == 0o700
    session.run("cache", "path", env={"XDG_CACHE_HOME": str(session.folder / "usual")}).expect(0, out=f"{usual}\n")
    session.run("run", "--cache", "program.wat", env={"HOME": "", "XDG_CACHE_HOME": ""}).expect(
        2, err_has="no home directory")
