# Copyright the Brink authors.
# SPDX-License-Identifier: Apache-2.0
"""Running guests: what they are given, how they are limited, how they end."""

import os
import pty
import signal
import time

import guests
from session import PATIENCE_SECONDS

READ_ONLY_FILE_SYSTEM = 69
NOT_PERMITTED = 63
NOT_CAPABLE = 76


def case_program_that_does_nothing(session):
    session.file("nothing.wat", guests.NOTHING)
    session.run("nothing.wat").expect(0, out="", err="")
    session.run("run", "nothing.wat").expect(0, out="", err="")


def case_binary_and_text_from_standard_input(session):
    session.run("--invoke", "add", "-", "3", "4", stdin=guests.LIBRARY).expect(0, out="7\n", err="")
    session.file("library.wat", guests.LIBRARY)
    session.run("parse", "library.wat").expect(0)
    binary = (session.folder / "library.wasm").read_bytes()
    session.run("--invoke", "add", "-", "3", "4", stdin=binary).expect(0, out="7\n", err="")


def case_invoke_prints_results(session):
    session.file("library.wat", guests.LIBRARY)
    session.run("--invoke", "add", "library.wat", "-1", "0x10").expect(0, out="15\n")
    session.run("--invoke", "add", "library.wat", "4294967295", "2").expect(0, out="1\n")
    session.run("--invoke", "half", "library.wat", "3").expect(0, out="1.5\n")
    session.run("--invoke", "half", "library.wat", "-inf").expect(0, out="-inf\n")
    session.run("--invoke", "swap", "library.wat", "7", "-9223372036854775808").expect(
        0, out="-9223372036854775808\n7\n")


def case_guest_arguments(session):
    session.file("arguments.wat", guests.ARGUMENTS)
    session.run("arguments.wat").expect(0, out="arguments.wat\0")
    session.run("arguments.wat", "a", "", "b c").expect(0, out="arguments.wat\0a\0\0b c\0")
    session.run("--argv0", "tool", "arguments.wat", "x").expect(0, out="tool\0x\0")


def case_flags_after_the_file_belong_to_the_guest(session):
    session.file("arguments.wat", guests.ARGUMENTS)
    session.run("arguments.wat", "--help", "--dir", "absent", "-W", "--", "--version").expect(
        0, out="arguments.wat\0--help\0--dir\0absent\0-W\0--\0--version\0", err="")
    session.run("run", "arguments.wat", "run", "[a,b]").expect(0, out="arguments.wat\0run\0[a,b]\0")


def case_environment_is_empty_unless_granted(session):
    session.file("environment.wat", guests.ENVIRONMENT)
    ours = {"SECRET": "1", "SHARED": "2"}
    session.run("environment.wat", env=ours).expect(0, out="")
    session.run("--env", "A=x=y", "--env", "B=", "--env", "SHARED", "--env", "ABSENT", "environment.wat",
                env=ours).expect(0, out="A=x=y\0B=\0SHARED=2\0")
    outcome = session.run("--env-inherit", "--env", "SECRET=changed", "environment.wat", env=ours)
    outcome.expect(0, out_has="SHARED=2")
    assert "SECRET=changed\0" in outcome.out and "SECRET=1" not in outcome.out, outcome.out


def case_standard_streams(session):
    session.file("cat.wat", guests.CAT)
    text = "line\n" * 5000
    session.run("cat.wat", stdin=text).expect(0, out=text, err="")


def case_exit_code_of_the_guest(session):
    for code in (0, 1, 3, 125):
        session.file("exits.wat", guests.exits(code))
        session.run("exits.wat").expect(code, out="", err="")


def case_directory_is_granted(session):
    session.file("open.wat", guests.opens("made", guests.CREATE))
    (session.folder / "data").mkdir()
    session.run("--dir", "data", "open.wat").expect(0)
    assert (session.folder / "data" / "made").exists()


def case_directory_under_another_name(session):
    (session.folder / "data").mkdir()
    session.file("name.wat", guests.names_directory(5))
    session.run("--dir", "data::/mnt1", "name.wat").expect(0, out="/mnt1")
    session.run("--dir", "data::/mnt2:ro", "name.wat").expect(0, out="/mnt2")


def case_directory_read_only(session):
    session.file("data/there", "x")
    session.file("create.wat", guests.opens("made", guests.CREATE))
    session.file("open.wat", guests.opens("there"))
    session.run("--dir", "data:ro", "create.wat").expect(READ_ONLY_FILE_SYSTEM)
    session.run("--dir", "data:ro", "open.wat").expect(READ_ONLY_FILE_SYSTEM)
    assert not (session.folder / "data" / "made").exists()


