;; Copyright the Brink authors.
;; SPDX-License-Identifier: Apache-2.0
;;
;; Frames with more slots than 16 bits count. In binary, where 40,000 locals are three bytes:
;;
;;     (func (export "far") (param i64) (result i64)
;;       (local v128 ...)                         ;; 1 to 40,000: 80,000 slots
;;       (local i64 ...)                          ;; 40,001 to 40,010
;;       (local.set 40001 (local.get 0))
;;       (i64.mul (local.get 40001) (local.get 0))
;;       (local.set 40000 (i64x2.splat (local.get 0)))
;;       (i64.add (i64x2.extract_lane 1 (local.get 40000))))

(module binary
  "\00asm" "\01\00\00\00"
  "\01\06\01\60\01\7e\01\7e"
  "\03\02\01\00"
  "\07\07\01\03far\00\00"
  "\0a\27\01\25"
  "\02\c0\b8\02\7b\0a\7e"
  "\20\00" "\21\c1\b8\02"
  "\20\c1\b8\02" "\20\00" "\7e"
  "\20\00" "\fd\12" "\21\c0\b8\02"
  "\20\c0\b8\02" "\fd\1d\01" "\7c"
  "\0b")
(assert_return (invoke "far" (i64.const 0)) (i64.const 0))
(assert_return (invoke "far" (i64.const 1_000_000_007)) (i64.const 1_000_000_015_000_000_056))

;; Deep recursion that fits, that does not, and that fits again.
(module
  (func $recurse (param i32) (result i32)
    (if (result i32) (local.get 0)
      (then (i32.add (i32.const 1) (call $recurse (i32.sub (local.get 0) (i32.const 1)))))
      (else (i32.const 0))))
  (func (export "depth") (param i32) (result i32) (call $recurse (local.get 0))))
(assert_return (invoke "depth" (i32.const 10_000)) (i32.const 10_000))
(assert_exhaustion (invoke "depth" (i32.const 100_000_000)) "call stack exhausted")
(assert_return (invoke "depth" (i32.const 10_000)) (i32.const 10_000))
