;;; A local that is named on the operand stack keeps its old value when the local is written.
(module
  (func $swap (param i32 i32) (result i32)
    (local.get 0)
    (local.set 0 (local.get 1))
    (local.set 1)
    (i32.sub (local.get 0) (local.get 1)))
  (func $increment (param i32) (result i32)
    (local.set 0 (i32.add (local.get 0) (i32.const 1)))
    (local.get 0))
  (func $tee (param i32) (result i32) (local i32)
    (i32.add (local.tee 1 (i32.shl (local.get 0) (i32.const 2))) (local.get 1))))
