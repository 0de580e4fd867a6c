// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/support/trace.h"

#include <cstdio>
#include <mutex>
#include <utility>

namespace brink {
namespace {

struct Channel {
  std::string_view name;
  std::string_view what;
};
constexpr Channel kChannels[] = {
#define BRINK_TRACE_CHANNEL(id, name, what) {name, what},
#include "brink/trace.def"
};
static_assert(kTraceChannelCount <= 32, "the set of channels is a word");

struct SinkState {
  std::mutex mutex;
  TraceSink sink;
};

/// Never destroyed: threads may trace while the process ends.
SinkState& sink_state() {
  static SinkState* const state = new SinkState;
  return *state;
}

}  // namespace

std::string_view to_string(TraceChannel channel) {
  return kChannels[static_cast<size_t>(channel)].name;
}

std::string_view describe(TraceChannel channel) {
  return kChannels[static_cast<size_t>(channel)].what;
}

std::optional<TraceChannel> trace_channel_from_name(std::string_view name) {
  for (uint32_t i = 0; i < kTraceChannelCount; ++i)
    if (kChannels[i].name == name) return static_cast<TraceChannel>(i);
  return std::nullopt;
}

void set_tracing(TraceChannel channel, bool on) {
  const uint32_t bit = uint32_t{1} << static_cast<uint32_t>(channel);
  if (on)
    internal::tracing_channels.fetch_or(bit, std::memory_order_relaxed);
  else
    internal::tracing_channels.fetch_and(~bit, std::memory_order_relaxed);
}

void set_trace_sink(TraceSink sink) {
  SinkState& state = sink_state();
  const std::scoped_lock lock(state.mutex);
  state.sink = std::move(sink);
}

void write_trace(TraceChannel channel, std::string_view line) {
  SinkState& state = sink_state();
  const std::scoped_lock lock(state.mutex);
  if (state.sink) return state.sink(channel, line);
  fmt::print(stderr, "[{}] {}\n", to_string(channel), line);
}

}  // namespace brink
