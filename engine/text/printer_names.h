// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// The identifiers that the printer uses for the things of a module: the names of the name section,
// made unique, as the text format wants them.
//
// Invariants: within an IdentifierSpace no two indices have the same identifier. An identifier that
// had to differ from its name keeps the name as an annotation: (func $f#7 (@name "f") ...).

#ifndef BRINK_TEXT_PRINTER_NAMES_H_
#define BRINK_TEXT_PRINTER_NAMES_H_

#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "engine/decode/name_section.h"
#include "engine/text/printer.h"
#include "engine/wasm/module.h"

namespace brink::text {

/// The identifiers of one index space.
class IdentifierSpace {
 public:
  /// `kind` begins the identifiers that are made up: "func" for "$func7".
  explicit IdentifierSpace(std::string_view kind = "", size_t count = 0)
      : kind_(kind), entries_(count) {}

  /// Gives `index` the identifier of `name`, or one like it if that is taken. Names live as long as
  /// the module. Indices out of the space and those that have a name already are passed over.
  void add(uint32_t index, std::string_view name);
  /// Makes up identifiers for the indices that have none.
  void fill();

  /// With "$"; empty if there is none.
  std::string_view token(uint32_t index) const {
    if (index >= entries_.size()) return {};
    const Entry& entry = entries_[index];
    return std::string_view(tokens_).substr(entry.token_offset, entry.token_size);
  }
  /// The identifier, or the number if there is none.
  void append_reference(std::string& out, uint32_t index) const;
  /// " $name (;7;)" as it follows the keyword of a definition, with the annotation if there is one.
  void append_definition(std::string& out, uint32_t index) const;
  /// " (@name \"f\")" if the identifier differs from the name.
  void append_annotation(std::string& out, uint32_t index) const;
  /// A space where nothing has a name.
  static const IdentifierSpace& none();

 private:
  struct Entry {
    size_t token_offset = 0;
    uint32_t token_size = 0;
    bool has_annotation = false;
    std::string_view name;
  };
  void assign(Entry& entry, std::string_view identifier);
  /// Keeps `candidate`, with as much behind it as makes it unique.
  std::string_view make_unique(std::string candidate, uint32_t index);

  std::string_view kind_;
  std::vector<Entry> entries_;
  std::string tokens_;
  std::unordered_set<std::string_view> taken_;
  std::deque<std::string> made_;  ///< what the made-up ones of taken_ point to
};

/// The identifiers of the labels of one function, handed out in the order of its blocks. Unlike
/// others they may repeat: labels have scopes.
class LabelNames {
 public:
  LabelNames() = default;
  LabelNames(std::span<const decode::NameAssociation> names, bool name_unnamed)
      : names_(names), name_unnamed_(name_unnamed) {}
  /// Identifier of the next label; may be empty. Lives as long as this object.
  std::string_view next();

 private:
  std::span<const decode::NameAssociation> names_;  ///< in the order of indices
  bool name_unnamed_ = false;
  uint32_t next_index_ = 0;
  std::deque<std::string> tokens_;
};

/// All identifiers of a module. Locals, labels and fields are made when they are asked for.
class PrintedNames {
 public:
  PrintedNames(const wasm::Module& module, const PrintOptions& options);
  PrintedNames(const PrintedNames&) = delete;
  PrintedNames& operator=(const PrintedNames&) = delete;

  IdentifierSpace locals(uint32_t function_index, uint32_t count) const;
  LabelNames labels(uint32_t function_index) const;
  const IdentifierSpace& fields(uint32_t type_index) const;
  std::optional<std::string_view> module_name() const { return section_.module_name; }
  /// Whether there is a name section from which anything could be read.
  bool has_name_section() const { return !section_.empty(); }

  /// The space of what can be imported and exported.
  const IdentifierSpace& of(ExternKind kind) const;

  IdentifierSpace types, functions, tables, memories, globals, tags, elements, data;

 private:
  IdentifierSpace make_space(std::string_view kind, size_t count,
                             std::span<const decode::NameAssociation> names) const;
  void make_fields(const wasm::Module& module);

  decode::NameSection section_;
  bool name_unnamed_;
  std::unordered_map<uint32_t, IdentifierSpace> fields_;
};

}  // namespace brink::text

#endif  // BRINK_TEXT_PRINTER_NAMES_H_
