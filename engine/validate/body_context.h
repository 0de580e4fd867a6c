// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// The part of the body decoder that does not depend on the sink: the bytes, the module, the locals,
// the checks of immediates, and the making of errors.
//
// Checks return whether all is well; the first failure is kept. When the reader has failed, that is
// the failure, whatever the zeros that it returned led to.

#ifndef BRINK_VALIDATE_BODY_CONTEXT_H_
#define BRINK_VALIDATE_BODY_CONTEXT_H_

#include <deque>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "brink/error.h"
#include "engine/decode/instruction.h"
#include "engine/decode/instruction_reader.h"
#include "engine/support/byte_reader.h"
#include "engine/validate/locals.h"
#include "engine/wasm/module.h"
#include "engine/wasm/opcode.h"

namespace brink::validate {

using decode::Instruction;

/// Parameters and results of a block, canonical.
struct BlockSignature {
  std::span<const ValType> params;
  std::span<const ValType> results;
};

class BodyContext {
 public:
  const wasm::Module& module() const { return module_; }
  const TypeRegistry& registry() const { return registry_; }
  uint32_t function_index() const { return function_index_; }
  const FuncType& function_type() const { return *function_type_; }
  /// Parameters first.
  const LocalTypes& local_types() const { return locals_; }
  /// What function_index() is for an expression outside of functions.
  static constexpr uint32_t kNoFunction = ~uint32_t{0};
  /// Of the current instruction, in the module.
  uint32_t offset() const {
    return static_cast<uint32_t>(instruction_start_ - module_.bytes.data());
  }

 protected:
  explicit BodyContext(const wasm::Module& module);
  BodyContext(const BodyContext&) = delete;
  BodyContext& operator=(const BodyContext&) = delete;

  /// Prepares for a body and reads its local declarations.
  bool open_body(uint32_t function_index);
  /// Prepares for an expression without parameters and locals outside of functions.
  void open_expression(wasm::ConstExpr expression, const FuncType& type);
  /// The failure, with the function it is in.
  Error take_error();

  // ---- failures; all return false ----
  bool fail(std::string message, ErrorKind kind = ErrorKind::Invalid);
  /// The reader has failed.
  bool fail_reading() { return fail({}); }
  /// The bytes end where an instruction should start.
  bool fail_at_end_of_body();
  bool unknown(std::string_view what, uint32_t index);
  /// "type mismatch: instruction requires [...] but stack has [...]".
  bool mismatch(std::span<const ValType> required, std::span<const ValType> actual);
  bool mismatch(std::string_view required, std::span<const ValType> actual);
  bool block_mismatch(std::span<const ValType> required, std::span<const ValType> actual);
  bool fail_too_many_operands(uint32_t count, uint32_t limit);
  /// "type mismatch: " and `what`.
  bool mismatch_because(std::string_view what);

  bool matches(ValType sub, ValType super) const { return registry_.matches(sub, super); }

  // ---- checks of immediates ----
  bool check_index(uint32_t index, size_t count, std::string_view what) {
    return index < count || unknown(what, index);
  }
  bool check_function(uint32_t index) {
    return check_index(index, module_.functions.size(), "function");
  }
  bool check_table(uint32_t index) { return check_index(index, module_.tables.size(), "table"); }
  bool check_memory(uint32_t index) {
    return check_index(index, module_.memories.size(), "memory");
  }
  bool check_tag(uint32_t index) { return check_index(index, module_.tags.size(), "tag"); }
  bool check_type(uint32_t index) { return check_index(index, module_.types.size(), "type"); }
  bool check_elem(uint32_t index) {
    return check_index(index, module_.elements.size(), "elem segment");
  }
  bool check_data(uint32_t index);
  bool check_memarg(const OpcodeInfo& row, const decode::MemArg& memarg);
  bool check_lanes(const OpcodeInfo& row);
  /// Makes the type canonical.
  bool check_heap_type(HeapType& type);
  bool check_val_type(ValType& type);
  bool check_block_type(decode::BlockType& block, BlockSignature& signature) {
    signature = {};
    return block.kind == decode::BlockType::Kind::Empty || check_full_block_type(block, signature);
  }
  bool check_mutable(const FieldType& field, std::string_view what);
  /// Packed fields are read with a sign extension or without; others are just read.
  bool check_sign(const FieldType& field, bool has_sign);
  /// Whether all fields of the struct or the elements of the array have a default value.
  bool check_defaultable(uint32_t type_index);
  /// Whether the array can be filled from that segment.
  bool check_data_for(const ArrayType& type, uint32_t segment);
  bool check_elem_for(const ArrayType& type, uint32_t segment);

  // ---- types ----
  const CanonicalType& type_at(uint32_t type_index) const {
    return registry_.get(module_.type_ids[type_index]);
  }
  /// The type of that index; null, and a failure, when it is of another kind.
  const FuncType* func_type(uint32_t type_index);
  const StructType* struct_type(uint32_t type_index);
  const ArrayType* array_type(uint32_t type_index);
  const FuncType& tag_type(uint32_t tag_index) const {
    return *type_at(module_.tags[tag_index]).func();
  }
  ValType ref_to(uint32_t type_index, bool nullable) const {
    return ValType::ref(HeapType::concrete(module_.type_ids[type_index]), nullable);
  }
  ValType memory_address(uint32_t index) const {
    return to_val_type(module_.memories[index].address);
  }
  ValType table_address(uint32_t index) const {
    return to_val_type(module_.tables[index].type.address);
  }
  ValType table_element(uint32_t index) const {
    return module_.canonical(module_.tables[index].type.element);
  }
  /// A list of one type that lives until the next body.
  std::span<const ValType> list_of(ValType type);

  const wasm::Module& module_;
  const TypeRegistry& registry_;
  support::ByteReader reader_{{}};
  decode::InstructionReader instructions_;
  Instruction instruction_;  // the current one, or what is left of earlier ones
  const uint8_t* instruction_start_ = nullptr;
  ValType memory0_address_;  // Bottom without a memory
  uint32_t function_index_ = kNoFunction;
  const FuncType* function_type_ = nullptr;
  LocalTypes locals_;
  InitializedLocals initialized_;

 private:
  void open(wasm::ByteRange bytes, const FuncType& type);
  bool read_locals();
  bool check_full_block_type(decode::BlockType& block, BlockSignature& signature);
  bool check_alignment(const OpcodeInfo& row, uint32_t align_log2);

  std::optional<Error> error_;
  std::deque<ValType> single_types_;  // see list_of
};

}  // namespace brink::validate

#endif  // BRINK_VALIDATE_BODY_CONTEXT_H_
