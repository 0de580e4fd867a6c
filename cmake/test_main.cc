// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// The one main() that all unit test executables share.

#define CATCH_CONFIG_MAIN
#include <catch2/catch.hpp>
