;; Copyright the Brink authors.
;; SPDX-License-Identifier: Apache-2.0
;;
;; Threads of a script: each a thread of the host with a store of its own, and shared memories between them.

(module $Mem
  (memory (export "shared") 1 3 shared)
  (memory (export "own") 1 1)
  (func (export "load") (param i32) (result i32) (i32.atomic.load (local.get 0)))
)

;; A thread sees what it shares under the name it registers, and nothing else.
(thread $T
  (assert_unlinkable (module (memory (import "mem" "shared") 1 3 shared)) "unknown import")
)
(wait $T)
(thread $T (shared (module $Mem))
  (register "mem" $Mem)
  (assert_unlinkable (module (memory (import "mem" "own") 1 1)) "unknown import")
  (assert_unlinkable (module (memory (import "mem" "shared") 1 2 shared)) "incompatible import type")
  (assert_unlinkable (module (memory (import "mem" "shared") 1 3)) "incompatible import type")
)
(wait $T)
;; What a thread registers is its own.
(assert_unlinkable (module (memory (import "mem" "shared") 1 3 shared)) "unknown import")

;; A waiter is woken by another thread, at the address it waits at.
(thread $Waiter (shared (module $Mem))
  (register "mem" $Mem)
  (module
    (memory (import "mem" "shared") 1 3 shared)
    (func (export "run") (result i32)
      (memory.atomic.wait32 (i32.const 8) (i32.const 0) (i64.const -1)))
  )
  (assert_return (invoke "run") (i32.const 0))
)
(thread $Waker (shared (module $Mem))
  (register "mem" $Mem)
  (module
    (memory (import "mem" "shared") 1 3 shared)
    (func (export "nobody") (result i32) (memory.atomic.notify (i32.const 8) (i32.const 0)))
    (func (export "elsewhere") (result i32) (memory.atomic.notify (i32.const 12) (i32.const -1)))
    (func (export "until-one") (result i32)
      (loop $again (result i32)
        (br_if $again (i32.eqz (memory.atomic.notify (i32.const 8) (i32.const 1))))
        (i32.const 1)))
  )
  (assert_return (invoke "nobody") (i32.const 0))
  (assert_return (invoke "elsewhere") (i32.const 0))
  (assert_return (invoke "until-one") (i32.const 1))
)
(wait $Waiter)
(wait $Waker)

;; Two threads count to 20,000 in one cell, of each width.
(thread $A (shared (module $Mem))
  (register "mem" $Mem)
  (module
    (memory (import "mem" "shared") 1 3 shared)
    (func (export "run") (local $i i32)
      (local.set $i (i32.const 10000))
      (loop $again
        (drop (i32.atomic.rmw.add (i32.const 64) (i32.const 1)))
        (drop (i64.atomic.rmw.add (i32.const 72) (i64.const 0x1_0000_0001)))
        (drop (i32.atomic.rmw16.add_u (i32.const 80) (i32.const 1)))
        (br_if $again (local.tee $i (i32.sub (local.get $i) (i32.const 1))))))
  )
  (assert_return (invoke "run"))
)
(thread $B (shared (module $Mem))
  (register "mem" $Mem)
  (module
    (memory (import "mem" "shared") 1 3 shared)
    (func (export "run") (local $i i32) (local $old i32)
      (local.set $i (i32.const 10000))
      (loop $again
        ;; the same by compare and exchange
        (loop $retry
          (local.set $old (i32.atomic.load (i32.const 64)))
          (br_if $retry
            (i32.ne (local.get $old)
                    (i32.atomic.rmw.cmpxchg (i32.const 64) (local.get $old)
                                            (i32.add (local.get $old) (i32.const 1))))))
        (drop (i64.atomic.rmw.add (i32.const 72) (i64.const 0x1_0000_0001)))
        (drop (i32.atomic.rmw16.add_u (i32.const 80) (i32.const 1)))
        (br_if $again (local.tee $i (i32.sub (local.get $i) (i32.const 1))))))
  )
  (assert_return (invoke "run"))
)
(wait $A)
(wait $B)
(assert_return (invoke $Mem "load" (i32.const 64)) (i32.const 20000))
(assert_return (invoke $Mem "load" (i32.const 72)) (i32.const 20000))
(assert_return (invoke $Mem "load" (i32.const 76)) (i32.const 20000))
(assert_return (invoke $Mem "load" (i32.const 80)) (i32.const 20000))

;; A thread that grows the memory: the other one sees the new pages without asking.
(thread $Grower (shared (module $Mem))
  (register "mem" $Mem)
  (module
    (memory (import "mem" "shared") 1 3 shared)
    (func (export "run") (result i32)
      (memory.grow (i32.const 1))
      (i32.atomic.store (i32.const 65536) (i32.const 7))
      (i32.atomic.store (i32.const 96) (i32.const 1)))
  )
  (assert_return (invoke "run") (i32.const 1))
)
(thread $Reader (shared (module $Mem))
  (register "mem" $Mem)
  (module
    (memory (import "mem" "shared") 1 3 shared)
    (func (export "run") (result i32)
      (loop $again (br_if $again (i32.eqz (i32.atomic.load (i32.const 96)))))
      (i32.load (i32.const 65536)))
    (func (export "size") (result i32) (memory.size))
    (func (export "beyond") (result i32) (i32.load (i32.const 131072)))
  )
  (assert_return (invoke "run") (i32.const 7))
  (assert_return (invoke "size") (i32.const 2))
  (assert_trap (invoke "beyond") "out of bounds memory access")
)
(wait $Grower)
(wait $Reader)
(assert_return (invoke $Mem "load" (i32.const 65536)) (i32.const 7))
