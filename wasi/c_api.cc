// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// The part of brink.h that is about WASI.

#include <chrono>

#include "brink.h"
#include "brink/wasi.h"
#include "engine/api/c/handles.h"

using brink::wasi::Wasi;
using brink::wasi::WasiConfig;

struct brink_wasi_config_t {
  WasiConfig config;
};

brink_wasi_config_t* brink_wasi_config_new(void) {
  return new brink_wasi_config_t;
}
void brink_wasi_config_delete(brink_wasi_config_t* config) {
  delete config;
}

void brink_wasi_config_set_args(brink_wasi_config_t* config, size_t count,
                                const char* const args[]) {
  config->config.args(std::vector<std::string>(args, args + count));
}
void brink_wasi_config_set_env(brink_wasi_config_t* config, const char* name, const char* value) {
  config->config.env(name, value);
}
void brink_wasi_config_inherit_env(brink_wasi_config_t* config) {
  config->config.inherit_env();
}
void brink_wasi_config_inherit_stdio(brink_wasi_config_t* config) {
  config->config.inherit_stdio();
}
void brink_wasi_config_set_stdin(brink_wasi_config_t* config, const char* bytes, size_t size) {
  config->config.stdin_from(std::string(bytes, size));
}

namespace {

brink::wasi::Sink to_sink(brink_sink_t sink, void* env) {
  return [sink, env](std::span<const uint8_t> bytes) { sink(env, bytes.data(), bytes.size()); };
}

}  // namespace

void brink_wasi_config_set_stdout(brink_wasi_config_t* config, brink_sink_t sink, void* env) {
  config->config.stdout_to(to_sink(sink, env));
}
void brink_wasi_config_set_stderr(brink_wasi_config_t* config, brink_sink_t sink, void* env) {
  config->config.stderr_to(to_sink(sink, env));
}
void brink_wasi_config_preopen_dir(brink_wasi_config_t* config, const char* host_path,
                                   const char* guest_path, bool read_only) {
  config->config.preopen_dir(host_path, guest_path, read_only);
}
void brink_wasi_config_set_random_seed(brink_wasi_config_t* config, uint64_t seed) {
  config->config.random_seed(seed);
}
void brink_wasi_config_set_timeout(brink_wasi_config_t* config, uint64_t nanoseconds) {
  constexpr uint64_t kMost = uint64_t{1} << 61;
  config->config.interruption(brink::wasi::Interruption::at(
      std::chrono::steady_clock::now() +
      std::chrono::nanoseconds(static_cast<int64_t>(std::min(nanoseconds, kMost)))));
}

bool brink_linker_define_wasi(brink_linker_t* linker, brink_wasi_config_t* config) {
  const std::unique_ptr<brink_wasi_config_t> own(config);
  brink::Result<std::unique_ptr<Wasi>> wasi = Wasi::create(std::move(own->config));
  brink::Status status;
  if (wasi.has_value())
    status = (*wasi)->add_to_linker(linker->linker);
  else
    status = std::unexpected(std::move(wasi).error());
  if (!status.has_value()) brink::capi::set_last_error(status.error().to_string());
  return status.has_value();
}

wasm_trap_t* brink_wasi_run(const wasm_instance_t* instance, int32_t* status) {
  *status = 0;
  const std::optional<brink::Func> start = instance->get().func("_start");
  brink::CallResult<std::vector<brink::Value>> result =
      start.has_value() ? start->call({}) : brink::make_trap("the instance exports no \"_start\"");
  if (result.has_value()) return nullptr;
  if (result.error().code != brink::TrapCode::Exit)
    return new wasm_trap_t(instance->store, std::move(result).error());
  *status = result.error().exit_code;
  return nullptr;
}
