// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/compile/runtime/adapter_cache.h"

#include <cstring>

#include "engine/compile/runtime/entering.h"
#include "engine/compile/runtime/runtime_functions.h"
#include "engine/support/check.h"
#include "engine/support/try.h"

namespace brink::compile {
namespace {

const void* address_of(auto* function) {
  return reinterpret_cast<const void*>(function);
}

x64::StubTargets stub_targets() {
  x64::StubTargets targets;
  targets.runtime_functions = runtime_function_table();
  targets.runtime_failed = address_of(&brink_compile_runtime_failed);
  targets.trap = address_of(&brink_compile_trap);
  targets.interrupt = address_of(&brink_compile_look_up);
  targets.resolve = address_of(&brink_compile_resolve);
  targets.call_out = address_of(&brink_compile_call_out);
  targets.leave = address_of(&brink_compile_leave);
  return targets;
}

Result<platform::CodeMemory> seal_code(const std::vector<uint8_t>& code) {
  platform::CodeMemory memory = BRINK_TRY(platform::CodeMemory::allocate(code.size()));
  std::memcpy(memory.writable().data(), code.data(), code.size());
  BRINK_TRY(memory.seal(code.size()));
  return memory;
}

Stubs* made_stubs = nullptr;

Status make_stubs_once() {
  const x64::StubCode code = x64::make_stubs(stub_targets());
  platform::CodeMemory memory = BRINK_TRY(seal_code(code.code));
  auto* const stubs = new Stubs;
  stubs->memory = std::move(memory);
  const auto at = [&](uint32_t offset) { return stubs->memory.base() + offset; };
  for (size_t i = 0; i < kStubCount; ++i) stubs->stubs[i] = at(code.stubs[i]);
  for (size_t i = 1; i < kTrapSlotCount; ++i) stubs->traps[i] = at(code.traps[i]);
  stubs->resolve = at(code.resolve);
  stubs->leave = at(code.leave);
  stubs->land = at(code.land);
  stubs->switch_return = at(code.switch_return);
  made_stubs = stubs;
  return {};
}

}  // namespace

Result<const Stubs*> get_stubs() {
  static const Status status = make_stubs_once();
  if (!status.has_value()) return make_error(ErrorKind::Limit, "no memory for machine code");
  return made_stubs;
}

const Stubs& stubs() {
  return *made_stubs;
}

const void* AdapterCache::publish(const std::vector<uint8_t>& code) {
  Result<platform::CodeMemory> memory = seal_code(code);
  if (!memory.has_value()) return nullptr;
  memory_.push_back(*std::move(memory));
  return memory_.back().base();
}

const void* AdapterCache::entry_adapter(TypeId type) {
  const std::scoped_lock lock(mutex_);
  Row& row = rows_[type];
  if (row.entry == nullptr) row.entry = publish(x64::make_entry_adapter(*types_.get(type).func()));
  return row.entry;
}

const void* AdapterCache::exit_adapter(TypeId type) {
  const std::scoped_lock lock(mutex_);
  Row& row = rows_[type];
  if (row.exit == nullptr)
    row.exit = publish(x64::make_exit_adapter(*types_.get(type).func(), stub_targets()));
  return row.exit;
}

std::atomic<const void*>* AdapterCache::host_entry(TypeId type) {
  const std::scoped_lock lock(mutex_);
  Row& row = rows_[type];
  if (row.host_entry.load(std::memory_order_relaxed) == nullptr)
    row.host_entry.store(stubs().resolve, std::memory_order_release);
  return &row.host_entry;
}

}  // namespace brink::compile
