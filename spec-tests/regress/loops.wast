;; Copyright the Brink authors.
;; SPDX-License-Identifier: Apache-2.0
;;
;; Small loops that a compiler repeats: ways out of any round, values of the loop that are used
;; behind it, parameters that change places, ways back from the middle, rounds that trap.

(module
  (memory 1)
  (data (i32.const 8) "some text\00more")

  ;; The value of the last round is used behind the loop.
  (func (export "length") (param $p i32) (result i32) (local $n i32)
    (loop $next
      (if (i32.load8_u (i32.add (local.get $p) (local.get $n)))
        (then (local.set $n (i32.add (local.get $n) (i32.const 1))) (br $next))))
    (local.get $n))

  ;; Two ways out to the same place, and one elsewhere.
  (func (export "find") (param $p i32) (param $end i32) (param $what i32) (result i32)
    (local $c i32)
    (block $out
      (block $found
        (loop $next
          (br_if $out (i32.ge_u (local.get $p) (local.get $end)))
          (local.set $c (i32.load8_u (local.get $p)))
          (br_if $found (i32.eq (local.get $c) (local.get $what)))
          (br_if $found (i32.eqz (local.get $c)))
          (local.set $p (i32.add (local.get $p) (i32.const 1)))
          (br $next)))
      (return (i32.add (i32.mul (local.get $c) (i32.const 256)) (local.get $p))))
    (i32.sub (i32.const -1) (local.get $c)))

  ;; Parameters change places in each round.
  (func (export "fibonacci") (param $n i32) (result i64) (local $a i64) (local $b i64)
    (local $t i64)
    (local.set $b (i64.const 1))
    (block $out
      (loop $next
        (br_if $out (i32.eqz (local.get $n)))
        (local.set $t (local.get $a))
        (local.set $a (local.get $b))
        (local.set $b (i64.add (local.get $t) (local.get $b)))
        (local.set $n (i32.sub (local.get $n) (i32.const 1)))
        (br $next)))
    (local.get $a))

  ;; Two ways back.
  (func (export "collatz") (param $n i64) (result i32) (local $steps i32)
    (block $out
      (loop $next
        (br_if $out (i64.le_u (local.get $n) (i64.const 1)))
        (local.set $steps (i32.add (local.get $steps) (i32.const 1)))
        (if (i64.eqz (i64.and (local.get $n) (i64.const 1)))
          (then (local.set $n (i64.shr_u (local.get $n) (i64.const 1))) (br $next)))
        (local.set $n (i64.add (i64.mul (local.get $n) (i64.const 3)) (i64.const 1)))
        (br $next)))
    (local.get $steps))

  ;; What earlier rounds have stored must be there when a later one traps.
  (func (export "fill") (param $p i32) (param $step i32)
    (loop $next
      (i32.store (local.get $p) (local.get $p))
      (local.set $p (i32.add (local.get $p) (local.get $step)))
      (br $next)))
  (func (export "load") (param i32) (result i32) (i32.load (local.get 0)))

  ;; The index wraps around at 2^32, upwards and downwards.
  (func (export "wrap") (param $i i32) (param $step i32) (param $n i32) (result i32)
    (local $sum i32)
    (loop $next
      (local.set $sum (i32.add (i32.mul (local.get $sum) (i32.const 31))
        (i32.load8_u (i32.add (local.get $i) (i32.const 16)))))
      (local.set $i (i32.add (local.get $i) (local.get $step)))
      (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (i32.add (local.get $sum) (local.get $i)))

  ;; Loops behind and inside of each other use each other's values.
  (func (export "nested") (param $n i32) (result i32)
    (local $i i32) (local $j i32) (local $sum i32) (local $last i32)
    (loop $outer
      (local.set $j (local.get $i))
      (loop $first
        (local.set $last (i32.xor (local.get $last) (local.tee $j
          (i32.add (local.get $j) (i32.const 3)))))
        (br_if $first (i32.lt_u (local.get $j) (local.get $n))))
      (loop $second
        (local.set $sum (i32.add (local.get $sum) (i32.xor (local.get $j) (local.get $last))))
        (br_if $second (i32.gt_s (local.tee $j (i32.sub (local.get $j) (i32.const 2)))
                                 (i32.const 0))))
      (br_if $outer (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1)))
                              (local.get $n))))
    (i32.add (local.get $sum) (i32.add (local.get $j) (local.get $last))))

  ;; Results of additions, subtractions and masks are compared with zero in all ways.
  (func (export "countdown") (param i32) (result i32) (local i32)
    (loop
      (local.set 1 (i32.add (local.get 1) (i32.const 1)))
      (br_if 0 (i32.gt_s (local.tee 0 (i32.sub (local.get 0) (i32.const 1))) (i32.const 0))))
    (local.get 1))
  (func (export "signs") (param i32 i32) (result i32) (local i32)
    (local.set 2 (i32.add (local.get 0) (local.get 1)))
    (i32.or (i32.or
      (i32.lt_s (local.get 2) (i32.const 0))
      (i32.shl (i32.le_s (local.get 2) (i32.const 0)) (i32.const 1)))
      (i32.or (i32.shl (i32.eqz (local.get 2)) (i32.const 2))
              (i32.shl (i32.gt_u (local.get 2) (i32.const 0)) (i32.const 3)))))
  (func (export "low half") (param i64 i64) (result i32) (local i64)
    (local.set 2 (i64.add (local.get 0) (local.get 1)))
    (i32.or (i32.eqz (i32.wrap_i64 (local.get 2)))
            (i32.shl (i64.eqz (local.get 2)) (i32.const 1))))
  (func (export "is zero") (param i32) (result i32)
    (if (result i32) (i32.load16_s (local.get 0))
      (then (i32.const 0))
      (else (if (result i32) (i32.wrap_i64 (i64.load (local.get 0)))
        (then (i32.const 1))
        (else (select (i32.const 2) (i32.const 3)
          (i32.load8_s offset=4 (local.get 0)))))))))

