// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Scripts (.wast), the format of the official test suite: modules, calls, and what they should
// lead to. Parsing a script only finds the commands; the modules in it are parsed one by one by
// encode_module, as for many of them failing is the point.

#ifndef BRINK_TEXT_SCRIPT_H_
#define BRINK_TEXT_SCRIPT_H_

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "brink/error.h"
#include "brink/types.h"
#include "brink/v128.h"
#include "engine/text/parse.h"

namespace brink::text {

/// An argument of a call.
struct ScriptValue {
  enum class Kind : uint8_t {
    I32,
    I64,
    F32,
    F64,
    V128,
    RefNull,    ///< of type `heap`
    RefExtern,  ///< the host's object `number`, as an externref
    RefHost,    ///< the host's object `number`, as an anyref
  };
  Kind kind = Kind::I32;
  V128 bits;  ///< numbers; scalars in words[0], zero-extended
  AbstractHeapType heap = AbstractHeapType::Bottom;
  uint32_t number = 0;
};

/// Which NaN a float has to be, if any.
enum class NanPattern : uint8_t {
  None,        ///< no NaN: the exact bits
  Canonical,   ///< payload 1000...
  Arithmetic,  ///< payload 1xxx...
};

/// What a result has to look like.
struct ResultPattern {
  enum class Kind : uint8_t {
    I32,
    I64,
    F32,
    F64,
    V128,
    RefNull,    ///< null; of type `heap` if that is given
    RefExtern,  ///< not null; the host's object `number` if that is given
    RefHost,    ///< the same, as an anyref
    RefFunc,    ///< not null, like all below
    RefI31,
    RefStruct,
    RefArray,
    RefEq,
    RefAny,
    RefExn,
    Either,  ///< one of `alternatives`
  };
  Kind kind = Kind::I32;
  V128 bits;  ///< numbers; scalars in words[0], zero-extended. Zero where `nan` has a pattern
  uint8_t lane_bits = 0;               ///< V128: of each lane
  std::array<NanPattern, 4> nan = {};  ///< by lane; F32 and F64 have one
  std::optional<AbstractHeapType> heap;
  std::optional<uint32_t> number;
  std::vector<ResultPattern> alternatives;
};

/// `(invoke id? "name" value*)` or `(get id? "name")`.
struct ScriptAction {
  enum class Kind : uint8_t { Invoke, Get };
  Kind kind = Kind::Invoke;
  std::string module_id;  ///< of the instance, without `$`; empty: the latest one
  std::string field;
  std::vector<ScriptValue> arguments;
};

/// A module in a script.
struct ScriptModule {
  enum class Form : uint8_t {
    Text,
    Binary,
    Quote,
    Fields,  ///< the whole script is the fields of one module
  };
  Form form = Form::Text;
  std::string id;       ///< without `$`; may be empty
  uint32_t offset = 0;  ///< of `(module` in the script
  std::string content;  ///< Binary: the bytes; Quote: the text
};

struct ScriptCommand {
  enum class Kind : uint8_t {
    Module,            ///< instantiate `module`
    ModuleDefinition,  ///< keep `module`
    ModuleInstance,    ///< instantiate the definition `definition_id` as `id`
    Register,          ///< give the instance `id` the name `name` for imports
    Action,
    AssertReturn,      ///< `action` gives `expected`
    AssertTrap,        ///< `action`, or instantiating `module`, traps
    AssertExhaustion,  ///< `action` exhausts a resource
    AssertException,   ///< `action` throws
    AssertMalformed,
    AssertMalformedCustom,
    AssertInvalid,
    AssertInvalidCustom,
    AssertUnlinkable,
    Thread,  ///< run `commands` in a thread `id` that shares the instances `shared_ids`
    Wait,    ///< for the thread `id`
  };
  Kind kind = Kind::Module;
  uint32_t line = 0;
  std::string id;
  std::string definition_id;
  std::string name;
  std::string message;  ///< of an assertion: how the error has to begin
  std::optional<ScriptModule> module;
  std::optional<ScriptAction> action;
  std::vector<ResultPattern> expected;
  std::vector<std::string> shared_ids;
  std::vector<ScriptCommand> commands;
};

struct Script {
  std::string_view source;
  std::vector<ScriptCommand> commands;
};

/// `source` has to outlive the script. What is no command is an error with a position.
Result<Script> parse_script(std::string_view source);

/// The module in the binary format. Positions, of errors and in the map, count in
/// module_source(script, module).
Result<ParsedModule> encode_module(const Script& script, const ScriptModule& module,
                                   const ParseOptions& options = {});
std::string_view module_source(const Script& script, const ScriptModule& module);

}  // namespace brink::text

#endif  // BRINK_TEXT_SCRIPT_H_
