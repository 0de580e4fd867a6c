// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// How a stage traces: BRINK_TRACE(Decode, "section {} at {:#x}", name, offset). A channel that is
// off costs a load and a branch, and its arguments are not evaluated; so it belongs beside a
// section, a function or a collection, not beside an instruction.

#ifndef BRINK_SUPPORT_TRACE_H_
#define BRINK_SUPPORT_TRACE_H_

#include <fmt/format.h>

#include "brink/trace.h"

#define BRINK_TRACE(channel, ...)                                                       \
  do {                                                                                  \
    if (::brink::is_tracing(::brink::TraceChannel::channel)) [[unlikely]]               \
      ::brink::write_trace(::brink::TraceChannel::channel, ::fmt::format(__VA_ARGS__)); \
  } while (false)

#endif  // BRINK_SUPPORT_TRACE_H_
