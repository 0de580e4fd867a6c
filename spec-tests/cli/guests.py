# Copyright the Brink authors.
# SPDX-License-Identifier: Apache-2.0
"""Small guests, in the text format."""

NOTHING = '(module (func (export "_start")))'

# Exports of every kind that --invoke meets.
LIBRARY = """(module
  (func (export "add") (param i32 i32) (result i32)
    local.get 0
    local.get 1
    i32.add)
  (func (export "half") (param f64) (result f64)
    local.get 0
    f64.const 0.5
    f64.mul)
  (func (export "swap") (param i32 i64) (result i64 i32)
    local.get 1
    local.get 0)
  (func (export "forever")
    loop
      br 0
    end)
  (func (export "recurse")
    call $recurse)
  (func $recurse
    call $recurse)
  (func (export "outer")
    call $middle)
  (func $middle
    call $inner)
  (func $inner
    unreachable)
  (memory (export "memory") 1)
  (func (export "grow") (param i32) (result i32)
    local.get 0
    memory.grow)
  (func (export "peek") (param i32) (result i32)
    local.get 0
    i32.load))
"""


def wasi(functions, body, data=""):
    """A program that imports these functions and prints through $print (address, length)."""
    signatures = {
        "args_sizes_get": "(param i32 i32) (result i32)",
        "args_get": "(param i32 i32) (result i32)",
        "environ_sizes_get": "(param i32 i32) (result i32)",
        "environ_get": "(param i32 i32) (result i32)",
        "fd_prestat_dir_name": "(param i32 i32 i32) (result i32)",
        "fd_read": "(param i32 i32 i32 i32) (result i32)",
        "fd_write": "(param i32 i32 i32 i32) (result i32)",
        "path_open": "(param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)",
        "poll_oneoff": "(param i32 i32 i32 i32) (result i32)",
        "proc_exit": "(param i32)",
    }
    imports = "\n".join(f'  (import "wasi_snapshot_preview1" "{name}" (func ${name} {signatures[name]}))'
                        for name in ["fd_write", *functions])
    return f"""(module
{imports}
  (memory (export "memory") 2)
  {data}
  (func $print (param $address i32) (param $length i32)
    (i32.store (i32.const 0) (local.get $address))
    (i32.store (i32.const 4) (local.get $length))
    (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8))))
  (func (export "_start")
{body}))
"""


def _list_printer(kind):
    return wasi([f"{kind}_sizes_get", f"{kind}_get"], f"""
    (drop (call ${kind}_sizes_get (i32.const 16) (i32.const 20)))
    (drop (call ${kind}_get (i32.const 1024) (i32.const 65536)))
    (call $print (i32.const 65536) (i32.load (i32.const 20)))""")


# Print their arguments and their environment, each entry ended by a zero byte.
ARGUMENTS = _list_printer("args")
ENVIRONMENT = _list_printer("environ")

# Copies standard input to standard output.
CAT = wasi(["fd_read"], """
    loop $more
      (i32.store (i32.const 16) (i32.const 4096))
      (i32.store (i32.const 20) (i32.const 4096))
      (drop (call $fd_read (i32.const 0) (i32.const 16) (i32.const 1) (i32.const 24)))
      (call $print (i32.const 4096) (i32.load (i32.const 24)))
      (br_if $more (i32.load (i32.const 24)))
    end""")

# Says "ready", then computes or sleeps without end.
BUSY = wasi([], """
    (call $print (i32.const 32) (i32.const 6))
    (loop $more (br $more))""", data='(data (i32.const 32) "ready\\n")')
SLEEPER = wasi(["poll_oneoff"], """
    (call $print (i32.const 32) (i32.const 6))
    (i32.store (i32.const 1040) (i32.const 1))  ;; the monotonic clock
    (i64.store (i32.const 1048) (i64.const 3600000000000))
    (drop (call $poll_oneoff (i32.const 1024) (i32.const 2048) (i32.const 1) (i32.const 16)))""",
               data='(data (i32.const 32) "ready\\n")')


def exits(code):
    return wasi(["proc_exit"], f"    (call $proc_exit (i32.const {code}))")


CREATE = 1


def opens(path, flags=0):
    """Opens a path of the first directory for reading and writing, through symbolic links, and exits with the error number."""
    return wasi(["path_open", "proc_exit"], f"""
    (call $proc_exit (call $path_open (i32.const 3) (i32.const 1) (i32.const 64) (i32.const {len(path)})
                                      (i32.const {flags}) (i64.const 66) (i64.const 0) (i32.const 0)
                                      (i32.const 16)))""", data=f'(data (i32.const 64) "{path}")')


def names_directory(length):
    """Prints the name of the first directory, which has this length."""
    return wasi(["fd_prestat_dir_name"], f"""
    (drop (call $fd_prestat_dir_name (i32.const 3) (i32.const 64) (i32.const {length})))
    (call $print (i32.const 64) (i32.const {length}))""")
