// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// SANDBOX-CRITICAL: the only C++ code that may touch guest memory without having checked the index.
//
// Loads and stores of guest memory that are allowed to fault, for interpreter handlers. Each is one
// machine instruction, base + index; when it faults, the fault handler finds
//   - the instruction's address in the section brink_fault_sites, to which each use adds itself,
//   - the interpreter's pc and frame pointer in the first two integer argument registers (rdi and
//     rsi; x0 and x1), which is where a handler has them anyway as its first two parameters.
// They end in Activation::fault_arguments. The compiler knows the exact bytes that an instruction
// reads or writes, so it keeps other accesses in order and is free in everything else; sanitizers
// do not look into it.
//
// The index is already the sum of the operand and the offset, zero-extended to 64 bits. That base
// + index cannot leave the reservation is the caller's duty.
//
// On a machine without this code BRINK_GUEST_ACCESS_MAY_FAULT is 0, the functions are plain copies,
// and every access must be checked before.
//
// What a good compiler makes of a handler, here `acc = load_u32(mem, index, pc, fp)`, then the jump
// to the next:
//
//     movzwl (%rdi), %eax          operand's slot
//     mov    (%rsi,%rax,8), %eax   index
//     mov    0x4(%rdi), %r8d       offset
//     add    %rdx, %rax
//     mov    (%rax,%r8), %r8d      the access
//     mov    0x18(%rdi), %rax
//     add    $0x10, %rdi
//     jmp    *%rax

#ifndef BRINK_PLATFORM_GUEST_ACCESS_H_
#define BRINK_PLATFORM_GUEST_ACCESS_H_

#include <cstdint>
#include <cstring>

#if defined(__linux__) && (defined(__x86_64__) || defined(__aarch64__))
#define BRINK_GUEST_ACCESS_MAY_FAULT 1
#else
#define BRINK_GUEST_ACCESS_MAY_FAULT 0
#endif

