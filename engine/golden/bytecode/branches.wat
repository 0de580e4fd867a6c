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
