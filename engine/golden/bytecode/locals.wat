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
;; function 0 swap: 6 slots, 2 of parameters, link at s2
;;      0  CopyBoth                 s5 = s0, s0, s1
;;      2  Copy                     s1 = s5
;;      4  i32.sub                  acc = s0, s1
;;      6  ReturnAcc                2 0
;; function 1 increment: 5 slots, 1 of parameters, link at s1
;;      0  i32.add                  s0 = s0, 1
;;      2  ReturnAcc                1 0
;; function 2 tee: 6 slots, 1 of parameters, link at s2
;;      0  i32.shl                  s1 = s0, 2
;;      2  i32.add                  acc = s1, acc
;;      4  ReturnAcc                2 0
