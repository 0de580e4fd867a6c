// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef BRINK_SPEC_TESTS_SPECTEST_MODULE_H_
#define BRINK_SPEC_TESTS_SPECTEST_MODULE_H_

#include "brink/linker.h"

namespace brink::spec_tests {

/// Defines what the suite's scripts import from "spectest".
Status define_spectest(Linker& linker);

}  // namespace brink::spec_tests

#endif  // BRINK_SPEC_TESTS_SPECTEST_MODULE_H_
