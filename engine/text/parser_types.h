// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Types in the text format: value types, limits, type definitions, type uses (spec: text format,
// types). Owns the module's list of types, to which type uses without an explicit type append.
//
// Order of use: declare() for every type definition, so that all identifiers are known; define()
// for every one; only then everything that uses types.

#ifndef BRINK_TEXT_PARSER_TYPES_H_
#define BRINK_TEXT_PARSER_TYPES_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "brink/error.h"
#include "brink/types.h"
#include "engine/support/byte_writer.h"
#include "engine/text/index_space.h"
#include "engine/text/source_map.h"
#include "engine/text/token_stream.h"

namespace brink::text {

/// `(type x)? (param ...)* (result ...)*` as written.
struct TypeUse {
  struct ParamName {
    uint32_t index = 0;
    TokenStream::Names names;
    uint32_t offset = 0;  ///< in the source
  };
  std::optional<uint32_t> index;
  FuncType signature;  ///< the written out part, maybe empty
  std::vector<ParamName> param_names;
  uint32_t offset = 0;  ///< in the source
  bool has_signature() const { return !signature.params.empty() || !signature.results.empty(); }
};

enum class ParamNames : bool { Refused, Allowed };

class TypeSection {
 public:
  /// `has_wide_limits`: limits may exceed 32 bits, whatever the address type.
  explicit TypeSection(bool has_wide_limits = true) : has_wide_limits_(has_wide_limits) {}

  IndexSpace& space() { return space_; }
  const IndexSpace& space() const { return space_; }

  // ---- definitions ----
  /// After `(type`: takes note of the identifier.
  Status declare(TokenStream& tokens) { return space_.declare(tokens); }
  /// After `(type`; consumes the closing parenthesis.
  Status define(TokenStream& tokens);
  /// After `(rec`; consumes the closing parenthesis.
  Status define_group(TokenStream& tokens);

  uint32_t size() const { return static_cast<uint32_t>(types_.size()); }
  /// The content of the type section, behind its count.
  void write(support::ByteWriter& out, SourceMap& map) const;
  uint32_t group_count() const { return static_cast<uint32_t>(groups_.size()); }
  /// The fields of struct type `index`; nullptr if it has no named ones.
  const IndexSpace* fields(uint32_t index) const;
  const NameMap& names() const { return names_; }
  const std::vector<std::pair<uint32_t, NameMap>>& field_names() const { return field_names_; }
  /// Number of parameters of function type `index`; nullopt if it is none.
  std::optional<uint32_t> param_count(uint32_t index) const;

  // ---- types ----
  static bool at_val_type(TokenStream& tokens);
  static bool at_ref_type(TokenStream& tokens);
  Result<ValType> val_type(TokenStream& tokens) const;
  Result<ValType> ref_type(TokenStream& tokens) const;
  Result<HeapType> heap_type(TokenStream& tokens) const;
  Result<GlobalType> global_type(TokenStream& tokens) const;
  /// `i32` or `i64`, if it is there. The two types below go on behind it.
  static AddressType take_address_type(TokenStream& tokens);
  Result<TableType> table_type(TokenStream& tokens, AddressType address) const;
  Result<MemoryType> memory_type(TokenStream& tokens, AddressType address) const;
  /// `(pagesize n)`, if it is there: the logarithm.
  static Result<std::optional<uint8_t>> take_page_size(TokenStream& tokens);
  /// `(result t*)*`, appended to `types`.
  Status results(TokenStream& tokens, std::vector<ValType>& types) const;

  // ---- type uses ----
  Result<TypeUse> type_use(TokenStream& tokens, ParamNames names) const;
  /// The type index of a type use; adds the type if need be.
  Result<uint32_t> resolve(const TokenStream& tokens, const TypeUse& use);

 private:
  struct Group {
    uint32_t first = 0;
    uint32_t count = 0;
    bool is_explicit = false;  ///< written with `rec`
    uint32_t source_offset = 0;
  };

  Status definition(TokenStream& tokens);
  Result<SubType> sub_type(TokenStream& tokens);
  Result<CompositeType> composite_type(TokenStream& tokens);
  Result<StructType> struct_type(TokenStream& tokens);
  Result<FieldType> field_type(TokenStream& tokens) const;
  Result<ValType> storage_type(TokenStream& tokens) const;
  Status params(TokenStream& tokens, ParamNames names, TypeUse& use) const;
  Result<Limits> limits(TokenStream& tokens) const;
  void close_group(uint32_t first, bool is_explicit, uint32_t source_offset);

  bool has_wide_limits_;
  IndexSpace space_{"type"};
  std::vector<SubType> types_;
  std::vector<Group> groups_;
  std::map<uint32_t, IndexSpace> fields_;  ///< by type index
  NameMap names_;
  std::vector<std::pair<uint32_t, NameMap>> field_names_;
  /// What a type use without index can mean: final function types alone in their group, by their
  /// encoding.
  std::map<std::string, uint32_t> plain_signatures_;
};

}  // namespace brink::text

#endif  // BRINK_TEXT_PARSER_TYPES_H_
