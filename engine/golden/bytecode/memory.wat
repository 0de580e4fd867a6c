;;; Memory 0 is guarded and needs no checks; other memories are checked. Constant addresses join the offset.
(module
  (memory 1) (memory $other 1)
  (func $copy_word (param i32 i32) (i32.store offset=4 (local.get 0) (i32.load offset=8 (local.get 1))))
  (func $clear (param i32) (i64.store (local.get 0) (i64.const 0)))
  (func $absolute (result i32) (i32.load8_u offset=16 (i32.const 1024)))
  (func $checked (param i32) (result i64) (i64.load $other offset=16 (local.get 0)))
  (func $vector (param i32) (result v128)
    (i32x4.add (v128.load (local.get 0)) (v128.load offset=16 (local.get 0)))))
;; function 0 copy_word: 7 slots, 2 of parameters, link at s2
;;      0  i32.load                 acc = [s1 + 8]
;;      2  i32.store                [s0 + 4] = acc
;;      4  Return                   2 0
;; function 1 clear: 4 slots, 1 of parameters, link at s1
;;      0  i64.store                [s0 + 0] = 0
;;      2  Return                   1 0
;; function 2 absolute: 5 slots, 0 of parameters, link at s1
;;      0  i32.load8_u              acc = [1040]
;;      2  ReturnAcc                1 0
;; function 3 checked: 5 slots, 1 of parameters, link at s1
;;      0  i64.load                 s4 = memory 1 [s0 + 16]
;;      3  ReturnAcc                1 0
;; function 4 vector: 9 slots, 1 of parameters, link at s2
;;      0  v128.load                s5 = [s0 + 0]
;;      2  v128.load                s7 = [s0 + 16]
;;      4  i32x4.add                s0 = s5, acc
;;      6  Return                   2 0
