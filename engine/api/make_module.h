// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// How modules come about: here the parts meet, text, decoder, validator, and the tiers that run
// code.
//
//     text --parse--> binary --decode, validate--> wasm::Module --finish--> Module
//                        |                                        ^
//                        +-- cache: an artifact that is there ----+

#ifndef BRINK_API_MAKE_MODULE_H_
#define BRINK_API_MAKE_MODULE_H_

#include <memory>
#include <string>

#include "brink/engine.h"
#include "engine/wasm/module.h"

namespace brink::compile::artifact {
class ArtifactFile;
}

namespace brink::api {

Result<wasm::Module> decode_and_validate(const Engine& engine, wasm::SharedBytes bytes);

/// Gives a validated module the tiers that the engine is to use. `name` is for modules that have
/// none of their own. `artifact`: compiled code that there already is, or null.
Result<Module> finish(const Engine& engine, wasm::Module decoded, std::string name,
                      std::shared_ptr<const compile::artifact::ArtifactFile> artifact = nullptr);

Result<Module> make_from_binary(const Engine& engine, wasm::SharedBytes bytes, std::string name);

/// The same by way of the engine's cache: what is in it is used, what is not is compiled and put
/// there. Needs a compiler.
Result<Module> make_through_cache(const Engine& engine, wasm::SharedBytes bytes, std::string name);

}  // namespace brink::api

#endif  // BRINK_API_MAKE_MODULE_H_
