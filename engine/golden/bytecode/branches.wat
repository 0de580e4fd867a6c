;;; Comparisons fuse with the branches that use them; an if without else needs no jump over it.
(module
  (func $max (param i32 i32) (result i32)
    (if (result i32) (i32.gt_s (local.get 0) (local.get 1)) (then (local.get 0)) (else (local.get 1))))
  (func $clamp (param i32) (result i32)
    (if (i32.lt_s (local.get 0) (i32.const 0)) (then (local.set 0 (i32.const 0))))
    (local.get 0))
  (func $count (param i32) (result i32) (local i32)
    (loop $next
      (local.set 1 (i32.add (local.get 1) (local.get 0)))
      (br_if $next (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
    (local.get 1))
  (func $not_less (param f64 f64) (result i32)
    (block $out (br_if $out (f64.lt (local.get 0) (local.get 1))) (return (i32.const 1)))
    (i32.const 0))
  (func $switch (param i32) (result i32)
    (block $a (block $b (block $c (br_table $a $b $c (local.get 0))) (return (i32.const 3))) (return (i32.const 2)))
    (i32.const 1)))
;; function 0 max: 6 slots, 2 of parameters, link at s2
;;      0  i32.le_s+br              s0, s1 -> 6
;;      2  Copy                     s5 = s0
;;      4  ReturnSlot               2 5
;;      6  Copy                     s5 = s1
;;      8  ReturnSlot               2 5
;; function 1 clamp: 5 slots, 1 of parameters, link at s1
;;      0  i32.ge_s+br              s0, 0 -> 5
;;      3  Const32                  0 0
;;      5  ReturnSlot               1 0
;; function 2 count: 6 slots, 1 of parameters, link at s2
;;      0  i32.add                  s1 = s1, s0
;;      2  i32.sub                  s0 = s0, 1
;;      4  BrNonZeroAccLoop         s0 -> 0
;;      6  ReturnSlot               2 1
;; function 3 not_less: 6 slots, 2 of parameters, link at s2
;;      0  f64.lt+br                s0, s1 -> 6
;;      2  Const32                  5 1
;;      4  ReturnSlot               2 5
;;      6  Const32                  5 0
;;      8  ReturnSlot               2 5
;; function 4 switch: 5 slots, 1 of parameters, link at s1
;;      0  BrTable                  s0 -> 13 9 5
;;      5  Const32                  4 3
;;      7  ReturnSlot               1 4
;;      9  Const32                  4 2
;;     11  ReturnSlot               1 4
;;     13  Const32                  4 1
;;     15  ReturnSlot               1 4
