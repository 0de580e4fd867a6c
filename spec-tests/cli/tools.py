# Copyright the Brink authors.
# SPDX-License-Identifier: Apache-2.0
"""The subcommands for people who work on modules."""

import shutil
import subprocess
from xml.etree import ElementTree

import guests


def case_help_and_version(session):
    session.run("--version").expect(0, out_has=r"^brink \d+\.\d+\.\d+$", err="")
    session.run("--help").expect(0, out_has=["run", "validate", "parse", "print", "inspect", "snapshot", "wast", "completion"])
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
        "mutable-global": '(module (global (export "g") (mut i32) (i32.const 0)))',
        "sign-extension": "(module (func (drop (i32.extend8_s (i32.const 1)))))",
        "saturating-float-to-int": "(module (func (drop (i32.trunc_sat_f32_s (f32.const 0)))))",
        "multi-value": "(module (func (result i32 i32) (i32.const 1) (i32.const 2)))",
        "bulk-memory": "(module (memory 1) (func (memory.fill (i32.const 0) (i32.const 0) (i32.const 0))))",
        "reference-types": "(module (func (param externref)))",
        "simd": "(module (func (drop (v128.const i64x2 0 0))))",
        "relaxed-simd": "(module (func (param v128) (drop (i8x16.relaxed_swizzle (local.get 0) (local.get 0)))))",
        "tail-call": "(module (func $f (return_call $f)))",
        "extended-const": "(module (global i32 (i32.add (i32.const 0) (i32.const 0))))",
        "function-references": "(module (func (param funcref) (drop (ref.as_non_null (local.get 0)))))",
        "gc": "(module (type (struct (field i32))))",
        "exceptions": "(module (tag))",
        "memory64": "(module (memory i64 1))",
        "multi-memory": "(module (memory 1) (memory 1))",
        "threads": "(module (memory 1 1 shared))",
        "custom-page-sizes": "(module (memory 1 (pagesize 1)))",
        "wide-arithmetic": "(module (func (i64.add128 (i64.const 0) (i64.const 0) (i64.const 0) (i64.const 0)) drop drop))",
    }.items():
        session.file("module.wat", source)
        session.run("validate", "module.wat").expect(0)
        session.run("validate", "-W", f"{feature}=n", "module.wat").expect(1, err_has=f"feature '{feature}'")
        session.run("run", "-W", f"{feature}=n", "module.wat").expect(1, err_has=f"feature '{feature}'")


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


def case_wast_finds_the_suite(session):
    session.run("wast").expect(1, err_lines=1, err_has="clone the repository WebAssembly/testsuite .* WASM_TESTSUITE")
    session.run("wast", env={"WASM_TESTSUITE": "absent"}).expect(1, err_lines=1, err_has="'absent'")
    session.file("suite/i32.wast", "(module)")
    session.file("suite/proposals/telepathy/think.wast", "(think)")
    session.file("suite/proposals/threads/t.wast", "(module (memory 1 1 shared))")
    session.run("wast", env={"WASM_TESTSUITE": "suite"}).expect(
        0, out_has=[r"threads/t.wast", r"^telepathy: not a feature of this engine, 1 files not run$",
                    r"^2 passed, 0 failed$"])
    # A file that is named is run whatever it is.
    session.run("wast", "suite/proposals/telepathy/think.wast").expect(1, out_has="unknown script command think")


def case_wast_commands(session):
    session.file("modules.wast", """
        (module definition $M (global $g (export "g") (mut i32) (i32.const 1))
          (func (export "add") (result i32) (global.set $g (i32.add (global.get $g) (i32.const 1))) (global.get $g)))
        (module instance $a $M)
        (module instance $b $M)
        (assert_return (invoke $a "add") (i32.const 2))
        (assert_return (invoke $a "add") (i32.const 3))
        (assert_return (invoke $b "add") (i32.const 2))
        (assert_return (get $b "g") (either (i32.const 7) (i32.const 2)))
        (register "b" $b)
        (module quote "(import \\"b\\" \\"g\\" (global (mut i32)))")
        (assert_unlinkable (module (import "b" "h" (func))) "unknown import")
        (module definition (func (export "f") (unreachable)))
        (module instance)
        (assert_trap (invoke "f") "unreachable")
        (thread $t (invoke "absent"))
        (wait $t)""")
    session.run("wast", "modules.wast").expect(
        1, out_has=[r"modules.wast:16: action: .*no instance to use", "^15 passed, 1 failed$"])
    session.file("strange.wast", '(module)\n(assert_suspension (invoke "f") "x")')
    session.run("wast", "strange.wast").expect(
        1, out_has=["strange.wast:2: script: 2:2: unknown script command assert_suspension", "^0 passed, 1 failed$"])
    session.file("lost.wast", "(thread $t (module))\n(thread $t (module))\n(wait $u)")
    session.run("wast", "-v", "lost.wast").expect(
        1, out_has=[r"lost.wast:2: thread: a thread \$t runs already", r"lost.wast:3: wait: no thread \$u",
                    "lost.wast:1: thread: the script does not wait for this thread"])