namespace brink::platform {

/// Sixteen bytes as they lie in memory; in a vector register by value.
typedef uint64_t GuestVector __attribute__((vector_size(16)));

namespace guest_access {

// The types of the accessed bytes: any address, and they alias everything.
typedef uint8_t Bytes1 __attribute__((may_alias));
typedef uint16_t Bytes2 __attribute__((may_alias, aligned(1)));
typedef uint32_t Bytes4 __attribute__((may_alias, aligned(1)));
typedef uint64_t Bytes8 __attribute__((may_alias, aligned(1)));
typedef uint64_t Bytes16 __attribute__((vector_size(16), may_alias, aligned(1)));

template <typename T>
[[gnu::always_inline]] inline T* address_of(const uint8_t* base, uint64_t index) {
  return reinterpret_cast<T*>(reinterpret_cast<uintptr_t>(base) + index);
}

}  // namespace guest_access

#if BRINK_GUEST_ACCESS_MAY_FAULT

// Adds the instruction at label 9 to the fault sites. "?" puts the entry into the COMDAT group of
// the function that it belongs to, so that both are kept or dropped together; "R" retains it, and
// its function with it, where a linker collects unused sections.
#define BRINK_FAULT_SITE                                 \
  "\n\t.pushsection brink_fault_sites,\"aR?\",@progbits" \
  "\n\t.balign 4"                                        \
  "\n\t.long 9b - ."                                     \
  "\n\t.popsection"

#if defined(__x86_64__)
#define BRINK_BIND_ARGUMENTS
#define BRINK_ARGUMENTS "D"(pc), "S"(fp)
#else
// There are no constraints for single registers.
#define BRINK_BIND_ARGUMENTS                    \
  register const void* pc_in_x0 asm("x0") = pc; \
  register const void* fp_in_x1 asm("x1") = fp;
#define BRINK_ARGUMENTS "r"(pc_in_x0), "r"(fp_in_x1)
#endif

// The address is computed before the arguments are bound to their registers, so that nothing comes
// between that and the access.
#define BRINK_GUEST_LOAD(name, result, bytes, constraint, instruction)                           \
  [[gnu::always_inline]] inline result name(const uint8_t* base, uint64_t index, const void* pc, \
                                            const void* fp) {                                    \
    using Accessed = const guest_access::bytes;                                                  \
    Accessed* const address = guest_access::address_of<Accessed>(base, index);                   \
    result value;                                                                                \
    BRINK_BIND_ARGUMENTS                                                                         \
    asm volatile("9: " instruction BRINK_FAULT_SITE                                              \
                 : [value] constraint(value)                                                     \
                 : [memory] "m"(*address), BRINK_ARGUMENTS);                                     \
    return value;                                                                                \
  }

#define BRINK_GUEST_STORE(name, argument, bytes, constraint, instruction)                \
  [[gnu::always_inline]] inline void name(uint8_t* base, uint64_t index, argument value, \
                                          const void* pc, const void* fp) {              \
    using Accessed = guest_access::bytes;                                                \
    Accessed* const address = guest_access::address_of<Accessed>(base, index);           \
    BRINK_BIND_ARGUMENTS                                                                 \
    asm volatile("9: " instruction BRINK_FAULT_SITE                                      \
                 : [memory] "=m"(*address)                                               \
                 : [value] constraint(value), BRINK_ARGUMENTS);                          \
  }

#if defined(__x86_64__)

#if defined(__AVX__)
#define BRINK_V "v"
#else
#define BRINK_V ""
#endif

// Writing a 32-bit register clears the upper half of the 64-bit one.
BRINK_GUEST_LOAD(load_u8, uint64_t, Bytes1, "=r", "movzbl %[memory], %k[value]")
BRINK_GUEST_LOAD(load_u16, uint64_t, Bytes2, "=r", "movzwl %[memory], %k[value]")
BRINK_GUEST_LOAD(load_u32, uint64_t, Bytes4, "=r", "movl %[memory], %k[value]")
BRINK_GUEST_LOAD(load_u64, uint64_t, Bytes8, "=r", "movq %[memory], %q[value]")
BRINK_GUEST_LOAD(load_s8_to_32, uint64_t, Bytes1, "=r", "movsbl %[memory], %k[value]")
BRINK_GUEST_LOAD(load_s16_to_32, uint64_t, Bytes2, "=r", "movswl %[memory], %k[value]")
BRINK_GUEST_LOAD(load_s8_to_64, uint64_t, Bytes1, "=r", "movsbq %[memory], %q[value]")
BRINK_GUEST_LOAD(load_s16_to_64, uint64_t, Bytes2, "=r", "movswq %[memory], %q[value]")
BRINK_GUEST_LOAD(load_s32_to_64, uint64_t, Bytes4, "=r", "movslq %[memory], %q[value]")
BRINK_GUEST_LOAD(load_f32, float, Bytes4, "=x", BRINK_V "movss %[memory], %[value]")
BRINK_GUEST_LOAD(load_f64, double, Bytes8, "=x", BRINK_V "movsd %[memory], %[value]")
BRINK_GUEST_LOAD(load_v128, GuestVector, Bytes16, "=x", BRINK_V "movdqu %[memory], %[value]")

BRINK_GUEST_STORE(store_u8, uint64_t, Bytes1, "r", "movb %b[value], %[memory]")
BRINK_GUEST_STORE(store_u16, uint64_t, Bytes2, "r", "movw %w[value], %[memory]")
BRINK_GUEST_STORE(store_u32, uint64_t, Bytes4, "r", "movl %k[value], %[memory]")
BRINK_GUEST_STORE(store_u64, uint64_t, Bytes8, "r", "movq %q[value], %[memory]")
BRINK_GUEST_STORE(store_f32, float, Bytes4, "x", BRINK_V "movss %[value], %[memory]")
BRINK_GUEST_STORE(store_f64, double, Bytes8, "x", BRINK_V "movsd %[value], %[memory]")
BRINK_GUEST_STORE(store_v128, GuestVector, Bytes16, "x", BRINK_V "movdqu %[value], %[memory]")

#undef BRINK_V

#else  // __aarch64__

// Writing a w register clears the upper half of the x register.
BRINK_GUEST_LOAD(load_u8, uint64_t, Bytes1, "=r", "ldrb %w[value], %[memory]")
BRINK_GUEST_LOAD(load_u16, uint64_t, Bytes2, "=r", "ldrh %w[value], %[memory]")
BRINK_GUEST_LOAD(load_u32, uint64_t, Bytes4, "=r", "ldr %w[value], %[memory]")
BRINK_GUEST_LOAD(load_u64, uint64_t, Bytes8, "=r", "ldr %x[value], %[memory]")
BRINK_GUEST_LOAD(load_s8_to_32, uint64_t, Bytes1, "=r", "ldrsb %w[value], %[memory]")
BRINK_GUEST_LOAD(load_s16_to_32, uint64_t, Bytes2, "=r", "ldrsh %w[value], %[memory]")
BRINK_GUEST_LOAD(load_s8_to_64, uint64_t, Bytes1, "=r", "ldrsb %x[value], %[memory]")
BRINK_GUEST_LOAD(load_s16_to_64, uint64_t, Bytes2, "=r", "ldrsh %x[value], %[memory]")
BRINK_GUEST_LOAD(load_s32_to_64, uint64_t, Bytes4, "=r", "ldrsw %x[value], %[memory]")
BRINK_GUEST_LOAD(load_f32, float, Bytes4, "=w", "ldr %s[value], %[memory]")
BRINK_GUEST_LOAD(load_f64, double, Bytes8, "=w", "ldr %d[value], %[memory]")
BRINK_GUEST_LOAD(load_v128, GuestVector, Bytes16, "=w", "ldr %q[value], %[memory]")

BRINK_GUEST_STORE(store_u8, uint64_t, Bytes1, "r", "strb %w[value], %[memory]")
BRINK_GUEST_STORE(store_u16, uint64_t, Bytes2, "r", "strh %w[value], %[memory]")
BRINK_GUEST_STORE(store_u32, uint64_t, Bytes4, "r", "str %w[value], %[memory]")
BRINK_GUEST_STORE(store_u64, uint64_t, Bytes8, "r", "str %x[value], %[memory]")
BRINK_GUEST_STORE(store_f32, float, Bytes4, "w", "str %s[value], %[memory]")
BRINK_GUEST_STORE(store_f64, double, Bytes8, "w", "str %d[value], %[memory]")
BRINK_GUEST_STORE(store_v128, GuestVector, Bytes16, "w", "str %q[value], %[memory]")

#endif

#undef BRINK_GUEST_LOAD
#undef BRINK_GUEST_STORE
#undef BRINK_ARGUMENTS
#undef BRINK_BIND_ARGUMENTS
#undef BRINK_FAULT_SITE

#else  // !BRINK_GUEST_ACCESS_MAY_FAULT

#define BRINK_GUEST_LOAD(name, result, type, extended)                                        \
  [[gnu::always_inline]] inline result name(const uint8_t* base, uint64_t index, const void*, \
                                            const void*) {                                    \
    type value;                                                                               \
    std::memcpy(&value, guest_access::address_of<const void>(base, index), sizeof value);     \
    return static_cast<result>(static_cast<extended>(value));                                 \
  }

#define BRINK_GUEST_STORE(name, argument, type)                                          \
  [[gnu::always_inline]] inline void name(uint8_t* base, uint64_t index, argument value, \
                                          const void*, const void*) {                    \
    const type bytes = static_cast<type>(value);                                         \
    std::memcpy(guest_access::address_of<void>(base, index), &bytes, sizeof bytes);      \
  }

BRINK_GUEST_LOAD(load_u8, uint64_t, uint8_t, uint64_t)
BRINK_GUEST_LOAD(load_u16, uint64_t, uint16_t, uint64_t)
BRINK_GUEST_LOAD(load_u32, uint64_t, uint32_t, uint64_t)
BRINK_GUEST_LOAD(load_u64, uint64_t, uint64_t, uint64_t)
BRINK_GUEST_LOAD(load_s8_to_32, uint64_t, int8_t, uint32_t)
BRINK_GUEST_LOAD(load_s16_to_32, uint64_t, int16_t, uint32_t)
BRINK_GUEST_LOAD(load_s8_to_64, uint64_t, int8_t, int64_t)
BRINK_GUEST_LOAD(load_s16_to_64, uint64_t, int16_t, int64_t)
BRINK_GUEST_LOAD(load_s32_to_64, uint64_t, int32_t, int64_t)
BRINK_GUEST_LOAD(load_f32, float, float, float)
BRINK_GUEST_LOAD(load_f64, double, double, double)
BRINK_GUEST_LOAD(load_v128, GuestVector, GuestVector, GuestVector)

BRINK_GUEST_STORE(store_u8, uint64_t, uint8_t)
BRINK_GUEST_STORE(store_u16, uint64_t, uint16_t)
BRINK_GUEST_STORE(store_u32, uint64_t, uint32_t)
BRINK_GUEST_STORE(store_u64, uint64_t, uint64_t)
BRINK_GUEST_STORE(store_f32, float, float)
BRINK_GUEST_STORE(store_f64, double, double)
BRINK_GUEST_STORE(store_v128, GuestVector, GuestVector)

#undef BRINK_GUEST_LOAD
#undef BRINK_GUEST_STORE

#endif  // BRINK_GUEST_ACCESS_MAY_FAULT

}  // namespace brink::platform

#endif  // BRINK_PLATFORM_GUEST_ACCESS_H_
