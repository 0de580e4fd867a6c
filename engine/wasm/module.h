// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// What a module IS (spec: structure, modules): the decoded, not yet validated or validated, but
// never executed, content of a module. Made by decode/, checked and completed by validate/, read by
// everybody else. Immutable after validation and shared between threads.
//
// The module owns its bytes. Function bodies, constant expressions, data and custom sections are
// ranges of them, so that a module costs little more than its binary.

#ifndef BRINK_WASM_MODULE_H_
#define BRINK_WASM_MODULE_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <variant>
#include <vector>

#include "brink/features.h"
#include "brink/types.h"
#include "engine/wasm/type_registry.h"

namespace brink::wasm {

/// Bytes that somebody keeps alive (a vector, a mapped file).
using SharedBytes = std::shared_ptr<const std::vector<uint8_t>>;

/// A range of the module's bytes.
struct ByteRange {
  uint32_t offset = 0;
  uint32_t size = 0;
  uint32_t end() const { return offset + size; }
};

/// A constant expression including its `end` (spec: constant expressions).
using ConstExpr = ByteRange;

/// The type of an import or export as the module writes it: type indices, not ids.
struct FuncDesc {
  uint32_t type_index = 0;
};
struct TagDesc {
  uint32_t type_index = 0;
};
using ExternDesc = std::variant<FuncDesc, TableType, MemoryType, GlobalType, TagDesc>;
inline ExternKind kind_of(const ExternDesc& desc) {
  return static_cast<ExternKind>(desc.index());
}

struct Import {
  std::string_view module;  // UTF-8, in the module's bytes
  std::string_view name;
  ExternDesc desc;
  uint32_t offset = 0;  ///< of the import in the binary
  uint32_t index = 0;   ///< in the index space of its kind
};

struct Export {
  std::string_view name;
  ExternKind kind = ExternKind::Func;
  uint32_t index = 0;
  uint32_t offset = 0;
};

/// A function, imported or defined.
struct Function {
  uint32_t type_index = 0;
  /// Local declarations and instructions, including the last `end`; empty for an import.
  ByteRange body;
};

struct Table {
  TableType type;
  std::optional<ConstExpr> init;
};

struct Global {
  GlobalType type;
  ConstExpr init;  ///< empty for an import
};

enum class SegmentMode : uint8_t { Active, Passive, Declarative };

/// An element segment. Either function indices or expressions; the other vector is empty.
struct ElementSegment {
  SegmentMode mode = SegmentMode::Active;
  ValType type = kFuncRef;
  uint32_t table_index = 0;
  ConstExpr offset_expr;
  std::vector<uint32_t> functions;
  std::vector<ConstExpr> expressions;
  bool has_expressions = false;
  uint8_t flags = 0;    ///< as in the binary, so that encoding gives the same bytes
  uint32_t offset = 0;  ///< of the segment in the binary
  uint32_t size() const {
    return static_cast<uint32_t>(has_expressions ? expressions.size() : functions.size());
  }
};

struct DataSegment {
  SegmentMode mode = SegmentMode::Active;
  uint32_t memory_index = 0;
  ConstExpr offset_expr;
  ByteRange bytes;
  uint8_t flags = 0;
  uint32_t offset = 0;
};

/// Section ids of the binary format, in the order of ids (not of appearance).
enum class SectionId : uint8_t {
  Custom = 0,
  Type = 1,
  Import = 2,
  Function = 3,
  Table = 4,
  Memory = 5,
  Global = 6,
  Export = 7,
  Start = 8,
  Element = 9,
  Code = 10,
  Data = 11,
  DataCount = 12,
  Tag = 13,
};
std::string_view to_string(SectionId id);

struct Section {
  SectionId id = SectionId::Custom;
  ByteRange header;   ///< id and size
  ByteRange payload;  ///< content; for a custom section including its name
};

struct CustomSection {
  std::string_view name;
  ByteRange payload;  ///< content after the name
  /// Index into Module::sections.
  uint32_t section_index = 0;
};

/// A branch hint (custom section metadata.code.branch_hint).
struct BranchHint {
  uint32_t function_index = 0;
  uint32_t body_offset = 0;  ///< from the start of the function body
  bool likely = false;
};

/// A decoded module.
struct Module {
  std::shared_ptr<const void> storage;  ///< keeps `bytes` alive
  std::span<const uint8_t> bytes;       ///< the whole binary
  Features features;                    ///< what it may use

  std::vector<SubType> types;        ///< as written: concrete types are module type indices
  std::vector<RecGroup> rec_groups;  ///< in order; cover `types`
  std::vector<Import> imports;
  std::vector<Function> functions;  ///< imports first
  std::vector<Table> tables;
  std::vector<MemoryType> memories;
  std::vector<Global> globals;
  std::vector<uint32_t> tags;  ///< type indices
  std::vector<Export> exports;
  std::optional<uint32_t> start;
  uint32_t start_offset = 0;
  std::vector<ElementSegment> elements;
  std::vector<DataSegment> data;
  std::optional<uint32_t> data_count;
  std::vector<Section> sections;  ///< in order of appearance
  std::vector<CustomSection> custom_sections;
  std::vector<BranchHint> branch_hints;

  uint32_t imported_functions = 0;
  uint32_t imported_tables = 0;
  uint32_t imported_memories = 0;
  uint32_t imported_globals = 0;
  uint32_t imported_tags = 0;

  // ---- filled in by validation ----
  std::shared_ptr<TypeRegistry> registry;
  std::vector<TypeId> type_ids;  ///< canonical id of each of `types`
  /// Functions that ref.func may name inside bodies (spec: C.refs), a bit per function.
  std::vector<bool> declared_functions;

  std::span<const uint8_t> view(ByteRange range) const {
    return bytes.subspan(range.offset, range.size);
  }
  bool is_imported_function(uint32_t index) const { return index < imported_functions; }

  /// The same type in canonical numbers. Needs type_ids.
  HeapType canonical(HeapType type) const {
    return type.is_concrete() ? HeapType::concrete(type_ids[type.index()]) : type;
  }
  ValType canonical(ValType type) const {
    return type.is_ref() ? ValType::ref(canonical(type.heap()), type.nullable()) : type;
  }
  TypeId function_type_id(uint32_t function_index) const {
    return type_ids[functions[function_index].type_index];
  }
  /// Signature of a function in canonical types. Needs a validated module.
  const FuncType& function_type(uint32_t function_index) const {
    return *registry->get(function_type_id(function_index)).func();
  }
};

}  // namespace brink::wasm

#endif  // BRINK_WASM_MODULE_H_
