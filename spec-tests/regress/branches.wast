;; Copyright the Brink authors.
;; SPDX-License-Identifier: Apache-2.0
;;
;; Branches: br_table into many depths with values, loops with parameters, conditions that are
;; compared and used.

;; Each label has a different height of the operand stack below it.
(module
  (func (export "switch") (param i32) (result i32)
    (i32.const 1000)
    (block $a (result i32)
      (i32.const 100)
      (block $b (result i32)
        (i32.const 10)
        (block $c (result i32)
          (i32.const 1)
          (block $d (result i32)
            (br_table $d $c $b $a $c (local.get 0) (local.get 0)))
          (i32.add))
        (i32.add))
      (i32.add))
    (i32.add))

  ;; A table whose targets are a loop and blocks, carrying two values.
  (func (export "collatz") (param $n i64) (result i64)
    (local $steps i64)
    (block $done (result i64 i64)
      (local.get $n)
      (i64.const 0)
      (loop $next (param i64 i64) (result i64 i64)
        (local.set $steps)
        (local.set $n)
        (block $odd
          (block $even
            (if (i64.eq (local.get $n) (i64.const 1))
              (then (br $done (local.get $n) (local.get $steps))))
            (br_table $even $odd (i32.wrap_i64 (i64.and (local.get $n) (i64.const 1)))))
          (br $next (i64.shr_u (local.get $n) (i64.const 1))
                    (i64.add (local.get $steps) (i64.const 1))))
        (br $next (i64.add (i64.mul (local.get $n) (i64.const 3)) (i64.const 1))
                  (i64.add (local.get $steps) (i64.const 1)))))
    (local.set $steps)
    (drop)
    (local.get $steps))

  ;; The result of a comparison is branched on and kept.
  (func (export "keep") (param i32 i32) (result i32)
    (local $less i32)
    (block
      (br_if 0 (local.tee $less (i32.lt_s (local.get 0) (local.get 1))))
      (return (i32.add (local.get $less) (i32.const 10))))
    (i32.add (local.get $less) (i32.const 20)))

  ;; A local is overwritten while its old value waits on the operand stack.
  (func (export "old values") (param i32) (result i32)
    (local.get 0)
    (local.get 0)
    (local.set 0 (i32.const 5))
    (local.get 0)
    (i32.mul)
    (loop (result i32)
      (local.get 0)
      (local.set 0 (i32.sub (local.get 0) (i32.const 1)))
      (br_if 0 (local.get 0)))
    (i32.add)
    (i32.add)))

(assert_return (invoke "switch" (i32.const 0)) (i32.const 1111))
(assert_return (invoke "switch" (i32.const 1)) (i32.const 1111))
(assert_return (invoke "switch" (i32.const 2)) (i32.const 1102))
(assert_return (invoke "switch" (i32.const 3)) (i32.const 1003))
(assert_return (invoke "switch" (i32.const 4)) (i32.const 1114))
(assert_return (invoke "switch" (i32.const -1)) (i32.const 1109))
(assert_return (invoke "collatz" (i64.const 1)) (i64.const 0))
(assert_return (invoke "collatz" (i64.const 27)) (i64.const 111))
(assert_return (invoke "collatz" (i64.const 837799)) (i64.const 524))
(assert_return (invoke "keep" (i32.const 1) (i32.const 2)) (i32.const 21))
(assert_return (invoke "keep" (i32.const 2) (i32.const 1)) (i32.const 10))
(assert_return (invoke "old values" (i32.const 3)) (i32.const 19))