def case_nothing_outside_of_the_directory(session):
    session.file("secret", "x")
    session.file("data/inside", "x")
    (session.folder / "data" / "folder").mkdir()
    os.symlink("../secret", session.folder / "data" / "link")
    for path in ("../secret", "folder/../../secret", str(session.folder / "secret"), "link"):
        session.file("open.wat", guests.opens(path))
        outcome = session.run("--dir", "data", "open.wat")
        assert outcome.code in (NOT_CAPABLE, NOT_PERMITTED), (path, outcome.code)


def case_no_directory_without_a_grant(session):
    session.file("open.wat", guests.opens("open.wat"))
    session.run("open.wat").expect(8)  # bad file descriptor


def case_preload(session):
    session.file("library.wat", guests.LIBRARY)
    session.file("user.wat", """(module
      (import "numbers" "add" (func $add (param i32 i32) (result i32)))
      (func (export "three") (result i32) (call $add (i32.const 1) (i32.const 2))))""")
    session.run("--preload", "numbers=library.wat", "--invoke", "three", "user.wat").expect(0, out="3\n")


def case_trap_with_backtrace(session):
    session.file("library.wat", guests.LIBRARY)
    session.run("--invoke", "outer", "library.wat").expect(134, out="", err_lines=4, err_has=[
        r"^brink: trap: library.wat: unreachable$", r"^ +0: .*inner$", r"^ +1: .*middle$", r"^ +2: .*outer$"])
    session.run("--invoke", "peek", "library.wat", "65533").expect(134, err_has="out of bounds memory access")


def case_reactor(session):
    session.file("reactor.wat", """(module
      (global $count (mut i32) (i32.const 40))
      (func (export "_initialize") (global.set $count (i32.add (global.get $count) (i32.const 1))))
      (func (export "next") (result i32)
        (global.set $count (i32.add (global.get $count) (i32.const 1)))
        (global.get $count)))""")
    session.run("--invoke", "next", "reactor.wat").expect(0, out="42\n", err="")
    session.run("--invoke", "_initialize", "reactor.wat").expect(0, out="", err="")
    session.run("reactor.wat").expect(0, out="", err_lines=1, err_has="^brink: note: reactor.wat: a reactor, .*--invoke NAME: next$")
    session.file("main.wat", '(module (func (export "_initialize")))')
    session.run("main.wat").expect(0, out="", err="")
    session.file("broken.wat", '(module (func (export "_initialize") unreachable) (func (export "f")))')
    session.run("broken.wat").expect(134, err_has="unreachable")
    session.run("--invoke", "f", "broken.wat").expect(134, err_has="unreachable")


def case_nothing_to_run(session):
    session.file("library.wat", guests.LIBRARY)
    session.run("library.wat").expect(1, out="", err_lines=1, err_has=[
        "^brink: error: library.wat: nothing to run, it exports no '_start'; .*--invoke NAME: add, half, "])
    session.file("empty.wat", "(module)")
    session.run("empty.wat").expect(1, err_lines=1, err_has="nothing to run, .*; there is no function to call$")
    # A start function is something that ran.
    session.file("starts.wat", "(module (func $start) (start $start))")
    session.run("starts.wat").expect(0, out="", err="")


def case_memory_reservation(session):
    session.file("library.wat", guests.LIBRARY)
    for size, kind in (("8GiB", "guarded"), ("1M", "checked"), ("0", "checked")):
        session.run("-O", f"memory-reservation={size}", "--trace=memory", "--invoke", "grow", "library.wat", "100").expect(
            0, out="1\n", err_has=[f"made: .* {kind}$", "grown from 65536"])
    for entry in ("memory-reservation=lots", "memory-reservation", "speed=11"):
        session.run("-O", entry, "library.wat").expect(2, err_lines=1, err_has=f"-O {entry}: there is only memory-reservation")


def case_trap_in_the_start_function(session):
    session.file("start.wat", '(module (func $first unreachable) (start $first) (func (export "_start")))')
    session.run("start.wat").expect(134, err_has=["brink: trap: .*unreachable", "first"])


def case_stack_exhaustion_is_a_trap(session):
    session.file("library.wat", guests.LIBRARY)
    session.run("--invoke", "recurse", "library.wat").expect(134, err_has=["call stack exhausted", "recurse"])
    session.run("--max-stack", "64K", "--invoke", "recurse", "library.wat").expect(
        134, err_has="call stack exhausted")


