;;; Arguments go to the top of the operand stack, where the callee's frame begins.
(module
  (import "env" "host" (func $host (param i32)))
  (type $unary (func (param i32) (result i32)))
  (table 1 funcref)
  (func $fib (param i32) (result i32)
    (if (result i32) (i32.lt_s (local.get 0) (i32.const 2))
      (then (local.get 0))
      (else (i32.add (call $fib (i32.sub (local.get 0) (i32.const 1)))
                     (call $fib (i32.sub (local.get 0) (i32.const 2)))))))
  (func $through_table (param i32) (result i32)
    (call_indirect (type $unary) (local.get 0) (i32.const 0)))
  (func $to_host (call $host (i32.const 42)))
  (func $swap (param i32 i32) (result i32 i32) (local.get 1) (local.get 0))
  (func $tail (param i32) (result i32) (return_call $fib (i32.add (local.get 0) (i32.const 1)))))
;; function 1 fib: 6 slots, 1 of parameters, link at s1
;;      0  i32.ge_s+br              s0, 2 -> 7
;;      3  Copy                     s4 = s0
;;      5  ReturnSlot               1 4
;;      7  i32.sub                  s4 = s0, 1
;;      9  Call                     func 1; 4 0
;;     12  i32.sub                  s5 = s0, 2
;;     14  Call                     func 1; 5 0
;;     17  i32.add                  s4 = s4, s5
;;     19  ReturnSlot               1 4
;; function 2 through_table: 6 slots, 1 of parameters, link at s1
;;      0  Const32                  5 0
;;      2  Copy                     s4 = s0
;;      4  CallIndirect             0 0; 4 5
;;      7  ReturnSlot               1 4
;; function 3 to_host: 4 slots, 0 of parameters, link at s0
;;      0  Const32                  3 42
;;      2  CallImport               0 0; 3 0
;;      5  Return                   0 0
;; function 4 swap: 7 slots, 2 of parameters, link at s2
;;      0  CopyBoth                 s5 = s1, s6, s0
;;      2  CopyBoth                 s0 = s5, s1, s6
;;      4  Return                   2 0
;; function 5 tail: 5 slots, 1 of parameters, link at s1
;;      0  i32.add                  s4 = s0, 1
;;      2  ReturnCall               func 1; 4 0; 1 1
