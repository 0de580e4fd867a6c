;; Loops that a guest leaves for compiled code while it is in them (--loop-stress does so in the first
;; round of each): what the frame held has to arrive, and what the function gives has to come back.

(module
  (func $fill (export "sum") (param $n i32) (result i32)
    (local $i i32) (local $s i32)
    (loop $l
      (local.set $s (i32.add (local.get $s) (local.get $i)))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $l (i32.lt_u (local.get $i) (local.get $n))))
    (local.get $s))

  ;; The inner loop is left for the outer one in three ways: its end, a branch, a br_table.
  (func (export "nested") (param $n i32) (result i64)
    (local $i i32) (local $j i32) (local $s i64) (local $f f32) (local $d f64)
    (local.set $f (f32.const 0.5))
    (local.set $d (f64.const 0.25))
    (loop $outer
      (local.set $j (i32.const 0))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (block $next
        (loop $inner
          (local.set $j (i32.add (local.get $j) (i32.const 1)))
          (local.set $s (i64.add (local.get $s) (i64.extend_i32_u (i32.mul (local.get $i) (local.get $j)))))
          (local.set $f (f32.add (local.get $f) (f32.const 1)))
          (local.set $d (f64.add (local.get $d) (f64.const 2)))
          (if (i32.eq (local.get $j) (i32.const 5))
            (then (br_if $outer (i32.and (local.get $i) (i32.const 1)))))
          (if (i32.eq (local.get $j) (i32.const 7))
            (then (br_table $next $outer $inner (i32.rem_u (local.get $i) (i32.const 3)))))
          (br_if $inner (i32.lt_u (local.get $j) (i32.const 11)))))
      (br_if $outer (i32.lt_u (local.get $i) (local.get $n))))
    (i64.add (local.get $s)
      (i64.add (i64.trunc_f32_s (local.get $f)) (i64.trunc_f64_s (f64.mul (local.get $d) (f64.const 4))))))

  ;; Three deep, with the branch from the innermost to the outermost.
  (func (export "deep") (result i32) (local $i i32) (local $j i32) (local $k i32) (local $s i32)
    (loop $a
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (local.set $j (i32.const 0))
      (loop $b
        (local.set $j (i32.add (local.get $j) (i32.const 1)))
        (local.set $k (i32.const 0))
        (loop $c
          (local.set $k (i32.add (local.get $k) (i32.const 1)))
          (local.set $s (i32.add (local.get $s) (i32.add (local.get $i) (i32.mul (local.get $j) (local.get $k)))))
          (br_if $c (i32.lt_u (local.get $k) (i32.const 3)))
          (br_if $a (i32.and (i32.eq (local.get $j) (i32.const 2)) (i32.lt_u (local.get $i) (i32.const 9)))))
        (br_if $b (i32.lt_u (local.get $j) (i32.const 4))))
      (br_if $a (i32.lt_u (local.get $i) (i32.const 12))))
    (local.get $s))

  ;; Operands below the loops: constants, locals that are changed later, results of all types.
  (func (export "operands") (param $x i32) (result i32 i64 f32 f64 v128 i32) (local $i i32)
    (i32.const 11)
    (i64.extend_i32_u (local.get $x))
    (f32.convert_i32_u (local.get $x))
    (f64.const 1.5)
    (v128.const i32x4 1 2 3 4)
    (local.get $x)
    (loop $l
      (local.set $x (i32.add (local.get $x) (i32.const 1)))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $l (i32.lt_u (local.get $i) (i32.const 3))))
    (drop)
    (local.get $x))

  ;; The same with parameters, in nested loops whose outer one starts again with operands below it.
  (func (export "parameters") (result i32) (local $i i32) (local $j i32)
    (i32.const 1000)
    (i32.const 1) (i64.const 2)
    (loop $outer (param i32 i64) (result i32)
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (local.set $j (i32.const 0))
      (loop $inner (param i32 i64) (result i32 i64)
        (i64.add (i64.const 3))
        (local.set $j (i32.add (local.get $j) (i32.const 1)))
        (if (param i32 i64) (result i32 i64) (i32.and (i32.eq (local.get $j) (i32.const 4)) (i32.lt_u (local.get $i) (i32.const 5)))
          (then (br $outer)))
        (br_if $inner (i32.lt_u (local.get $j) (i32.const 6))))
      (i32.wrap_i64)
      (i32.add))
    (i32.add))

  (func (export "vectors") (result v128) (local $v v128) (local $w v128) (local $i i32)
    (local.set $w (v128.const i32x4 1 10 100 1000))
    (loop $l
      (local.set $v (i32x4.add (local.get $v) (local.get $w)))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $l (i32.lt_u (local.get $i) (i32.const 7))))
    (local.get $v))

  (func (export "return_inside") (param i32) (result i32) (local $i i32)
    (loop $l
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (if (i32.eq (local.get $i) (local.get 0)) (then (return (i32.mul (local.get $i) (i32.const 2)))))
      (br $l))
    (unreachable))

  (func $even (export "even") (param i32) (result i32)
    (local $i i32)
    (loop $l
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $l (i32.lt_u (local.get $i) (i32.const 3))))
    (if (i32.eqz (local.get 0)) (then (return (i32.const 1))))
    (return_call $odd (i32.sub (local.get 0) (i32.const 1))))
  (func $odd (param i32) (result i32) (local $i i32)
    (loop $l
      (if (i32.eqz (local.get 0)) (then (return (i32.const 0))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $l (i32.lt_u (local.get $i) (i32.const 3)))
      (return_call $even (i32.sub (local.get 0) (i32.const 1))))
    (unreachable))

  (func $recurse (export "recurse") (param i32) (result i32) (local $i i32) (local $s i32)
    (if (i32.eqz (local.get 0)) (then (return (i32.const 1))))
    (loop $l
      (local.set $s (i32.add (local.get $s) (call $recurse (i32.sub (local.get 0) (i32.const 1)))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $l (i32.lt_u (local.get $i) (i32.const 2))))
    (local.get $s))

  (func $endless (export "endless") (param i32) (result i32) (local $i i32)
    (loop $l
      (local.set $i (i32.add (local.get $i) (call $endless (i32.add (local.get 0) (i32.const 1)))))
      (br_if $l (i32.lt_u (local.get $i) (i32.const 2))))
    (local.get $i))

  (func (export "trap") (param i32) (result i32) (local $i i32)
    (loop $l
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (if (i32.eq (local.get $i) (local.get 0)) (then (unreachable)))
      (br_if $l (i32.lt_u (local.get $i) (i32.const 5))))
    (i32.div_u (i32.const 100) (i32.sub (local.get $i) (i32.const 5))))

  ;; More results than registers.
  (func (export "many") (param i32) (result i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i64 f64 f32) (local $i i32)
    (loop $l
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $l (i32.lt_u (local.get $i) (local.get 0))))
    (local.get $i) (i32.const 1) (i32.const 2) (i32.const 3) (i32.const 4) (i32.const 5) (i32.const 6) (i32.const 7)
    (i32.const 8) (i32.const 9) (local.get $i) (i64.const 11) (f64.const 12) (f32.const 13)))

