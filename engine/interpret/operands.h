// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Reading operands and writing results of handlers, by type and mode. All of it is inlined away.

#ifndef BRINK_INTERPRET_OPERANDS_H_
#define BRINK_INTERPRET_OPERANDS_H_

#include <bit>
#include <cstring>
#include <type_traits>

#include "engine/interpret/code.h"
#include "engine/interpret/dispatch.h"

namespace brink::interpret {

#define BRINK_INLINE [[gnu::always_inline]] inline

template <typename T>
BRINK_INLINE T load_slot(const Slot* slot) {
  T value;
  __builtin_memcpy(static_cast<void*>(&value), slot, sizeof(T));
  return value;
}

template <typename T>
BRINK_INLINE void store_slot(Slot* slot, T value) {
  if constexpr (std::is_same_v<T, V128>) {
    __builtin_memcpy(slot, &value, sizeof(V128));
  } else if constexpr (std::is_same_v<T, float>) {
    *slot = std::bit_cast<uint32_t>(value);
  } else if constexpr (std::is_same_v<T, double>) {
    __builtin_memcpy(slot, &value, sizeof(double));
  } else {
    *slot = value;
  }
}

/// The constant operand of an instruction: sign-extended imm, f32 bits in imm, f64 in word 2.
template <typename T>
BRINK_INLINE T immediate(const CodeWord* pc) {
  if constexpr (std::is_same_v<T, float>) {
    return std::bit_cast<float>(pc[1].operands.imm);
  } else if constexpr (std::is_same_v<T, double>) {
    return std::bit_cast<double>(pc[2].bits);
  } else {
    return static_cast<T>(static_cast<int64_t>(pc[1].operands.imm));
  }
}

/// Words of an instruction with a constant of this type.
template <typename T, Mode mode>
inline constexpr uint32_t kImmWords = mode == Mode::Imm && std::is_same_v<T, double> ? 3 : 2;

template <typename T, Mode mode>
BRINK_INLINE T read(BRINK_STATE, uint16_t slot) {
  if constexpr (mode == Mode::Slot) {
    return load_slot<T>(fp + slot);
  } else if constexpr (mode == Mode::Imm) {
    return immediate<T>(pc);
  } else if constexpr (std::is_same_v<T, float>) {
    return facc;
  } else if constexpr (std::is_same_v<T, double>) {
    return dacc;
  } else if constexpr (std::is_same_v<T, V128>) {
    return std::bit_cast<V128>(vacc);
  } else {
    return static_cast<T>(acc);
  }
}

/// Sets the accumulator of T and, in mode Slot, also the slot.
template <typename T, Mode mode>
BRINK_INLINE void write(T value, Slot* slot, uint64_t& acc, float& facc, double& dacc,
                        VectorAcc& vacc) {
  if constexpr (mode == Mode::Slot) store_slot(slot, value);
  if constexpr (std::is_same_v<T, float>) {
    facc = value;
  } else if constexpr (std::is_same_v<T, double>) {
    dacc = value;
  } else if constexpr (std::is_same_v<T, V128>) {
    vacc = std::bit_cast<VectorAcc>(value);
  } else {
    acc = value;
  }
}

#define BRINK_READ(T, mode, field) (read<T, mode>(BRINK_STATE_ARGS, pc[1].operands.field))
#define BRINK_WRITE(T, mode, value) \
  write<T, mode>((value), fp + pc[1].operands.a, acc, facc, dacc, vacc)

}  // namespace brink::interpret

#endif  // BRINK_INTERPRET_OPERANDS_H_