def ends_by_timeout(session, *arguments):
    start = time.monotonic()
    session.run("--timeout", "300ms", *arguments).expect(134, err_has="deadline exceeded")
    seconds = time.monotonic() - start
    assert 0.3 <= seconds < PATIENCE_SECONDS / 2, seconds


def case_timeout_of_a_busy_guest(session):
    session.file("busy.wat", guests.BUSY)
    ends_by_timeout(session, "busy.wat")


def case_timeout_of_a_sleeping_guest(session):
    session.file("sleeper.wat", guests.SLEEPER)
    ends_by_timeout(session, "sleeper.wat")


def case_timeout_of_a_start_function(session):
    session.file("start.wat", "(module (func $first (loop (br 0))) (start $first))")
    ends_by_timeout(session, "start.wat")


def case_timeout_of_a_guest_that_is_done(session):
    session.file("nothing.wat", guests.NOTHING)
    session.run("--timeout", "1h", "nothing.wat").expect(0)


def case_fuel(session):
    session.file("library.wat", guests.LIBRARY)
    session.run("--fuel", "10000", "--invoke", "forever", "library.wat").expect(134, err_has="all fuel consumed")
    session.run("-W", "fuel=10000", "--invoke", "forever", "library.wat").expect(134, err_has="all fuel consumed")
    session.run("--fuel", "1000", "--invoke", "add", "library.wat", "1", "2").expect(0, out="3\n")


def case_max_memory(session):
    session.file("library.wat", guests.LIBRARY)
    session.run("--max-memory", "128K", "--invoke", "grow", "library.wat", "1").expect(0, out="1\n")
    session.run("--max-memory", "128K", "--invoke", "grow", "library.wat", "2").expect(0, out="-1\n")
    session.file("big.wat", "(module (memory 4))")
    session.run("--max-memory", "128K", "big.wat").expect(1, err_lines=1, err_has="memory")


def case_stats_of_the_compiler(session):
    session.file("loop.wat", """(module (func $count (export "_start") (local $i i32)
      (loop $l
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br_if $l (i32.lt_u (local.get $i) (i32.const 100))))))""")
    outcome = session.run("run", "--loop-stress", "--stats", "loop.wat")
    if "no compiler" in session.run("run", "--engine=jit", "loop.wat").err:
        return
    outcome.expect(0, err_has=[r"^compile +\d.* ms, 1 functions and loops, \d+ bytes to \d+$",
                               r"ms: func 0 count, from the loop at 0x[0-9a-f]+ on, \d+ bytes to \d+$"])
    nest = "(loop " * 300 + ")" * 300
    session.file("nest.wat", f'(module (func (export "_start") {nest}))')
    session.run("run", "--stats", "nest.wat").expect(0, err_has="func 0 _start stays in the interpreter: .*too complex")


def case_strict(session):
    session.file("library.wat", guests.LIBRARY)
    session.run("--strict", "--invoke", "add", "library.wat", "1", "2").expect(0, out="3\n")
    session.run("--strict", "--invoke", "grow", "library.wat", "5000").expect(0, out="-1\n")
    session.run("--invoke", "grow", "library.wat", "5000").expect(0, out="1\n")
    session.file("tables.wat", "(module (table 1000000 funcref) (func (export \"_start\")))")
    session.run("tables.wat").expect(0)
    session.run("--strict", "tables.wat").expect(
        1, err_has="implementation limit exceeded: 1000000 entries of all tables, at most 100000 are allowed")


def case_hot_loop(session):
    """A loop that runs for long, in a function that is too long to be compiled before it runs."""
    padding = "(global.set $g (i32.add (global.get $g) (i32.const 123456)))\n" * 700
    session.file("hot.wat", f"""(module (global $g (mut i32) (i32.const 0))
      (func (export "count") (param $n i32) (result i32) (local $i i32)
        (loop $outer
          (loop $inner
            (local.set $i (i32.add (local.get $i) (i32.const 1)))
            (br_if $inner (i32.rem_u (local.get $i) (i32.const 50000000))))
          (br_if $outer (i32.lt_u (local.get $i) (local.get $n))))
        {padding}
        (local.get $i)))""")
    if "no compiler" in session.run("run", "--engine=jit", "hot.wat").err:
        return
    session.run("run", "--stats", "--invoke", "count", "hot.wat", "200000000").expect(
        0, out="200000000\n", err_has="func 0 count, from the loop at")


