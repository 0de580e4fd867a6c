// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Which instruction set the operations of this folder may use. Every path that is picked here has a
// portable one beside it in the same function; BRINK_SEMANTICS_PORTABLE leaves only those, and the
// tests run both ways.

#ifndef BRINK_SEMANTICS_TARGET_H_
#define BRINK_SEMANTICS_TARGET_H_

#if !defined(BRINK_SEMANTICS_PORTABLE)
#if defined(__SSE4_1__)
#define BRINK_SEMANTICS_SSE4
#include <smmintrin.h>
#elif defined(__aarch64__) && defined(__ARM_NEON)
#define BRINK_SEMANTICS_NEON
#include <arm_neon.h>
#endif
#endif

/// Why: a handler of the interpreter ends in a tail call and must not contain another one, so an
/// operation is never left as a call, however long it is. Pass operations as template arguments:
/// gcc refuses an always_inline function whose pointer it resolves too late.
#define BRINK_OPERATION [[gnu::always_inline]] inline

#endif  // BRINK_SEMANTICS_TARGET_H_
