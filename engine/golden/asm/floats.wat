;;; Floats: constants in memory, comparisons, conversions with their slow paths.
(module
  (func (param f64 f64) (result f64) (f64.mul (f64.add (local.get 0) (local.get 1)) (f64.const 3)))
  (func (param f32) (result f32) (f32.abs (f32.neg (f32.sqrt (local.get 0)))))
  (func (param f64 f64) (result f64) (f64.min (local.get 0) (local.get 1)))
  (func (param f64 f64) (result f64) (f64.copysign (local.get 0) (local.get 1)))
  (func (param f32 f32) (result i32) (f32.eq (local.get 0) (local.get 1)))
  (func (param f64 f64) (result i32)
    (if (result i32) (f64.lt (local.get 0) (local.get 1))
      (then (i32.const 5)) (else (i32.trunc_f64_s (local.get 1)))))
  (func (param f32) (result i64) (i64.trunc_sat_f32_u (local.get 0)))
  (func (param i64) (result f32) (f32.convert_i64_u (local.get 0))))
;; function 0
;; ; assembly
;; L2:
;; L0:
;; vaddsd xmm0, xmm0, xmm1
;; vmulsd xmm0, xmm0, [L1]
;; ret
;; align 16
;; L1:
;; .db 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x08, 0x40
;; align 16
;; function 1
;; ; assembly
;; L3:
;; L0:
;; vsqrtss xmm0, xmm0, xmm0
;; vxorps xmm0, xmm0, [L2]
;; vandps xmm0, xmm0, [L1]
;; ret
;; align 16
;; L1:
;; .db 0xFF, 0xFF, 0xFF, 0x7F, 0xFF, 0xFF, 0xFF, 0x7F, 0xFF, 0xFF, 0xFF, 0x7F, 0xFF, 0xFF, 0xFF, 0x7F
;; L2:
;; .db 0x00, 0x00, 0x00, 0x80, 0x00, 0x00, 0x00, 0x80, 0x00, 0x00, 0x00, 0x80, 0x00, 0x00, 0x00, 0x80
;; align 16
;; function 2
;; ; assembly
;; L1:
;; L0:
;; vucomisd xmm0, xmm1
;; short je L3
;; vminsd xmm0, xmm0, xmm1
;; L2:
;; ret
;; L3:
;; short jpe L4
;; vorpd xmm0, xmm0, xmm1
;; short jmp L2
;; L4:
;; vaddsd xmm0, xmm0, xmm1
;; short jmp L2
;; align 16
;; align 16
;; function 3
;; ; assembly
;; L3:
;; L0:
;; vandps xmm0, xmm0, [L1]
;; vandps xmm1, xmm1, [L2]
;; vorps xmm0, xmm0, xmm1
;; ret
;; align 16
;; L1:
;; .db 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F
;; L2:
;; .db 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x80, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x80
;; align 16
;; function 4
;; ; assembly
;; L1:
;; L0:
;; xor eax, eax
;; vucomiss xmm0, xmm1
;; sete al
;; setpo cl
;; and al, cl
;; ret
;; align 16
;; align 16
;; function 5
;; ; assembly
;; L4:
;; L0:
;; vucomisd xmm1, xmm0
;; short ja L2
;; L1:
;; vcvttsd2si eax, xmm1
;; cmp eax, 1
;; short jo L6
;; L5:
;; short jmp L3
;; L2:
;; mov eax, 5
;; L3:
;; ret
;; L6:
;; vcvttsd2si r11, xmm1
;; movsxd rax, r11d
;; cmp rax, r11
;; mov eax, eax
;; short je L5
;; vucomisd xmm1, xmm1
;; short jpe L7
;; jmp L8
;; L7:
;; call qword ptr [rip]                        ; trap invalid conversion to integer
;; L8:
;; call qword ptr [rip]                        ; trap integer overflow
;; align 16
;; align 16
;; function 6
;; ; assembly
;; L1:
;; L0:
;; vcvttss2si rax, xmm0
;; test rax, rax
;; short js L3
;; L2:
;; ret
;; L3:
;; vmovaps xmm15, xmm0
;; vsubss xmm15, xmm15, dword ptr [L5]
;; vcvttss2si rax, xmm15
;; test rax, rax
;; short js L4
;; btc rax, 63
;; short jmp L2
;; L4:
;; vucomiss xmm0, xmm0
;; short jpe L6
;; vxorps xmm15, xmm15, xmm15
;; vucomiss xmm15, xmm0
;; short ja L7
;; mov rax, -1
;; short jmp L2
;; L7:
;; mov eax, 0
;; short jmp L2
;; L6:
;; mov eax, 0
;; short jmp L2
;; align 16
;; L5:
;; .db 0x00, 0x00, 0x00, 0x5F
;; align 16
;; function 7
;; ; assembly
;; L1:
;; L0:
;; vxorps xmm0, xmm0, xmm0
;; test rax, rax
;; short js L3
;; vcvtsi2ss xmm0, xmm0, rax
;; L2:
;; ret
;; L3:
;; mov r11, rax
;; shr r11, 1
;; test al, 1
;; short je L4
;; or r11, 1
;; L4:
;; vcvtsi2ss xmm0, xmm0, r11
;; vaddss xmm0, xmm0, xmm0
;; short jmp L2
;; align 16
;; align 16
