// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "brink/linker.h"

#include <algorithm>

#include <fmt/format.h>

namespace brink {

Status Linker::define(std::string_view module, std::string_view name, const Extern& item) {
  const auto [entry, is_new] = names_.try_emplace({std::string(module), std::string(name)}, item);
  if (is_new) return {};
  if (!allow_shadowing_)
    return make_error(ErrorKind::Usage,
                      fmt::format("\"{}\" \"{}\" is defined already", module, name));
  entry->second = item;
  return {};
}

Status Linker::define_instance(std::string_view module, const Instance& instance) {
  for (const ExportType& item : instance.module().exports()) {
    Status status = define(module, item.name, *instance.find_export(item.name));
    if (!status.has_value()) return status;
  }
  return {};
}

Status Linker::alias(std::string_view module, std::string_view name, std::string_view as_module,
                     std::string_view as_name) {
  const Extern* item = find(module, name);
  if (item == nullptr)
    return make_error(ErrorKind::Usage, fmt::format("\"{}\" \"{}\" is not defined", module, name));
  return define(as_module, as_name, Extern(*item));
}

const Extern* Linker::find(std::string_view module, std::string_view name) const {
  const auto found = names_.find(std::pair(std::string(module), std::string(name)));
  return found == names_.end() ? nullptr : &found->second;
}

namespace {

/// Edits between two names, as far as they matter for "did you mean".
size_t distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = std::exchange(row[0], i);
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t above = row[j];
      row[j] = std::min({above + 1, row[j - 1] + 1, diagonal + (a[i - 1] != b[j - 1])});
      diagonal = above;
    }
  }
  return row[b.size()];
}

using Names = std::map<std::pair<std::string, std::string>, Extern, std::less<>>;

/// What there is instead of a missing import.
std::string describe_alternatives(const Names& names, const ImportType& import) {
  constexpr size_t kMaxName = 200;
  constexpr size_t kMaxListed = 8;
  std::vector<std::string> in_module;
  std::string nearest;
  size_t nearest_distance = 4;
  for (const auto& [key, item] : names) {
    const auto& [module, name] = key;
    if (module == import.module) in_module.push_back(name);
    if (name == import.name && module != import.module)
      return fmt::format("; \"{}\" has one of that name", module);
    if (module == import.module && name.size() < kMaxName && import.name.size() < kMaxName) {
      const size_t d = distance(name, import.name);
      if (d < nearest_distance) {
        nearest = name;
        nearest_distance = d;
      }
    }
  }
  if (!nearest.empty()) return fmt::format("; did you mean \"{}\"?", nearest);
  if (in_module.empty()) {
    std::vector<std::string> modules;
    for (const auto& [key, item] : names)
      if (modules.empty() || modules.back() != key.first) modules.push_back(key.first);
    if (modules.empty()) return "; nothing is provided";
    if (modules.size() > kMaxListed) modules.resize(kMaxListed);
    return fmt::format("; provided are the modules \"{}\"", fmt::join(modules, "\", \""));
  }
  const size_t more = in_module.size() > kMaxListed ? in_module.size() - kMaxListed : 0;
  in_module.resize(in_module.size() - more);
  return fmt::format("; \"{}\" has {}{}", import.module, fmt::join(in_module, ", "),
                     more != 0 ? fmt::format(" and {} more", more) : "");
}

}  // namespace

Result<std::vector<Extern>> Linker::resolve(const Module& module) const {
  std::vector<Extern> imports;
  std::string missing;
  for (const ImportType& import : module.imports()) {
    const Extern* item = find(import.module, import.name);
    if (item != nullptr) {
      imports.push_back(*item);
      continue;
    }
    // All of them at once: whoever has to provide them wants the whole list.
    missing += missing.empty() ? "unknown import: " : "\n  also missing: ";
    missing +=
        fmt::format("\"{}\" \"{}\" ({}) is not provided{}", import.module, import.name,
                    to_string(import.kind, import.type), describe_alternatives(names_, import));
  }
  if (!missing.empty()) return std::unexpected(Error(ErrorKind::Unlinkable, std::move(missing)));
  return imports;
}

std::expected<Instance, InstantiateError> Linker::instantiate(const Module& module) const {
  Result<std::vector<Extern>> imports = resolve(module);
  if (!imports.has_value()) return std::unexpected(std::move(imports).error());
  return Instance::create(*store_, module, *imports);
}

}  // namespace brink
