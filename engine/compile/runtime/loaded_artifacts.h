// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// The modules of an engine that came from artifacts, by the identity of their file, as long as
// somebody has them. Modules do not change, so whoever loads the same file again gets the one that
// is there: nothing is mapped, checked or decoded a second time, whatever its size.

#ifndef BRINK_COMPILE_RUNTIME_LOADED_ARTIFACTS_H_
#define BRINK_COMPILE_RUNTIME_LOADED_ARTIFACTS_H_

#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "engine/platform/mapped_file.h"
#include "engine/runtime/module_state.h"

namespace brink::compile {

/// Thread-safe.
class LoadedArtifacts {
 public:
  /// `name`: what the caller calls the module, if it has no name of its own. Null if nobody has it.
  std::shared_ptr<runtime::ModuleState> find(const platform::FileIdentity& file,
                                             std::string_view name) const;
  void add(const platform::FileIdentity& file, std::string_view name,
           const std::shared_ptr<runtime::ModuleState>& module);

 private:
  struct Entry {
    platform::FileIdentity file;
    std::string name;
    std::weak_ptr<runtime::ModuleState> module;
  };
  void sweep();

  mutable std::mutex mutex_;
  std::unordered_multimap<uint64_t, Entry> entries_;  ///< by inode
  size_t next_sweep_ = 64;
};

}  // namespace brink::compile

#endif  // BRINK_COMPILE_RUNTIME_LOADED_ARTIFACTS_H_
