# Copyright the Brink authors.
# SPDX-License-Identifier: Apache-2.0
"""What a person gets wrong: each error says what, where and what to do; ours exit with 1, usage with 2."""

import re

import guests

HEADER = b"\0asm\1\0\0\0"


def case_no_such_file(session):
    session.run("absent.wasm").expect(1, out="", err_lines=1, err_has="^brink: error: .*absent.wasm.*No such file")


def case_folder_instead_of_file(session):
    session.run(".").expect(1, err_lines=1, err_has="cannot read '.': Is a directory")


def case_not_a_wasm_file(session):
    session.file("letter.txt", "Dear Sir or Madam")
    session.run("letter.txt").expect(1, err_lines=1, err_has=r"letter.txt: .*not a WebAssembly module")


def case_empty_file(session):
    session.file("empty.wasm", "")
    session.run("empty.wasm").expect(1, err_lines=1, err_has=r"empty.wasm: .*not a WebAssembly module: it is empty")


def case_native_program(session):
    session.file("tool", b"\x7fELF\2\1\1" + bytes(57))
    session.run("tool").expect(1, err_lines=1, err_has=r"tool: .*not a WebAssembly module: .*ELF")


def case_component(session):
    session.file("component.wasm", b"\0asm\x0d\0\1\0")
    session.run("component.wasm").expect(1, err_lines=1, err_has="unknown binary version.*component")


def case_truncated_at_every_byte(session):
    session.file("whole.wat", guests.LIBRARY)
    session.run("parse", "--strip-names", "whole.wat").expect(0)
    whole = (session.folder / "whole.wasm").read_bytes()
    for length in range(1, len(whole), 7):
        session.file("part.wasm", whole[:length])
        # A prefix that ends between sections may be a whole module by chance; never one with bodies missing.
        if length > len(HEADER):
            session.run("part.wasm").expect(1, err_lines=1, err_has=r"part.wasm: (malformed|invalid) module: .*")


def case_malformed_names_the_offset(session):
    session.file("cut.wasm", HEADER + b"\1\4")
    session.run("cut.wasm").expect(1, err_lines=1, err_has=r"cut.wasm: malformed module: .*\(at offset 0xa\)")


def case_invalid_binary_module(session):
    session.file("wrong.wat", '(module (func $f (result i32) i64.const 1))')
    session.run("parse", "--no-check", "wrong.wat").expect(0)
    session.run("wrong.wasm").expect(1, err_lines=1, err_has=r"wrong.wasm: invalid module: type mismatch.*offset 0x")


def case_text_error_has_line_column_and_caret(session):
    session.file("typo.wat", "(module\n  (func (result i32)\n    i32.const 1\n    i32.ad))\n")
    session.run("typo.wat").expect(1, err="brink: error: typo.wat:4:5: unknown operator i32.ad\n"
                                          " 4 |     i32.ad))\n"
                                          "   |     ^\n")


def case_invalid_text_module_is_shown_in_the_text(session):
    session.file("wrong.wat", "(module\n  (func (result i32)\n    i64.const 1))\n")
    session.run("wrong.wat").expect(1, err_lines=3, err_has=[r"wrong.wat:3:16: type mismatch", r"^ 3 \|", r"\^$"])


def case_text_from_standard_input(session):
    session.run("-", stdin="(module (func (export").expect(1, err_has=r"-:1:22: unexpected token: the text ends")


def case_missing_imports_are_all_named(session):
    session.file("needy.wat", """(module
      (import "env" "lost" (func (param i32)))
      (import "wasi_snapshot_preview1" "fd_wrte" (func (param i32) (result i32)))
      (func (export "_start")))""")
    session.run("needy.wat").expect(1, err_has=[
        r'unknown import: "env" "lost" \(function \[i32\] -> \[\]\)', r'provided .*"wasi_snapshot_preview1"',
        r'"fd_wrte"', r'did you mean "fd_write"'])


def case_import_of_another_type(session):
    session.file("needy.wat", '(module (import "wasi_snapshot_preview1" "proc_exit" (func (param i64))))')
    session.run("needy.wat").expect(1, err_lines=1, err_has=[
        r'incompatible import type: "wasi_snapshot_preview1" "proc_exit"', r"\[i64\]", r"\[i32\]"])


