# Copyright the Brink authors.
# SPDX-License-Identifier: Apache-2.0
"""The subcommands for people who work on modules."""

import subprocess

import guests


def case_help_and_version(session):
    session.run("--version").expect(0, out_has=r"^brink \d+\.\d+\.\d+$", err="")
    session.run("--help").expect(0, out_has=["run", "validate", "parse", "print", "inspect", "wast", "completion"])
    session.run("run", "--help").expect(0, out_has=[r"^Usage: brink run \[OPTIONS\] FILE \[ARGS...\]", "--dir"])
    session.run().expect(0, out_has="Usage: brink")


def case_validate(session):
    session.file("good.wat", guests.LIBRARY)
    session.file("bad.wat", "(module (func (result i32)))")
    session.run("validate", "good.wat").expect(0, out="", err="")
    session.run("validate", "good.wat", "bad.wat", "good.wat").expect(1, out="", err_has="bad.wat:1:.*type mismatch")
    session.run("validate", "-", stdin=guests.LIBRARY).expect(0, out="", err="")


def case_features_can_be_switched_off(session):
    for feature, source in {
        "gc": "(module (type (struct (field i32))))",
        "simd": "(module (func (drop (v128.const i64x2 0 0))))",
        "exceptions": "(module (tag))",
        "threads": "(module (memory 1 1 shared))",
        "memory64": "(module (memory i64 1))",
        "multi-memory": "(module (memory 1) (memory 1))",
        "tail-call": "(module (func $f (return_call $f)))",
        "multi-value": "(module (func (result i32 i32) (i32.const 1) (i32.const 2)))",
        "sign-extension": "(module (func (drop (i32.extend8_s (i32.const 1)))))",
        "wide-arithmetic": "(module (func (i64.add128 (i64.const 0) (i64.const 0) (i64.const 0) (i64.const 0)) drop drop))",
        "custom-page-sizes": "(module (memory 1 (pagesize 1)))",
    }.items():
        session.file("module.wat", source)
        session.run("validate", "module.wat").expect(0)
        session.run("validate", "-W", f"{feature}=n", "module.wat").expect(1, err_has=f"the feature '{feature}'")
        session.run("run", "-W", f"{feature}=n", "module.wat").expect(1, err_has=feature)


def case_features_can_be_switched_on(session):
    session.file("module.wat", "(module (func try catch_all end))")
    session.run("validate", "module.wat").expect(1, err_has="legacy-exceptions")
    session.run("validate", "-W", "legacy-exceptions", "module.wat").expect(0)
    session.run("validate", "-W", "all-proposals=y", "module.wat").expect(0)


def case_parse_and_print_round_trip(session):
    session.file("one.wat", guests.LIBRARY)
    session.run("parse", "one.wat").expect(0, out="", err="")
    for flags in ([], ["--fold"], ["--offsets"]):
        session.run("print", *flags, "one.wasm", "-o", "two.wat").expect(0, out="", err="")
        session.run("parse", "two.wat", "-o", "two.wasm").expect(0)
        one, two = ((session.folder / name).read_bytes() for name in ("one.wasm", "two.wasm"))
        assert one == two, flags


def case_names_of_other_tools_work(session):
    session.file("one.wat", guests.LIBRARY)
    session.run("wat2wasm", "one.wat").expect(0)
    session.run("wasm2wat", "one.wasm").expect(0, out_has=r"^\(module")
    session.run("objdump", "-d", "one.wasm").expect(0, out_has="i32.add")


def case_parse_through_pipes(session):
    binary = subprocess.run([session.brink, "parse", "-"], input=guests.LIBRARY.encode(), capture_output=True,
                            check=True).stdout
    assert binary.startswith(b"\0asm\1\0\0\0"), binary[:8]
    session.run("print", "-", stdin=binary).expect(0, out_has=[r"^\(module", "i32.add"])


def case_parse_leaves_names_out(session):
    session.file("one.wat", guests.LIBRARY)
    session.run("parse", "one.wat", "-o", "with.wasm").expect(0)
    session.run("parse", "--strip-names", "one.wat", "-o", "without.wasm").expect(0)
    assert b"middle" in (session.folder / "with.wasm").read_bytes()
    assert b"middle" not in (session.folder / "without.wasm").read_bytes()


