// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Tracing: lines that say what the stages of the engine do, in channels that are off until somebody
// switches them on. They belong to the process, not to an engine, so that also what has no engine
// at hand (a decoder, a memory that grows) can trace.

#ifndef BRINK_TRACE_H_
#define BRINK_TRACE_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

namespace brink {

/// One enumerator a row of trace.def.
enum class TraceChannel : uint8_t {
#define BRINK_TRACE_CHANNEL(id, name, what) id,
#include "brink/trace.def"
};

inline constexpr uint32_t kTraceChannelCount = 0
#define BRINK_TRACE_CHANNEL(id, name, what) +1
#include "brink/trace.def"
    ;

/// Name as on the command line ("decode").
std::string_view to_string(TraceChannel channel);
std::string_view describe(TraceChannel channel);
std::optional<TraceChannel> trace_channel_from_name(std::string_view name);

/// Switches a channel. `interp` is asked once, when an Engine is made (see
/// EngineConfig::trace_execution).
void set_tracing(TraceChannel channel, bool on);

namespace internal {
inline std::atomic<uint32_t> tracing_channels = 0;
}
inline bool is_tracing(TraceChannel channel) {
  const uint32_t channels = internal::tracing_channels.load(std::memory_order_relaxed);
  return (channels >> static_cast<uint32_t>(channel) & 1) != 0;
}

/// Receives every line, without a newline, from whichever thread has something to say, but from one
/// at a time. An empty function is the default: "[channel] line" on standard error.
using TraceSink = std::function<void(TraceChannel channel, std::string_view line)>;
void set_trace_sink(TraceSink sink);

/// Hands a line to the sink, whether or not the channel is on.
void write_trace(TraceChannel channel, std::string_view line);

}  // namespace brink

#endif  // BRINK_TRACE_H_
