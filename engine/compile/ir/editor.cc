// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/compile/ir/editor.h"

namespace brink::compile::ir {

void set_args(Function& function, Inst& inst, std::span<const ValueId> args) {
  BRINK_CHECK(args.size() <= 0xffff);
  inst.arg_count = static_cast<uint16_t>(args.size());
  inst.args.fill(kNoValue);
  if (args.size() <= inst.args.size()) {
    std::ranges::copy(args, inst.args.begin());
    return;
  }
  inst.args[0] = static_cast<uint32_t>(function.pool.size());
  function.pool.insert(function.pool.end(), args.begin(), args.end());
}

BlockId add_block(Function& function) {
  function.blocks.emplace_back();
  return static_cast<BlockId>(function.blocks.size() - 1);
}

ValueId add_param(Function& function, BlockId block, Type type) {
  std::vector<ValueId>& params = function.blocks[block].params;
  params.push_back(add_inst(function, make_inst(Op::Param, type, {}, params.size())));
  return params.back();
}

void add_targets(Function& function, BlockId block, std::initializer_list<BlockId> targets) {
  BRINK_DCHECK(function.blocks[block].target_count == 0);
  function.blocks[block].first_target = static_cast<uint32_t>(function.targets.size());
  function.blocks[block].target_count = static_cast<uint32_t>(targets.size());
  for (const BlockId target : targets) function.targets.push_back({target, 0, 0});
}

void set_target_args(Function& function, Target& target, std::span<const ValueId> args) {
  target.first_arg = static_cast<uint32_t>(function.pool.size());
  target.arg_count = static_cast<uint32_t>(args.size());
  function.pool.insert(function.pool.end(), args.begin(), args.end());
}

Inst make_constant(Type type, uint64_t bits) {
  switch (type) {
    case Type::I32: return make_inst(Opcode::I32Const, type, {}, static_cast<uint32_t>(bits));
    case Type::I64: return make_inst(Opcode::I64Const, type, {}, bits);
    case Type::F32: return make_inst(Opcode::F32Const, type, {}, static_cast<uint32_t>(bits));
    case Type::F64: return make_inst(Opcode::F64Const, type, {}, bits);
    default: BRINK_DCHECK(type == Type::Ref); return make_inst(Op::RefNull, type);
  }
}

Inst make_vector_constant(Function& function, const V128& bits) {
  function.vectors.push_back(bits);
  return make_inst(Opcode::V128Const, Type::V128, {}, function.vectors.size() - 1);
}

}  // namespace brink::compile::ir
