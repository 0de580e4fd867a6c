;;; Locals and constants are named by the instruction that uses them; the latest result stays in the accumulator.
(module
  (func $locals (param i32 i32) (result i32)
    (i32.add (i32.mul (local.get 0) (local.get 1)) (i32.const 7)))
  (func $constant_left (param i32) (result i32)
    (i32.sub (i32.const 100) (local.get 0)))
  (func $commuted (param i64) (result i64)
    (i64.add (i64.const -1) (local.get 0)))
  (func $large_constant (param i64) (result i64)
    (i64.xor (local.get 0) (i64.const 0x123456789abcdef)))
  (func $floats (param f64 f32) (result f64)
    (f64.mul (f64.add (local.get 0) (f64.const 1.5)) (f64.promote_f32 (f32.sqrt (local.get 1))))))
;; function 0 locals: 6 slots, 2 of parameters, link at s2
;;      0  i32.mul                  acc = s0, s1
;;      2  i32.add                  acc = acc, 7
;;      4  ReturnAcc                2 0
;; function 1 constant_left: 5 slots, 1 of parameters, link at s1
;;      0  i32.sub                  acc = 100, s0
;;      2  ReturnAcc                1 0
;; function 2 commuted: 5 slots, 1 of parameters, link at s1
;;      0  i64.add                  acc = s0, -1
;;      2  ReturnAcc                1 0
;; function 3 large_constant: 6 slots, 1 of parameters, link at s1
;;      0  Const64                  5 0; 2309737967 19088743
;;      3  i64.xor                  acc = s0, s5
;;      5  ReturnAcc                1 0
;; function 4 floats: 7 slots, 2 of parameters, link at s2
;;      0  f64.add                  s5 = s0, 1.5
;;      3  f32.sqrt                 acc = s1
;;      5  f64.promote_f32          acc = acc
;;      7  f64.mul                  acc = s5, acc
;;      9  ReturnDacc               2 0
