// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/text/parser_types.h"

#include <algorithm>
#include <array>
#include <bit>
#include <limits>
#include <variant>

#include <fmt/format.h>

#include "engine/decode/format.h"
#include "engine/decode/type_writer.h"
#include "engine/support/try.h"
#include "engine/text/numbers.h"

namespace brink::text {

namespace {

struct TypeWord {
  std::string_view word;
  ValType type;
};
constexpr ValType nullable(AbstractHeapType heap) {
  return ValType::ref(heap, true);
}
constexpr auto kTypeWords = std::to_array<TypeWord>({
    {"i32", kI32},
    {"i64", kI64},
    {"f32", kF32},
    {"f64", kF64},
    {"v128", kV128},
    {"funcref", kFuncRef},
    {"externref", kExternRef},
    {"anyref", kAnyRef},
    {"eqref", kEqRef},
    {"i31ref", kI31Ref},
    {"structref", kStructRef},
    {"arrayref", kArrayRef},
    {"exnref", kExnRef},
    {"nullref", nullable(AbstractHeapType::None)},
    {"nullfuncref", nullable(AbstractHeapType::NoFunc)},
    {"nullexternref", nullable(AbstractHeapType::NoExtern)},
    {"nullexnref", nullable(AbstractHeapType::NoExn)},
});

struct HeapWord {
  std::string_view word;
  AbstractHeapType type;
};
constexpr auto kHeapWords = std::to_array<HeapWord>({
    {"func", AbstractHeapType::Func},
    {"nofunc", AbstractHeapType::NoFunc},
    {"extern", AbstractHeapType::Extern},
    {"noextern", AbstractHeapType::NoExtern},
    {"any", AbstractHeapType::Any},
    {"eq", AbstractHeapType::Eq},
    {"i31", AbstractHeapType::I31},
    {"struct", AbstractHeapType::Struct},
    {"array", AbstractHeapType::Array},
    {"none", AbstractHeapType::None},
    {"exn", AbstractHeapType::Exn},
    {"noexn", AbstractHeapType::NoExn},
});

const TypeWord* find_type_word(const Token& token) {
  if (token.kind != TokenKind::Keyword) return nullptr;
  const auto found = std::ranges::find(kTypeWords, token.text, &TypeWord::word);
  return found == kTypeWords.end() ? nullptr : &*found;
}

std::string signature_key(const FuncType& type) {
  support::ByteWriter writer;
  decode::write_sub_type(writer, SubType{type, std::nullopt, true});
  return {writer.bytes().begin(), writer.bytes().end()};
}

}  // namespace

bool TypeSection::at_ref_type(TokenStream& tokens) {
  if (tokens.at_open("ref")) return true;
  const TypeWord* word = find_type_word(tokens.peek());
  return word != nullptr && word->type.is_ref();
}

bool TypeSection::at_val_type(TokenStream& tokens) {
  return find_type_word(tokens.peek()) != nullptr || tokens.at_open("ref");
}

Result<ValType> TypeSection::val_type(TokenStream& tokens) const {
  if (const TypeWord* word = find_type_word(tokens.peek())) {
    tokens.take();
    return word->type;
  }
  if (!tokens.take_open("ref")) return tokens.unexpected("a type");
  const bool is_nullable = tokens.take_keyword("null");
  const HeapType heap = BRINK_TRY(heap_type(tokens));
  BRINK_TRY(tokens.expect_close());
  return ValType::ref(heap, is_nullable);
}

Result<ValType> TypeSection::ref_type(TokenStream& tokens) const {
  if (!at_ref_type(tokens)) return tokens.unexpected("a reference type");
  return val_type(tokens);
}

Result<HeapType> TypeSection::heap_type(TokenStream& tokens) const {
  const Token& token = tokens.peek();
  if (token.kind == TokenKind::Keyword) {
    const auto found = std::ranges::find(kHeapWords, token.text, &HeapWord::word);
    if (found == kHeapWords.end()) return tokens.unexpected("a heap type");
    tokens.take();
    return found->type;
  }
  const uint32_t offset = token.offset;
  const uint32_t index = BRINK_TRY(space_.expect_index(tokens));
  if (index > HeapType::kMaxIndex)
    return tokens.error(offset, fmt::format("unknown type {}", index), ErrorKind::Invalid);
  return HeapType::concrete(index);
}

Result<GlobalType> TypeSection::global_type(TokenStream& tokens) const {
  GlobalType type;
  type.is_mutable = tokens.take_open("mut");
  type.value = BRINK_TRY(val_type(tokens));
  if (type.is_mutable) BRINK_TRY(tokens.expect_close());
  return type;
}

AddressType TypeSection::take_address_type(TokenStream& tokens) {
  if (tokens.take_keyword("i64")) return AddressType::I64;
  tokens.take_keyword("i32");
  return AddressType::I32;
}

Result<Limits> TypeSection::limits(TokenStream& tokens) const {
  const auto bound = [&]() -> Result<uint64_t> {
    if (has_wide_limits_) return tokens.expect_u64();
    return BRINK_TRY(tokens.expect_u32());
  };
  Limits limits;
  limits.min = BRINK_TRY(bound());
  if (tokens.at(TokenKind::Nat)) limits.max = BRINK_TRY(bound());
  return limits;
}

Result<TableType> TypeSection::table_type(TokenStream& tokens, AddressType address) const {
  TableType type;
  type.address = address;
  type.limits = BRINK_TRY(limits(tokens));
  type.element = BRINK_TRY(ref_type(tokens));
  return type;
}

Result<std::optional<uint8_t>> TypeSection::take_page_size(TokenStream& tokens) {
  if (!tokens.take_open("pagesize")) return std::nullopt;
  const uint32_t offset = tokens.offset();
  const uint64_t size = BRINK_TRY(tokens.expect_u64());
  if (!std::has_single_bit(size))
    return tokens.error(offset,
                        fmt::format("invalid custom page size: {} is no power of two", size));
  BRINK_TRY(tokens.expect_close());
  return static_cast<uint8_t>(std::countr_zero(size));
}

Result<MemoryType> TypeSection::memory_type(TokenStream& tokens, AddressType address) const {
  MemoryType type;
  type.address = address;
  type.limits = BRINK_TRY(limits(tokens));
  type.is_shared = tokens.take_keyword("shared");
  type.page_size_log2 = BRINK_TRY(take_page_size(tokens)).value_or(type.page_size_log2);
  return type;
}

Status TypeSection::define(TokenStream& tokens) {
  const uint32_t first = size();
  const uint32_t offset = tokens.offset();
  BRINK_TRY(definition(tokens));
  close_group(first, false, offset);
  return {};
}

Status TypeSection::define_group(TokenStream& tokens) {
  const uint32_t first = size();
  const uint32_t offset = tokens.offset();
  while (!tokens.take_close()) {
    BRINK_TRY(tokens.expect_open("type"));
    BRINK_TRY(definition(tokens));
  }
  close_group(first, true, offset);
  return {};
}

Status TypeSection::definition(TokenStream& tokens) {
  const TokenStream::Names names = BRINK_TRY(tokens.take_names("type"));
  if (names.shown) names_.emplace_back(size(), *names.shown);
  types_.push_back(BRINK_TRY(sub_type(tokens)));
  return tokens.expect_close();
}

void TypeSection::close_group(uint32_t first, bool is_explicit, uint32_t source_offset) {
  groups_.push_back({first, size() - first, is_explicit, source_offset});
  if (size() - first != 1) return;
  const SubType& type = types_[first];
  const auto* func = std::get_if<FuncType>(&type.composite);
  if (func != nullptr && type.is_final && !type.supertype)
    plain_signatures_.emplace(signature_key(*func), first);
}

Result<SubType> TypeSection::sub_type(TokenStream& tokens) {
  SubType type;
  if (!tokens.take_open("sub")) {
    type.composite = BRINK_TRY(composite_type(tokens));
    return type;
  }
  type.is_final = tokens.take_keyword("final");
  while (tokens.at_index()) {
    const uint32_t offset = tokens.offset();
    if (type.supertype)
      return tokens.error(offset, "sub type has more than one supertype", ErrorKind::Invalid);
    type.supertype = BRINK_TRY(space_.expect_index(tokens));
  }
  type.composite = BRINK_TRY(composite_type(tokens));
  BRINK_TRY(tokens.expect_close());
  return type;
}

Result<CompositeType> TypeSection::composite_type(TokenStream& tokens) {
  if (tokens.take_open("func")) {
    TypeUse use;
    BRINK_TRY(params(tokens, ParamNames::Allowed, use));
    BRINK_TRY(results(tokens, use.signature.results));
    BRINK_TRY(tokens.expect_close());
    return std::move(use.signature);
  }
  if (tokens.take_open("struct")) return struct_type(tokens);
  if (tokens.take_open("array")) {
    const FieldType element = BRINK_TRY(field_type(tokens));
    BRINK_TRY(tokens.expect_close());
    return ArrayType{element};
  }
  if (tokens.at(TokenKind::LeftParen)) tokens.take();
  return tokens.unexpected("a function, struct or array type");
}

Result<StructType> TypeSection::struct_type(TokenStream& tokens) {
  const uint32_t type_index = size();
  StructType type;
  IndexSpace names("field");
  NameMap name_map;
  while (tokens.take_open("field")) {
    const uint32_t offset = tokens.offset();
    const TokenStream::Names taken = BRINK_TRY(tokens.take_names("field"));
    if (taken.shown) {
      name_map.emplace_back(names.size(), *taken.shown);
      BRINK_TRY(names.add(taken.id, tokens, offset));
      type.fields.push_back(BRINK_TRY(field_type(tokens)));
      BRINK_TRY(tokens.expect_close());
      continue;
    }
    while (!tokens.take_close()) {
      names.add();
      type.fields.push_back(BRINK_TRY(field_type(tokens)));
    }
  }
  BRINK_TRY(tokens.expect_close());
  if (!name_map.empty()) {
    fields_.emplace(type_index, std::move(names));
    field_names_.emplace_back(type_index, std::move(name_map));
  }
  return type;
}

Result<FieldType> TypeSection::field_type(TokenStream& tokens) const {
  FieldType field;
  field.is_mutable = tokens.take_open("mut");
  field.storage = BRINK_TRY(storage_type(tokens));
  if (field.is_mutable) BRINK_TRY(tokens.expect_close());
  return field;
}

Result<ValType> TypeSection::storage_type(TokenStream& tokens) const {
  if (tokens.take_keyword("i8")) return ValType(ValKind::I8);
  if (tokens.take_keyword("i16")) return ValType(ValKind::I16);
  return val_type(tokens);
}

Status TypeSection::params(TokenStream& tokens, ParamNames names, TypeUse& use) const {
  std::vector<ValType>& types = use.signature.params;
  while (tokens.take_open("param")) {
    const uint32_t offset = tokens.offset();
    TokenStream::Names taken;
    if (names == ParamNames::Allowed) taken = BRINK_TRY(tokens.take_names("parameter"));
    if (taken.shown) {
      const auto index = static_cast<uint32_t>(types.size());
      use.param_names.push_back({index, taken, offset});
      types.push_back(BRINK_TRY(val_type(tokens)));
      BRINK_TRY(tokens.expect_close());
      continue;
    }
    while (!tokens.take_close()) types.push_back(BRINK_TRY(val_type(tokens)));
  }
  return {};
}

Status TypeSection::results(TokenStream& tokens, std::vector<ValType>& types) const {
  while (tokens.take_open("result"))
    while (!tokens.take_close()) types.push_back(BRINK_TRY(val_type(tokens)));
  return {};
}

Result<TypeUse> TypeSection::type_use(TokenStream& tokens, ParamNames names) const {
  TypeUse use;
  use.offset = tokens.offset();
  if (tokens.take_open("type")) {
    use.index = BRINK_TRY(space_.expect_index(tokens));
    BRINK_TRY(tokens.expect_close());
  }
  BRINK_TRY(params(tokens, names, use));
  BRINK_TRY(results(tokens, use.signature.results));
  if (tokens.at_open("type") || tokens.at_open("param")) {
    tokens.take();
    return tokens.unexpected("type, parameters and results in this order");
  }
  return use;
}

Result<uint32_t> TypeSection::resolve(const TokenStream& tokens, const TypeUse& use) {
  if (!use.index) {
    const auto [entry, is_new] = plain_signatures_.emplace(signature_key(use.signature), size());
    if (is_new) {
      groups_.push_back({size(), 1, false, use.offset});
      types_.push_back({use.signature, std::nullopt, true});
    }
    return entry->second;
  }
  if (!use.has_signature()) return *use.index;
  if (*use.index >= size())
    return tokens.error(use.offset, fmt::format("unknown type {}", *use.index));
  const auto* func = std::get_if<FuncType>(&types_[*use.index].composite);
  if (func == nullptr || *func != use.signature)
    return tokens.error(use.offset,
                        fmt::format("inline function type does not match type {}", *use.index));
  return *use.index;
}

const IndexSpace* TypeSection::fields(uint32_t index) const {
  const auto found = fields_.find(index);
  return found == fields_.end() ? nullptr : &found->second;
}

std::optional<uint32_t> TypeSection::param_count(uint32_t index) const {
  if (index >= size()) return std::nullopt;
  const auto* func = std::get_if<FuncType>(&types_[index].composite);
  if (func == nullptr) return std::nullopt;
  return static_cast<uint32_t>(func->params.size());
}

void TypeSection::write(support::ByteWriter& out, SourceMap& map) const {
  for (const Group& group : groups_) {
    map.add(static_cast<uint32_t>(out.size()), group.source_offset);
    if (group.is_explicit) {
      out.write_u8(decode::kRecGroupByte);
      out.write_u32(group.count);
    }
    for (uint32_t i = 0; i < group.count; ++i) decode::write_sub_type(out, types_[group.first + i]);
  }
}

}  // namespace brink::text
