// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// The functions on paths, with openat2 and with the walk.

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "wasi/test_guest.h"

namespace brink::wasi {
namespace {

constexpr uint32_t kDir = 3;
constexpr Rights kReadWrite = kFileRights;

struct Fixture {
  explicit Fixture(bool walk, bool read_only = false, Abi abi = Abi::Preview1)
      : guest(WasiConfig().preopen_dir(prepare(), "/", read_only).force_path_walk(walk), abi) {}
  std::string prepare() {
    std::filesystem::create_directories(dir / "root/sub");
    dir.write("root/file", "hello");
    dir.write("outside", "secret");
    REQUIRE(symlink("file", (dir / "root/link").c_str()) == 0);
    REQUIRE(symlink("../outside", (dir / "root/escape").c_str()) == 0);
    return dir / "root";
  }
  bool exists(const std::string& name) {
    return std::filesystem::symlink_status(dir / ("root/" + name)).type() !=
           std::filesystem::file_type::not_found;
  }
  TempDir dir;
  TestGuest guest;
};

}  // namespace

TEST_CASE("path_open: reading, writing, creating, truncating") {
  const bool walk = GENERATE(false, true);
  Fixture f(walk);
  TestGuest& guest = f.guest;
  CHECK(guest.must_read(guest.must_open(kDir, "file"), 100) == "hello");
  CHECK(guest.open(kDir, "none") == Errno::Noent);
  const uint32_t fd = guest.must_open(kDir, "new", kOpenCreat, kReadWrite);
  CHECK(guest.write(fd, "abc") == Errno::Success);
  CHECK(f.dir.read("root/new") == "abc");
  CHECK(guest.open(kDir, "new", kOpenCreat | kOpenExcl, kReadWrite) == Errno::Exist);
  CHECK(guest.open(kDir, "file", kOpenTrunc, kReadWrite) == Errno::Success);
  CHECK(f.dir.read("root/file").empty());
  CHECK(guest.open(kDir, "sub", 0, kReadWrite) == Errno::Isdir);
  CHECK(guest.open(kDir, "sub", kOpenDirectory, kDirectoryRights) == Errno::Success);
  CHECK(guest.open(kDir, "file", kOpenDirectory, kDirectoryRights) == Errno::Notdir);
  CHECK(guest.open(kDir, "sub", kOpenDirectory | kOpenCreat) == Errno::Inval);
  CHECK(guest.open(kDir, "file/", 0) == Errno::Notdir);
  CHECK(guest.open(kDir, "new/", kOpenCreat, kReadWrite) == Errno::Isdir);
  CHECK(guest.open(kDir, "link", 0, kRightFdRead, 0) == Errno::Loop);
  CHECK(guest.open(kDir, "escape") == Errno::Perm);
  CHECK(guest.open(kDir, "/file") == Errno::Perm);
  CHECK(guest.open(kDir, "file", 1 << 4) == Errno::Inval);
  CHECK(guest.open(kDir, "file", 0, 0, 2) == Errno::Inval);
  CHECK(guest.open(kDir, "file", 0, 0, 1, 1 << 5) == Errno::Inval);
  CHECK(guest.open(99, "file") == Errno::Badf);
  CHECK(guest.open(fd, "file") == Errno::Notdir);
}

TEST_CASE("path_open: no descriptor is made where the result cannot be stored") {
  Fixture f(false);
  const uint32_t size = f.guest.text(TestGuest::kPath, "fresh");
  const Errno error = f.guest(&Context::path_open, kDir, 1u, TestGuest::kPath, size, kOpenCreat,
                              kRightFdWrite, 0, 0, TestGuest::kSize - 2);
  CHECK(error == Errno::Fault);
  CHECK_FALSE(f.exists("fresh"));
}

TEST_CASE("path_open: rights are passed on, cut to the kind, and never grow") {
  Fixture f(false);
  TestGuest& guest = f.guest;
  // A directory that can pass on reading only.
  REQUIRE(guest.open(kDir, "sub", kOpenDirectory, kRightPathOpen | kRightFdReaddir, 1, 0,
                     kRightFdRead) == Errno::Success);
  const uint32_t limited = guest.result();
  f.dir.write("root/sub/x", "x");
  CHECK(guest.open(limited, "x", 0, kRightFdRead) == Errno::Success);
  CHECK(guest.open(limited, "x", 0, kRightFdRead | kRightFdWrite) == Errno::Notcapable);
  CHECK(guest.open(limited, "y", kOpenCreat, kRightFdRead) == Errno::Notcapable);
  CHECK(guest.open(limited, "x", kOpenTrunc, kRightFdRead) == Errno::Notcapable);
  REQUIRE(guest.open(kDir, "sub", kOpenDirectory, kRightPathOpen, 1, 0, kRightFdWrite) ==
          Errno::Success);
  CHECK(guest.open(guest.result(), "x", kOpenTrunc, 0) == Errno::Notcapable);
  CHECK(guest.open(guest.result(), "x", kOpenTrunc, kRightFdWrite) == Errno::Success);
  CHECK(guest.on_path(&Context::path_unlink_file, limited, "x") == Errno::Notcapable);
  CHECK(guest.stat(limited, "x") == Errno::Notcapable);
  // All bits, as Go asks: what means nothing for the kind is left out.
  REQUIRE(guest.open(kDir, "file", 0, ~Rights{0}) == Errno::Success);
  const uint32_t fd = guest.result();
  REQUIRE(guest(&Context::fd_fdstat_get, fd, TestGuest::kResult) == Errno::Success);
  CHECK(guest.at<Fdstat>(TestGuest::kResult).base == kFileRights);
  REQUIRE(guest.open(kDir, ".", kOpenDirectory, kDirectoryRights | kRightFdSeek) == Errno::Success);
  REQUIRE(guest(&Context::fd_fdstat_get, guest.result(), TestGuest::kResult) == Errno::Success);
  CHECK(guest.at<Fdstat>(TestGuest::kResult).base == kDirectoryRights);
  // Dropped rights do not come back.
  CHECK(guest(&Context::fd_fdstat_set_rights, fd, kRightFdSeek, 0) == Errno::Success);
  CHECK(guest(&Context::fd_fdstat_set_rights, fd, kRightFdSeek | kRightFdRead, 0) ==
        Errno::Notcapable);
  CHECK(guest.read(fd, 1) == Errno::Badf);
  CHECK(guest.write(fd, "x") == Errno::Badf);
  CHECK(guest(&Context::fd_filestat_get, fd, TestGuest::kResult) == Errno::Notcapable);
}

TEST_CASE("path_open: a pipe without a writer does not block") {
  Fixture f(false);
  REQUIRE(mkfifo((f.dir / "root/pipe").c_str(), 0600) == 0);
  CHECK(f.guest.open(kDir, "pipe", 0, kRightFdRead) == Errno::Success);
}

TEST_CASE("path_open: the limit on open files") {
  TempDir dir;
  dir.write("file", "x");
  TestGuest guest(WasiConfig().preopen_dir(dir.path().string(), "/").max_open_files(6));
  CHECK(guest.open(kDir, "file") == Errno::Success);
  CHECK(guest.open(kDir, "file") == Errno::Success);
  CHECK(guest.open(kDir, "file") == Errno::Mfile);
  CHECK(guest.open(kDir, "new", kOpenCreat, kReadWrite) == Errno::Mfile);
  CHECK_FALSE(std::filesystem::exists(dir / "new"));
  CHECK(guest(&Context::fd_close, 4) == Errno::Success);
  CHECK(guest.must_open(kDir, "file") == 4);
}

TEST_CASE("path_create_directory, path_remove_directory, path_unlink_file") {
  const bool walk = GENERATE(false, true);
  Fixture f(walk);
  TestGuest& guest = f.guest;
  const auto mkdir = [&](std::string_view path) {
    return guest.on_path(&Context::path_create_directory, kDir, path);
  };
  const auto rmdir = [&](std::string_view path) {
    return guest.on_path(&Context::path_remove_directory, kDir, path);
  };
  const auto unlink = [&](std::string_view path) {
    return guest.on_path(&Context::path_unlink_file, kDir, path);
  };
  CHECK(mkdir("d") == Errno::Success);
  CHECK(mkdir("d") == Errno::Exist);
  CHECK(mkdir("d/e/") == Errno::Success);
  CHECK(mkdir("x/y") == Errno::Noent);
  CHECK(mkdir("file/y") == Errno::Notdir);
  CHECK(mkdir("..") == Errno::Perm);
  CHECK(mkdir("../evil") == Errno::Perm);
  CHECK(mkdir("escape") == Errno::Exist);
  CHECK(mkdir(".") == Errno::Exist);
  CHECK(rmdir("d") == Errno::Notempty);
  CHECK(rmdir("d/..") != Errno::Success);
  CHECK(rmdir(".") == Errno::Inval);
  CHECK(rmdir("d/e/") == Errno::Success);
  CHECK(rmdir("d") == Errno::Success);
  CHECK(rmdir("d") == Errno::Noent);
  CHECK(rmdir("file") == Errno::Notdir);
  CHECK(rmdir("file/") == Errno::Notdir);
  CHECK(rmdir("link") == Errno::Notdir);
  CHECK(unlink("sub") == Errno::Isdir);
  CHECK(unlink("sub/") == Errno::Isdir);
  CHECK(unlink("file/") == Errno::Notdir);
  CHECK(unlink("link/") == Errno::Notdir);
  CHECK(unlink("none") == Errno::Noent);
  CHECK(unlink("../outside") == Errno::Perm);
  CHECK(unlink("escape") == Errno::Success);  // the link, not what it leads to
  CHECK(unlink("link") == Errno::Success);
  CHECK(unlink("file") == Errno::Success);
  CHECK(f.dir.read("outside") == "secret");
}

TEST_CASE("path_rename") {
  const bool walk = GENERATE(false, true);
  Fixture f(walk);
  TestGuest& guest = f.guest;
  CHECK(guest.rename(kDir, "file", "moved") == Errno::Success);
  CHECK(guest.rename(kDir, "moved", "sub/file") == Errno::Success);
  std::filesystem::create_directories(f.dir / "root/empty");
  CHECK(guest.rename(kDir, "sub/file", "empty") == Errno::Isdir);
  CHECK(guest.rename(kDir, "sub/file", "sub") == Errno::Notempty);
  CHECK(guest.rename(kDir, "sub", "sub/file") != Errno::Success);
  CHECK(guest.rename(kDir, "sub/file", "../stolen") == Errno::Perm);
  CHECK(guest.rename(kDir, "../outside", "stolen") == Errno::Perm);
  CHECK(guest.rename(kDir, "none", "x") == Errno::Noent);
  CHECK(guest.rename(kDir, "sub/file/", "x") == Errno::Notdir);
  CHECK(guest.rename(kDir, "sub/file", "x/") == Errno::Notdir);
  CHECK(guest.rename(kDir, "sub/", "dir/") == Errno::Success);
  CHECK(f.exists("dir/file"));
  std::filesystem::create_directories(f.dir / "root/full");
  f.dir.write("root/full/x", "");
  CHECK(guest.rename(kDir, "dir", "full") == Errno::Notempty);
  CHECK(guest.rename(kDir, "dir", "full/x") == Errno::Notdir);
  CHECK(guest.rename(kDir, "escape", "escape2") == Errno::Success);  // the link itself
  CHECK(f.dir.read("outside") == "secret");
}

TEST_CASE("path_link") {
  const bool walk = GENERATE(false, true);
  Fixture f(walk);
  TestGuest& guest = f.guest;
  CHECK(guest.link(kDir, "file", "hard") == Errno::Success);
  CHECK(f.dir.read("root/hard") == "hello");
  CHECK(guest.link(kDir, "file", "hard") == Errno::Exist);
  CHECK(guest.link(kDir, "file", "file") == Errno::Exist);
  CHECK(guest.link(kDir, "sub", "x") == Errno::Perm);
  CHECK(guest.link(kDir, "file", "x/") == Errno::Noent);
  CHECK(guest.link(kDir, "file", "sub/") == Errno::Exist);
  CHECK(guest.link(kDir, "file/", "x") == Errno::Notdir);
  CHECK(guest.link(kDir, "../outside", "x") == Errno::Perm);
  CHECK(guest.link(kDir, "file", "../x") == Errno::Perm);
  // Not followed: a link to the link. Followed: only inside.
  CHECK(guest.link(kDir, "escape", "escape2") == Errno::Success);
  CHECK(std::filesystem::is_symlink(f.dir / "root/escape2"));
  CHECK(guest.link(kDir, "escape", "x", kLookupSymlinkFollow) == Errno::Perm);
  CHECK(guest.link(kDir, "link", "followed", kLookupSymlinkFollow) == Errno::Success);
  CHECK(std::filesystem::is_regular_file(f.dir / "root/followed"));
  // A slash after a link follows it: the escape must not be linked that way.
  CHECK(guest.link(kDir, "escape/", "x") == Errno::Perm);
}

TEST_CASE("path_symlink and path_readlink") {
  const bool walk = GENERATE(false, true);
  Fixture f(walk);
  TestGuest& guest = f.guest;
  const auto readlink = [&](std::string_view path, uint32_t size) {
    return guest(&Context::path_readlink, kDir, TestGuest::kPath,
                 guest.text(TestGuest::kPath, path), TestGuest::kData, size, TestGuest::kResult);
  };
  CHECK(guest.symlink("target", kDir, "s") == Errno::Success);
  CHECK(guest.symlink("target", kDir, "s") == Errno::Exist);
  CHECK(guest.symlink("target", kDir, "fresh/") == Errno::Noent);
  CHECK(guest.symlink("target", kDir, "sub/") == Errno::Exist);
  CHECK(guest.symlink("target", kDir, "file/") == Errno::Notdir);
  CHECK(guest.symlink("/etc/passwd", kDir, "t") == Errno::Perm);
  CHECK(guest.symlink("", kDir, "t") == Errno::Noent);
  CHECK(guest.symlink("target", kDir, "../t") == Errno::Perm);
  CHECK(readlink("s", 100) == Errno::Success);
  CHECK(guest.text_at(TestGuest::kData, guest.result()) == "target");
  guest.text(TestGuest::kData, "......");
  CHECK(readlink("s", 4) == Errno::Success);
  CHECK(guest.result() == 4);
  CHECK(guest.text_at(TestGuest::kData, 6) == "targ..");
  CHECK(readlink("file", 10) == Errno::Inval);
  CHECK(readlink("escape/", 10) == Errno::Perm);
}

TEST_CASE("path_filestat_get and path_filestat_set_times") {
  const bool walk = GENERATE(false, true);
  Fixture f(walk);
  TestGuest& guest = f.guest;
  REQUIRE(guest.stat(kDir, "file") == Errno::Success);
  const auto stat = guest.at<Filestat>(TestGuest::kResult);
  struct stat host;
  REQUIRE(::stat((f.dir / "root/file").c_str(), &host) == 0);
  CHECK(stat.ino == host.st_ino);
  CHECK(stat.dev == host.st_dev);
  CHECK(stat.nlink == 1);
  CHECK(stat.size == 5);
  CHECK(stat.filetype == Filetype::RegularFile);
  CHECK(stat.mtim % 1'000'000'000 == static_cast<uint64_t>(host.st_mtim.tv_nsec));
  REQUIRE(guest.stat(kDir, "link", 0) == Errno::Success);
  CHECK(guest.at<Filestat>(TestGuest::kResult).filetype == Filetype::SymbolicLink);
  REQUIRE(guest.stat(kDir, "link") == Errno::Success);
  CHECK(guest.at<Filestat>(TestGuest::kResult).ino == host.st_ino);
  CHECK(guest.stat(kDir, "escape") == Errno::Perm);
  CHECK(guest.stat(kDir, "escape", 0) == Errno::Success);
  CHECK(guest.stat(kDir, "link/") == Errno::Notdir);
  CHECK(guest.stat(kDir, "sub/..") == Errno::Success);
  CHECK(guest.stat(kDir, "..") == Errno::Perm);

  const auto set = [&](std::string_view path, uint32_t flags, uint32_t lookup = 1) {
    return guest(&Context::path_filestat_set_times, kDir, lookup, TestGuest::kPath,
                 guest.text(TestGuest::kPath, path), 1'000'000'007, 2'000'000'009, flags);
  };
  CHECK(set("file", kFstAtim | kFstMtim) == Errno::Success);
  REQUIRE(guest.stat(kDir, "file") == Errno::Success);
  CHECK(guest.at<Filestat>(TestGuest::kResult).atim == 1'000'000'007);
  CHECK(guest.at<Filestat>(TestGuest::kResult).mtim == 2'000'000'009);
  CHECK(set("file", kFstMtimNow) == Errno::Success);
  REQUIRE(guest.stat(kDir, "file") == Errno::Success);
  CHECK(guest.at<Filestat>(TestGuest::kResult).atim == 1'000'000'007);
  CHECK(guest.at<Filestat>(TestGuest::kResult).mtim > 2'000'000'009);
  CHECK(set("file", kFstAtim | kFstAtimNow) == Errno::Inval);
  CHECK(set("file", kFstMtim | kFstMtimNow) == Errno::Inval);
  CHECK(set("file", 1 << 4) == Errno::Inval);
  CHECK(set("escape", kFstMtim) == Errno::Perm);
  CHECK(set("escape", kFstMtim, 0) == Errno::Success);  // of the link
  REQUIRE(::stat((f.dir / "outside").c_str(), &host) == 0);
  CHECK(host.st_mtim.tv_sec > 2);
}

TEST_CASE("path_filestat_get in snapshot 0 has a link count of 32 bits") {
  Fixture f(false, false, Abi::Snapshot0);
  REQUIRE(f.guest.stat(kDir, "file") == Errno::Success);
  const auto stat = f.guest.at<Filestat0>(TestGuest::kResult);
  CHECK(stat.nlink == 1);
  CHECK(stat.size == 5);
  CHECK(f.guest.at<uint64_t>(TestGuest::kResult + sizeof(Filestat0)) == 0);
}

TEST_CASE("a read-only directory refuses every change") {
  const bool walk = GENERATE(false, true);
  Fixture f(walk, true);
  TestGuest& guest = f.guest;
  const uint32_t fd = guest.must_open(kDir, "file");
  CHECK(guest.must_read(fd, 9) == "hello");
  CHECK(guest.open(kDir, "file", 0, kReadWrite) == Errno::Rofs);
  CHECK(guest.open(kDir, "file", 0, kRightFdWrite) == Errno::Rofs);
  CHECK(guest.open(kDir, "file", kOpenTrunc, kRightFdRead) == Errno::Rofs);
  CHECK(guest.open(kDir, "file", kOpenCreat, kRightFdRead) == Errno::Success);
  CHECK(guest.open(kDir, "file", kOpenCreat | kOpenExcl, kRightFdRead) == Errno::Exist);
  CHECK(guest.open(kDir, "new", kOpenCreat, kRightFdRead) == Errno::Rofs);
  CHECK(guest.open(kDir, "none", 0, kReadWrite) == Errno::Noent);
  CHECK(guest.on_path(&Context::path_create_directory, kDir, "new") == Errno::Rofs);
  CHECK(guest.on_path(&Context::path_create_directory, kDir, "sub") == Errno::Exist);
  CHECK(guest.on_path(&Context::path_remove_directory, kDir, "sub") == Errno::Rofs);
  CHECK(guest.on_path(&Context::path_unlink_file, kDir, "file") == Errno::Rofs);
  CHECK(guest.rename(kDir, "file", "x") == Errno::Rofs);
  CHECK(guest.link(kDir, "file", "x") == Errno::Rofs);
  CHECK(guest.symlink("file", kDir, "x") == Errno::Rofs);
  CHECK(guest(&Context::path_filestat_set_times, kDir, 1, TestGuest::kPath,
              guest.text(TestGuest::kPath, "file"), 1, 1, kFstMtim) == Errno::Rofs);
  CHECK(guest(&Context::fd_filestat_set_times, fd, 1, 1, kFstMtim) == Errno::Rofs);
  CHECK(guest(&Context::fd_filestat_set_size, fd, 0) == Errno::Rofs);
  CHECK(guest(&Context::fd_allocate, fd, 0, 100) == Errno::Rofs);
  // Directories opened below it are read-only too.
  REQUIRE(guest.open(kDir, "sub", kOpenDirectory, kDirectoryRights) == Errno::Success);
  const uint32_t sub = guest.result();
  CHECK(guest.open(sub, "new", kOpenCreat, kReadWrite) == Errno::Rofs);
  CHECK(guest.on_path(&Context::path_create_directory, sub, "new") == Errno::Rofs);
  CHECK(f.dir.read("root/file") == "hello");
}

TEST_CASE("a file of a read-only directory gets no writable second name") {
  TempDir dir;
  std::filesystem::create_directories(dir / "ro");
  std::filesystem::create_directories(dir / "rw");
  dir.write("ro/file", "x");
  TestGuest guest(WasiConfig().preopen_dir(dir / "ro", "/ro", true).preopen_dir(dir / "rw", "/rw"));
  const auto between = [&](auto function, auto... lookup) {
    return guest(function, 3, lookup..., TestGuest::kPath, guest.text(TestGuest::kPath, "file"), 4,
                 TestGuest::kPath2, guest.text(TestGuest::kPath2, "copy"));
  };
  CHECK(between(&Context::path_link, 0) == Errno::Rofs);
  CHECK(between(&Context::path_rename) == Errno::Rofs);
}

TEST_CASE("paths are checked against guest memory") {
  Fixture f(false);
  CHECK(f.guest(&Context::path_unlink_file, kDir, TestGuest::kSize - 2, 4) == Errno::Fault);
  CHECK(f.guest(&Context::path_unlink_file, kDir, 0xffffffff, 0xffffffff) == Errno::Fault);
  CHECK(f.guest(&Context::path_unlink_file, kDir, 0, 5000) == Errno::Nametoolong);
  CHECK(f.guest(&Context::path_unlink_file, kDir, 0, 0) == Errno::Noent);
}

}  // namespace brink::wasi
