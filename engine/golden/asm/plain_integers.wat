;;; The same kinds of instructions for a processor without BMI, LZCNT and AVX.
(; cpu: plain ;)
(module
  (func (param i32 i32) (result i32)
    (i32.and (local.get 0) (i32.xor (local.get 1) (i32.const -1))))
  (func (param i64 i64) (result i64) (i64.shr_s (local.get 0) (local.get 1)))
  (func (param i32) (result i32) (i32.clz (local.get 0)))
  (func (param i64) (result i64) (i64.ctz (local.get 0)))
  (func (param f64 f64) (result f64) (f64.mul (f64.add (local.get 0) (local.get 1)) (f64.const 3)))
  (func (param f32 f32) (result f32) (f32.sub (f32.const 1) (local.get 1)))
  (func (param i32) (result f64) (f64.convert_i32_u (local.get 0))))
;; function 0
;; ; assembly
;; L1:
;; L0:
;; not ecx
;; and eax, ecx
;; ret
;; align 16
;; align 16
;; function 1
;; ; assembly
;; L1:
;; L0:
;; sar rax, cl
;; ret
;; align 16
;; align 16
;; function 2
;; ; assembly
;; L1:
;; L0:
;; mov ecx, 63
;; bsr eax, eax
;; cmovz eax, ecx
;; xor eax, 31
;; ret
;; align 16
;; align 16
;; function 3
;; ; assembly
;; L1:
;; L0:
;; mov ecx, 64
;; bsf rax, rax
;; cmovz rax, rcx
;; ret
;; align 16
;; align 16
;; function 4
;; ; assembly
;; L2:
;; L0:
;; addsd xmm0, xmm1
;; mulsd xmm0, [L1]
;; ret
;; align 16
;; L1:
;; .db 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x08, 0x40
;; align 16
;; function 5
;; ; assembly
;; L2:
;; L0:
;; movss xmm0, [L1]
;; subss xmm0, xmm1
;; ret
;; align 16
;; L1:
;; .db 0x00, 0x00, 0x80, 0x3F
;; align 16
;; function 6
;; ; assembly
;; L1:
;; L0:
;; xorps xmm0, xmm0
;; cvtsi2sd xmm0, rax
;; ret
;; align 16
;; align 16