def case_invoke_of_no_function(session):
    session.file("library.wat", guests.LIBRARY)
    session.run("--invoke", "ad", "library.wat").expect(1, err_lines=1, err_has=["'ad'", "there are: add, half"])


def case_invoke_with_too_few_arguments(session):
    session.file("library.wat", guests.LIBRARY)
    session.run("--invoke", "add", "library.wat", "1").expect(
        1, out="", err_lines=1, err_has=r"cannot call 'add': it takes 2 arguments \[i32 i32\] -> \[i32\], 1 given")


def case_invoke_with_a_wrong_argument(session):
    session.file("library.wat", guests.LIBRARY)
    for argument in ("x", "", "1.5", "4294967296", "-2147483649", "0x", "1 "):
        session.run("--invoke", "add", "library.wat", "1", argument).expect(
            1, out="", err_lines=1, err_has=f"argument 2 must be i32, not '{re.escape(argument)}'")


def case_no_such_directory(session):
    session.file("nothing.wat", guests.NOTHING)
    session.run("--dir", "absent", "nothing.wat").expect(1, err_lines=1, err_has='"absent": No such file')
    session.run("--dir", "nothing.wat", "nothing.wat").expect(1, err_lines=1, err_has="Not a directory")


def case_bad_address_to_listen_at(session):
    session.file("nothing.wat", guests.NOTHING)
    session.run("--listen", "nowhere:http", "nothing.wat").expect(1, err_lines=1, err_has="nowhere:http")


def case_preload_that_is_not_there(session):
    session.file("nothing.wat", guests.NOTHING)
    session.run("--preload", "lib=absent.wasm", "nothing.wat").expect(1, err_lines=1, err_has="absent.wasm")


def case_usage_errors(session):
    session.file("nothing.wat", guests.NOTHING)
    for arguments, words in [
        (["run"], "FILE is required"),
        (["--no-such-flag", "nothing.wat"], "--no-such-flag"),
        (["--dir"], "--dir"),
        (["--timeout", "soon", "nothing.wat"], "'soon' is no time; write 1s"),
        (["--max-memory", "lots", "nothing.wat"], "'lots' is no size; write"),
        (["--max-stack", "0", "nothing.wat"], "'0' is no size"),
        (["--fuel", "-5", "nothing.wat"], "--fuel"),
        (["-W", "fuel=much", "nothing.wat"], "'much'"),
        (["-W", "gc=maybe", "nothing.wat"], "must be y or n, not 'maybe'"),
        (["-W", "telepathy", "nothing.wat"], "no such feature.* gc, "),
        (["--trace", "telepathy", "nothing.wat"], "no channel 'telepathy'; there are decode, "),
        (["--engine", "steam", "nothing.wat"], "steam"),
        (["--preload", "lib", "nothing.wat"], "NAME=FILE"),
        (["validate"], "FILE is required"),
        (["validate", "-W", "telepathy", "nothing.wat"], "no such feature"),
        (["parse"], "FILE is required"),
        (["print", "--no-such-flag", "nothing.wat"], "--no-such-flag"),
        (["inspect"], "FILE is required"),
        (["wast", "-W", "telepathy", "nothing.wast"], "no such feature"),
        (["completion", "tcsh"], "tcsh"),
    ]:
        session.run(*arguments).expect(2, out="", err_lines=1, err_has=["^brink: error: ", words])


def case_no_colours_in_a_file(session):
    session.file("library.wat", guests.LIBRARY)
    for arguments in (["absent.wasm"], ["--invoke", "outer", "library.wat"], ["--no-such-flag"]):
        outcome = session.run(*arguments)
        assert "\033" not in outcome.out + outcome.err, outcome.err


def case_jit_without_a_compiler(session):
    session.file("nothing.wat", guests.NOTHING)
    session.file("nothing.wast", guests.NOTHING)
    for command, script in (("run", "nothing.wat"), ("wast", "nothing.wast")):
        for engine in ("auto", "interp"):
            session.run(command, "--engine", engine, script).expect(0)
        result = session.run(command, "--engine=jit", script)
        if result.code != 0:
            result.expect(2, out="", err_lines=1, err_has="--engine=jit: this build of brink has no compiler")
