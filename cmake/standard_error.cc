// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Part of the shared library only, which is linked with --wrap=stderr. Some distributions' asmjit
// is a static library that is not position independent; the one thing in it that cannot go into a
// shared library is its direct access to the C library's variable `stderr`. Under this name the
// variable is our own, and so within reach.

#include <cstdio>

extern "C" {
extern FILE* __real_stderr;  // NOLINT: the linker's names
__attribute__((visibility("hidden"))) FILE* __wrap_stderr = nullptr;
}

namespace {
[[gnu::constructor]] void share_standard_error() {
  __wrap_stderr = __real_stderr;
}
}  // namespace
