;; Copyright the Brink authors.
;; SPDX-License-Identifier: Apache-2.0
;;
;; Memories: accesses at the edges of address and offset, kinds of memories side by side.

(module
  (memory $guarded 1 2)
  (memory $checked i64 1 2)
  (func (export "load") (param i32) (result i32) (i32.load8_u offset=0xffff_ffff (local.get 0)))
  (func (export "load wide") (param i32) (result v128)
    (v128.load offset=0xffff_ffff (local.get 0)))
  (func (export "store") (param i32) (i64.store offset=0xffff (local.get 0) (i64.const -1)))
  (func (export "read") (param i32) (result i64) (i64.load (local.get 0)))
  (func (export "load64") (param i64) (result i32)
    (i32.load8_u $checked offset=0xffff_ffff_ffff_ffff (local.get 0)))
  (func (export "copy") (param i64 i32 i32)
    (memory.copy $checked $guarded (local.get 0) (local.get 1) (local.get 2)))
  (func (export "read64") (param i64) (result i64) (i64.load $checked (local.get 0)))
  (func (export "grow") (result i32) (memory.grow $guarded (i32.const 1)))
  (func (export "grow64") (result i64) (memory.grow $checked (i64.const 1))))

(assert_trap (invoke "load" (i32.const 0)) "out of bounds memory access")
(assert_trap (invoke "load" (i32.const 1)) "out of bounds memory access")
(assert_trap (invoke "load" (i32.const -1)) "out of bounds memory access")
(assert_trap (invoke "load wide" (i32.const -1)) "out of bounds memory access")
(assert_trap (invoke "load64" (i64.const 1)) "out of bounds memory access")
(assert_trap (invoke "load64" (i64.const -1)) "out of bounds memory access")

;; A store that begins inside and ends outside writes nothing.
(assert_trap (invoke "store" (i32.const 0)) "out of bounds memory access")
(assert_return (invoke "read" (i32.const 0xfff8)) (i64.const 0))
(assert_return (invoke "grow") (i32.const 1))
(assert_return (invoke "store" (i32.const 0)))
(assert_return (invoke "read" (i32.const 0xffff)) (i64.const -1))
(assert_return (invoke "grow") (i32.const -1))

;; A copy between the kinds checks both ends, and copies nothing if one is outside.
(assert_trap (invoke "copy" (i64.const 0xfff9) (i32.const 0xffff) (i32.const 8))
  "out of bounds memory access")
(assert_trap (invoke "copy" (i64.const 0) (i32.const 0x1_fff9) (i32.const 8))
  "out of bounds memory access")
(assert_return (invoke "read64" (i64.const 0)) (i64.const 0))
(assert_return (invoke "grow64") (i64.const 1))
(assert_return (invoke "copy" (i64.const 0xfff9) (i32.const 0xffff) (i32.const 8)))
(assert_return (invoke "read64" (i64.const 0xfff9)) (i64.const -1))
