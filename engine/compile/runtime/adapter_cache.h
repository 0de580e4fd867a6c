// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// The machine code that belongs to no module: the stubs, one copy for the process, and per engine
// the adapters, one pair for a signature, made when somebody first needs them.

#ifndef BRINK_COMPILE_RUNTIME_ADAPTER_CACHE_H_
#define BRINK_COMPILE_RUNTIME_ADAPTER_CACHE_H_

#include <atomic>
#include <deque>
#include <mutex>
#include <unordered_map>

#include "brink/error.h"
#include "engine/compile/x64/stubs.h"
#include "engine/platform/executable_memory.h"
#include "engine/wasm/type_registry.h"

namespace brink::compile {

/// The stubs' addresses. Never freed: compiled code may be running until the process ends.
struct Stubs {
  platform::CodeMemory memory;
  std::array<const void*, kStubCount> stubs = {};
  std::array<const void*, kTrapSlotCount> traps = {};
  const void* resolve = nullptr;
  const void* leave = nullptr;
  const void* land = nullptr;
  const void* switch_return = nullptr;
};

/// Made at the first call; an error when there is no memory for code.
Result<const Stubs*> get_stubs();
/// Those that get_stubs() has made.
const Stubs& stubs();

class AdapterCache {
 public:
  explicit AdapterCache(const TypeRegistry& types) : types_(types) {}

  // Null where there is no memory for code.
  const void* entry_adapter(TypeId type);
  const void* exit_adapter(TypeId type);

  /// The slot that all host functions of a type share.
  std::atomic<const void*>* host_entry(TypeId type);

 private:
  struct Row {
    const void* entry = nullptr;
    const void* exit = nullptr;
    std::atomic<const void*> host_entry = nullptr;
  };
  const void* publish(const std::vector<uint8_t>& code);

  const TypeRegistry& types_;
  std::mutex mutex_;
  std::unordered_map<TypeId, Row> rows_;  // nodes: rows stay where they are
  std::deque<platform::CodeMemory> memory_;
};

}  // namespace brink::compile

#endif  // BRINK_COMPILE_RUNTIME_ADAPTER_CACHE_H_
