;;; Loops, switches, traps, branches that look at two flags.
(module
  (memory 1)
  (func (param i32 i32) (result i32) (local i32)
    (loop
      (local.set 2 (i32.add (local.get 2) (i32.load8_u (local.get 0))))
      (local.set 0 (i32.add (local.get 0) (i32.const 1)))
      (br_if 0 (i32.ne (local.get 0) (local.get 1))))
    (local.get 2))
  (func (param i32) (result i32)
    (block (block (block (block (br_table 0 1 2 1 3 (local.get 0)))
      (return (i32.const 10))) (return (i32.const 20))) (return (i32.const 30)))
    (i32.const 40))
  (func (param f64) (local f64)
    (loop
      (local.set 1 (f64.add (local.get 1) (local.get 0)))
      (br_if 0 (f64.ne (local.get 1) (f64.const 100)))))
  (func (param i32) (if (local.get 0) (then unreachable))))