(assert_return (invoke "sum" (i32.const 10)) (i32.const 45))
(assert_return (invoke "sum" (i32.const 3)) (i32.const 3))
(assert_return (invoke "nested" (i32.const 20)) (i64.const 7477))
(assert_return (invoke "nested" (i32.const 20)) (i64.const 7477))
(assert_return (invoke "deep") (i32.const 1104))
(assert_return (invoke "operands" (i32.const 7))
  (i32.const 11) (i64.const 7) (f32.const 7) (f64.const 1.5) (v128.const i32x4 1 2 3 4) (i32.const 10))
(assert_return (invoke "parameters") (i32.const 1069))
(assert_return (invoke "vectors") (v128.const i32x4 7 70 700 7000))
(assert_return (invoke "return_inside" (i32.const 9)) (i32.const 18))
(assert_return (invoke "even" (i32.const 101)) (i32.const 0))
(assert_return (invoke "even" (i32.const 20000)) (i32.const 1))
(assert_return (invoke "recurse" (i32.const 8)) (i32.const 256))
(assert_exhaustion (invoke "endless" (i32.const 0)) "call stack exhausted")
(assert_trap (invoke "trap" (i32.const 3)) "unreachable")
(assert_trap (invoke "trap" (i32.const 9)) "integer divide by zero")
(assert_return (invoke "many" (i32.const 4))
  (i32.const 4) (i32.const 1) (i32.const 2) (i32.const 3) (i32.const 4) (i32.const 5) (i32.const 6) (i32.const 7)
  (i32.const 8) (i32.const 9) (i32.const 4) (i64.const 11) (f64.const 12) (f32.const 13))

