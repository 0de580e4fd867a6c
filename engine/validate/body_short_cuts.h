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

template <class Sink>
inline typename FunctionBodyDecoder<Sink>::Cursor FunctionBodyDecoder<Sink>::load_cursor() {
  // An instruction here is at most that long. It may be read across the end of the body, though not
  // across that of the module; when that has happened is seen afterwards.
  constexpr ptrdiff_t kMaxBytes = 16;
  const uint8_t* const module_end = module_.bytes.data() + module_.bytes.size();
  const uint8_t* const body_end = reader_.end();
  const ptrdiff_t missing = kMaxBytes - (module_end - body_end);
  const ptrdiff_t left = body_end - reader_.position();
  return {
      .pos = reader_.position(),
      .last = body_end - std::clamp<ptrdiff_t>(missing, 0, left),
      .top = stack_.end(),
      .floor = stack_.floor_item(),
      .room_end = stack_.room_end(),
      .locals = locals_.expanded().data(),
      .local_count = static_cast<uint32_t>(locals_.expanded().size()),
  };
}

/// Makes the members agree with the cursor. False if the last instruction went beyond the body.
template <class Sink>
inline bool FunctionBodyDecoder<Sink>::store_cursor(const Cursor& cursor) {
  stack_.set_end(cursor.top);
  if (cursor.pos > reader_.end()) [[unlikely]] {
    reader_.fail("unexpected end of section or function", reader_.offset() + reader_.remaining());
    return fail_reading();
  }
  reader_.skip(static_cast<uint32_t>(cursor.pos - reader_.position()));
  return true;
}

/// Takes instructions until one comes that it does not take, or the function has ended.
template <class Sink>
bool FunctionBodyDecoder<Sink>::short_cuts() {
  Cursor cursor = load_cursor();
  bool taken = true;
  while (taken && cursor.pos < cursor.last && cursor.top < cursor.room_end) {
    const StepRow& row = kStepRows[*cursor.pos];
    switch (row.step) {
      case Step::General: taken = false; break;
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
      // Listed one by one: then there is nothing to be told apart before the jump.
      case Step::Block:
      case Step::Loop:
      case Step::If:
      case Step::End:
      case Step::Br:
      case Step::BrIf:
      case Step::Call:
        if (!store_cursor(cursor) || !frequent_control(row)) return false;
        if (frames_.empty()) return true;
        cursor = load_cursor();
        taken = stack_.size() <= kMaxOperands;
        break;
    }
  }
  return store_cursor(cursor);
}

/// Takes an instruction of `bytes` bytes whose operands have been checked.
template <class Sink>
template <uint32_t pops, uint32_t pushes>
[[gnu::always_inline]] inline bool FunctionBodyDecoder<Sink>::advance(Cursor& cursor, Opcode opcode,
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
      return true;
    }
  }
  cursor.pos += bytes;
  cursor.top -= pops;
  if constexpr (pushes != 0) *cursor.top++ = Item{result, Value{}};
  return true;
}

template <class Sink>
[[gnu::always_inline]] inline bool FunctionBodyDecoder<Sink>::unary(Cursor& cursor,
                                                                    const StepRow& row) {
  if (cursor.top - cursor.floor < 1 || cursor.top[-1].type != row.first) return false;
  return advance<1, 1>(cursor, row.opcode, 1, row.result);
}

template <class Sink>
[[gnu::always_inline]] inline bool FunctionBodyDecoder<Sink>::binary(Cursor& cursor,
                                                                     const StepRow& row) {
  if (cursor.top - cursor.floor < 2 || cursor.top[-2].type != row.first ||
      cursor.top[-1].type != row.second)
    return false;
  return advance<2, 1>(cursor, row.opcode, 1, row.result);
}

/// Reads an unsigned number of one or two bytes and hands it and its length to `take`, separately
/// for each length: the length is a constant there, and the next position does not depend on a
/// load.
template <typename Take>
[[gnu::always_inline]] inline bool with_short_number(const uint8_t* bytes, Take take) {
  const uint32_t first = bytes[0];
  if (first < 0x80) [[likely]]
    return take(first, std::integral_constant<uint32_t, 1>());
  const uint32_t second = bytes[1];
  if (second >= 0x80) return false;
  return take((first & 0x7f) | second << 7, std::integral_constant<uint32_t, 2>());
}

