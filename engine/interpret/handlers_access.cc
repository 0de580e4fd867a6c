// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// SANDBOX-CRITICAL: a mistake here lets a guest leave its memory. Changes need a second reader.
//
// Handlers of loads and stores. An access is described by the type of its value and that of the
// bytes in memory; how it is done follows, once for memory that may fault (guarded) and once for
// bytes that have been checked. From that one description come all handlers of the instruction.
//
// Guarded: the index is 32 bits and so is the offset; their 33-bit sum plus the access size stays
// inside the reservation (see runtime/memory.h), so the only check is the page table's.

#include <type_traits>

#include "engine/interpret/handler_table.h"
#include "engine/interpret/operands.h"
#include "engine/platform/guest_access.h"
#include "engine/semantics/simd_convert.h"
#include "engine/semantics/simd_lane.h"

namespace brink::interpret {
namespace {

namespace guest = platform;

/// Reads a T from checked bytes.
template <typename T>
BRINK_INLINE T checked_read(const uint8_t* address) {
  T value;
  __builtin_memcpy(static_cast<void*>(&value), address, sizeof(T));
  return value;
}
template <typename T>
BRINK_INLINE void checked_write(uint8_t* address, T value) {
  __builtin_memcpy(address, &value, sizeof(T));
}

// ---- memory that may fault, by the type of what is there ----

template <typename Memory, typename Value>
BRINK_INLINE Value guarded_read(const uint8_t* mem, uint64_t index, const CodeWord* pc,
                                const Slot* fp) {
#define BRINK_READ_AS(type, function)         \
  if constexpr (std::is_same_v<Memory, type>) \
  return static_cast<Value>(guest::function(mem, index, pc, fp))
  BRINK_READ_AS(uint8_t, load_u8);
  BRINK_READ_AS(uint16_t, load_u16);
  BRINK_READ_AS(uint32_t, load_u32);
  BRINK_READ_AS(uint64_t, load_u64);
  BRINK_READ_AS(float, load_f32);
  BRINK_READ_AS(double, load_f64);
  if constexpr (sizeof(Value) == 4) {
    BRINK_READ_AS(int8_t, load_s8_to_32);
    BRINK_READ_AS(int16_t, load_s16_to_32);
  } else {
    BRINK_READ_AS(int8_t, load_s8_to_64);
    BRINK_READ_AS(int16_t, load_s16_to_64);
    BRINK_READ_AS(int32_t, load_s32_to_64);
  }
#undef BRINK_READ_AS
  if constexpr (std::is_same_v<Memory, V128>)
    return std::bit_cast<V128>(guest::load_v128(mem, index, pc, fp));
}

template <typename Memory, typename Value>
BRINK_INLINE void guarded_write(uint8_t* mem, uint64_t index, Value value, const CodeWord* pc,
                                const Slot* fp) {
#define BRINK_WRITE_AS(type, function) \
  if constexpr (std::is_same_v<Memory, type>) return guest::function(mem, index, value, pc, fp)
  BRINK_WRITE_AS(uint8_t, store_u8);
  BRINK_WRITE_AS(uint16_t, store_u16);
  BRINK_WRITE_AS(uint32_t, store_u32);
  BRINK_WRITE_AS(uint64_t, store_u64);
  BRINK_WRITE_AS(float, store_f32);
  BRINK_WRITE_AS(double, store_f64);
#undef BRINK_WRITE_AS
  if constexpr (std::is_same_v<Memory, V128>)
    guest::store_v128(mem, index, std::bit_cast<guest::GuestVector>(value), pc, fp);
}

// ---- accesses: the type of the value, what lies in memory, and how one becomes the other ----

template <typename ValueType, typename Memory>
struct Load {
  using Value = ValueType;
  static constexpr uint32_t kBytes = sizeof(Memory);
  BRINK_INLINE static Value guarded(const uint8_t* mem, uint64_t index, const CodeWord* pc,
                                    const Slot* fp) {
    return guarded_read<Memory, Value>(mem, index, pc, fp);
  }
  BRINK_INLINE static Value checked(const uint8_t* address) {
    return static_cast<Value>(checked_read<Memory>(address));
  }
};

/// A vector that `make` makes of up to 64 loaded bits.
template <typename Memory, auto make>
struct VectorLoad {
  using Value = V128;
  static constexpr uint32_t kBytes = sizeof(Memory);
  BRINK_INLINE static V128 guarded(const uint8_t* mem, uint64_t index, const CodeWord* pc,
                                   const Slot* fp) {
    return make(guarded_read<Memory, Memory>(mem, index, pc, fp));
  }
  BRINK_INLINE static V128 checked(const uint8_t* address) {
    return make(checked_read<Memory>(address));
  }
};

template <typename ValueType, typename Memory>
struct Store {
  using Value = ValueType;
  static constexpr uint32_t kBytes = sizeof(Memory);
  BRINK_INLINE static void guarded(uint8_t* mem, uint64_t index, Value value, const CodeWord* pc,
                                   const Slot* fp) {
    guarded_write<Memory>(mem, index, value, pc, fp);
  }
  BRINK_INLINE static void checked(uint8_t* address, Value value) {
    checked_write(address, static_cast<Memory>(value));
  }
};

using I32Load = Load<uint32_t, uint32_t>;
using I64Load = Load<uint64_t, uint64_t>;
using F32Load = Load<float, float>;
using F64Load = Load<double, double>;
using I32Load8S = Load<uint32_t, int8_t>;
using I32Load8U = Load<uint32_t, uint8_t>;
using I32Load16S = Load<uint32_t, int16_t>;
using I32Load16U = Load<uint32_t, uint16_t>;
using I64Load8S = Load<uint64_t, int8_t>;
using I64Load8U = Load<uint64_t, uint8_t>;
using I64Load16S = Load<uint64_t, int16_t>;
using I64Load16U = Load<uint64_t, uint16_t>;
using I64Load32S = Load<uint64_t, int32_t>;
using I64Load32U = Load<uint64_t, uint32_t>;
using V128Load = Load<V128, V128>;

template <auto extend>
BRINK_INLINE V128 extended(uint64_t bits) {
  return extend(V128{{bits, 0}});
}
BRINK_INLINE V128 low_bits(uint64_t bits) {
  return V128{{bits, 0}};
}
using V128Load8x8S = VectorLoad<uint64_t, extended<semantics::i16x8_extend_low_i8x16_s>>;
using V128Load8x8U = VectorLoad<uint64_t, extended<semantics::i16x8_extend_low_i8x16_u>>;
using V128Load16x4S = VectorLoad<uint64_t, extended<semantics::i32x4_extend_low_i16x8_s>>;
using V128Load16x4U = VectorLoad<uint64_t, extended<semantics::i32x4_extend_low_i16x8_u>>;
using V128Load32x2S = VectorLoad<uint64_t, extended<semantics::i64x2_extend_low_i32x4_s>>;
using V128Load32x2U = VectorLoad<uint64_t, extended<semantics::i64x2_extend_low_i32x4_u>>;
using V128Load8Splat = VectorLoad<uint8_t, semantics::i8x16_splat>;
using V128Load16Splat = VectorLoad<uint16_t, semantics::i16x8_splat>;
using V128Load32Splat = VectorLoad<uint32_t, semantics::i32x4_splat>;
using V128Load64Splat = VectorLoad<uint64_t, semantics::i64x2_splat>;
using V128Load32Zero = VectorLoad<uint32_t, low_bits>;
using V128Load64Zero = VectorLoad<uint64_t, low_bits>;

using I32Store = Store<uint32_t, uint32_t>;
using I64Store = Store<uint64_t, uint64_t>;
using F32Store = Store<float, float>;
using F64Store = Store<double, double>;
using I32Store8 = Store<uint32_t, uint8_t>;
using I32Store16 = Store<uint32_t, uint16_t>;
using I64Store8 = Store<uint64_t, uint8_t>;
using I64Store16 = Store<uint64_t, uint16_t>;
using I64Store32 = Store<uint64_t, uint32_t>;
using V128Store = Store<V128, V128>;

// ---- handlers ----

/// How the address of a guarded access is made.
enum class Address : uint8_t {
  Slot,           ///< b + imm
  Acc,            ///< acc + imm
  Absolute,       ///< imm
  SlotPlusConst,  ///< 32-bit sum of b and imm
  AccPlusConst,   ///< 32-bit sum of acc and imm
  SlotPlusSlot,   ///< 32-bit sum of b and c, + d
  AccPlusSlot,    ///< 32-bit sum of acc and c, + d
};

/// The effective index of a guarded access: at most 33 bits.
template <Address address>
BRINK_INLINE uint64_t guarded_index(BRINK_STATE) {
  const Operands op = pc[1].operands;
  const auto imm = static_cast<uint32_t>(op.imm);
  const auto accumulator = static_cast<uint32_t>(acc);
  if constexpr (address == Address::Slot)
    return uint64_t{imm} + load_slot<uint32_t>(fp + op.b);
  else if constexpr (address == Address::Acc)
    return uint64_t{imm} + accumulator;
  else if constexpr (address == Address::Absolute)
    return imm;
  else if constexpr (address == Address::SlotPlusConst)
    return load_slot<uint32_t>(fp + op.b) + imm;
  else if constexpr (address == Address::AccPlusConst)
    return accumulator + imm;
  else if constexpr (address == Address::SlotPlusSlot)
    return uint64_t{load_slot<uint32_t>(fp + op.b) + load_slot<uint32_t>(fp + op.c)} + op.d;
  else
    return uint64_t{accumulator + load_slot<uint32_t>(fp + op.c)} + op.d;
}

template <typename Access, Address address, Mode dst>
void load_guarded(BRINK_STATE) {
  using T = typename Access::Value;
  const T value = Access::guarded(mem, guarded_index<address>(BRINK_STATE_ARGS), pc, fp);
  BRINK_WRITE(T, dst, value);
  BRINK_NEXT(2);
}

/// In mode Imm the value is the 16-bit constant a.
template <typename Access, Address address, Mode value_mode>
void store_guarded(BRINK_STATE) {
  using T = typename Access::Value;
  T value;
  if constexpr (value_mode == Mode::Imm) {
    value = static_cast<T>(static_cast<int64_t>(static_cast<int16_t>(pc[1].operands.a)));
  } else {
    value = BRINK_READ(T, value_mode, a);
  }
  Access::guarded(mem, guarded_index<address>(BRINK_STATE_ARGS), value, pc, fp);
  BRINK_NEXT(2);
}

/// Address of `bytes` bytes in memory `imm`, or null if they are not all inside.
template <typename Index>
BRINK_INLINE uint8_t* checked_address(BRINK_STATE, uint32_t bytes) {
  const runtime::MemoryObject& memory = *inst->memories[pc[1].operands.imm];
  const uint64_t index = load_slot<Index>(fp + pc[1].operands.b);
  const uint64_t offset = pc[2].bits;
  const uint64_t size = memory.bytes.load(std::memory_order_relaxed);
  // Safety: no term can wrap: size >= bytes, then offset <= size - bytes, then index likewise.
  if (size < bytes || offset > size - bytes || index > size - bytes - offset) [[unlikely]]
    return nullptr;
  return memory.base + offset + index;
}

template <typename Access, typename Index>
void load_checked(BRINK_STATE) {
  using T = typename Access::Value;
  const uint8_t* address = checked_address<Index>(BRINK_STATE_ARGS, Access::kBytes);
  if (address == nullptr) [[unlikely]]
    BRINK_RAISE(TrapCode::MemoryOutOfBounds);
  const T value = Access::checked(address);
  BRINK_WRITE(T, Mode::Slot, value);
  BRINK_NEXT(3);
}

template <typename Access, typename Index>
void store_checked(BRINK_STATE) {
  using T = typename Access::Value;
  uint8_t* address = checked_address<Index>(BRINK_STATE_ARGS, Access::kBytes);
  if (address == nullptr) [[unlikely]]
    BRINK_RAISE(TrapCode::MemoryOutOfBounds);
  Access::checked(address, load_slot<T>(fp + pc[1].operands.a));
  BRINK_NEXT(3);
}

// Lane accesses are rare: a result (load only), b address, imm offset (guarded) or memory; the last
// word has the vector's slot and the lane number.

template <typename Memory>
BRINK_INLINE V128 with_lane(V128 vector, uint32_t lane, Memory value) {
  __builtin_memcpy(reinterpret_cast<uint8_t*>(&vector) + lane * sizeof(Memory), &value,
                   sizeof(Memory));
  return vector;
}
template <typename Memory>
BRINK_INLINE Memory get_lane(const Slot* slot, uint32_t lane) {
  Memory value;
  __builtin_memcpy(&value, reinterpret_cast<const uint8_t*>(slot) + lane * sizeof(Memory),
                   sizeof(Memory));
  return value;
}

template <typename Memory>
void load_lane_guarded(BRINK_STATE) {
  const WideOperands extra = pc[2].wide;
  const Memory value =
      guarded_read<Memory, Memory>(mem, guarded_index<Address::Slot>(BRINK_STATE_ARGS), pc, fp);
  const V128 result = with_lane(load_slot<V128>(fp + extra.lo), extra.hi, value);
  BRINK_WRITE(V128, Mode::Slot, result);
  BRINK_NEXT(3);
}

template <typename Memory>
void store_lane_guarded(BRINK_STATE) {
  const WideOperands extra = pc[2].wide;
  guarded_write<Memory>(mem, guarded_index<Address::Slot>(BRINK_STATE_ARGS),
                        get_lane<Memory>(fp + extra.lo, extra.hi), pc, fp);
  BRINK_NEXT(3);
}

template <typename Memory, typename Index>
void load_lane_checked(BRINK_STATE) {
  const WideOperands extra = pc[3].wide;
  const uint8_t* address = checked_address<Index>(BRINK_STATE_ARGS, sizeof(Memory));
  if (address == nullptr) [[unlikely]]
    BRINK_RAISE(TrapCode::MemoryOutOfBounds);
  const V128 result =
      with_lane(load_slot<V128>(fp + extra.lo), extra.hi, checked_read<Memory>(address));
  BRINK_WRITE(V128, Mode::Slot, result);
  BRINK_NEXT(4);
}

template <typename Memory, typename Index>
void store_lane_checked(BRINK_STATE) {
  const WideOperands extra = pc[3].wide;
  uint8_t* address = checked_address<Index>(BRINK_STATE_ARGS, sizeof(Memory));
  if (address == nullptr) [[unlikely]]
    BRINK_RAISE(TrapCode::MemoryOutOfBounds);
  checked_write(address, get_lane<Memory>(fp + extra.lo, extra.hi));
  BRINK_NEXT(4);
}

// ---- tables ----

constexpr int kS = static_cast<int>(Mode::Slot);
constexpr int kA = static_cast<int>(Mode::Acc);
constexpr int kI = static_cast<int>(Mode::Imm);

template <typename Access, Mode dst>
constexpr void add_loads(AccessHandlers& row) {
  constexpr int to = static_cast<int>(dst);
  row.guarded[kS][to] = load_guarded<Access, Address::Slot, dst>;
  row.guarded[kA][to] = load_guarded<Access, Address::Acc, dst>;
  row.guarded[kI][to] = load_guarded<Access, Address::Absolute, dst>;
  row.plus_constant[kS][to] = load_guarded<Access, Address::SlotPlusConst, dst>;
  row.plus_constant[kA][to] = load_guarded<Access, Address::AccPlusConst, dst>;
  row.plus_slot[kS][to] = load_guarded<Access, Address::SlotPlusSlot, dst>;
  row.plus_slot[kA][to] = load_guarded<Access, Address::AccPlusSlot, dst>;
}

template <typename Access>
constexpr AccessHandlers make_load() {
  AccessHandlers row;
  add_loads<Access, Mode::Slot>(row);
  if constexpr (!std::is_same_v<typename Access::Value, V128>) add_loads<Access, Mode::Acc>(row);
  row.checked[0] = load_checked<Access, uint32_t>;
  row.checked[1] = load_checked<Access, uint64_t>;
  return row;
}

/// Stores whose address needs no accumulator, and those whose address does.
template <typename Access, Mode value>
constexpr void add_stores(AccessHandlers& row) {
  constexpr int from = static_cast<int>(value);
  row.guarded[kS][from] = store_guarded<Access, Address::Slot, value>;
  row.guarded[kI][from] = store_guarded<Access, Address::Absolute, value>;
  row.plus_constant[kS][from] = store_guarded<Access, Address::SlotPlusConst, value>;
  row.plus_slot[kS][from] = store_guarded<Access, Address::SlotPlusSlot, value>;
}
template <typename Access, Mode value>
constexpr void add_stores_to_acc(AccessHandlers& row) {
  constexpr int from = static_cast<int>(value);
  row.guarded[kA][from] = store_guarded<Access, Address::Acc, value>;
  row.plus_constant[kA][from] = store_guarded<Access, Address::AccPlusConst, value>;
  row.plus_slot[kA][from] = store_guarded<Access, Address::AccPlusSlot, value>;
}

template <typename Access>
constexpr AccessHandlers make_store() {
  AccessHandlers row;
  add_stores<Access, Mode::Slot>(row);
  add_stores<Access, Mode::Acc>(row);
  add_stores_to_acc<Access, Mode::Slot>(row);
  if constexpr (std::is_integral_v<typename Access::Value>) {
    add_stores<Access, Mode::Imm>(row);
    add_stores_to_acc<Access, Mode::Imm>(row);
  } else {
    // Address and value are in different accumulators.
    add_stores_to_acc<Access, Mode::Acc>(row);
  }
  row.checked[0] = store_checked<Access, uint32_t>;
  row.checked[1] = store_checked<Access, uint64_t>;
  return row;
}

template <typename Memory>
constexpr AccessHandlers make_load_lane() {
  AccessHandlers row;
  row.guarded[kS][kS] = load_lane_guarded<Memory>;
  row.checked[0] = load_lane_checked<Memory, uint32_t>;
  row.checked[1] = load_lane_checked<Memory, uint64_t>;
  return row;
}

template <typename Memory>
constexpr AccessHandlers make_store_lane() {
  AccessHandlers row;
  row.guarded[kS][kS] = store_lane_guarded<Memory>;
  row.checked[0] = store_lane_checked<Memory, uint32_t>;
  row.checked[1] = store_lane_checked<Memory, uint64_t>;
  return row;
}

struct Row {
  Opcode opcode;
  AccessHandlers handlers;
};

#define BRINK_LOAD(id) {Opcode::id, make_load<id>()}
#define BRINK_STORE(id) {Opcode::id, make_store<id>()}
#define BRINK_LOAD_LANE(bits) {Opcode::V128Load##bits##Lane, make_load_lane<uint##bits##_t>()}
#define BRINK_STORE_LANE(bits) {Opcode::V128Store##bits##Lane, make_store_lane<uint##bits##_t>()}
constexpr Row kRows[] = {
    BRINK_LOAD(I32Load),         BRINK_LOAD(I64Load),         BRINK_LOAD(F32Load),
    BRINK_LOAD(F64Load),         BRINK_LOAD(I32Load8S),       BRINK_LOAD(I32Load8U),
    BRINK_LOAD(I32Load16S),      BRINK_LOAD(I32Load16U),      BRINK_LOAD(I64Load8S),
    BRINK_LOAD(I64Load8U),       BRINK_LOAD(I64Load16S),      BRINK_LOAD(I64Load16U),
    BRINK_LOAD(I64Load32S),      BRINK_LOAD(I64Load32U),      BRINK_LOAD(V128Load),
    BRINK_LOAD(V128Load8x8S),    BRINK_LOAD(V128Load8x8U),    BRINK_LOAD(V128Load16x4S),
    BRINK_LOAD(V128Load16x4U),   BRINK_LOAD(V128Load32x2S),   BRINK_LOAD(V128Load32x2U),
    BRINK_LOAD(V128Load8Splat),  BRINK_LOAD(V128Load16Splat), BRINK_LOAD(V128Load32Splat),
    BRINK_LOAD(V128Load64Splat), BRINK_LOAD(V128Load32Zero),  BRINK_LOAD(V128Load64Zero),
    BRINK_STORE(I32Store),       BRINK_STORE(I64Store),       BRINK_STORE(F32Store),
    BRINK_STORE(F64Store),       BRINK_STORE(I32Store8),      BRINK_STORE(I32Store16),
    BRINK_STORE(I64Store8),      BRINK_STORE(I64Store16),     BRINK_STORE(I64Store32),
    BRINK_STORE(V128Store),      BRINK_LOAD_LANE(8),          BRINK_LOAD_LANE(16),
    BRINK_LOAD_LANE(32),         BRINK_LOAD_LANE(64),         BRINK_STORE_LANE(8),
    BRINK_STORE_LANE(16),        BRINK_STORE_LANE(32),        BRINK_STORE_LANE(64),
};
#undef BRINK_LOAD
#undef BRINK_STORE
#undef BRINK_LOAD_LANE
#undef BRINK_STORE_LANE

}  // namespace

void fill_access_rows(std::array<const AccessHandlers*, kOpcodeCount>& rows) {
  for (const Row& row : kRows) rows[static_cast<size_t>(row.opcode)] = &row.handlers;
}

}  // namespace brink::interpret
