// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Typed calls of what a module exports, for instances that come and go (brink/pool.h): the name and
// the type are looked up once for the module, and a call boxes and allocates nothing.
//
//     auto add = TypedExport<int32_t(int32_t, int32_t)>::find(module, "add");
//     CallResult<int32_t> sum = (*add)(instance, 2, 40);

#ifndef BRINK_TYPED_EXPORT_H_
#define BRINK_TYPED_EXPORT_H_

#include <string_view>
#include <utility>

#include "brink/store.h"

namespace brink {
namespace runtime {

/// The index of an exported function of this type.
Result<uint32_t> find_function(const Module& module, std::string_view name, const FuncType& type);
/// The instance must be one of the module.
FuncObject& function_of(InstanceObject* instance, const ModuleState* module, uint32_t index);

}  // namespace runtime

/// A module's exported function with a C++ signature, as TypedFunc, to be called in any instance of
/// the module.
template <typename Signature>
class TypedExport;

template <typename R, typename... As>
class TypedExport<R(As...)> {
 public:
  /// An Error if there is no such export or that is not its type.
  static Result<TypedExport> find(const Module& module, std::string_view name) {
    Result<uint32_t> index = runtime::find_function(module, name, Calls::type());
    if (!index.has_value()) return std::unexpected(std::move(index).error());
    return TypedExport(module, *index);
  }
  /// The instance must be of the module that the export was found in.
  CallResult<R> operator()(const Instance& instance, As... args) const {
    return Calls::call(runtime::function_of(instance.object(), module_.state().get(), index_),
                       args...);
  }

 private:
  using Calls = runtime::TypedCall<R(As...)>;
  TypedExport(Module module, uint32_t index) : module_(std::move(module)), index_(index) {}
  Module module_;
  uint32_t index_;
};

}  // namespace brink

#endif  // BRINK_TYPED_EXPORT_H_
