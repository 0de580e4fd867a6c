// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/validate/type_validator.h"

#include <algorithm>

#include <fmt/format.h>

#include "engine/decode/limits.h"
#include "engine/support/try.h"

namespace brink::validate {
namespace {

/// Structural subtyping of composite types in canonical numbers (spec: composite types, matching).
class CompositeMatcher {
 public:
  explicit CompositeMatcher(const TypeRegistry& registry) : registry_(registry) {}

  bool operator()(const CompositeType& sub, const CompositeType& super) const {
    if (sub.index() != super.index()) return false;
    return std::visit(
        [&](const auto& type) {
          return match(type, std::get<std::decay_t<decltype(type)>>(super));
        },
        sub);
  }

 private:
  bool match(const FuncType& sub, const FuncType& super) const {
    const auto matches = [this](ValType a, ValType b) { return registry_.matches(a, b); };
    return std::ranges::equal(super.params, sub.params, matches) &&
           std::ranges::equal(sub.results, super.results, matches);
  }
  bool match(const StructType& sub, const StructType& super) const {
    if (sub.fields.size() < super.fields.size()) return false;
    return std::ranges::equal(
        std::span(sub.fields).first(super.fields.size()), super.fields,
        [this](const FieldType& a, const FieldType& b) { return match(a, b); });
  }
  bool match(const ArrayType& sub, const ArrayType& super) const {
    return match(sub.element, super.element);
  }
  /// What can be written must keep its type.
  bool match(const FieldType& sub, const FieldType& super) const {
    if (sub.is_mutable != super.is_mutable) return false;
    return sub.is_mutable ? sub.storage == super.storage
                          : registry_.matches(sub.storage, super.storage);
  }

  const TypeRegistry& registry_;
};

class TypeValidator {
 public:
  explicit TypeValidator(wasm::Module& module)
      : module_(module), offset_(section_offset(module, wasm::SectionId::Type)) {}

  Status run() {
    // Room is left for modules that other threads are validating right now.
    if (module_.registry->size() > TypeRegistry::kMaxTypes - kReserved)
      return make_error(ErrorKind::Limit, "too many types: the engine's type registry is full");
    module_.type_ids.clear();
    module_.type_ids.reserve(module_.types.size());
    depths_.reserve(module_.types.size());
    for (const RecGroup& group : module_.rec_groups) BRINK_TRY(check_group(group));
    return {};
  }

 private:
  static constexpr uint32_t kReserved = 16 * decode::limits::kTypes;

  Status check_group(RecGroup group) {
    const uint32_t end = group.first + group.count;
    for (uint32_t index = group.first; index < end; ++index) {
      BRINK_TRY(check_references(index, end));
      BRINK_TRY(check_supertype(index));
    }
    const std::span<const SubType> types(module_.types);
    const TypeId base = module_.registry->intern(types.subspan(group.first, group.count),
                                                 group.first, module_.type_ids);
    for (uint32_t i = 0; i < group.count; ++i) module_.type_ids.push_back(base + i);
    for (uint32_t index = group.first; index < end; ++index) BRINK_TRY(check_structure(index));
    return {};
  }

  /// Types may refer to earlier ones and to their own group.
  Status check_references(uint32_t index, uint32_t end) {
    const CompositeType& composite = module_.types[index].composite;
    if (const auto* func = std::get_if<FuncType>(&composite)) {
      for (const ValType param : func->params) BRINK_TRY(check_reference(index, param, end));
      for (const ValType result : func->results) BRINK_TRY(check_reference(index, result, end));
    } else if (const auto* structure = std::get_if<StructType>(&composite)) {
      for (const FieldType& field : structure->fields)
        BRINK_TRY(check_reference(index, field.storage, end));
    } else {
      BRINK_TRY(check_reference(index, std::get<ArrayType>(composite).element.storage, end));
    }
    return {};
  }

  Status check_reference(uint32_t index, ValType type, uint32_t end) {
    if (!type.is_ref() || type.heap().is_abstract() || type.heap().index() < end) return {};
    return make_error(
        ErrorKind::Invalid,
        fmt::format("unknown type {} in the definition of type {}", type.heap().index(), index),
        offset_);
  }

  Status check_supertype(uint32_t index) {
    const std::optional<uint32_t> super = module_.types[index].supertype;
    depths_.push_back(0);
    if (!super) return {};
    if (*super >= index)
      return make_error(ErrorKind::Invalid,
                        fmt::format("unknown type {} as supertype of type {}", *super, index),
                        offset_);
    if (module_.types[*super].is_final) return fail_sub_type(index, "is final");
    const uint32_t depth = depths_[*super] + 1;
    if (depth > decode::limits::kSubtypingDepth)
      return std::unexpected(decode::limits::exceeded("supertypes of a type", depth,
                                                      decode::limits::kSubtypingDepth, offset_));
    depths_.back() = depth;
    return {};
  }

  Status check_structure(uint32_t index) {
    const SubType& type = module_.registry->get(module_.type_ids[index]).definition;
    if (!type.supertype) return {};
    const SubType& super = module_.registry->get(*type.supertype).definition;
    if (CompositeMatcher(*module_.registry)(type.composite, super.composite)) return {};
    return fail_sub_type(index, "does not match");
  }

  Status fail_sub_type(uint32_t index, std::string_view why) {
    return make_error(ErrorKind::Invalid,
                      fmt::format("sub type {}: its supertype {} {}", index,
                                  *module_.types[index].supertype, why),
                      offset_);
  }

  wasm::Module& module_;
  uint64_t offset_;
  std::vector<uint32_t> depths_;  // number of supertypes of each type
};

}  // namespace

Status validate_types(wasm::Module& module) {
  return TypeValidator(module).run();
}

Status check_type_exists(const wasm::Module& module, ValType type, uint64_t offset) {
  if (!type.is_ref() || type.heap().is_abstract()) return {};
  if (type.heap().index() < module.types.size()) return {};
  return make_error(ErrorKind::Invalid, fmt::format("unknown type {}", type.heap().index()),
                    offset);
}

uint64_t section_offset(const wasm::Module& module, wasm::SectionId id) {
  const auto section = std::ranges::find(module.sections, id, &wasm::Section::id);
  return section == module.sections.end() ? Error::kNoOffset : section->payload.offset;
}

}  // namespace brink::validate
