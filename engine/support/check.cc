// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/support/check.h"

#include <cstdio>
#include <cstdlib>

namespace brink::support {

void check_failed(const char* file, int line, const char* condition) {
  std::fprintf(stderr, "brink: internal error at %s:%d: %s\n", file, line, condition);
  std::abort();
}

}  // namespace brink::support
