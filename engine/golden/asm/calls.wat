;;; Calls by kind, tail calls, results beyond the registers.
(module
  (type $f (func (param i32) (result i32)))
  (import "a" "b" (func $import (type $f)))
  (table 4 funcref)
  (func $direct (type $f) (i32.add (call $direct (local.get 0)) (call $import (local.get 0))))
  (func $indirect (param i32 i32) (result i32)
    (call_indirect (type $f) (local.get 0) (local.get 1)))
  (func $tail (type $f) (return_call $direct (i32.add (local.get 0) (i32.const 1))))
  (func $tail_ref (param i32 (ref null $f)) (result i32)
    (return_call_ref $f (local.get 0) (local.get 1)))
  (func $many (result i64 i64 i64 i64 i64 i64 i64 i64 i64)
    (i64.const 1) (i64.const 2) (i64.const 3) (i64.const 4) (i64.const 5) (i64.const 6)
    (i64.const 7) (i64.const 8) (i64.const 9)))
;; function 1
;; ; assembly
;; L1:
;; sub rsp, 24
;; cmp rsp, qword ptr [r15]
;; short jb L3
;; L2:
;; L0:
;; mov dword ptr [rsp], eax
;; call L1
;; mov dword ptr [rsp+4], eax
;; mov rcx, qword ptr [r15+48]
;; mov r10, qword ptr [rcx]
;; mov eax, dword ptr [rsp]
;; cmp qword ptr [r10+8], r15
;; short jne L5
;; mov r11, qword ptr [r10+24]
;; call qword ptr [r11]
;; L4:
;; mov ecx, dword ptr [rsp+4]
;; add ecx, eax
;; mov eax, ecx
;; add rsp, 24
;; ret
;; L3:
;; call qword ptr [rip]                        ; stub Interrupt
;; short jmp L2
;; L5:
;; call qword ptr [rip]                        ; stub SwitchInstance
;; short jmp L4
;; align 16
;; align 16
;; function 2
;; ; assembly
;; L1:
;; sub rsp, 8
;; cmp rsp, qword ptr [r15]
;; short jb L3
;; L2:
;; L0:
;; mov rdx, qword ptr [r15+40]
;; mov rdx, qword ptr [rdx]
;; cmp rcx, qword ptr [rdx+8]
;; short jae L4
;; mov rdx, qword ptr [rdx]
;; mov r10, qword ptr [rdx+rcx*8]
;; test r10, r10
;; short je L5
;; mov ecx, dword ptr [rip]                    ; type id 0
;; cmp ecx, dword ptr [r10+16]
;; short jne L6
;; cmp qword ptr [r10+8], r15
;; short jne L8
;; mov r11, qword ptr [r10+24]
;; call qword ptr [r11]
;; L7:
;; add rsp, 8
;; ret
;; L3:
;; call qword ptr [rip]                        ; stub Interrupt
;; short jmp L2
;; L4:
;; mov r11, rcx
;; call qword ptr [rip]                        ; trap undefined element
;; L5:
;; mov r11, rcx
;; call qword ptr [rip]                        ; trap uninitialized element
;; L6:
;; call qword ptr [rip]                        ; trap indirect call type mismatch
;; L8:
;; call qword ptr [rip]                        ; stub SwitchInstance
;; short jmp L7
;; align 16
;; align 16
;; function 3
;; ; assembly
;; L1:
;; L0:
;; add eax, 1
;; mov r10d, 3
;; jmp qword ptr [rip]                         ; entry 1
;; align 16
;; align 16
;; function 4
;; ; assembly
;; L1:
;; L0:
;; test rcx, rcx
;; short je L2
;; mov r10, rcx
;; cmp qword ptr [r10+8], r15
;; short jne L3
;; mov r11, qword ptr [r10+24]
;; jmp qword ptr [r11]
;; L2:
;; call qword ptr [rip]                        ; trap null function reference
;; L3:
;; jmp qword ptr [rip]                         ; stub SwitchInstance
;; align 16
;; align 16
;; function 5
;; ; assembly
;; L1:
;; L0:
;; mov r9d, 8
;; mov r8d, 7
;; mov edi, 6
;; mov esi, 5
;; mov ebx, 4
;; mov edx, 3
;; mov ecx, 2
;; mov eax, 1
;; mov rbp, qword ptr [r15+16]
;; mov rbp, qword ptr [rbp+408]
;; mov qword ptr [rbp], 9
;; ret
;; align 16
;; align 16
