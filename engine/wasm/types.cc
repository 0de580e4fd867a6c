// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Types in the words of the text format.

#include "brink/types.h"

#include <array>
#include <span>

namespace brink {
namespace {

/// Name of an abstract heap type, and of a nullable reference to it.
struct AbstractNames {
  std::string_view heap;
  std::string_view nullable_ref;
};

/// In the order of AbstractHeapType.
constexpr auto kAbstractNames = std::to_array<AbstractNames>({
    {"func", "funcref"},
    {"nofunc", "nullfuncref"},
    {"extern", "externref"},
    {"noextern", "nullexternref"},
    {"any", "anyref"},
    {"eq", "eqref"},
    {"i31", "i31ref"},
    {"struct", "structref"},
    {"array", "arrayref"},
    {"none", "nullref"},
    {"exn", "exnref"},
    {"noexn", "nullexnref"},
    {"bot", "(ref null bot)"},
});

std::string list(std::span<const ValType> types) {
  std::string text = "[";
  for (const ValType type : types) {
    if (text.size() > 1) text += ' ';
    text += to_string(type);
  }
  return text + "]";
}

std::string with_address(AddressType address, const Limits& limits) {
  return (address == AddressType::I64 ? "i64 " : "") + to_string(limits);
}

}  // namespace

std::string_view to_string(ExternKind kind) {
  static constexpr std::array<std::string_view, 5> kNames = {"function", "table", "memory",
                                                             "global", "tag"};
  return kNames[static_cast<size_t>(kind)];
}

std::string to_string(AbstractHeapType type) {
  return std::string(kAbstractNames[static_cast<size_t>(type)].heap);
}

std::string to_string(HeapType type) {
  return type.is_abstract() ? to_string(type.abstract()) : std::to_string(type.index());
}

std::string to_string(ValType type) {
  switch (type.kind()) {
    case ValKind::I32: return "i32";
    case ValKind::I64: return "i64";
    case ValKind::F32: return "f32";
    case ValKind::F64: return "f64";
    case ValKind::V128: return "v128";
    case ValKind::I8: return "i8";
    case ValKind::I16: return "i16";
    case ValKind::Bottom: return "bot";
    case ValKind::Ref: break;
  }
  const HeapType heap = type.heap();
  if (type.nullable() && heap.is_abstract())
    return std::string(kAbstractNames[static_cast<size_t>(heap.abstract())].nullable_ref);
  return (type.nullable() ? "(ref null " : "(ref ") + to_string(heap) + ")";
}

std::string to_string(const FuncType& type) {
  return list(type.params) + " -> " + list(type.results);
}

std::string to_string(const Limits& limits) {
  std::string text = std::to_string(limits.min);
  if (limits.max) text += ' ' + std::to_string(*limits.max);
  return text;
}

std::string to_string(const MemoryType& type) {
  std::string text = with_address(type.address, type.limits);
  if (type.is_shared) text += " shared";
  if (type.page_size_log2 != MemoryType::kDefaultPageSizeLog2)
    text += " (pagesize " + std::to_string(type.page_bytes()) + ")";
  return text;
}

std::string to_string(const TableType& type) {
  return with_address(type.address, type.limits) + ' ' + to_string(type.element);
}

std::string to_string(const GlobalType& type) {
  return type.is_mutable ? "(mut " + to_string(type.value) + ")" : to_string(type.value);
}

}  // namespace brink
