// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// The name section (spec: appendix, custom sections), with the extended subsections. Names are for
// people: backtraces, the printer, inspection. They are read when somebody asks for them, and what
// is wrong with them is never an error: of a broken subsection the entries before the break count.

#ifndef BRINK_DECODE_NAME_SECTION_H_
#define BRINK_DECODE_NAME_SECTION_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "engine/wasm/module.h"

namespace brink::decode {

/// The name of one index. The bytes are the module's.
struct NameAssociation {
  uint32_t index = 0;
  std::string_view name;
};

/// Names of an index space. Invariant: ascending indices, each at most once.
using NameMap = std::vector<NameAssociation>;

std::optional<std::string_view> find_name(std::span<const NameAssociation> names, uint32_t index);

/// Names of index spaces that belong to something that has an index itself: the locals and labels
/// of functions, the fields of types.
class IndirectNameMap {
 public:
  struct Entry {
    uint32_t index = 0;  ///< of the owner
    uint32_t first = 0;  ///< its names, in the shared array
    uint32_t count = 0;
  };
  /// Names that belong to `owner`; empty if there are none.
  std::span<const NameAssociation> find(uint32_t owner) const;
  /// Owners by ascending index, each once.
  std::span<const Entry> entries() const { return entries_; }
  std::span<const NameAssociation> names_of(const Entry& entry) const {
    return std::span(names_).subspan(entry.first, entry.count);
  }
  bool empty() const { return entries_.empty(); }

  /// Adds an owner. To be followed by `normalize` when all are there.
  void add(uint32_t owner, std::span<const NameAssociation> names);
  /// Brings the owners into order; of two with one index the first stays.
  void normalize();

 private:
  std::vector<Entry> entries_;
  NameMap names_;
};

struct NameSection {
  std::optional<std::string_view> module_name;
  NameMap functions;
  NameMap types;
  NameMap tables;
  NameMap memories;
  NameMap globals;
  NameMap elements;
  NameMap data;
  NameMap tags;
  IndirectNameMap locals;
  IndirectNameMap labels;
  IndirectNameMap fields;

  bool empty() const {
    return !module_name && functions.empty() && types.empty() && tables.empty() &&
           memories.empty() && globals.empty() && elements.empty() && data.empty() &&
           tags.empty() && locals.empty() && labels.empty() && fields.empty();
  }
};

/// Reads the module's first custom section "name"; empty if there is none. The names are views into
/// the module's bytes.
NameSection read_name_section(const wasm::Module& module);

/// Only the module's own name.
std::optional<std::string_view> read_module_name(const wasm::Module& module);

/// Only the names of functions, which is all that a backtrace wants.
NameMap read_function_names(const wasm::Module& module);

}  // namespace brink::decode

#endif  // BRINK_DECODE_NAME_SECTION_H_
