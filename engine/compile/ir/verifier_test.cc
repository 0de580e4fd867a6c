// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// That the verifier finds what is wrong: a sound function is broken in one place at a time.

#include "engine/compile/ir/verifier.h"

#include <catch2/catch.hpp>

#include "engine/compile/ir/editor.h"
#include "engine/compile/ir/test_function.h"

namespace brink::compile::ir {
namespace {

using testing::TestModule;

constexpr const char* kLoop = R"(
  (memory 1)
  (func (param i32 i64) (result i32) (local i32)
    (loop $l
      (local.set 2 (i32.add (local.get 2) (i32.load (local.get 0))))
      (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
    (local.get 2)))";

constexpr const char* kTry = R"(
  (tag $e)
  (func $g (result i32) (i32.const 1))
  (func (result i32)
    (block $h (try_table (catch $e $h) (return (call $g))))
    (i32.const 2)))";

/// What the verifier says after a change.
template <typename Change>
std::string complaint(const char* wat, uint32_t index, Change change) {
  const TestModule module(wat);
  Function function = module.build(index);
  change(function);
  return verify(function, *module.module().registry);
}

template <typename Change>
void check_loop(const char* expected, Change change) {
  const std::string text = complaint(kLoop, 0, change);
  INFO(text);
  CHECK(text.find(expected) != std::string::npos);
}

template <typename Change>
void check_try(const char* expected, Change change) {
  const std::string text = complaint(kTry, 1, change);
  INFO(text);
  CHECK(text.find(expected) != std::string::npos);
}

/// The first instruction of that operation.
ValueId find(const Function& f, Op op) {
  for (const Block& block : f.blocks)
    for (const ValueId id : block.insts)
      if (f[id].op == op) return id;
  FAIL("no " << to_string(op));
  return kNoValue;
}

TEST_CASE("the verifier wants terminators at the end of blocks", "[compile][ir]") {
  check_loop("in the wrong place", [](Function& f) { f.blocks[0].insts.pop_back(); });
  check_loop("in the wrong place", [](Function& f) {
    f.blocks[0].insts.insert(f.blocks[0].insts.begin(),
                             add_inst(f, make_inst(Op::Trap, Type::Void)));
  });
  check_loop("is empty", [](Function& f) { f.blocks[1].insts.clear(); });
  check_loop("with 0 targets", [](Function& f) { f.blocks[0].target_count = 0; });
}

TEST_CASE("the verifier compares arguments with parameters", "[compile][ir]") {
  check_loop("arguments for the", [](Function& f) { --f.targets_of(f.blocks[0])[0].arg_count; });
  check_loop("of type i64 for parameter",
             [](Function& f) { f.args(f.targets_of(f.blocks[0])[0])[0] = f.blocks[0].params[1]; });
  check_loop("goes to block 0", [](Function& f) { f.targets_of(f.blocks[0])[0].block = 0; });
  check_loop("the function has 2", [](Function& f) { f.blocks[0].params.pop_back(); });
}

TEST_CASE("the verifier wants definitions before uses", "[compile][ir]") {
  check_loop("does not dominate", [](Function& f) {
    f.args(f.targets_of(f.blocks[0])[0])[0] = find(f, to_op(Opcode::I32Load));
  });
  check_loop("does not dominate", [](Function& f) {
    // An instruction that uses itself.
    const ValueId load = find(f, to_op(Opcode::I32Load));
    f[load].args[0] = load;
  });
  check_loop("is not defined", [](Function& f) {
    f[find(f, to_op(Opcode::I32Load))].args[0] = static_cast<ValueId>(f.insts.size());
  });
  check_loop("is defined twice", [](Function& f) {
    f.blocks[2].insts.insert(f.blocks[2].insts.begin(), f.blocks[1].insts[1]);
  });
  check_loop("which is no value",
             [](Function& f) { f[find(f, to_op(Opcode::I32Load))].args[0] = find(f, Op::Poll); });
  check_loop("is unreachable",
             [](Function& f) { append(f, add_block(f), make_inst(Op::Trap, Type::Void)); });
}

TEST_CASE("the verifier knows the types of operations", "[compile][ir]") {
  check_loop("is i64", [](Function& f) {
    f[find(f, to_op(Opcode::I32Add))].args[1] = f.blocks[0].params[1];
  });
  check_loop("is of type f32",
             [](Function& f) { f[find(f, to_op(Opcode::I32Load))].type = Type::F32; });
  check_loop("arguments", [](Function& f) { f[find(f, Op::Return)].arg_count = 0; });
  check_loop("has no meaning",
             [](Function& f) { f[find(f, to_op(Opcode::I32Add))].op = to_op(Opcode::Drop); });
}

TEST_CASE("the verifier knows invokes and landings", "[compile][ir]") {
  check_try("does not lead to a landing", [](Function& f) {
    const std::span<Target> targets = f.targets_of(f.blocks[0]);
    std::swap(targets[0].block, targets[1].block);
  });
  check_try("does not follow its operation", [](Function& f) {
    const ValueId result = find(f, Op::Result);
    f[result].args[0] = find(f, Op::Landing);
  });
  check_try("clauses that do not exist", [](Function& f) { f[find(f, Op::Landing)].imm2 = 100; });
}

}  // namespace
}  // namespace brink::compile::ir