def case_wast_junit(session):
    session.file("good.wast", "(module)\n(module)")
    session.file("bad.wast", '(module (func (export "<&>") unreachable))\n(invoke "<&>")')
    session.run("wast", "good.wast", "bad.wast", "--junit", "report.xml").expect(1)
    suites = ElementTree.parse(session.folder / "report.xml").getroot()
    assert (suites.get("tests"), suites.get("failures")) == ("4", "1"), suites.attrib
    bad, good = suites
    assert (good.get("name"), good.get("tests"), good.get("failures")) == ("good.wast", "2", "0"), good.attrib
    assert [case.get("line") for case in bad] == ["1", "2"]
    assert bad[1].find("failure").get("message") == "trap: unreachable", bad[1].find("failure").attrib
    session.run("wast", "good.wast", "--junit", "no/such/folder.xml").expect(1, err_has="cannot write 'no/such")


def case_wast_switches(session):
    session.file("gc.wast", '(module (type (struct)))\n'
                            '(assert_invalid (module (func (result i32))) "type mismatch")')
    session.run("wast", "gc.wast").expect(0)
    session.run("wast", "--gc-stress", "--engine=interp", "gc.wast").expect(0)
    session.run("wast", "--loop-stress", "--engine=auto", "gc.wast").expect(0)
    session.run("wast", "-W", "gc=n", "gc.wast").expect(1, out_has=["gc.wast:1: .*'gc'", "^1 passed, 1 failed$"])


def case_wast_round_trip(session):
    session.file("modules.wast", """
        (module $m (func $f (param $x i32) (result i32) (local.get $x)) (@custom "note" "kept"))
        (assert_invalid (module (func (result i32))) "type mismatch")
        (assert_malformed (module quote "(func") "unexpected")
        (module binary "\\00asm\\01\\00\\00\\00" "\\01\\84\\00\\01\\60\\00\\00")
        (thread $t (module (memory 1)))
        (wait $t)""")
    # Four modules that can be decoded, each printed in two ways.
    session.run("wast", "--round-trip", "modules.wast").expect(0, out_has="^8 passed, 0 failed$")


def case_inspect_shows_what_the_compiler_makes(session):
    session.file("module.wat", """(module
      (func $twice (param i32) (result i32) (i32.mul (local.get 0) (i32.const 2)))
      (func (export "divide") (param i32 i32) (result i32)
        (i32.div_u (call $twice (local.get 0)) (local.get 1))))""")
    session.run("inspect", "--ir", "--func=twice", "module.wat").expect(
        0, out_has=["^func 0 twice$", "^; as built$", "i32.shl", "^; optimized$"], err="")
    session.run("inspect", "--asm", "--func=divide", "module.wat").expect(
        0, out_has=["^func 1 divide$", "^; assembly$", "ret", "; trap integer divide by zero", "^; @ 0x"], err="")
    both = session.run("inspect", "--ir", "--asm", "module.wat").expect(
        0, out_has=["^func 0 twice$", "^func 1 divide$", "^func 0 twice$", "^func 1 divide$"])
    assert both.out.count("; optimized") == 2 and both.out.count("; assembly") == 2, both.out
    session.run("inspect", "--ir", "--func=7", "module.wat").expect(1, err_has="no function '7'")


PROFILED = """(module $guest
  (func $work (export "work") (param i32) (result i32)
    (loop (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
    (local.get 0)))"""


def case_perf_is_told_of_compiled_functions(session):
    session.file("guest.wat", PROFILED)
    session.run("compile", "guest.wat", "-o", "guest.brink").expect(0)
    for options in (["--engine=jit", "guest.wat"], ["guest.brink"]):
        session.run("run", "--profile=jitdump", "--invoke", "work", *options, "9").expect(0, out="0\n", err="")
        [dump] = session.folder.glob("jit-*.dump")
        content = dump.read_bytes()
        assert content.startswith(b"DTiJ\x01\0\0\0\x28\0\0\0\x3e\0\0\0"), content[:40]
        assert content.count(b"guest!work\0") == 1, content
        dump.unlink()


