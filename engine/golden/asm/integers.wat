;;; What trees of integer instructions become: addresses, masks, immediates, reciprocals.
(module
  (func (param i32 i32) (result i32)
    (i32.add (i32.add (local.get 0) (i32.shl (local.get 1) (i32.const 2))) (i32.const 12)))
  (func (param i32 i32) (result i32)
    (i32.and (local.get 0) (i32.xor (local.get 1) (i32.const -1))))
  (func (param i64) (result i64) (i64.and (local.get 0) (i64.const 0xffffffff)))
  (func (param i32 i32) (result i32) (i32.shl (local.get 0) (i32.and (local.get 1) (i32.const 31))))
  (func (param i32) (result i32) (i32.div_u (local.get 0) (i32.const 10)))
  (func (param i32) (result i32) (i32.rem_s (local.get 0) (i32.const 7)))
  (func (param i64) (result i64) (i64.div_s (local.get 0) (i64.const 1000)))
  (func (param i32 i32) (result i32) (i32.div_s (local.get 0) (local.get 1)))
  (func (param i64 i64) (result i32) (i64.lt_u (local.get 0) (local.get 1)))
  (func (param i32 i32 i32) (result i32)
    (select (local.get 0) (local.get 1) (i32.and (local.get 2) (i32.const 4)))))
;; function 0
;; ; assembly
;; L1:
;; L0:
;; lea eax, dword ptr [rax+rcx*4+12]
;; ret
;; align 16
;; align 16
;; function 1
;; ; assembly
;; L1:
;; L0:
;; andn eax, ecx, eax
;; ret
;; align 16
;; align 16
;; function 2
;; ; assembly
;; L1:
;; L0:
;; mov eax, eax
;; ret
;; align 16
;; align 16
;; function 3
;; ; assembly
;; L1:
;; L0:
;; shlx eax, eax, ecx
;; ret
;; align 16
;; align 16
;; function 4
;; ; assembly
;; L1:
;; L0:
;; mov ecx, 3435973837
;; imul rax, rcx
;; shr rax, 35
;; ret
;; align 16
;; align 16
;; function 5
;; ; assembly
;; L1:
;; L0:
;; movsxd rcx, eax
;; mov edx, 2454267027
;; imul rcx, rdx
;; sar rcx, 34
;; mov edx, eax
;; sar edx, 31
;; sub ecx, edx
;; imul ecx, ecx, 7
;; sub eax, ecx
;; ret
;; align 16
;; align 16
;; function 6
;; ; assembly
;; L1:
;; L0:
;; mov rcx, -9002011107970261188
;; mov rdx, rax
;; mov rsi, rax
;; mov rax, rcx
;; imul rdx
;; add rdx, rsi
;; sar rdx, 9
;; sar rsi, 63
;; sub rdx, rsi
;; mov rax, rdx
;; ret
;; align 16
;; align 16
;; function 7
;; ; assembly
;; L1:
;; L0:
;; test ecx, ecx
;; short je L2
;; cmp ecx, -1
;; short je L4
;; cdq
;; idiv ecx
;; L3:
;; ret
;; L2:
;; call qword ptr [rip]                        ; trap integer divide by zero
;; L4:
;; neg eax
;; short jo L5
;; short jmp L3
;; L5:
;; call qword ptr [rip]                        ; trap integer overflow
;; align 16
;; align 16
;; function 8
;; ; assembly
;; L1:
;; L0:
;; xor edx, edx
;; cmp rax, rcx
;; setb dl
;; mov eax, edx
;; ret
;; align 16
;; align 16
;; function 9
;; ; assembly
;; L1:
;; L0:
;; test dl, 4
;; cmovne ecx, eax
;; mov eax, ecx
;; ret
;; align 16
;; align 16
