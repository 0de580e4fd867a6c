// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef BRINK_LINKER_H_
#define BRINK_LINKER_H_

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "brink/store.h"

namespace brink {

/// Names that imports are resolved against: (module, name) -> Extern. For one store.
class Linker {
 public:
  explicit Linker(Store& store) : store_(&store) {}

  /// Defines or, if `allow_shadowing`, replaces a name. Otherwise a second definition is an Error.
  Status define(std::string_view module, std::string_view name, const Extern& item);
  /// A host function from a C++ callable (see Func::wrap).
  template <typename F>
  Status define(std::string_view module, std::string_view name, F&& function)
    requires(!std::is_convertible_v<F, Extern>)
  {
    return define(module, name, Extern(Func::wrap(*store_, std::forward<F>(function))));
  }
  /// All exports of an instance, under `module`.
  Status define_instance(std::string_view module, const Instance& instance);
  /// Makes `as_module`.`as_name` another name for `module`.`name`.
  Status alias(std::string_view module, std::string_view name, std::string_view as_module,
               std::string_view as_name);
  void allow_shadowing(bool allow) { allow_shadowing_ = allow; }

  const Extern* find(std::string_view module, std::string_view name) const;
  /// What the module's imports resolve to, in their order; the Error as for instantiate().
  Result<std::vector<Extern>> resolve(const Module& module) const;
  /// Resolves all imports and instantiates. The Error for a missing import names what is missing,
  /// with its type, and what is there under that module or a similar name.
  std::expected<Instance, InstantiateError> instantiate(const Module& module) const;
  Store& store() const { return *store_; }

 private:
  Store* store_;
  bool allow_shadowing_ = false;
  std::map<std::pair<std::string, std::string>, Extern, std::less<>> names_;
};

}  // namespace brink

#endif  // BRINK_LINKER_H_