/// An access to memory 0.
template <class Sink>
template <uint32_t pops, uint32_t pushes>
[[gnu::always_inline]] inline bool FunctionBodyDecoder<Sink>::access(Cursor& cursor,
                                                                     const StepRow& row) {
  const uint8_t align_log2 = cursor.pos[1];
  if (align_log2 > row.align_log2) return false;
  return with_short_number(cursor.pos + 2, [&](uint32_t offset, auto length) {
    if constexpr (kConsumes)
      instruction_.memarg = {.memory_index = 0, .align_log2 = align_log2, .offset = offset};
    return advance<pops, pushes>(cursor, row.opcode, 2 + length, row.result);
  });
}

template <class Sink>
[[gnu::always_inline]] inline bool FunctionBodyDecoder<Sink>::load(Cursor& cursor,
                                                                   const StepRow& row) {
  if (cursor.top - cursor.floor < 1 || cursor.top[-1].type != memory0_address_) return false;
  return access<1, 1>(cursor, row);
}

template <class Sink>
[[gnu::always_inline]] inline bool FunctionBodyDecoder<Sink>::store(Cursor& cursor,
                                                                    const StepRow& row) {
  if (cursor.top - cursor.floor < 2 || cursor.top[-2].type != memory0_address_ ||
      cursor.top[-1].type != row.second)
    return false;
  return access<2, 0>(cursor, row);
}

/// i32.const and i64.const of at most `max_bytes` bytes, so few that none of them has excess bits.
template <class Sink>
template <uint32_t max_bytes>
[[gnu::always_inline]] inline bool FunctionBodyDecoder<Sink>::constant(Cursor& cursor,
                                                                       const StepRow& row) {
  const auto take = [&](uint64_t number, uint32_t length) {
    if constexpr (kConsumes) {
      const uint32_t unused = 64 - 7 * length;
      number = static_cast<uint64_t>(static_cast<int64_t>(number << unused) >> unused);
      instruction_.bits = row.opcode == Opcode::I32Const ? static_cast<uint32_t>(number) : number;
    }
    return advance<0, 1>(cursor, row.opcode, 1 + length, row.result);
  };
  if (cursor.pos[1] < 0x80) [[likely]]
    return take(cursor.pos[1], 1);
  uint64_t number = cursor.pos[1] & 0x7f;
  for (uint32_t length = 1; length < max_bytes; ++length) {
    const uint8_t byte = cursor.pos[1 + length];
    number |= uint64_t{byte & 0x7fu} << (7 * length);
    if (byte < 0x80) return take(number, length + 1);
  }
  return false;
}

template <class Sink>
[[gnu::always_inline]] inline bool FunctionBodyDecoder<Sink>::local_get(Cursor& cursor,
                                                                        const StepRow& row) {
  return with_short_number(cursor.pos + 1, [&](uint32_t index, auto length) {
    if (index >= cursor.local_count) return false;
    const ValType type = cursor.locals[index];
    if (!type.is_defaultable()) return false;
    if constexpr (kConsumes) instruction_.index = index;
    return advance<0, 1>(cursor, row.opcode, 1 + length, type);
  });
}

/// local.set, and local.tee, which keeps its operand.
template <class Sink>
template <uint32_t pushes>
[[gnu::always_inline]] inline bool FunctionBodyDecoder<Sink>::local_set(Cursor& cursor,
                                                                        const StepRow& row) {
  if (cursor.top - cursor.floor < 1) return false;
  return with_short_number(cursor.pos + 1, [&](uint32_t index, auto length) {
    if (index >= cursor.local_count) return false;
    const ValType type = cursor.locals[index];
    if (cursor.top[-1].type != type || !type.is_defaultable()) return false;
    if constexpr (kConsumes) instruction_.index = index;
    return advance<1, pushes>(cursor, row.opcode, 1 + length, type);
  });
}

template <class Sink>
[[gnu::always_inline]] inline bool FunctionBodyDecoder<Sink>::global_get(Cursor& cursor,
                                                                         const StepRow& row) {
  return with_short_number(cursor.pos + 1, [&](uint32_t index, auto length) {
    if (index >= module_.globals.size()) return false;
    const ValType type = module_.globals[index].type.value;
    if (type.is_ref()) return false;
    if constexpr (kConsumes) instruction_.index = index;
    return advance<0, 1>(cursor, row.opcode, 1 + length, type);
  });
}

}  // namespace brink::validate

#endif  // BRINK_VALIDATE_BODY_SHORT_CUTS_H_
