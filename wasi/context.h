// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// The state of one guest's system interface and its functions, as ordinary member functions over
// guest memory: args_env.cc, clock.cc, fd.cc, path.cc, poll.cc, proc.cc, random.cc and socket.cc
// define them by category, linker.cc makes host functions of them.

#ifndef BRINK_WASI_CONTEXT_H_
#define BRINK_WASI_CONTEXT_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "brink/error.h"
#include "brink/wasi.h"
#include "wasi/fd_table.h"
#include "wasi/guest_memory.h"
#include "wasi/host_fs.h"
#include "wasi/types.h"
#include "wasi/waiter.h"

namespace brink::wasi {

class Context {
 public:
  static Result<std::shared_ptr<Context>> create(WasiConfig config);

#define BRINK_WASI_FUNCTION(name, ...) \
  Outcome<> name(const GuestCall& call __VA_OPT__(, ) __VA_ARGS__);
#include "wasi/functions.def"

  /// After Errno::HostStop: the status the guest asked to exit with, or nullopt if the embedder
  /// stopped it for stop_code().
  std::optional<int32_t> exit_status() const { return exit_status_; }
  TrapCode stop_code() const { return waiter_.stop_code(); }
  const std::function<void(std::string_view)>& trace() const { return config_.trace_; }
  FdTable& fds() { return fds_; }

 private:
  explicit Context(WasiConfig config);
  Status open_grants();
  Status add_input(const Input& input);
  Status add_output(const Output& output, int inherited_fd);
  Status add_host_stream(int fd, bool close, Rights direction);
  Status add_directory(const PreopenedDirectory& directory);
  Status add_listener(Handle socket, const std::string& what);

  Outcome<uint64_t> now(ClockId id) const;
  Outcome<> write_strings(const GuestMemory& memory, const std::vector<std::string>& strings,
                          uint32_t pointers, uint32_t bytes) const;
  Outcome<> write_sizes(const GuestMemory& memory, const std::vector<std::string>& strings,
                        uint32_t count_out, uint32_t size_out) const;
  Outcome<> write_filestat(const GuestCall& call, uint32_t address, const Filestat& stat) const;
  /// The directory `fd` with these rights, for an operation on a path below it.
  Outcome<Descriptor*> directory(uint32_t fd, Rights rights);
  /// As directory(), and not read-only.
  Outcome<Descriptor*> writable_directory(uint32_t fd, Rights rights);
  /// A descriptor for reading or writing: what is wrong with a directory or a missing right is
  /// told as POSIX does.
  Outcome<Descriptor*> readable(uint32_t fd);
  Outcome<Descriptor*> writable(uint32_t fd);

  WasiConfig config_;
  std::vector<std::string> environment_;  ///< "NAME=value"
  HostFs host_fs_;
  FdTable fds_;
  Waiter waiter_;
  std::optional<int32_t> exit_status_;
};

}  // namespace brink::wasi

#endif  // BRINK_WASI_CONTEXT_H_
