// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// For the unit tests: a guest without an engine. A TestGuest has a memory of its own and calls the
// functions of a Context on it; a TempDir is a directory that goes away with all that is in it.

#ifndef BRINK_WASI_TEST_GUEST_H_
#define BRINK_WASI_TEST_GUEST_H_

#include <catch2/catch.hpp>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "wasi/context.h"

namespace brink::wasi {

inline std::ostream& operator<<(std::ostream& out, Errno error) {
  return out << std::string(to_string(error));
}

class TempDir {
 public:
  TempDir() {
    std::string name = (std::filesystem::temp_directory_path() / "brink-wasi-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  TempDir(const TempDir&) = delete;
  ~TempDir() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  const std::filesystem::path& path() const { return path_; }
  std::string operator/(std::string_view name) const { return (path_ / name).string(); }
  void write(std::string_view name, std::string_view text) const {
    std::ofstream(path_ / name, std::ios::binary) << text;
  }
  std::string read(std::string_view name) const {
    std::ostringstream text;
    text << std::ifstream(path_ / name, std::ios::binary).rdbuf();
    return text.str();
  }

 private:
  std::filesystem::path path_;
};

/// Memory layout: results at kResult, a path or two at kPath and kPath2, iovecs at kIovecs, data
/// from kData on.
class TestGuest {
 public:
  static constexpr uint32_t kSize = 1 << 20;
  static constexpr uint32_t kResult = 64, kResult2 = 256, kPath = 8192, kPath2 = 16384;
  static constexpr uint32_t kIovecs = 65536, kData = 131072;

  explicit TestGuest(WasiConfig config, Abi abi = Abi::Preview1)
      : bytes(kSize), call{GuestMemory(bytes), abi} {
    auto created = Context::create(std::move(config));
    if (!created) FAIL(created.error().message());
    context = *std::move(created);
  }

  template <typename... Params, typename... Args>
  Errno operator()(Outcome<> (Context::*function)(const GuestCall&, Params...), Args... args) {
    const Outcome<> outcome = (context.get()->*function)(call, static_cast<Params>(args)...);
    return outcome ? Errno::Success : outcome.error();
  }

  template <typename T>
  T at(uint32_t address) const {
    return *call.memory.load<T>(address);
  }
  template <typename T>
  void put(uint32_t address, const T& value) {
    REQUIRE(call.memory.store(address, value).has_value());
  }
  /// Its size.
  uint32_t text(uint32_t address, std::string_view text) {
    REQUIRE(call.memory.write(address, text).has_value());
    return static_cast<uint32_t>(text.size());
  }
  std::string text_at(uint32_t address, size_t size) const {
    return std::string(*call.memory.text(address, size));
  }
  uint32_t result() const { return at<uint32_t>(kResult); }

  Errno open(uint32_t dir, std::string_view path, uint32_t oflags = 0,
             Rights base = kFileRights & ~kRightFdWrite, uint32_t lookup = kLookupSymlinkFollow,
             uint32_t fdflags = 0, Rights inheriting = kAllRights) {
    return (*this)(&Context::path_open, dir, lookup, kPath, text(kPath, path), oflags, base,
                   inheriting, fdflags, kResult);
  }
  /// The new descriptor.
  uint32_t must_open(uint32_t dir, std::string_view path, uint32_t oflags = 0,
                     Rights base = kFileRights & ~kRightFdWrite, uint32_t fdflags = 0) {
    REQUIRE(open(dir, path, oflags, base, kLookupSymlinkFollow, fdflags) == Errno::Success);
    return result();
  }
  Errno write(uint32_t fd, std::string_view data) {
    put(kIovecs, GuestIovec{kData, text(kData, data)});
    return (*this)(&Context::fd_write, fd, kIovecs, 1, kResult);
  }
  Errno read(uint32_t fd, uint32_t size) {
    put(kIovecs, GuestIovec{kData, size});
    return (*this)(&Context::fd_read, fd, kIovecs, 1, kResult);
  }
  std::string must_read(uint32_t fd, uint32_t size) {
    REQUIRE(read(fd, size) == Errno::Success);
    return text_at(kData, result());
  }
  /// A function of a directory and a path.
  template <typename... Params>
  Errno on_path(Outcome<> (Context::*function)(const GuestCall&, Params...), uint32_t dir,
                std::string_view path) {
    return (*this)(function, dir, kPath, text(kPath, path));
  }
  Errno stat(uint32_t dir, std::string_view path, uint32_t lookup = kLookupSymlinkFollow) {
    return (*this)(&Context::path_filestat_get, dir, lookup, kPath, text(kPath, path), kResult);
  }
  Errno symlink(std::string_view target, uint32_t dir, std::string_view path) {
    return (*this)(&Context::path_symlink, kPath2, text(kPath2, target), dir, kPath,
                   text(kPath, path));
  }
  Errno link(uint32_t dir, std::string_view from, std::string_view to, uint32_t lookup = 0) {
    return (*this)(&Context::path_link, dir, lookup, kPath, text(kPath, from), dir, kPath2,
                   text(kPath2, to));
  }
  Errno rename(uint32_t dir, std::string_view from, std::string_view to) {
    return (*this)(&Context::path_rename, dir, kPath, text(kPath, from), dir, kPath2,
                   text(kPath2, to));
  }

  std::vector<uint8_t> bytes;
  GuestCall call;
  std::shared_ptr<Context> context;
};

}  // namespace brink::wasi

#endif  // BRINK_WASI_TEST_GUEST_H_
