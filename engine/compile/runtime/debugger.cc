// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/compile/runtime/debugger.h"

#include <mutex>
#include <vector>

#include "engine/compile/artifact/symbol_file.h"

// The names and layouts below are GDB's (manual, "JIT Compilation Interface").
extern "C" {

struct jit_code_entry {
  jit_code_entry* next_entry;
  jit_code_entry* prev_entry;
  const char* symfile_addr;
  uint64_t symfile_size;
};

struct jit_descriptor {
  uint32_t version;
  uint32_t action_flag;
  jit_code_entry* relevant_entry;
  jit_code_entry* first_entry;
};

__attribute__((used, visibility("default"))) jit_descriptor __jit_debug_descriptor = {1, 0, nullptr,
                                                                                      nullptr};

// Debuggers put a breakpoint here; the empty statement keeps calls from being removed.
__attribute__((used, noinline, visibility("default"))) void __jit_debug_register_code() {
  __asm__ volatile("" ::: "memory");
}

}  // extern "C"

namespace brink::compile {
namespace {

enum Action : uint32_t { kRegister = 1, kUnregister = 2 };

std::mutex& list_mutex() {
  static std::mutex mutex;
  return mutex;
}

void tell(Action action, jit_code_entry& entry) {
  __jit_debug_descriptor.action_flag = action;
  __jit_debug_descriptor.relevant_entry = &entry;
  __jit_debug_register_code();
  __jit_debug_descriptor.action_flag = 0;
  __jit_debug_descriptor.relevant_entry = nullptr;
}

std::vector<uint8_t> describe(std::span<const PlacedCode> functions) {
  const uint8_t* const begin = functions.front().code.data();
  const std::span<const uint8_t> last = functions.back().code;
  std::vector<artifact::SymbolFileFunction> rows;
  for (const PlacedCode& function : functions)
    rows.push_back({static_cast<uint32_t>(function.code.data() - begin),
                    static_cast<uint32_t>(function.code.size()), function.frame_bytes,
                    function.name});
  return artifact::make_symbol_file({begin, last.data() + last.size()}, rows);
}

}  // namespace

struct DebuggerSymbols::Entry : jit_code_entry {
  std::vector<uint8_t> file;
};

DebuggerSymbols::DebuggerSymbols(std::span<const PlacedCode> functions)
    : entry_(std::make_unique<Entry>()) {
  entry_->file = describe(functions);
  entry_->symfile_addr = reinterpret_cast<const char*>(entry_->file.data());
  entry_->symfile_size = entry_->file.size();
  const std::scoped_lock lock(list_mutex());
  entry_->prev_entry = nullptr;
  entry_->next_entry = __jit_debug_descriptor.first_entry;
  if (entry_->next_entry != nullptr) entry_->next_entry->prev_entry = entry_.get();
  __jit_debug_descriptor.first_entry = entry_.get();
  tell(kRegister, *entry_);
}

DebuggerSymbols::DebuggerSymbols(DebuggerSymbols&&) noexcept = default;

DebuggerSymbols::~DebuggerSymbols() {
  if (entry_ == nullptr) return;
  const std::scoped_lock lock(list_mutex());
  if (entry_->prev_entry != nullptr)
    entry_->prev_entry->next_entry = entry_->next_entry;
  else
    __jit_debug_descriptor.first_entry = entry_->next_entry;
  if (entry_->next_entry != nullptr) entry_->next_entry->prev_entry = entry_->prev_entry;
  tell(kUnregister, *entry_);
}

}  // namespace brink::compile
