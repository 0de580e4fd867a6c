;;; Calls by kind, tail calls, results beyond the registers.
(module
  (type $f (func (param i32) (result i32)))
  (import "a" "b" (func $import (type $f)))
  (table 4 funcref)
  (func $direct (type $f) (i32.add (call $direct (local.get 0)) (call $import (local.get 0))))
  (func $indirect (param i32 i32) (result i32)
    (call_indirect (type $f) (local.get 0) (local.get 1)))
  (func $tail (type $f) (return_call $direct (i32.add (local.get 0) (i32.const 1))))
  (func $tail_ref (param i32 (ref null $f)) (result i32)
    (return_call_ref $f (local.get 0) (local.get 1)))
  (func $many (result i64 i64 i64 i64 i64 i64 i64 i64 i64)
    (i64.const 1) (i64.const 2) (i64.const 3) (i64.const 4) (i64.const 5) (i64.const 6)
    (i64.const 7) (i64.const 8) (i64.const 9)))