;; Exceptions: caught around the loop, in it, by the caller, and out of an inner loop that has been
;; left for the one around it.
(module
  (tag $e (param i32))
  (func $throw (param i32) (throw $e (local.get 0)))
  (func (export "around") (result i32) (local $i i32)
    (block $h (result i32)
      (try_table (result i32) (catch $e $h)
        (loop $l
          (local.set $i (i32.add (local.get $i) (i32.const 1)))
          (if (i32.eq (local.get $i) (i32.const 6)) (then (call $throw (i32.mul (local.get $i) (i32.const 7)))))
          (br_if $l (i32.lt_u (local.get $i) (i32.const 10))))
        (i32.const 0)))
    (i32.add (local.get $i)))
  (func (export "inside") (result i32) (local $i i32) (local $s i32)
    (loop $l
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (block $h (result i32)
        (try_table (result i32) (catch $e $h)
          (if (i32.and (local.get $i) (i32.const 1)) (then (call $throw (local.get $i))))
          (i32.const 100)))
      (local.set $s (i32.add (local.get $s)))
      (br_if $l (i32.lt_u (local.get $i) (i32.const 10))))
    (local.get $s))
  (func $out (param i32) (local $i i32)
    (loop $l
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (if (i32.eq (local.get $i) (local.get 0)) (then (throw $e (local.get $i))))
      (br_if $l (i32.lt_u (local.get $i) (i32.const 10)))))
  (func (export "caller") (result i32)
    (block $h (result i32)
      (try_table (result i32) (catch $e $h) (call $out (i32.const 5)) (i32.const -1))))
  (func (export "uncaught") (call $out (i32.const 3)))
  (func (export "inner_to_outer") (result i32) (local $i i32) (local $j i32)
    (block $h (result i32)
      (try_table (result i32) (catch $e $h)
        (loop $outer
          (local.set $i (i32.add (local.get $i) (i32.const 1)))
          (local.set $j (i32.const 0))
          (loop $inner
            (local.set $j (i32.add (local.get $j) (i32.const 1)))
            (br_if $inner (i32.lt_u (local.get $j) (i32.const 4)))
            (if (i32.eq (local.get $i) (i32.const 3)) (then (call $throw (i32.mul (local.get $i) (local.get $j)))))
            (br $outer)))
        (i32.const 0)))
    (i32.add (local.get $i))))

(assert_return (invoke "around") (i32.const 48))
(assert_return (invoke "inside") (i32.const 525))
(assert_return (invoke "caller") (i32.const 5))
(assert_exception (invoke "uncaught"))
(assert_return (invoke "inner_to_outer") (i32.const 15))

