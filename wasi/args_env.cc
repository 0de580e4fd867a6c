// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// args_get, args_sizes_get, environ_get, environ_sizes_get.

#include "wasi/context.h"

namespace brink::wasi {

/// The addresses of the strings at `pointers`, the strings themselves, each with a NUL, at `bytes`.
Outcome<> Context::write_strings(const GuestMemory& memory, const std::vector<std::string>& strings,
                                 uint32_t pointers, uint32_t bytes) const {
  uint64_t pointer = pointers, at = bytes;
  for (const std::string& string : strings) {
    BRINK_WASI_TRY(memory.write(at, std::string_view(string.c_str(), string.size() + 1)));
    BRINK_WASI_TRY(memory.store(pointer, static_cast<uint32_t>(at)));
    pointer += sizeof(uint32_t);
    at += string.size() + 1;
  }
  return {};
}

Outcome<> Context::write_sizes(const GuestMemory& memory, const std::vector<std::string>& strings,
                               uint32_t count_out, uint32_t size_out) const {
  uint64_t size = 0;
  for (const std::string& string : strings) size += string.size() + 1;
  if (size > UINT32_MAX) return fail(Errno::Overflow);
  BRINK_WASI_TRY(memory.store(count_out, static_cast<uint32_t>(strings.size())));
  return memory.store(size_out, static_cast<uint32_t>(size));
}

Outcome<> Context::args_get(const GuestCall& call, uint32_t argv_out, uint32_t argv_buf_out) {
  return write_strings(call.memory, config_.args_, argv_out, argv_buf_out);
}

Outcome<> Context::args_sizes_get(const GuestCall& call, uint32_t argc_out,
                                  uint32_t argv_buf_size_out) {
  return write_sizes(call.memory, config_.args_, argc_out, argv_buf_size_out);
}

Outcome<> Context::environ_get(const GuestCall& call, uint32_t environ_out,
                               uint32_t environ_buf_out) {
  return write_strings(call.memory, environment_, environ_out, environ_buf_out);
}

Outcome<> Context::environ_sizes_get(const GuestCall& call, uint32_t environc_out,
                                     uint32_t environ_buf_size_out) {
  return write_sizes(call.memory, environment_, environc_out, environ_buf_size_out);
}

}  // namespace brink::wasi
