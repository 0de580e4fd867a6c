// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/validate/body_context.h"

#include <algorithm>
#include <array>
#include <bit>

#include <fmt/format.h>

#include "engine/decode/limits.h"
#include "engine/decode/type_reader.h"

namespace brink::validate {
namespace {

constexpr auto kPlainTypes = std::to_array<ValType>({kI32, kI64, kF32, kF64, kV128});

std::string list(std::span<const ValType> types) {
  std::string text = "[";
  for (const ValType type : types) {
    if (text.size() > 1) text += ' ';
    text += to_string(type);
  }
  return text + "]";
}

/// Lanes of the vector shape that a mnemonic starts with: 8 for "i16x8.replace_lane".
constexpr uint8_t lanes_in(std::string_view mnemonic) {
  uint8_t lanes = 0;
  for (size_t i = mnemonic.find('x') + 1; mnemonic[i] != '.'; ++i)
    lanes = static_cast<uint8_t>(10 * lanes + (mnemonic[i] - '0'));
  return lanes;
}

/// How many lanes the lane immediate of an instruction may name; 0 without such an immediate.
constexpr auto kLaneCounts = [] {
  constexpr uint8_t kVectorBytes = 16;
  std::array<uint8_t, kOpcodeCount> counts = {};
  for (uint32_t i = 0; i < kOpcodeCount; ++i) {
    const OpcodeInfo& row = kOpcodes[i];
    if (row.imm == ImmKind::Lane) counts[i] = lanes_in(row.mnemonic);
    if (row.imm == ImmKind::MemArgLane) counts[i] = kVectorBytes / row.access_bytes;
  }
  return counts;
}();

}  // namespace

BodyContext::BodyContext(const wasm::Module& module)
    : module_(module),
      registry_(*module.registry),
      instructions_(reader_, module.features),
      memory0_address_(module.memories.empty() ? kBottom : memory_address(0)) {}

bool BodyContext::open_body(uint32_t function_index) {
  function_index_ = function_index;
  open(module_.functions[function_index].body, module_.function_type(function_index));
  for (const ValType param : function_type_->params) locals_.add(1, param);
  if (!read_locals()) return false;
  initialized_.reset(locals_.size());
  return true;
}

void BodyContext::open_expression(wasm::ConstExpr expression, const FuncType& type) {
  function_index_ = kNoFunction;
  open(expression, type);
}

void BodyContext::open(wasm::ByteRange bytes, const FuncType& type) {
  constexpr uint32_t kAlwaysExpanded = 64;
  function_type_ = &type;
  reader_ = support::ByteReader(module_.view(bytes), bytes.offset);
  reader_.set_end_message("unexpected end of section or function");
  instruction_start_ = reader_.position();
  instruction_.opcode = Opcode::Nop;
  error_.reset();
  single_types_.clear();
  locals_.reset(bytes.size + kAlwaysExpanded);
}

bool BodyContext::read_locals() {
  const uint32_t runs = reader_.read_u32();
  uint64_t total = locals_.size();
  for (uint32_t i = 0; i < runs && reader_.ok(); ++i) {
    instruction_start_ = reader_.position();
    const uint32_t count = reader_.read_u32();
    total += count;
    if (total > ~uint32_t{0})
      return fail(fmt::format("too many locals: {}", total), ErrorKind::Malformed);
    ValType type = decode::read_val_type(reader_, module_.features);
    if (!check_val_type(type)) return false;
    // Counting goes on: a sum that does not fit makes the module malformed.
    if (total <= decode::limits::kLocals) locals_.add(count, type);
  }
  if (!reader_.ok()) return fail_reading();
  if (total <= decode::limits::kLocals) return true;
  reader_.fail(
      decode::limits::exceeded("locals", total, decode::limits::kLocals, reader_.offset()));
  return fail_reading();
}

bool BodyContext::fail(std::string message, ErrorKind kind) {
  if (error_) return false;
  Status read = reader_.status();
  if (read) {
    error_.emplace(kind, std::move(message), offset());
  } else {
    error_.emplace(std::move(read).error());
  }
  return false;
}

Error BodyContext::take_error() {
  if (function_index_ == kNoFunction) return *std::move(error_);
  std::string where = fmt::format(" (function {}", function_index_);
  const auto exported = std::ranges::find_if(module_.exports, [&](const wasm::Export& candidate) {
    return candidate.kind == ExternKind::Func && candidate.index == function_index_;
  });
  if (exported != module_.exports.end())
    where += fmt::format(", exported as \"{}\"", exported->name);
  error_->detail().message += where + ")";
  return *std::move(error_);
}

bool BodyContext::unknown(std::string_view what, uint32_t index) {
  return fail(fmt::format("unknown {} {}: {}", what, index, mnemonic(instruction_.opcode)));
}

bool BodyContext::mismatch(std::string_view required, std::span<const ValType> actual) {
  return fail(fmt::format("type mismatch: instruction requires {} but stack has {}: {}", required,
                          list(actual), mnemonic(instruction_.opcode)));
}

bool BodyContext::mismatch(std::span<const ValType> required, std::span<const ValType> actual) {
  return mismatch(list(required), actual);
}

bool BodyContext::block_mismatch(std::span<const ValType> required,
                                 std::span<const ValType> actual) {
  return fail(fmt::format("type mismatch: block requires {} but stack has {}: {}", list(required),
                          list(actual), mnemonic(instruction_.opcode)));
}

bool BodyContext::fail_too_many_operands(uint32_t count, uint32_t limit) {
  reader_.fail(decode::limits::exceeded("operands on the stack", count, limit, offset()));
  return fail_reading();
}

bool BodyContext::mismatch_because(std::string_view what) {
  return fail(fmt::format("type mismatch: {}: {}", what, mnemonic(instruction_.opcode)));
}

bool BodyContext::fail_at_end_of_body() {
  // The specification's interpreter reads on into what follows the body; its words depend on it.
  const uint32_t end = reader_.offset();
  const bool has_more = end < module_.bytes.size();
  if (!reader_.ok() || !has_more)
    return fail("unexpected end of section or function", ErrorKind::Malformed);
  if (module_.bytes[end] == info(Opcode::End).code)
    return fail("section size mismatch: `end` expected in a function body", ErrorKind::Malformed);
  return fail("END opcode expected", ErrorKind::Malformed);
}

bool BodyContext::check_data(uint32_t index) {
  if (!module_.data_count)
    return fail(fmt::format("data count section required: {}", mnemonic(instruction_.opcode)),
                ErrorKind::Malformed);
  return check_index(index, *module_.data_count, "data segment");
}

bool BodyContext::check_alignment(const OpcodeInfo& row, uint32_t align_log2) {
  const auto natural = static_cast<uint32_t>(std::countr_zero(row.access_bytes));
  if (align_log2 > natural)
    return fail(fmt::format("alignment must not be larger than natural: {} with 2^{}, at most 2^{}",
                            row.mnemonic, align_log2, natural));
  if (row.prefix == OpcodePrefix::Atomic && align_log2 != natural)
    return fail(fmt::format("atomic alignment must be natural: {} with 2^{}, not 2^{}",
                            row.mnemonic, align_log2, natural));
  return true;
}

bool BodyContext::check_memarg(const OpcodeInfo& row, const decode::MemArg& memarg) {
  if (!check_memory(memarg.memory_index) || !check_alignment(row, memarg.align_log2)) return false;
  if (module_.memories[memarg.memory_index].address == AddressType::I32 &&
      memarg.offset > ~uint32_t{0})
    return fail(fmt::format("offset out of range: {} in a memory of 32-bit addresses: {}",
                            memarg.offset, row.mnemonic));
  return true;
}

bool BodyContext::check_lanes(const OpcodeInfo& row) {
  constexpr uint8_t kShuffleLanes = 32;
  const auto check = [&](uint8_t lane, uint8_t count) {
    return lane < count ||
           fail(fmt::format("invalid lane index {}: {} has {}", lane, row.mnemonic, count));
  };
  if (row.imm != ImmKind::Shuffle)
    return check(instruction_.lane, kLaneCounts[static_cast<size_t>(instruction_.opcode)]);
  const auto lanes = std::bit_cast<std::array<uint8_t, 16>>(instruction_.vector);
  return std::ranges::all_of(lanes, [&](uint8_t lane) { return check(lane, kShuffleLanes); });
}

bool BodyContext::check_heap_type(HeapType& type) {
  if (type.is_concrete() && !check_type(type.index())) return false;
  type = module_.canonical(type);
  return true;
}

bool BodyContext::check_val_type(ValType& type) {
  if (!type.is_ref()) return true;
  HeapType heap = type.heap();
  if (!check_heap_type(heap)) return false;
  type = ValType::ref(heap, type.nullable());
  return true;
}

bool BodyContext::check_full_block_type(decode::BlockType& block, BlockSignature& signature) {
  if (block.kind == decode::BlockType::Kind::Value) {
    if (!check_val_type(block.value)) return false;
    signature.results = list_of(block.value);
    return true;
  }
  const FuncType* type = func_type(block.type_index);
  if (type == nullptr) return false;
  signature = {.params = type->params, .results = type->results};
  return true;
}

bool BodyContext::check_mutable(const FieldType& field, std::string_view what) {
  return field.is_mutable ||
         fail(fmt::format("immutable {}: {}", what, mnemonic(instruction_.opcode)));
}

bool BodyContext::check_sign(const FieldType& field, bool has_sign) {
  if (field.storage.is_packed() == has_sign) return true;
  return mismatch_because(fmt::format("a field of type {} is {}packed", to_string(field.storage),
                                      has_sign ? "not " : ""));
}

bool BodyContext::check_defaultable(uint32_t type_index) {
  return type_at(type_index).is_defaultable ||
         mismatch_because(fmt::format("type {} has no default value", type_index));
}

bool BodyContext::check_data_for(const ArrayType& type, uint32_t segment) {
  if (type.element.storage.is_ref())
    return fail(
        fmt::format("array type is not numeric or vector: {}", mnemonic(instruction_.opcode)));
  return check_data(segment);
}

bool BodyContext::check_elem_for(const ArrayType& type, uint32_t segment) {
  if (!check_elem(segment)) return false;
  const ValType element = module_.canonical(module_.elements[segment].type);
  const ValType storage = type.element.storage;
  return matches(element, storage) ||
         mismatch_because(fmt::format("elements of type {} in an array of {}", to_string(element),
                                      to_string(storage)));
}

const FuncType* BodyContext::func_type(uint32_t type_index) {
  if (!check_type(type_index)) return nullptr;
  const FuncType* type = type_at(type_index).func();
  if (type == nullptr) mismatch_because(fmt::format("type {} is no function type", type_index));
  return type;
}

const StructType* BodyContext::struct_type(uint32_t type_index) {
  if (!check_type(type_index)) return nullptr;
  const StructType* type = type_at(type_index).structure();
  if (type == nullptr) mismatch_because(fmt::format("type {} is no struct type", type_index));
  return type;
}

const ArrayType* BodyContext::array_type(uint32_t type_index) {
  if (!check_type(type_index)) return nullptr;
  const ArrayType* type = type_at(type_index).array();
  if (type == nullptr) mismatch_because(fmt::format("type {} is no array type", type_index));
  return type;
}

std::span<const ValType> BodyContext::list_of(ValType type) {
  if (!type.is_ref()) return {&kPlainTypes[static_cast<size_t>(type.kind())], 1};
  return {&single_types_.emplace_back(type), 1};
}

}  // namespace brink::validate