;; References: in locals, on the operand stack, across collections, of all kinds.
(module
  (type $cell (struct (field (mut i32)) (field (ref null $cell))))
  (type $f (func (result i32)))
  (func $three (type $f) (i32.const 3))
  (elem declare func $three)
  (func $length (param (ref null $cell)) (result i32) (local $n i32)
    (block $done
      (loop $l
        (br_if $done (ref.is_null (local.get 0)))
        (local.set $n (i32.add (local.get $n) (struct.get $cell 0 (local.get 0))))
        (local.set 0 (struct.get $cell 1 (local.get 0)))
        (br $l)))
    (local.get $n))
  (func (export "list") (param $n i32) (result i32)
    (local $list (ref null $cell)) (local $f (ref null $f)) (local $e externref) (local $i31 i31ref)
    (local.set $f (ref.func $three))
    (local.set $i31 (ref.i31 (i32.const 9)))
    (struct.new $cell (i32.const 5) (ref.null $cell))
    (loop $l
      (local.set $list (struct.new $cell (local.get $n) (local.get $list)))
      (local.set $n (i32.sub (local.get $n) (i32.const 1)))
      (br_if $l (local.get $n)))
    (struct.get $cell 0)
    (i32.add (call $length (local.get $list)))
    (i32.add (call_ref $f (local.get $f)))
    (i32.add (i31.get_u (local.get $i31)))
    (i32.add (ref.is_null (local.get $e))))
  (func (export "nested_lists") (result i32)
    (local $list (ref null $cell)) (local $i i32) (local $j i32)
    (struct.new $cell (i32.const 7) (ref.null $cell))
    (loop $outer
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (local.set $j (i32.const 0))
      (loop $inner
        (local.set $list (struct.new $cell (local.get $i) (local.get $list)))
        (local.set $j (i32.add (local.get $j) (i32.const 1)))
        (br_if $inner (i32.lt_u (local.get $j) (i32.const 3)))
        (br_if $outer (i32.lt_u (local.get $i) (i32.const 5)))))
    (struct.get $cell 0)
    (i32.add (call $length (local.get $list)))))

(assert_return (invoke "list" (i32.const 10)) (i32.const 73))
(assert_return (invoke "nested_lists") (i32.const 52))

;; Another instance's loop, so that the results come back to a caller with another memory; and a loop
;; in a start function.
(module $Loops
  (memory (export "memory") 1)
  (global $g (mut i32) (i32.const 0))
  (func $start (local $i i32)
    (loop $l
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (i32.store (i32.const 0) (local.get $i))
      (br_if $l (i32.lt_u (local.get $i) (i32.const 40)))))
  (start $start)
  (func (export "count") (param i32) (result i32 i32) (local $i i32)
    (loop $l
      (i32.store (i32.const 0) (i32.add (i32.load (i32.const 0)) (i32.const 1)))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $l (i32.lt_u (local.get $i) (local.get 0))))
    (local.get $i) (i32.load (i32.const 0))))
(register "loops" $Loops)
(module
  (import "loops" "count" (func $count (param i32) (result i32 i32)))
  (memory 1)
  (data (i32.const 0) "\05")
  (func (export "call") (result i32)
    (call $count (i32.const 4)) (i32.add)
    (i32.add (i32.load (i32.const 0))))
  (func (export "tail") (result i32 i32) (return_call $count (i32.const 2)))
  (func (export "loop_of_calls") (result i32) (local $i i32) (local $s i32)
    (loop $l
      (call $count (i32.const 3))
      (drop)
      (local.set $s (i32.add (local.get $s)))
      (local.set $i (i32.add (local.get $i) (i32.load (i32.const 0))))
      (br_if $l (i32.lt_u (local.get $i) (i32.const 20))))
    (local.get $s)))
(assert_return (invoke "call") (i32.const 53))
(assert_return (invoke "tail") (i32.const 2) (i32.const 46))
(assert_return (invoke "loop_of_calls") (i32.const 12))

;; A frame that is too large for the way from an inner loop to an outer one: stays where it is.
(module
  (func (export "large") (result i32) (local $i i32) (local $j i32) (local $s i32)
    (local v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128)
    (loop $outer
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (local.set $j (i32.const 0))
      (loop $inner
        (local.set $j (i32.add (local.get $j) (i32.const 1)))
        (local.set $s (i32.add (local.get $s) (local.get $j)))
        (br_if $inner (i32.lt_u (local.get $j) (i32.const 4)))
        (br_if $outer (i32.lt_u (local.get $i) (i32.const 5)))))
    (local.get $s)))
(assert_return (invoke "large") (i32.const 50))
;; Constants below a loop that is not reached.
(module
  (func (export "constant_below") (param i32) (result i32)
    (local $i i32)
    (i32.const 7)
    (if (local.get 0)
      (then
        (loop $l
          (local.set $i (i32.add (local.get $i) (i32.const 1)))
          (br_if $l (i32.lt_u (local.get $i) (i32.const 3))))))
    (i32.add (local.get $i))))
(assert_return (invoke "constant_below" (i32.const 0)) (i32.const 7))
(assert_return (invoke "constant_below" (i32.const 1)) (i32.const 10))
