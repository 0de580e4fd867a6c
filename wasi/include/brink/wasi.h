// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// WASI preview 1 for guests of Brink: what a guest may reach is what its WasiConfig grants, and
// nothing else. Without a grant there are no arguments, no environment, no files, no sockets; the
// standard streams are empty. Clocks and random numbers are always there (and can be replaced).
//
//     auto wasi = brink::wasi::Wasi::create(brink::wasi::WasiConfig()
//                                               .args({"tool", "input.txt"})
//                                               .inherit_stdio()
//                                               .preopen_dir("./data", "/data"));
//     if (!wasi) return report(wasi.error());
//     brink::Linker linker(store);
//     if (auto status = (*wasi)->add_to_linker(linker); !status) return report(status.error());

#ifndef BRINK_WASI_H_
#define BRINK_WASI_H_

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "brink/error.h"
#include "brink/trap.h"

namespace brink {
class Linker;
class Module;
class Store;
}  // namespace brink

namespace brink::wasi {

class Context;

/// Where a guest's standard input comes from, or where an output goes.
struct Null {};     ///< nothing to read; what is written disappears
struct Inherit {};  ///< the same stream of this process
struct HostFd {
  int fd = -1;         ///< a descriptor of this process
  bool close = false;  ///< whether to close it with the last use
};
using Input = std::variant<Null, Inherit, HostFd, std::string>;
/// Receives each write as it happens.
using Sink = std::function<void(std::span<const uint8_t>)>;
/// Collects all that is written.
using Buffer = std::shared_ptr<std::string>;
using Output = std::variant<Null, Inherit, HostFd, Buffer, Sink>;

struct PreopenedDirectory {
  std::string host_path;
  std::string guest_path;
  bool read_only = false;
};

/// Clocks in nanoseconds that replace the system's. `sleep` is called where the guest waits for
/// nothing but time; with `monotonic` replaced it should move that clock.
struct ClockOverride {
  std::function<uint64_t()> realtime;
  std::function<uint64_t()> monotonic;
  std::function<void(uint64_t nanoseconds)> sleep;
};

/// How a guest that waits inside a host function is stopped; a store's deadline and canceller act
/// only on running guest code. `requested` is asked before and during each wait, at least every
/// 10 ms; any answer but TrapCode::None ends the guest with that trap. It must be safe to call from
/// the guest's thread. A readable `wake_fd` (an eventfd, say) makes it be asked at once.
struct Interruption {
  /// Ends the guest with TrapCode::DeadlineExceeded at `when`: give it what Store::set_deadline
  /// got.
  static Interruption at(std::chrono::steady_clock::time_point when);

  std::function<TrapCode()> requested;
  int wake_fd = -1;
};

/// The grants. Every method returns *this.
class WasiConfig {
 public:
  WasiConfig& arg(std::string value);
  WasiConfig& args(std::vector<std::string> values);
  /// Sets or replaces a variable.
  WasiConfig& env(std::string name, std::string value);
  /// All variables of this process; those set by env() win.
  WasiConfig& inherit_env();

  WasiConfig& stdin_from(Input input);
  WasiConfig& stdout_to(Output output);
  WasiConfig& stderr_to(Output output);
  WasiConfig& inherit_stdio();

  /// Grants a directory and all below it, as `guest_path`. In a read-only one every change is
  /// refused with "read-only file system". Symbolic links are followed as far as they stay inside.
  WasiConfig& preopen_dir(std::string host_path, std::string guest_path, bool read_only = false);
  /// Grants a listening socket; it gets the first free descriptor after the directories. The guest
  /// finds it non-blocking if it is. The descriptor is duplicated, and its open file description
  /// becomes non-blocking (which other holders of it notice).
  WasiConfig& listen_fd(int fd);
  /// As listen_fd, for a new TCP socket at "127.0.0.1:8080" or "[::1]:8080" (numeric only), which
  /// is non-blocking to the guest: what Go and other programs with a poller of their own need.
  WasiConfig& listen_tcp(std::string address);

  WasiConfig& clocks(ClockOverride clocks);
  /// Fills a buffer instead of the system's random numbers.
  WasiConfig& random(std::function<void(std::span<uint8_t>)> fill);
  /// Reproducible pseudo-random numbers; not for guests that keep secrets.
  WasiConfig& random_seed(uint64_t seed);

  WasiConfig& interruption(Interruption interruption);
  /// Descriptors a guest can have open at once; opening one more fails with MFILE.
  WasiConfig& max_open_files(uint32_t count);
  /// Receives one line per call, e.g. "fd_write(1, 4096, 1, 4088) -> success".
  WasiConfig& trace(std::function<void(std::string_view line)> sink);
  /// Resolves paths component by component even where the kernel offers openat2; for tests.
  WasiConfig& force_path_walk(bool force = true);

 private:
  friend class Context;
  std::vector<std::string> args_;
  std::map<std::string, std::string> env_;
  Input stdin_;
  Output stdout_;
  Output stderr_;
  std::vector<PreopenedDirectory> directories_;
  std::vector<std::variant<int, std::string>> listeners_;
  ClockOverride clocks_;
  std::function<void(std::span<uint8_t>)> random_;
  Interruption interruption_;
  uint32_t max_open_files_ = 4096;
  std::function<void(std::string_view)> trace_;
  bool force_path_walk_ = false;
};

/// The state of one guest's system interface: its descriptors above all. For one store at a time.
class Wasi {
 public:
  /// Opens what is granted; an Error names what cannot be had.
  static Result<std::unique_ptr<Wasi>> create(WasiConfig config);
  ~Wasi();

  /// Defines all functions as "wasi_snapshot_preview1" and "wasi_unstable". What is defined keeps
  /// the state alive; the Wasi may go.
  Status add_to_linker(Linker& linker);
  /// The same for those that a module imports: less to do for who runs one program.
  Status add_to_linker(Linker& linker, const Module& module);

  /// The same for stores that serve one guest after the other (brink/pool.h): each call asks `find`
  /// whose descriptors, arguments and so on the store's guest has now. Null is a trap.
  using Finder = std::function<Wasi*(Store&)>;
  static Status add_to_linker(Linker& linker, Finder find);

  /// Whether the guest has files open that were not granted, or has closed one that was: what a
  /// snapshot of it could not keep.
  bool has_changed_files() const;

  Context& context() { return *context_; }

 private:
  explicit Wasi(std::shared_ptr<Context> context);
  std::shared_ptr<Context> context_;
};

/// A function WASI offers, for documentation and messages: "fd_close", "uint32_t fd".
struct FunctionInfo {
  std::string_view name;
  std::string_view parameters;
};
std::span<const FunctionInfo> functions();

}  // namespace brink::wasi

#endif  // BRINK_WASI_H_