def case_stats(session):
    session.file("library.wat", guests.LIBRARY)
    session.run("--stats", "--invoke", "add", "library.wat", "1", "2").expect(
        0, out="3\n", err_has=["decode", "instantiate", "run", "peak memory", r"guest memories +0\.1 MiB",
                               r"instances +1$"])
    session.run("--stats", "--fuel", "1000", "--invoke", "add", "library.wat", "1", "2").expect(
        0, out="3\n", err_has=r"fuel used +\d+")


def case_trace_instructions(session):
    session.file("library.wat", guests.LIBRARY)
    session.run("--trace=interp", "--invoke", "add", "library.wat", "1", "2").expect(
        0, out="3\n", err_has=[r"\[interp\] .*local.get", r"\[interp\] .*i32.add"])


def case_trace_stages(session):
    """Every channel that an engine has of its own says something, and only what it is asked for is said."""
    session.file("guest.wat", """(module
      (type $box (struct))
      (import "numbers" "add" (func $add (param i32 i32) (result i32)))
      (memory 1)
      (func (export "work") (result i32)
        (local $i i32)
        (drop (memory.grow (i32.const 1)))
        (drop (memory.grow (i32.const -1)))
        (loop $more  ;; more than what is let pile up before a collection
          (drop (struct.new $box))
          (br_if $more (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 600000))))
        (call $add (i32.const 1) (i32.const 2)))
      (func (export "fail") unreachable))""")
    session.file("library.wat", guests.LIBRARY)
    expected = {
        "decode": [r"^\[decode\] section type at 0x8, \d+ bytes$", "section code"],
        "validate": [r"^\[validate\] func 1: \d+ bytes$"],
        "translate": [r"^\[translate\] func 1: \d+ words, frame of \d+ slots, 0 tries$"],
        "link": [r'^\[link\] "numbers" "add": func 0 of library.wat, function '],
        "memory": [r"^\[memory\] made: 65536 bytes, at most 4294967296, \d+ reserved, ", "grown from 65536 to 131072 bytes",
                   "cannot grow from 131072 bytes by 4294967295 pages"],
        "gc": [r"^\[gc\] collection 1: 0 of \d+ bytes are alive, \d+ us$"],
    }
    for channel, lines in expected.items():
        outcome = session.run(f"--trace={channel}", "--engine=interp", "--preload", "numbers=library.wat", "--invoke", "work",
                              "guest.wat").expect(0, out="3\n", err_has=lines)
        assert all(line.startswith(f"[{channel}] ") for line in outcome.err.splitlines()), outcome.err
    session.run("--trace=trap,link", "--preload", "numbers=library.wat", "--invoke", "fail", "guest.wat").expect(
        134, err_has=[r"^\[link\] ", r"^\[trap\] unreachable, through 1 frames$"])


def case_trace_wasi(session):
    session.file("exits.wat", guests.exits(3))
    session.run("--trace", "wasi", "exits.wat").expect(3, err_has=r"^\[wasi\] proc_exit\(3\)")


def case_interrupt_key(session):
    for guest in (guests.BUSY, guests.SLEEPER):
        session.file("guest.wat", guest)
        with session.start("guest.wat", stdout=-1, stderr=-1) as process:
            assert process.stdout.readline() == b"ready\n"
            process.send_signal(signal.SIGINT)
            code = process.wait(timeout=PATIENCE_SECONDS)
            assert code in (-signal.SIGINT, 130), code


def case_output_arrives_before_a_crash_of_ours_could_lose_it(session):
    session.file("guest.wat", guests.BUSY)
    session.run("--timeout", "300ms", "guest.wat").expect(134, out="ready\n")


def stderr_on_a_terminal(session, *arguments, env=None):
    leader, follower = pty.openpty()
    with session.start(*arguments, env=env, stdout=-3, stderr=follower) as process:
        process.wait(timeout=PATIENCE_SECONDS)
    os.close(follower)
    text = os.read(leader, 65536).decode()
    os.close(leader)
    return text


def case_colours_on_a_terminal_only(session):
    assert "\033[" in stderr_on_a_terminal(session, "absent.wasm")
    assert "\033[" not in stderr_on_a_terminal(session, "absent.wasm", env={"NO_COLOR": "1"})
    assert "\033[" not in stderr_on_a_terminal(session, "absent.wasm", env={"TERM": "dumb"})
