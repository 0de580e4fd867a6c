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
