// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Module validation (spec: validation, modules). Turns a decoded module into a validated one:
// checks all that can be checked without running, and fills in what only validation knows (the
// registry, type_ids, declared_functions).

#ifndef BRINK_VALIDATE_MODULE_VALIDATOR_H_
#define BRINK_VALIDATE_MODULE_VALIDATOR_H_

#include <memory>

#include "brink/error.h"
#include "engine/wasm/module.h"

namespace brink::validate {

/// Everything, bodies included.
Status validate_module(wasm::Module& module, std::shared_ptr<TypeRegistry> registry);

/// Everything but the bodies of functions. Afterwards bodies may be checked one by one, also by
/// several threads, with validate_body or by a FunctionBodyDecoder that has a consumer.
Status validate_declarations(wasm::Module& module, std::shared_ptr<TypeRegistry> registry);

/// The body of one defined function.
Status validate_body(const wasm::Module& module, uint32_t function_index);

}  // namespace brink::validate

#endif  // BRINK_VALIDATE_MODULE_VALIDATOR_H_
