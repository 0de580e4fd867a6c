// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/compile/runtime/jit_dump.h"

#include <mutex>
#include <type_traits>

#include <fmt/format.h>

#include "engine/compile/artifact/elf.h"
#include "engine/platform/clock.h"
#include "engine/platform/own_file.h"
#include "engine/support/byte_writer.h"

namespace brink::compile {
namespace {

struct Header {
  uint32_t magic = 0x4a695444;  // "JiTD"
  uint32_t version = 1;
  uint32_t header_bytes = sizeof(Header);
  uint32_t machine = artifact::elf::kMachineX64;
  uint32_t padding = 0;
  uint32_t process = platform::process_number();
  uint64_t time = 0;
  uint64_t flags = 0;
};
static_assert(sizeof(Header) == 40);

struct Load {
  uint32_t kind = 0;  ///< JIT_CODE_LOAD
  uint32_t record_bytes = 0;
  uint64_t time = 0;
  uint32_t process = platform::process_number();
  uint32_t thread = platform::thread_number();
  uint64_t virtual_address = 0;
  uint64_t address = 0;
  uint64_t code_bytes = 0;
  uint64_t number = 0;
};
static_assert(sizeof(Load) == 56);

/// perf's samples have to be of the same clock: `perf record -k mono`.
uint64_t now() {
  return platform::clock_now(platform::Clock::Monotonic);
}

template <typename T>
std::span<const uint8_t> bytes_of(const T& value) {
  static_assert(std::has_unique_object_representations_v<T>);
  return {reinterpret_cast<const uint8_t*>(&value), sizeof value};
}

platform::OwnFile open_dump() {
  Result<platform::OwnFile> file =
      platform::OwnFile::create(fmt::format("jit-{}.dump", platform::process_number()));
  if (!file.has_value()) return {};
  Header header;
  header.time = now();
  if (!file->write(bytes_of(header)) || !file->show_to_profilers()) return {};
  return *std::move(file);
}

}  // namespace

void write_jit_dump(std::span<const PlacedCode> functions) {
  static std::mutex mutex;
  const std::scoped_lock lock(mutex);
  static platform::OwnFile file = open_dump();
  static uint64_t number = 0;
  support::ByteWriter records;
  for (const PlacedCode& function : functions) {
    // A name ends at its first 0, whatever the module says.
    const std::string name(function.name.c_str());
    Load load;
    load.record_bytes = static_cast<uint32_t>(sizeof load + name.size() + 1 + function.code.size());
    load.time = now();
    load.address = load.virtual_address = reinterpret_cast<uintptr_t>(function.code.data());
    load.code_bytes = function.code.size();
    load.number = number++;
    records.write_bytes(bytes_of(load));
    records.write_bytes({reinterpret_cast<const uint8_t*>(name.c_str()), name.size() + 1});
    records.write_bytes(function.code);
  }
  file.write(records.bytes());
}

}  // namespace brink::compile
