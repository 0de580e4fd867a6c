// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Part of body_decoder.h: the fast way for frequent instructions whose immediates are short and
// whose operands have exactly the expected types.
//
// Each of them either takes its instruction as a whole or leaves everything as it is. None fails.

#ifndef BRINK_VALIDATE_BODY_SHORT_CUTS_H_
#define BRINK_VALIDATE_BODY_SHORT_CUTS_H_

#include "engine/validate/body_decoder.h"

namespace brink::validate {

/// Takes instructions until one comes that it does not take.
template <class Sink>
bool FunctionBodyDecoder<Sink>::short_cuts() {
  // An instruction here is at most that long. It may be read across the end of the body, though not
  // across that of the module; when that has happened is seen afterwards.
  constexpr ptrdiff_t kMaxBytes = 16;
  const uint8_t* const module_end = module_.bytes.data() + module_.bytes.size();
  const uint8_t* const body_end = reader_.end();
  const uint8_t* const last = module_end - body_end >= kMaxBytes
                                  ? body_end
                                  : body_end - std::min(kMaxBytes, body_end - reader_.position());
  const Item* const room_end = stack_.room_end();
  Cursor cursor{reader_.position(), stack_.end(), stack_.floor_item()};
  bool taken = true;
  while (taken && cursor.pos < last && cursor.top < room_end) {
    const StepRow& row = kStepRows[*cursor.pos];
    switch (row.step) {
      case Step::Unary: taken = unary(cursor, row); break;
      case Step::Binary: taken = binary(cursor, row); break;
      case Step::Load: taken = load(cursor, row); break;
      case Step::Store: taken = store(cursor, row); break;
      case Step::I32Const: taken = constant<4>(cursor, row); break;
      case Step::I64Const: taken = constant<9>(cursor, row); break;
      case Step::LocalGet: taken = local_get(cursor, row); break;
      case Step::LocalSet: taken = local_set<0>(cursor, row); break;
      case Step::LocalTee: taken = local_set<1>(cursor, row); break;
      case Step::GlobalGet: taken = global_get(cursor, row); break;
      default: taken = false; break;
    }
  }
  stack_.set_end(cursor.top);
  if (cursor.pos > body_end) [[unlikely]] {
    reader_.fail("unexpected end of section or function", reader_.offset() + reader_.remaining());
    return fail_reading();
  }
  reader_.skip(static_cast<uint32_t>(cursor.pos - reader_.position()));
  return true;
}

/// Takes an instruction of `bytes` bytes whose operands have been checked.
template <class Sink>
template <uint32_t pops, uint32_t pushes>
[[gnu::always_inline]] inline void FunctionBodyDecoder<Sink>::advance(Cursor& cursor, Opcode opcode,
                                                                      uint32_t bytes,
                                                                      ValType result) {
  if constexpr (kConsumes) {
    if (reachable_) {
      instruction_start_ = cursor.pos;
      cursor.pos += bytes;
      std::array<Item, pops + 1> args;
      std::copy_n(cursor.top - pops, pops, args.begin());
      cursor.top -= pops;
      if constexpr (pushes != 0) *cursor.top++ = Item{result, Value{}};
      stack_.set_end(cursor.top);
      instruction_.offset = offset();
      instruction_.opcode = opcode;
      sink_.instruction(*this, instruction_, Args(args).first(pops),
                        Args(cursor.top - pushes, pushes));
      return;
    }
  }
  cursor.pos += bytes;
  cursor.top -= pops;
  if constexpr (pushes != 0) *cursor.top++ = Item{result, Value{}};
}

template <class Sink>
[[gnu::always_inline]] inline bool FunctionBodyDecoder<Sink>::unary(Cursor& cursor,
                                                                    const StepRow& row) {
  if (cursor.top - cursor.floor < 1 || cursor.top[-1].type != row.first) return false;
  advance<1, 1>(cursor, row.opcode, 1, row.result);
  return true;
}

template <class Sink>
[[gnu::always_inline]] inline bool FunctionBodyDecoder<Sink>::binary(Cursor& cursor,
                                                                     const StepRow& row) {
  if (cursor.top - cursor.floor < 2 || cursor.top[-2].type != row.first ||
      cursor.top[-1].type != row.second)
    return false;
  advance<2, 1>(cursor, row.opcode, 1, row.result);
  return true;
}

/// Reads an unsigned number of one or two bytes; its length, or 0 if it is longer.
[[gnu::always_inline]] inline uint32_t read_short(const uint8_t* bytes, uint32_t& number) {
  number = bytes[0];
  if (number < 0x80) [[likely]]
    return 1;
  if (bytes[1] >= 0x80) return 0;
  number = (number & 0x7f) | static_cast<uint32_t>(bytes[1]) << 7;
  return 2;
}

/// Reads alignment and offset of an access to memory 0; the length, or 0 if anything is unusual.
template <class Sink>
[[gnu::always_inline]] inline uint32_t FunctionBodyDecoder<Sink>::short_memarg(const uint8_t* bytes,
                                                                               const StepRow& row) {
  uint32_t offset;
  const uint32_t length = read_short(bytes + 1, offset);
  if (length == 0 || bytes[0] > row.align_log2) return 0;
  if constexpr (kConsumes)
    instruction_.memarg = {.memory_index = 0, .align_log2 = bytes[0], .offset = offset};
  return 1 + length;
}

template <class Sink>
[[gnu::always_inline]] inline bool FunctionBodyDecoder<Sink>::load(Cursor& cursor,
                                                                   const StepRow& row) {
  if (cursor.top - cursor.floor < 1 || cursor.top[-1].type != memory0_address_) return false;
  const uint32_t length = short_memarg(cursor.pos + 1, row);
  if (length == 0) return false;
  advance<1, 1>(cursor, row.opcode, 1 + length, row.result);
  return true;
}

template <class Sink>
[[gnu::always_inline]] inline bool FunctionBodyDecoder<Sink>::store(Cursor& cursor,
                                                                    const StepRow& row) {
  if (cursor.top - cursor.floor < 2 || cursor.top[-2].type != memory0_address_ ||
      cursor.top[-1].type != row.second)
    return false;
  const uint32_t length = short_memarg(cursor.pos + 1, row);
  if (length == 0) return false;
  advance<2, 0>(cursor, row.opcode, 1 + length);
  return true;
}

/// i32.const and i64.const of at most `max_bytes` bytes, so few that none of them has excess bits.
template <class Sink>
template <uint32_t max_bytes>
[[gnu::always_inline]] inline bool FunctionBodyDecoder<Sink>::constant(Cursor& cursor,
                                                                       const StepRow& row) {
  uint64_t number = 0;
  uint32_t length = 0;
  uint8_t byte;
  do {
    if (length == max_bytes) return false;
    byte = cursor.pos[1 + length];
    number |= uint64_t{byte & 0x7fu} << (7 * length);
    ++length;
  } while (byte & 0x80);
  if constexpr (kConsumes) {
    const uint32_t unused = 64 - 7 * length;
    number = static_cast<uint64_t>(static_cast<int64_t>(number << unused) >> unused);
    instruction_.bits = row.opcode == Opcode::I32Const ? static_cast<uint32_t>(number) : number;
  }
  advance<0, 1>(cursor, row.opcode, 1 + length, row.result);
  return true;
}

/// Reads the index of a local that is expanded and has a default value; the length, or 0.
template <class Sink>
[[gnu::always_inline]] inline uint32_t FunctionBodyDecoder<Sink>::short_local(const uint8_t* bytes,
                                                                              ValType& type) {
  uint32_t index;
  const uint32_t length = read_short(bytes, index);
  const std::span<const ValType> locals = locals_.expanded();
  if (length == 0 || index >= locals.size()) return 0;
  type = locals[index];
  if constexpr (kConsumes) instruction_.index = index;
  return type.is_defaultable() ? length : 0;
}

template <class Sink>
[[gnu::always_inline]] inline bool FunctionBodyDecoder<Sink>::local_get(Cursor& cursor,
                                                                        const StepRow& row) {
  ValType type;
  const uint32_t length = short_local(cursor.pos + 1, type);
  if (length == 0) return false;
  advance<0, 1>(cursor, row.opcode, 1 + length, type);
  return true;
}

/// local.set, and local.tee, which keeps its operand.
template <class Sink>
template <uint32_t pushes>
[[gnu::always_inline]] inline bool FunctionBodyDecoder<Sink>::local_set(Cursor& cursor,
                                                                        const StepRow& row) {
  ValType type;
  const uint32_t length = short_local(cursor.pos + 1, type);
  if (length == 0 || cursor.top - cursor.floor < 1 || cursor.top[-1].type != type) return false;
  advance<1, pushes>(cursor, row.opcode, 1 + length, type);
  return true;
}

template <class Sink>
[[gnu::always_inline]] inline bool FunctionBodyDecoder<Sink>::global_get(Cursor& cursor,
                                                                         const StepRow& row) {
  uint32_t index;
  const uint32_t length = read_short(cursor.pos + 1, index);
  if (length == 0 || index >= module_.globals.size()) return false;
  const ValType type = module_.globals[index].type.value;
  if (type.is_ref()) return false;
  if constexpr (kConsumes) instruction_.index = index;
  advance<0, 1>(cursor, row.opcode, 1 + length, type);
  return true;
}

}  // namespace brink::validate

#endif  // BRINK_VALIDATE_BODY_SHORT_CUTS_H_
