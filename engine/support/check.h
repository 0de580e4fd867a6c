// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Checks of our own reasoning. A failed one is a bug in Brink, never a property of the input, and
// aborts the process with the place and the condition.

#ifndef BRINK_SUPPORT_CHECK_H_
#define BRINK_SUPPORT_CHECK_H_

namespace brink::support {

[[noreturn]] void check_failed(const char* file, int line, const char* condition);

}  // namespace brink::support

#define BRINK_CHECK(condition)        \
  ((condition) ? static_cast<void>(0) \
               : ::brink::support::check_failed(__FILE__, __LINE__, #condition))

#ifdef NDEBUG
#define BRINK_DCHECK(condition) static_cast<void>(sizeof(!(condition)))
#else
#define BRINK_DCHECK(condition) BRINK_CHECK(condition)
#endif

/// A place that no execution reaches.
#define BRINK_UNREACHABLE() ::brink::support::check_failed(__FILE__, __LINE__, "unreachable")

#endif  // BRINK_SUPPORT_CHECK_H_