def case_a_debugger_is_told_of_compiled_functions(session):
    session.file("guest.wat", PROFILED)
    session.run("run", "-D", "debug-infos", "guest.wat").expect(2, err_has="there is only debug-info")
    session.run("run", "-D", "debug-info", "--engine=jit", "--invoke", "work", "guest.wat", "9").expect(0, out="0\n")
    if shutil.which("gdb") is None:
        return
    session.run("compile", "guest.wat", "-o", "guest.brink").expect(0)
    command = ["gdb", "-nx", "-batch", "-ex", "set breakpoint pending on", "-ex", "set debuginfod enabled off",
               "-ex", "break 'guest!work'", "-ex", "run", "-ex", "backtrace 1", "--args", session.brink, "run",
               "-Ddebug-info", "--invoke", "work", "guest.brink", "9"]
    outcome = subprocess.run(command, cwd=session.folder, capture_output=True, text=True, timeout=60, check=False)
    assert "#0" in outcome.stdout and "in guest!work ()" in outcome.stdout, outcome.stdout + outcome.stderr


READY = """(module
  (global $ready (mut i32) (i32.const 0))
  (func (export "wizer.initialize") (global.set $ready (i32.add (global.get $ready) (i32.const 1))))
  (func (export "twice") (global.set $ready (i32.const 20)))
  (func (export "old") (result i32) (i32.const -1))
  (func (export "ready") (result i32) (global.get $ready)))"""


def case_snapshot(session):
    session.file("ready.wat", READY)
    session.run("--invoke", "ready", "ready.wat").expect(0, out="0\n")
    session.run("snapshot", "ready.wat", "-o", "out.wasm").expect(0, out="", err="")
    session.run("--invoke", "ready", "out.wasm").expect(0, out="1\n")
    session.run("--invoke", "wizer.initialize", "out.wasm").expect(1, err_has="there are: twice, old, ready")
    session.run("snapshot", "ready.wat", "--init-func", "twice", "--keep-init-func", "--rename-func", "old=ready",
                "-o", "out.wasm").expect(0)
    session.run("--invoke", "old", "out.wasm").expect(0, out="20\n")
    session.run("--invoke", "twice", "out.wasm").expect(0)
    # The snapshot of a snapshot, through standard input and output, in each tier.
    for engine in ("interp", "auto"):
        session.run("snapshot", f"--engine={engine}", "out.wasm", "--init-func", "twice", "-o", "-").expect(0)
    session.run("snapshot", "ready.wat").expect(2, err_has="--output")
    session.run("snapshot", "ready.wat", "-o", "x.wasm", "--init-func", "none").expect(1, err_has="no function 'none'")
    session.run("snapshot", "ready.wat", "-o", "x.wasm", "--rename-func", "none").expect(2, err_has="NEW=OLD")
    session.run("snapshot", "ready.wat", "-o", "x.wasm", "--rename-func", "a=b").expect(1, err_has='no export "b"')
    session.file("none.wat", "(module)")
    session.run("snapshot", "none.wat", "-o", "x.wasm").expect(1, err_has="nothing initializes it")


def case_snapshot_refuses(session):
    session.file("trap.wat", '(module (func (export "_initialize") (unreachable)))')
    session.run("snapshot", "trap.wat", "-o", "x.wasm").expect(134, err_has="unreachable")
    session.file("loop.wat", '(module (func (export "_initialize") (loop (br 0))))')
    session.run("snapshot", "--timeout", "50ms", "loop.wat", "-o", "x.wasm").expect(134, err_has="deadline exceeded")
    # An import that nobody provides is no hindrance until it is called.
    session.file("import.wat", '(module (import "env" "f" (func $f)) (func (export "_initialize"))'
                               ' (func (export "init") (call $f)))')
    session.run("snapshot", "import.wat", "-o", "x.wasm").expect(0)
    session.run("snapshot", "import.wat", "-o", "x.wasm", "--init-func", "init").expect(
        134, err_has='the import "env" "f" was called')
    session.file("object.wat", '(module (type $s (struct)) (global $g (mut anyref) (ref.null any))'
                               ' (global $h (mut anyref) (ref.null any))'
                               ' (func (export "_initialize") (global.set $g (struct.new $s))'
                               ' (global.set $h (global.get $g))))')
    session.run("snapshot", "object.wat", "-o", "x.wasm").expect(
        1, err_has="cannot be kept in a snapshot: global 1 holds an object that is reached in more than one way")
    session.file("file.wat", """(module
      (import "wasi_snapshot_preview1" "path_open"
        (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "fd_close" (func $close (param i32) (result i32)))
      (memory (export "memory") 1)
      (data (i32.const 16) "text")
      (func $opened (result i32)
        (if (call $open (i32.const 3) (i32.const 0) (i32.const 16) (i32.const 4) (i32.const 0)
                        (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 0))
          (then (unreachable)))
        (i32.load (i32.const 0)))
      (func (export "leave-open") (drop (call $opened)))
      (func (export "close") (if (call $close (call $opened)) (then (unreachable)))))""")
    session.file("data/text", "text")
    command = ["snapshot", "file.wat", "-o", "x.wasm", "--dir", "data::/", "--init-func"]
    session.run(*command, "leave-open").expect(1, err_has="files that the initialization has opened")
    session.run(*command, "close").expect(0)
