// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// The interpreter as a tier: translated code of a module, entering it from the host, and finding
// the instruction that a code address belongs to.

#ifndef BRINK_INTERPRET_INTERPRETER_H_
#define BRINK_INTERPRET_INTERPRETER_H_

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "brink/error.h"
#include "engine/interpret/code.h"
#include "engine/runtime/module_state.h"

namespace brink::interpret {

/// Threaded code of one function.
struct FunctionCode {
  CodeHeader header;
  std::vector<CodeWord> words;
};

/// The interpreter's part of a module. Functions are translated at their first call, by whichever
/// thread comes first, and stay.
class InterpreterCode : public runtime::ModuleCode {
 public:
  explicit InterpreterCode(runtime::ModuleState& module);

  /// The code of a defined function; translates it if that has not been done.
  Result<const CodeHeader*> translate(uint32_t function_index);

  /// The function whose code contains this address.
  const FunctionCode* find(const void* address) const;

 private:
  runtime::ModuleState& module_;
  std::vector<CodeHeader> stubs_;  ///< by function: "not translated yet"
  mutable std::mutex mutex_;
  std::map<const void*, std::unique_ptr<FunctionCode>> functions_;  ///< by address of their code
};

/// Calls any function from the host. `slots` holds the arguments and receives the results; it must
/// have room for the larger of the two. False: it trapped, and store.trap says why.
bool call_function(runtime::StoreState& store, FuncObject& function, Slot* slots);

/// The frames of the guest from the instruction at `pc` outwards, innermost first.
std::vector<Frame> make_backtrace(runtime::StoreState& store, const void* pc, const Slot* fp);

/// Code addresses that a return can lead to besides translated code.
const CodeWord* exit_stub();
const CodeWord* return_to_instance_stub();

}  // namespace brink::interpret

#endif  // BRINK_INTERPRET_INTERPRETER_H_
