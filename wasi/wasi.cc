// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// From grants to a Context: the builder, and the opening of what is granted.

#include "brink/wasi.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <type_traits>

#include "wasi/context.h"

extern "C" char** environ;

namespace brink::wasi {
namespace {

/// splitmix64: any seed gives a good sequence.
class SeededRandom {
 public:
  explicit SeededRandom(uint64_t seed) : state_(seed) {}
  void operator()(std::span<uint8_t> to) {
    while (!to.empty()) {
      state_ += 0x9e3779b97f4a7c15;
      uint64_t word = state_;
      word = (word ^ (word >> 30)) * 0xbf58476d1ce4e5b9;
      word = (word ^ (word >> 27)) * 0x94d049bb133111eb;
      word ^= word >> 31;
      const size_t size = std::min(to.size(), sizeof(word));
      std::memcpy(to.data(), &word, size);
      to = to.subspan(size);
    }
  }

 private:
  uint64_t state_;
};

std::unexpected<Error> io_error(std::string what) {
  return make_error(ErrorKind::Io, std::move(what) + ": " + std::strerror(errno));
}

Status check_string(std::string_view what, std::string_view value) {
  if (value.find('\0') == std::string_view::npos) return {};
  return make_error(ErrorKind::Usage, std::string(what) + " with a NUL byte inside");
}

/// "127.0.0.1:80", "[::1]:80" -> a socket address; its size, 0 if it is neither.
socklen_t parse_address(const std::string& text, sockaddr_storage& out) {
  const size_t colon = text.rfind(':');
  if (colon == std::string::npos) return 0;
  uint16_t port = 0;
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data() + colon + 1, end, port);
  if (error != std::errc() || rest != end) return 0;
  out = {};
  if (text.front() == '[' && colon >= 2 && text[colon - 1] == ']') {
    auto& v6 = reinterpret_cast<sockaddr_in6&>(out);
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(port);
    const std::string host = text.substr(1, colon - 2);
    return inet_pton(AF_INET6, host.c_str(), &v6.sin6_addr) == 1 ? sizeof(v6) : 0;
  }
  auto& v4 = reinterpret_cast<sockaddr_in&>(out);
  v4.sin_family = AF_INET;
  v4.sin_port = htons(port);
  return inet_pton(AF_INET, text.substr(0, colon).c_str(), &v4.sin_addr) == 1 ? sizeof(v4) : 0;
}

Result<Handle> listen_on(const std::string& address) {
  sockaddr_storage where;
  const socklen_t size = parse_address(address, where);
  if (size == 0) {
    return make_error(ErrorKind::Usage,
                      "not a numeric address and port, as in 127.0.0.1:8080: \"" + address + "\"");
  }
  Handle result =
      Handle::own(socket(where.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const int yes = 1;
  if (!result.is_open() ||
      setsockopt(result.fd(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)) != 0 ||
      bind(result.fd(), reinterpret_cast<const sockaddr*>(&where), size) != 0 ||
      listen(result.fd(), SOMAXCONN) != 0) {
    return io_error("cannot listen on " + address);
  }
  return result;
}

template <typename... Fs>
struct Overloaded : Fs... {
  using Fs::operator()...;
};

}  // namespace

Interruption Interruption::at(std::chrono::steady_clock::time_point when) {
  return {[when] {
            return std::chrono::steady_clock::now() >= when ? TrapCode::DeadlineExceeded
                                                            : TrapCode::None;
          },
          -1};
}

WasiConfig& WasiConfig::arg(std::string value) {
  args_.push_back(std::move(value));
  return *this;
}

WasiConfig& WasiConfig::args(std::vector<std::string> values) {
  args_ = std::move(values);
  return *this;
}

WasiConfig& WasiConfig::env(std::string name, std::string value) {
  env_.insert_or_assign(std::move(name), std::move(value));
  return *this;
}

WasiConfig& WasiConfig::inherit_env() {
  for (char** entry = environ; entry != nullptr && *entry != nullptr; entry++) {
    const std::string_view text(*entry);
    const size_t equals = text.find('=');
    if (equals == std::string_view::npos || equals == 0) continue;
    env_.try_emplace(std::string(text.substr(0, equals)), text.substr(equals + 1));
  }
  return *this;
}

WasiConfig& WasiConfig::stdin_from(Input input) {
  stdin_ = std::move(input);
  return *this;
}

WasiConfig& WasiConfig::stdout_to(Output output) {
  stdout_ = std::move(output);
  return *this;
}

WasiConfig& WasiConfig::stderr_to(Output output) {
  stderr_ = std::move(output);
  return *this;
}

WasiConfig& WasiConfig::inherit_stdio() {
  return stdin_from(Inherit()).stdout_to(Inherit()).stderr_to(Inherit());
}

WasiConfig& WasiConfig::preopen_dir(std::string host_path, std::string guest_path, bool read_only) {
  directories_.push_back({std::move(host_path), std::move(guest_path), read_only});
  return *this;
}

WasiConfig& WasiConfig::listen_fd(int fd) {
  listeners_.emplace_back(fd);
  return *this;
}

WasiConfig& WasiConfig::listen_tcp(std::string address) {
  listeners_.emplace_back(std::move(address));
  return *this;
}

WasiConfig& WasiConfig::clocks(ClockOverride clocks) {
  clocks_ = std::move(clocks);
  return *this;
}

WasiConfig& WasiConfig::random(std::function<void(std::span<uint8_t>)> fill) {
  random_ = std::move(fill);
  return *this;
}

WasiConfig& WasiConfig::random_seed(uint64_t seed) {
  return random(SeededRandom(seed));
}

WasiConfig& WasiConfig::interruption(Interruption interruption) {
  interruption_ = std::move(interruption);
  return *this;
}

WasiConfig& WasiConfig::max_open_files(uint32_t count) {
  max_open_files_ = count;
  return *this;
}

WasiConfig& WasiConfig::trace(std::function<void(std::string_view line)> sink) {
  trace_ = std::move(sink);
  return *this;
}

WasiConfig& WasiConfig::force_path_walk(bool force) {
  force_path_walk_ = force;
  return *this;
}

Wasi::Wasi(std::shared_ptr<Context> context) : context_(std::move(context)) {}
Wasi::~Wasi() = default;

bool Wasi::has_changed_files() const {
  return !context_->fds().is_as_granted();
}

Result<std::unique_ptr<Wasi>> Wasi::create(WasiConfig config) {
  auto context = Context::create(std::move(config));
  if (!context) return std::unexpected(std::move(context).error());
  return std::unique_ptr<Wasi>(new Wasi(*std::move(context)));
}

Context::Context(WasiConfig config)
    : config_(std::move(config)),
      host_fs_(config_.force_path_walk_),
      fds_(config_.max_open_files_),
      waiter_(config_.interruption_) {}

Result<std::shared_ptr<Context>> Context::create(WasiConfig config) {
  auto context = std::shared_ptr<Context>(new Context(std::move(config)));
  for (const std::string& arg : context->config_.args_) {
    if (auto status = check_string("argument", arg); !status) {
      return std::unexpected(std::move(status).error());
    }
  }
  for (const auto& [name, value] : context->config_.env_) {
    if (name.empty() || name.find('=') != std::string::npos) {
      return make_error(ErrorKind::Usage, "not a name of a variable: \"" + name + "\"");
    }
    context->environment_.push_back(name + "=" + value);
    if (auto status = check_string("variable", context->environment_.back()); !status) {
      return std::unexpected(std::move(status).error());
    }
  }
  if (auto status = context->open_grants(); !status) {
    return std::unexpected(std::move(status).error());
  }
  context->fds_.note_granted();
  return context;
}

Status Context::open_grants() {
  auto status = add_input(config_.stdin_);
  if (status) status = add_output(config_.stdout_, STDOUT_FILENO);
  if (status) status = add_output(config_.stderr_, STDERR_FILENO);
  // Directories first: wasi-libc stops looking for them at the first number that is none.
  for (const PreopenedDirectory& directory : config_.directories_) {
    if (status) status = add_directory(directory);
  }
  for (const auto& listener : config_.listeners_) {
    if (!status) break;
    if (const int* fd = std::get_if<int>(&listener)) {
      Handle copy = Handle::own(fcntl(*fd, F_DUPFD_CLOEXEC, 0));
      const std::string what = "descriptor " + std::to_string(*fd);
      status = copy.is_open() ? add_listener(std::move(copy), what) : io_error(what);
    } else {
      const std::string& address = std::get<std::string>(listener);
      auto socket = listen_on(address);
      if (!socket) return std::unexpected(std::move(socket).error());
      status = add_listener(*std::move(socket), address);
    }
  }
  return status;
}

Status Context::add_input(const Input& input) {
  Descriptor descriptor;
  descriptor.base =
      kRightFdRead | kRightFdFilestatGet | kRightFdFdstatSetFlags | kRightPollFdReadwrite;
  if (std::holds_alternative<Inherit>(input)) {
    return add_host_stream(STDIN_FILENO, false, kRightFdRead);
  }
  if (const HostFd* host = std::get_if<HostFd>(&input)) {
    return add_host_stream(host->fd, host->close, kRightFdRead);
  }
  if (const std::string* bytes = std::get_if<std::string>(&input)) {
    descriptor.kind = Descriptor::Kind::Input;
    descriptor.input = *bytes;
  }
  if (!fds_.insert(std::move(descriptor))) return make_error(ErrorKind::Limit, "too many files");
  return {};
}

Status Context::add_output(const Output& output, int inherited_fd) {
  Descriptor descriptor;
  descriptor.base =
      kRightFdWrite | kRightFdFilestatGet | kRightFdFdstatSetFlags | kRightPollFdReadwrite;
  if (std::holds_alternative<Inherit>(output)) {
    return add_host_stream(inherited_fd, false, kRightFdWrite);
  }
  if (const HostFd* host = std::get_if<HostFd>(&output)) {
    return add_host_stream(host->fd, host->close, kRightFdWrite);
  }
  if (const Buffer* buffer = std::get_if<Buffer>(&output)) {
    descriptor.sink = [buffer = *buffer](std::span<const uint8_t> bytes) {
      buffer->append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    };
  } else if (const Sink* sink = std::get_if<Sink>(&output)) {
    descriptor.sink = *sink;
  }
  if (descriptor.sink) descriptor.kind = Descriptor::Kind::Sink;
  if (!fds_.insert(std::move(descriptor))) return make_error(ErrorKind::Limit, "too many files");
  return {};
}

Status Context::add_host_stream(int fd, bool close, Rights direction) {
  struct stat info;
  Descriptor descriptor;
  descriptor.base =
      direction | kRightFdFilestatGet | kRightFdFdstatSetFlags | kRightPollFdReadwrite;
  if (fstat(fd, &info) == 0) {
    descriptor.kind = S_ISSOCK(info.st_mode) ? Descriptor::Kind::Socket : Descriptor::Kind::File;
    descriptor.handle = close ? Handle::own(fd) : Handle::borrow(fd);
    descriptor.filetype = filetype_of(info.st_mode);
    const int flags = fcntl(fd, F_GETFL);
    if (flags >= 0 && (flags & O_APPEND) != 0) descriptor.flags |= kFdAppend;
    constexpr Rights kDirections = kRightFdRead | kRightFdWrite;
    if (S_ISREG(info.st_mode)) descriptor.base |= kFileRights & ~kDirections;
    // Why: wasi-libc takes a character device that cannot seek for a terminal.
    if (S_ISCHR(info.st_mode) && isatty(fd) == 0) descriptor.base |= kRightFdSeek | kRightFdTell;
    if (S_ISSOCK(info.st_mode)) descriptor.base |= kRightSockShutdown;
  } else if (errno != EBADF || fd > STDERR_FILENO) {
    return io_error("descriptor " + std::to_string(fd));
  }
  if (!fds_.insert(std::move(descriptor))) return make_error(ErrorKind::Limit, "too many files");
  return {};
}

Status Context::add_directory(const PreopenedDirectory& directory) {
  if (auto status = check_string("directory", directory.guest_path + directory.host_path);
      !status) {
    return status;
  }
  auto handle = HostFs::open_root(directory.host_path);
  if (!handle) return io_error("cannot open directory \"" + directory.host_path + "\"");
  Descriptor descriptor;
  descriptor.kind = Descriptor::Kind::Directory;
  descriptor.filetype = Filetype::Directory;
  descriptor.base = kDirectoryRights;
  descriptor.inheriting = kAllRights;
  descriptor.read_only = directory.read_only;
  descriptor.handle = *std::move(handle);
  descriptor.preopen_name = directory.guest_path;
  if (!fds_.insert(std::move(descriptor))) return make_error(ErrorKind::Limit, "too many files");
  return {};
}

Status Context::add_listener(Handle socket, const std::string& what) {
  int listening = 0;
  socklen_t size = sizeof(listening);
  if (getsockopt(socket.fd(), SOL_SOCKET, SO_ACCEPTCONN, &listening, &size) != 0 ||
      listening == 0) {
    return make_error(ErrorKind::Usage, what + " is not a listening socket");
  }
  // So that a connection which is gone again before it is accepted cannot block us.
  const int flags = fcntl(socket.fd(), F_GETFL);
  if (flags < 0 || fcntl(socket.fd(), F_SETFL, flags | O_NONBLOCK) != 0) return io_error(what);
  Descriptor descriptor;
  descriptor.kind = Descriptor::Kind::Listener;
  descriptor.filetype = Filetype::SocketStream;
  descriptor.base =
      kRightSockAccept | kRightFdFdstatSetFlags | kRightFdFilestatGet | kRightPollFdReadwrite;
  descriptor.inheriting = kSocketRights;
  descriptor.flags = (flags & O_NONBLOCK) != 0 ? kFdNonblock : 0;
  descriptor.nonblocking = true;
  descriptor.handle = std::move(socket);
  if (!fds_.insert(std::move(descriptor))) return make_error(ErrorKind::Limit, "too many files");
  return {};
}

}  // namespace brink::wasi
