;;; Addressing modes, folded loads, updates in place, offsets that no displacement holds.
(module
  (memory 1)
  (func (param i32 i32) (result i32)
    (i32.add (local.get 1) (i32.load offset=16 (local.get 0))))
  (func (param i32)
    (i32.store offset=8 (local.get 0)
      (i32.add (i32.load offset=8 (local.get 0)) (i32.const 1))))
  (func (param i32) (result i32)
    (if (result i32) (i32.eq (i32.load8_u (local.get 0)) (i32.const 47))
      (then (i32.const 1)) (else (i32.load8_s (i32.const 100)))))
  (func (param i32) (result i32) (i32.load offset=0x90000000 (local.get 0)))
  (func (param i32) (result i64)
    (i64.load (i32.shl (i32.and (local.get 0) (i32.const 0xff)) (i32.const 3))))
  (func (param i32) (result i64) (i64.load (i32.shl (local.get 0) (i32.const 3))))
  (func (param i32 f64)
    (f64.store (local.get 0) (f64.add (local.get 1) (f64.load offset=8 (local.get 0))))))
;; function 0
;; ; assembly
;; L1:
;; L0:
;; add ecx, dword ptr [r14+rax+16]
;; mov eax, ecx
;; ret
;; align 16
;; align 16
;; function 1
;; ; assembly
;; L1:
;; L0:
;; add dword ptr [r14+rax+8], 1
;; ret
;; align 16
;; align 16
;; function 2
;; ; assembly
;; L4:
;; L0:
;; cmp byte ptr [r14+rax], 47
;; short je L2
;; L1:
;; movsx eax, byte ptr [r14+100]
;; short jmp L3
;; L2:
;; mov eax, 1
;; L3:
;; ret
;; align 16
;; align 16
;; function 3
;; ; assembly
;; L1:
;; L0:
;; mov ecx, 2415919104
;; lea rax, qword ptr [rcx+rax]
;; mov eax, dword ptr [r14+rax]
;; ret
;; align 16
;; align 16
;; function 4
;; ; assembly
;; L1:
;; L0:
;; movzx eax, al
;; mov rax, qword ptr [r14+rax*8]
;; ret
;; align 16
;; align 16
;; function 5
;; ; assembly
;; L1:
;; L0:
;; shl eax, 3
;; mov rax, qword ptr [r14+rax]
;; ret
;; align 16
;; align 16
;; function 6
;; ; assembly
;; L1:
;; L0:
;; vaddsd xmm0, xmm0, [r14+rax+8]
;; vmovsd qword ptr [r14+rax], xmm0
;; ret
;; align 16
;; align 16
