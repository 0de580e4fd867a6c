// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Which module an address of compiled code belongs to. One per engine; read when a guest traps,
// throws or collects garbage.

#ifndef BRINK_COMPILE_RUNTIME_CODE_REGISTRY_H_
#define BRINK_COMPILE_RUNTIME_CODE_REGISTRY_H_

#include <cstdint>
#include <map>
#include <shared_mutex>

namespace brink::compile {

class CompiledModule;

class CodeRegistry {
 public:
  /// Ranges do not overlap.
  void add(const void* begin, uint64_t bytes, CompiledModule& module);
  void remove(const void* begin);
  CompiledModule* find(const void* address) const;

 private:
  struct Range {
    uint64_t bytes = 0;
    CompiledModule* module = nullptr;
  };
  mutable std::shared_mutex mutex_;
  std::map<const void*, Range> ranges_;
};

}  // namespace brink::compile

#endif  // BRINK_COMPILE_RUNTIME_CODE_REGISTRY_H_
