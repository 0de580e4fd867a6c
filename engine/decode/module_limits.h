// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Checks a decoded module against limits of the embedder's, before anything is made of it. A pass
// of its own over the bodies, so that nobody pays who sets none.

#ifndef BRINK_DECODE_MODULE_LIMITS_H_
#define BRINK_DECODE_MODULE_LIMITS_H_

#include "brink/error.h"
#include "brink/module_limits.h"
#include "engine/wasm/module.h"

namespace brink::decode {

Status check_module_limits(const wasm::Module& module, const ModuleLimits& limits);

}  // namespace brink::decode

#endif  // BRINK_DECODE_MODULE_LIMITS_H_
