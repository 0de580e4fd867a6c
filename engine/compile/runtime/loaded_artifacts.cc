// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/compile/runtime/loaded_artifacts.h"

#include <algorithm>

namespace brink::compile {

using runtime::ModuleState;

std::shared_ptr<ModuleState> LoadedArtifacts::find(const platform::FileIdentity& file,
                                                   std::string_view name) const {
  const std::scoped_lock lock(mutex_);
  const auto [begin, end] = entries_.equal_range(file.inode);
  for (auto at = begin; at != end; ++at) {
    const Entry& entry = at->second;
    if (entry.file != file || entry.name != name) continue;
    if (std::shared_ptr<ModuleState> module = entry.module.lock()) return module;
  }
  return nullptr;
}

void LoadedArtifacts::add(const platform::FileIdentity& file, std::string_view name,
                          const std::shared_ptr<ModuleState>& module) {
  const std::scoped_lock lock(mutex_);
  if (entries_.size() >= next_sweep_) sweep();
  entries_.emplace(file.inode, Entry{file, std::string(name), module});
}

// Each entry is looked at a bounded number of times in all, as the next sweep comes after as many
// new ones.
void LoadedArtifacts::sweep() {
  std::erase_if(entries_, [](const auto& item) { return item.second.module.expired(); });
  next_sweep_ = std::max<size_t>(64, 2 * entries_.size());
}

}  // namespace brink::compile