(assert_return (invoke "length" (i32.const 8)) (i32.const 9))
(assert_return (invoke "length" (i32.const 17)) (i32.const 0))
(assert_return (invoke "length" (i32.const 15)) (i32.const 2))
(assert_return (invoke "length" (i32.const 18)) (i32.const 4))
(assert_return (invoke "find" (i32.const 8) (i32.const 20) (i32.const 0x78)) (i32.const 0x780f))
(assert_return (invoke "find" (i32.const 8) (i32.const 20) (i32.const 0x21)) (i32.const 17))
(assert_return (invoke "find" (i32.const 8) (i32.const 11) (i32.const 0x21)) (i32.const -110))
(assert_return (invoke "find" (i32.const 8) (i32.const 8) (i32.const 0x21)) (i32.const -1))
(assert_return (invoke "fibonacci" (i32.const 0)) (i64.const 0))
(assert_return (invoke "fibonacci" (i32.const 1)) (i64.const 1))
(assert_return (invoke "fibonacci" (i32.const 2)) (i64.const 1))
(assert_return (invoke "fibonacci" (i32.const 11)) (i64.const 89))
(assert_return (invoke "fibonacci" (i32.const 90)) (i64.const 2880067194370816120))
(assert_return (invoke "collatz" (i64.const 27)) (i32.const 111))
(assert_return (invoke "collatz" (i64.const 1)) (i32.const 0))
(assert_trap (invoke "fill" (i32.const 65500) (i32.const 4)) "out of bounds memory access")
(assert_return (invoke "load" (i32.const 65500)) (i32.const 65500))
(assert_return (invoke "load" (i32.const 65532)) (i32.const 65532))
(assert_trap (invoke "fill" (i32.const 20) (i32.const -5)) "out of bounds memory access")
(assert_return (invoke "load" (i32.const 0)) (i32.const 0))
(assert_return (invoke "load" (i32.const 5)) (i32.const 5))
(assert_return (invoke "load" (i32.const 20)) (i32.const 20))
(assert_return (invoke "wrap" (i32.const -12) (i32.const 1) (i32.const 3)) (i32.const 146))
(assert_return (invoke "wrap" (i32.const 2) (i32.const -1) (i32.const 12)) (i32.const -1411423899))
(assert_trap (invoke "wrap" (i32.const -20) (i32.const -1) (i32.const 12))
  "out of bounds memory access")
(assert_return (invoke "nested" (i32.const 1)) (i32.const 4))
(assert_return (invoke "nested" (i32.const 20)) (i32.const 3352))
(assert_return (invoke "countdown" (i32.const 100)) (i32.const 100))
(assert_return (invoke "countdown" (i32.const 0)) (i32.const 1))
(assert_return (invoke "countdown" (i32.const 70000)) (i32.const 70000))
(assert_return (invoke "signs" (i32.const 0x7fffffff) (i32.const 1)) (i32.const 11))
(assert_return (invoke "signs" (i32.const 5) (i32.const -5)) (i32.const 6))
(assert_return (invoke "signs" (i32.const 5) (i32.const 5)) (i32.const 8))
(assert_return (invoke "low half" (i64.const 0x80000000) (i64.const 0x80000000)) (i32.const 1))
(assert_return (invoke "low half" (i64.const 1) (i64.const -1)) (i32.const 3))
(assert_return (invoke "is zero" (i32.const 8)) (i32.const 0))
(assert_return (invoke "is zero" (i32.const 100)) (i32.const 3))
