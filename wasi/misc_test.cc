// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Arguments, environment, clocks, random numbers, processes; the grants; numbers and names.

#include <fcntl.h>

#include <map>
#include <set>

#include "wasi/test_guest.h"

namespace brink::wasi {
namespace {
using G = TestGuest;

std::vector<std::string> strings(TestGuest& guest, bool environment) {
  const auto sizes = environment ? &Context::environ_sizes_get : &Context::args_sizes_get;
  const auto get = environment ? &Context::environ_get : &Context::args_get;
  REQUIRE(guest(sizes, G::kResult, G::kResult2) == Errno::Success);
  const uint32_t count = guest.result();
  const uint32_t size = guest.at<uint32_t>(G::kResult2);
  REQUIRE(guest(get, G::kIovecs, G::kData) == Errno::Success);
  std::vector<std::string> result;
  uint32_t used = 0;
  for (uint32_t i = 0; i < count; i++) {
    const auto address = guest.at<uint32_t>(G::kIovecs + 4 * i);
    result.emplace_back(reinterpret_cast<const char*>(&guest.bytes[address]));
    used += static_cast<uint32_t>(result.back().size()) + 1;
  }
  CHECK(used == size);
  return result;
}

std::string create_error(WasiConfig config) {
  const auto result = Context::create(std::move(config));
  REQUIRE_FALSE(result.has_value());
  return result.error().message();
}

}  // namespace

TEST_CASE("a guest has nothing that was not granted") {
  setenv("BRINK_WASI_TEST", "1", 1);
  G guest{WasiConfig()};
  CHECK(strings(guest, false).empty());
  CHECK(strings(guest, true).empty());
  CHECK(guest.read(0, 10) == Errno::Success);
  CHECK(guest.result() == 0);
  CHECK(guest.write(1, "lost") == Errno::Success);
  CHECK(guest.result() == 4);
  CHECK(guest.write(0, "x") == Errno::Badf);
  CHECK(guest.read(1, 1) == Errno::Badf);
  CHECK(guest(&Context::fd_prestat_get, 3, G::kResult) == Errno::Badf);
  CHECK(guest.open(3, ".") == Errno::Badf);
  CHECK(guest.open(0, ".") == Errno::Notdir);
}

TEST_CASE("arguments and environment") {
  setenv("BRINK_WASI_TEST", "inherited", 1);
  setenv("BRINK_WASI_TEST2", "inherited", 1);
  G guest(WasiConfig().args({"prog", "", "a b\"c"}).arg("last"));
  CHECK(strings(guest, false) == std::vector<std::string>{"prog", "", "a b\"c", "last"});
  G env(WasiConfig().env("b", "2\n").env("a", "").env("b", "3"));
  CHECK(strings(env, true) == std::vector<std::string>{"a=", "b=3"});
  G inherits(WasiConfig().env("BRINK_WASI_TEST", "own").inherit_env());
  const auto all = strings(inherits, true);
  const std::set<std::string> set(all.begin(), all.end());
  CHECK(set.count("BRINK_WASI_TEST=own") == 1);
  CHECK(set.count("BRINK_WASI_TEST2=inherited") == 1);
  CHECK(guest(&Context::args_get, G::kSize - 4, G::kData) == Errno::Fault);
  CHECK(guest(&Context::args_get, G::kIovecs, G::kSize - 3) == Errno::Fault);
}

TEST_CASE("grants that cannot be had are errors that name them") {
  CHECK_THAT(create_error(WasiConfig().preopen_dir("/nonexistent/dir", "/")),
             Catch::Contains("cannot open directory \"/nonexistent/dir\": No such file"));
  CHECK_THAT(create_error(WasiConfig().arg(std::string("a\0b", 3))), Catch::Contains("NUL"));
  CHECK_THAT(create_error(WasiConfig().env("a=b", "c")), Catch::Contains("a=b"));
  CHECK_THAT(create_error(WasiConfig().listen_tcp("localhost")), Catch::Contains("localhost"));
  CHECK_THAT(create_error(WasiConfig().listen_tcp("256.0.0.1:1")), Catch::Contains("256.0.0.1"));
  CHECK_THAT(create_error(WasiConfig().listen_fd(0)), Catch::Contains("descriptor 0"));
  CHECK_THAT(create_error(WasiConfig().stdout_to(HostFd{12345})), Catch::Contains("12345"));
}

TEST_CASE("standard streams from bytes, to a buffer and to a callback") {
  const auto buffer = std::make_shared<std::string>();
  std::string collected;
  G guest(WasiConfig()
              .stdin_from(std::string("hello"))
              .stdout_to(buffer)
              .stderr_to(Sink([&](std::span<const uint8_t> bytes) {
                collected.append(bytes.begin(), bytes.end());
              })));
  CHECK(guest.must_read(0, 3) == "hel");
  CHECK(guest.must_read(0, 30) == "lo");
  CHECK(guest.must_read(0, 30).empty());
  CHECK(guest.write(1, "out") == Errno::Success);
  CHECK(guest.write(2, "err") == Errno::Success);
  CHECK(guest.write(1, "put") == Errno::Success);
  CHECK(*buffer == "output");
  CHECK(collected == "err");
  CHECK(guest(&Context::fd_pread, 0, G::kIovecs, 1, 0, G::kResult) == Errno::Spipe);
  CHECK(guest(&Context::fd_filestat_get, 0, G::kResult) == Errno::Success);
}

TEST_CASE("a file as standard output can be sought and keeps its append flag") {
  TempDir dir;
  dir.write("log", "old");
  const int fd = open((dir / "log").c_str(), O_WRONLY | O_APPEND | O_CLOEXEC);
  G guest(WasiConfig().stdout_to(HostFd{fd, true}));
  REQUIRE(guest(&Context::fd_fdstat_get, 1, G::kResult) == Errno::Success);
  const auto stat = guest.at<Fdstat>(G::kResult);
  CHECK(stat.filetype == Filetype::RegularFile);
  CHECK(stat.flags == kFdAppend);
  CHECK((stat.base & kRightFdSeek) != 0);
  CHECK((stat.base & kRightFdRead) == 0);
  CHECK(guest.write(1, "new") == Errno::Success);
  CHECK(dir.read("log") == "oldnew");
  CHECK(fcntl(fd, F_GETFD) >= 0);
  guest.context.reset();
  CHECK(fcntl(fd, F_GETFD) < 0);  // HostFd.close
}

TEST_CASE("clocks") {
  G guest{WasiConfig()};
  for (uint32_t id = 0; id < 4; id++) {
    CAPTURE(id);
    CHECK(guest(&Context::clock_res_get, id, G::kResult) == Errno::Success);
    CHECK(guest.at<uint64_t>(G::kResult) > 0);
    CHECK(guest.at<uint64_t>(G::kResult) <= 1'000'000'000);
    CHECK(guest(&Context::clock_time_get, id, 0, G::kResult) == Errno::Success);
    const auto first = guest.at<uint64_t>(G::kResult);
    CHECK(guest(&Context::clock_time_get, id, 1, G::kResult) == Errno::Success);
    CHECK(guest.at<uint64_t>(G::kResult) >= first);
  }
  CHECK(guest(&Context::clock_time_get, 4, 0, G::kResult) == Errno::Inval);
  CHECK(guest(&Context::clock_res_get, 0xffffffff, G::kResult) == Errno::Inval);
  CHECK(guest(&Context::clock_time_get, 0, 0, G::kSize - 7) == Errno::Fault);
  G fixed(WasiConfig().clocks({[] { return 42; }, [] { return 43; }, nullptr}));
  CHECK(fixed(&Context::clock_time_get, 0, 0, G::kResult) == Errno::Success);
  CHECK(fixed.at<uint64_t>(G::kResult) == 42);
  CHECK(fixed(&Context::clock_time_get, 1, 0, G::kResult) == Errno::Success);
  CHECK(fixed.at<uint64_t>(G::kResult) == 43);
}

TEST_CASE("random numbers") {
  G guest{WasiConfig()};
  CHECK(guest(&Context::random_get, G::kData, 0) == Errno::Success);
  CHECK(guest(&Context::random_get, G::kSize, 0) == Errno::Success);
  CHECK(guest(&Context::random_get, G::kSize, 1) == Errno::Fault);
  REQUIRE(guest(&Context::random_get, 0, G::kSize) == Errno::Success);
  std::map<uint8_t, int> histogram;
  for (const uint8_t byte : guest.bytes) histogram[byte]++;
  CHECK(histogram.size() == 256);
  for (const auto& [byte, count] : histogram) CHECK(std::abs(count - 4096) < 600);
  G seeded(WasiConfig().random_seed(7)), again(WasiConfig().random_seed(7));
  G other(WasiConfig().random_seed(8));
  for (G* each : {&seeded, &again, &other}) {
    REQUIRE((*each)(&Context::random_get, G::kData, 100) == Errno::Success);
  }
  CHECK(seeded.bytes == again.bytes);
  CHECK(seeded.bytes != other.bytes);
}

TEST_CASE("proc_exit and proc_raise") {
  G guest{WasiConfig()};
  CHECK(guest(&Context::proc_exit, 33) == Errno::HostStop);
  CHECK(guest.context->exit_status() == 33);
  G raises{WasiConfig()};
  CHECK(raises(&Context::proc_raise, 0) == Errno::Success);
  CHECK(raises(&Context::proc_raise, 16) == Errno::Success);  // chld
  CHECK(raises(&Context::proc_raise, 18) == Errno::Notsup);   // stop
  CHECK(raises(&Context::proc_raise, 31) == Errno::Inval);
  CHECK_FALSE(raises.context->exit_status().has_value());
  CHECK(raises(&Context::proc_raise, 6) == Errno::HostStop);  // abrt
  CHECK(raises.context->exit_status() == 134);
  CHECK(raises(&Context::sched_yield) == Errno::Success);
}

TEST_CASE("error numbers have the values of the specification") {
  CHECK(static_cast<int>(Errno::Badf) == 8);
  CHECK(static_cast<int>(Errno::Fault) == 21);
  CHECK(static_cast<int>(Errno::Inval) == 28);
  CHECK(static_cast<int>(Errno::Noent) == 44);
  CHECK(static_cast<int>(Errno::Perm) == 63);
  CHECK(static_cast<int>(Errno::Notcapable) == 76);
  CHECK(from_host_errno(ENOENT) == Errno::Noent);
  CHECK(from_host_errno(EWOULDBLOCK) == Errno::Again);
  CHECK(from_host_errno(EOPNOTSUPP) == Errno::Notsup);
  CHECK(from_host_errno(0) == Errno::Success);
  CHECK(from_host_errno(4095) == Errno::Io);
  CHECK(from_host_errno(-1) == Errno::Io);
  CHECK(to_string(Errno::Notcapable) == "notcapable");
  CHECK(to_string(Errno::TooBig) == "2big");
}

TEST_CASE("rights have the bits of the specification") {
  CHECK(kRightFdDatasync == 1);
  CHECK(kRightFdRead == 2);
  CHECK(kRightPathOpen == uint64_t{1} << 13);
  CHECK(kRightPathFilestatGet == uint64_t{1} << 18);
  CHECK(kRightPollFdReadwrite == uint64_t{1} << 27);
  CHECK(kRightSockAccept == uint64_t{1} << 29);
  CHECK(kAllRights == (uint64_t{1} << 30) - 1);
}

TEST_CASE("guest memory is checked without overflow") {
  std::vector<uint8_t> bytes(100);
  const GuestMemory memory(bytes);
  CHECK(memory.readable(0, 100).has_value());
  CHECK(memory.readable(100, 0).has_value());
  CHECK_FALSE(memory.readable(101, 0).has_value());
  CHECK_FALSE(memory.readable(1, 100).has_value());
  CHECK_FALSE(memory.writable(1, ~uint64_t{0}).has_value());
  CHECK_FALSE(memory.writable(~uint64_t{0}, 1).has_value());
  CHECK(memory.store(92, uint64_t{1}).has_value());
  CHECK_FALSE(memory.store(93, uint64_t{1}).has_value());
  CHECK(*memory.load<uint8_t>(92) == 1);
}

}  // namespace brink::wasi
