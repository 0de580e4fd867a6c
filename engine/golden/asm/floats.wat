;;; Floats: constants in memory, comparisons, conversions with their slow paths.
(module
  (func (param f64 f64) (result f64) (f64.mul (f64.add (local.get 0) (local.get 1)) (f64.const 3)))
  (func (param f32) (result f32) (f32.abs (f32.neg (f32.sqrt (local.get 0)))))
  (func (param f64 f64) (result f64) (f64.min (local.get 0) (local.get 1)))
  (func (param f64 f64) (result f64) (f64.copysign (local.get 0) (local.get 1)))
  (func (param f32 f32) (result i32) (f32.eq (local.get 0) (local.get 1)))
  (func (param f64 f64) (result i32)
    (if (result i32) (f64.lt (local.get 0) (local.get 1))
      (then (i32.const 5)) (else (i32.trunc_f64_s (local.get 1)))))
  (func (param f32) (result i64) (i64.trunc_sat_f32_u (local.get 0)))
  (func (param i64) (result f32) (f32.convert_i64_u (local.get 0))))