def case_parse_writes_nothing_that_is_invalid(session):
    session.file("wrong.wat", "(module (func (result i32)))")
    session.run("parse", "wrong.wat").expect(1, err_has="wrong.wat:1:")
    assert not (session.folder / "wrong.wasm").exists()
    session.run("parse", "--no-check", "wrong.wat").expect(0)
    assert (session.folder / "wrong.wasm").exists()


def case_cannot_write(session):
    session.file("one.wat", guests.LIBRARY)
    session.run("parse", "one.wat", "-o", "absent/one.wasm").expect(1, err_lines=1, err_has="absent/one.wasm")


def case_print_does_not_print_malformed_modules(session):
    session.file("cut.wasm", b"\0asm\1\0\0\0\1\4")
    session.run("print", "cut.wasm").expect(1, out="", err_lines=1, err_has="cut.wasm: malformed module.*0xa")


def case_inspect(session):
    session.file("program.wat", guests.exits(1))
    session.run("inspect", "program.wat").expect(0, out_has=[
        "sections", "type", "import", "function", "code", "imports", r'"wasi_snapshot_preview1" "fd_write"', "exports",
        '"_start"'])


def case_inspect_instructions(session):
    session.file("library.wat", guests.LIBRARY)
    session.run("inspect", "-d", "library.wat").expect(0, out_has=[r"20 00 .*local.get 0", r"6a .*i32.add"])
    for name in ("middle", "7"):
        outcome = session.run("inspect", "--func", name, "library.wat").expect(0, out_has=r"call \$inner")
        assert "i32.add" not in outcome.out
    session.run("inspect", "--func", "absent", "library.wat").expect(1, err_lines=1, err_has="no function 'absent'")


def case_inspect_bytecode(session):
    session.file("library.wat", guests.LIBRARY)
    session.run("inspect", "--bytecode", "library.wat").expect(0, out_has=["add", "i32.add", "ReturnAcc", "Call"])
    outcome = session.run("inspect", "--bytecode", "--func", "add", "library.wat").expect(0, out_has="i32.add")
    assert "Unreachable" not in outcome.out


def case_completion_scripts(session):
    for shell in ("bash", "zsh", "fish"):
        script = session.run("completion", shell).expect(0, out_has=["--?preload|-l preload"], err="").out
        assert all(name in script for name in ("validate", "inspect", "timeout")), script
    script = session.run("completion", "bash").out
    checked = subprocess.run(["bash", "-n"], input=script, text=True, capture_output=True)
    assert checked.returncode == 0, checked.stderr
    asked = "COMP_WORDS=(brink run --pre); COMP_CWORD=2; _brink; echo \"${COMPREPLY[*]}\""
    answer = subprocess.run(["bash", "-c", script + asked], text=True, capture_output=True).stdout
    assert answer.split() == ["--preload"], answer
    fish = session.run("completion", "fish").out
    for line in fish.splitlines():
        assert line.replace("\\'", "").count("'") % 2 == 0, line


def case_wast(session):
    session.file("good.wast", '(module (func (export "f") (result i32) (i32.const 1)))\n'
                              '(assert_return (invoke "f") (i32.const 1))\n')
    session.file("bad.wast", '(module (func (export "f") (result i32) (i32.const 1)))\n'
                             '\n(assert_return (invoke "f") (i32.const 2))\n')
    session.run("wast", "good.wast").expect(0, out_has=r"^2 passed, 0 failed$")
    session.run("wast", "good.wast", "bad.wast").expect(1, out_has=[r"bad.wast:3: ", r"^3 passed, 1 failed$"])
    session.run("wast", ".", "--filter", "good").expect(0, out_has=r"^2 passed, 0 failed$")
    session.run("wast", ".", "--exclude", "bad").expect(0, out_has=r"^2 passed, 0 failed$")
    session.run("wast", "absent.wast").expect(1, out_has=r"absent.wast")
