;;; Memory 0 is guarded and needs no checks; other memories are checked. Constant addresses join the offset.
(module
  (memory 1) (memory $other 1)
  (func $copy_word (param i32 i32) (i32.store offset=4 (local.get 0) (i32.load offset=8 (local.get 1))))
  (func $clear (param i32) (i64.store (local.get 0) (i64.const 0)))
  (func $absolute (result i32) (i32.load8_u offset=16 (i32.const 1024)))
  (func $checked (param i32) (result i64) (i64.load $other offset=16 (local.get 0)))
  (func $vector (param i32) (result v128)
    (i32x4.add (v128.load (local.get 0)) (v128.load offset=16 (local.get 0)))))
