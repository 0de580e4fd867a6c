// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// SANDBOX-CRITICAL: a mistake here lets a guest leave its memory. Changes need a second reader.
//
// The builder's memory.copy and memory.fill of a few bytes, whose number is a constant: as loads
// and stores. Chunks may overlap:
//
//     21 bytes    | 16 bytes .......................|
//                           | 16 bytes .......................|
//
// Why nothing is written if anything is out of bounds (spec: memory.copy): everything is loaded
// before anything is stored, so a copy may overlap itself too; and the store with the highest
// addresses comes first. It ends where the operation ends, so if it does not trap, no other does;
// and a store that traps writes nothing. In memories that are not guarded both ranges are checked
// as a whole before the first load.

#include "engine/compile/ir/function_builder.h"

namespace brink::compile::ir {
namespace {

constexpr uint64_t kMaxBytes = 128;

struct Chunk {
  Opcode load;
  Opcode store;
  Type type;
  uint32_t bytes;
};
constexpr Chunk kChunks[] = {
    {Opcode::V128Load, Opcode::V128Store, Type::V128, 16},
    {Opcode::I64Load, Opcode::I64Store, Type::I64, 8},
    {Opcode::I32Load, Opcode::I32Store, Type::I32, 4},
    {Opcode::I32Load16U, Opcode::I32Store16, Type::I32, 2},
    {Opcode::I32Load8U, Opcode::I32Store8, Type::I32, 1},
};

/// The largest that is no larger than so many bytes.
const Chunk& chunk_for(uint32_t bytes) {
  const Chunk* chunk = kChunks;
  while (chunk->bytes > bytes) ++chunk;
  return *chunk;
}

/// Where chunks of a size start, in so many bytes: the last one ends with them.
std::vector<uint32_t> chunk_offsets(uint32_t bytes, uint32_t chunk_bytes) {
  std::vector<uint32_t> offsets;
  for (uint32_t offset = 0; offset + chunk_bytes < bytes; offset += chunk_bytes)
    offsets.push_back(offset);
  offsets.push_back(bytes - chunk_bytes);
  return offsets;
}

}  // namespace

/// The number of bytes if it is a constant, not zero and small; else 0.
uint32_t FunctionBuilder::small_size(ValueId size) const {
  const Inst& inst = f_[size];
  if (inst.op != to_op(Opcode::I32Const) && inst.op != to_op(Opcode::I64Const)) return 0;
  return inst.imm <= kMaxBytes ? static_cast<uint32_t>(inst.imm) : 0;
}

/// A load or store of part of a range, whose address and whose flags are in `range`.
Inst FunctionBuilder::part_of(const Inst& range, Opcode opcode, Type type, uint32_t offset) const {
  Inst inst = range;
  inst.op = to_op(opcode);
  inst.type = type;
  inst.imm += offset;
  return inst;
}

/// The range [index, index + bytes) of a memory, checked if that does not happen by itself.
Inst FunctionBuilder::memory_range(uint32_t memory, ValueId index, uint32_t bytes) {
  Inst range;
  range.arg_count = 1;
  const decode::MemArg memarg = {.memory_index = memory};
  range.args[0] = address_of(index, memarg, bytes, range);
  return range;
}

void FunctionBuilder::store_parts(const Inst& range, Opcode opcode,
                                  std::span<const uint32_t> offsets,
                                  std::span<const ValueId> values) {
  for (size_t i = offsets.size(); i-- > 0;) {
    Inst store = part_of(range, opcode, Type::Void, offsets[i]);
    store.arg_count = 2;
    store.args[1] = values[i % values.size()];
    effect(store);
  }
}

bool FunctionBuilder::copy_few(const Instruction& i, Args args) {
  const uint32_t bytes = small_size(args[2].value.id);
  if (bytes == 0) return false;
  const Inst to = memory_range(i.index, args[0].value.id, bytes);
  const Inst from = memory_range(i.index2, args[1].value.id, bytes);
  const Chunk& chunk = chunk_for(bytes);
  const std::vector<uint32_t> offsets = chunk_offsets(bytes, chunk.bytes);
  std::vector<ValueId> values;
  for (const uint32_t offset : offsets)
    values.push_back(effect(part_of(from, chunk.load, chunk.type, offset)));
  store_parts(to, chunk.store, offsets, values);
  return true;
}

bool FunctionBuilder::fill_few(const Instruction& i, Args args) {
  const uint32_t bytes = small_size(args[2].value.id);
  if (bytes == 0) return false;
  const Inst to = memory_range(i.index, args[0].value.id, bytes);
  const Chunk& chunk = chunk_for(bytes);
  const ValueId byte =
      emit(Opcode::I32And, Type::I32, {args[1].value.id, constant(Type::I32, 0xff)});
  ValueId value = byte;
  if (chunk.type == Type::V128)
    value = emit(Opcode::I8x16Splat, Type::V128, {byte});
  else if (chunk.type == Type::I64)
    value = emit(Opcode::I64Mul, Type::I64,
                 {extend_index(byte), constant(Type::I64, 0x0101010101010101)});
  else if (chunk.bytes != 1)
    value = emit(Opcode::I32Mul, Type::I32, {byte, constant(Type::I32, 0x01010101)});
  store_parts(to, chunk.store, chunk_offsets(bytes, chunk.bytes), {&value, 1});
  return true;
}

}  // namespace brink::compile::ir
