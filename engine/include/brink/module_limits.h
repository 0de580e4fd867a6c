// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef BRINK_MODULE_LIMITS_H_
#define BRINK_MODULE_LIMITS_H_

#include <cstdint>

namespace brink {

/// Bounds on the modules that an engine accepts (EngineConfig::module_limits), below those that
/// every engine has (spec: implementation limitations). What exceeds one is an Error of kind Limit.
struct ModuleLimits {
#define BRINK_MODULE_LIMIT(name, strict, what) uint64_t name = ~uint64_t{0};
#include "brink/module_limits.def"

  /// For modules of somebody who may mean harm: room for programs, not for bombs.
  static constexpr ModuleLimits strict() {
    ModuleLimits limits;
#define BRINK_MODULE_LIMIT(name, strict, what) limits.name = strict;
#include "brink/module_limits.def"
    return limits;
  }
};

}  // namespace brink

#endif  // BRINK_MODULE_LIMITS_H_
