;;; The same kinds of instructions for a processor without BMI, LZCNT and AVX.
(; cpu: plain ;)
(module
  (func (param i32 i32) (result i32)
    (i32.and (local.get 0) (i32.xor (local.get 1) (i32.const -1))))
  (func (param i64 i64) (result i64) (i64.shr_s (local.get 0) (local.get 1)))
  (func (param i32) (result i32) (i32.clz (local.get 0)))
  (func (param i64) (result i64) (i64.ctz (local.get 0)))
  (func (param f64 f64) (result f64) (f64.mul (f64.add (local.get 0) (local.get 1)) (f64.const 3)))
  (func (param f32 f32) (result f32) (f32.sub (f32.const 1) (local.get 1)))
  (func (param i32) (result f64) (f64.convert_i32_u (local.get 0))))
