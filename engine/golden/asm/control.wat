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
;; function 0
;; ; assembly
;; L11:
;; sub rsp, 8
;; L0:
;; xor edx, edx
;; L1:
;; cmp rsp, qword ptr [r15]
;; short jb L13
;; L12:
;; movzx esi, byte ptr [r14+rax]
;; add edx, esi
;; lea esi, dword ptr [rax+1]
;; cmp esi, ecx
;; short je L10
;; L2:
;; movzx esi, byte ptr [r14+rsi]
;; add edx, esi
;; lea esi, dword ptr [rax+2]
;; cmp esi, ecx
;; short je L10
;; L3:
;; movzx esi, byte ptr [r14+rsi]
;; add edx, esi
;; lea esi, dword ptr [rax+3]
;; cmp esi, ecx
;; short je L10
;; L4:
;; movzx esi, byte ptr [r14+rsi]
;; add edx, esi
;; add eax, 4
;; cmp eax, ecx
;; short jne L1
;; L10:
;; mov eax, edx
;; add rsp, 8
;; ret
;; L13:
;; call qword ptr [rip]                        ; stub Interrupt
;; short jmp L12
;; align 16
;; align 16
;; function 1
;; ; assembly
;; L6:
;; L0:
;; cmp eax, 4
;; short jae L2
;; lea r11, [L7]
;; movsxd rcx, dword ptr [r11+rax*4]
;; add rcx, r11
;; jmp rcx
;; L2:
;; mov eax, 40
;; ret
;; L3:
;; mov eax, 30
;; ret
;; L4:
;; mov eax, 20
;; ret
;; L5:
;; mov eax, 10
;; ret
;; align 16
;; L7:
;; .dd (L5 - L7)
;; .dd (L4 - L7)
;; .dd (L3 - L7)
;; .dd (L4 - L7)
;; align 16
;; function 2
;; ; assembly
;; L12:
;; sub rsp, 8
;; L0:
;; vxorps xmm1, xmm1, xmm1
;; L1:
;; cmp rsp, qword ptr [r15]
;; short jb L14
;; L13:
;; vaddsd xmm1, xmm1, xmm0
;; vucomisd xmm1, [L11]
;; short jpe L15
;; short je L10
;; L15:
;; L2:
;; vaddsd xmm1, xmm1, xmm0
;; vucomisd xmm1, [L11]
;; short jpe L16
;; short je L10
;; L16:
;; L3:
;; vaddsd xmm1, xmm1, xmm0
;; vucomisd xmm1, [L11]
;; short jpe L17
;; short je L10
;; L17:
;; L4:
;; vaddsd xmm1, xmm1, xmm0
;; vucomisd xmm1, [L11]
;; short jne L1
;; short jpe L1
;; L10:
;; add rsp, 8
;; ret
;; L14:
;; call qword ptr [rip]                        ; stub Interrupt
;; short jmp L13
;; align 16
;; L11:
;; .db 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x59, 0x40
;; align 16
;; function 3
;; ; assembly
;; L3:
;; L0:
;; test eax, eax
;; short jne L2
;; L1:
;; ret
;; L2:
;; call qword ptr [rip]                        ; trap unreachable
;; align 16
;; align 16
