// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// The functions on descriptors, and the table of them.

#include <unistd.h>

#include <set>

#include "wasi/test_guest.h"

namespace brink::wasi {
namespace {

constexpr uint32_t kDir = 3;
constexpr Rights kReadWrite = kFileRights;
using G = TestGuest;

struct Fixture {
  explicit Fixture(Abi abi = Abi::Preview1)
      : guest(WasiConfig().preopen_dir(dir.path().string(), "/data"), abi) {}
  uint32_t file(std::string_view text, Rights base = kReadWrite, uint32_t fdflags = 0) {
    dir.write("file", text);
    return guest.must_open(kDir, "file", 0, base, fdflags);
  }
  Errno seek(uint32_t fd, int64_t offset, uint32_t whence) {
    return guest(&Context::fd_seek, fd, offset, whence, G::kResult);
  }
  uint64_t position(uint32_t fd) {
    REQUIRE(guest(&Context::fd_tell, fd, G::kResult) == Errno::Success);
    return guest.at<uint64_t>(G::kResult);
  }
  TempDir dir;
  TestGuest guest;
};

struct Entry {
  Dirent dirent;
  std::string name;
};

/// Reads a directory as wasi-libc does: buffer by buffer, going on from the last whole entry.
std::vector<Entry> read_directory(TestGuest& guest, uint32_t fd, uint32_t buffer_size,
                                  uint64_t cookie = 0) {
  std::vector<Entry> entries;
  for (;;) {
    REQUIRE(guest(&Context::fd_readdir, fd, G::kData, buffer_size, cookie, G::kResult) ==
            Errno::Success);
    const uint32_t used = guest.result();
    REQUIRE(used <= buffer_size);
    const size_t before = entries.size();
    for (uint32_t at = 0; used - at >= sizeof(Dirent);) {
      const auto dirent = guest.at<Dirent>(G::kData + at);
      at += sizeof(Dirent);
      if (used - at < dirent.namlen) break;
      entries.push_back({dirent, guest.text_at(G::kData + at, dirent.namlen)});
      at += dirent.namlen;
      cookie = dirent.next;
    }
    if (used < buffer_size) return entries;
    REQUIRE(entries.size() > before);
  }
}

}  // namespace

TEST_CASE("fd_read and fd_write with several buffers") {
  Fixture f;
  G& guest = f.guest;
  const uint32_t fd = f.file("");
  guest.text(G::kData, "onetwo!three");
  guest.put(G::kIovecs, GuestIovec{G::kData, 3});
  guest.put(G::kIovecs + 8, GuestIovec{0, 0});
  guest.put(G::kIovecs + 16, GuestIovec{G::kData + 7, 5});
  REQUIRE(guest(&Context::fd_write, fd, G::kIovecs, 3, G::kResult) == Errno::Success);
  CHECK(guest.result() == 8);
  CHECK(f.dir.read("file") == "onethree");
  CHECK(f.position(fd) == 8);
  REQUIRE(f.seek(fd, 0, 0) == Errno::Success);
  guest.put(G::kIovecs, GuestIovec{G::kData + 100, 2});
  guest.put(G::kIovecs + 8, GuestIovec{G::kData + 200, 100});
  REQUIRE(guest(&Context::fd_read, fd, G::kIovecs, 2, G::kResult) == Errno::Success);
  CHECK(guest.result() == 8);
  CHECK(guest.text_at(G::kData + 100, 2) == "on");
  CHECK(guest.text_at(G::kData + 200, 6) == "ethree");
  CHECK(guest.must_read(fd, 10).empty());
}

TEST_CASE("more iovecs than one system call takes") {
  Fixture f;
  const uint32_t fd = f.file("");
  constexpr uint32_t kCount = 5000;
  for (uint32_t i = 0; i < kCount; i++) {
    f.guest.put(G::kIovecs + 8 * i, GuestIovec{G::kData + i, 1});
    f.guest.put(G::kData + i, static_cast<uint8_t>('a' + i % 26));
  }
  REQUIRE(f.guest(&Context::fd_write, fd, G::kIovecs, kCount, G::kResult) == Errno::Success);
  CHECK(f.guest.result() == kCount);
  const std::string text = f.dir.read("file");
  REQUIRE(text.size() == kCount);
  CHECK(text[4999] == 'a' + 4999 % 26);
  REQUIRE(f.guest(&Context::fd_pread, fd, G::kIovecs, kCount, 26, G::kResult) == Errno::Success);
  CHECK(f.guest.result() == kCount - 26);
}

TEST_CASE("buffers larger than a batch go in pieces") {
  std::vector<uint8_t> bytes(IovecWalk::kBatchBytes * 2 + 100);
  const GuestMemory memory(bytes);
  const auto total = static_cast<uint32_t>(bytes.size() - 64);
  REQUIRE(memory.store(0, GuestIovec{64, 10}).has_value());
  REQUIRE(memory.store(8, GuestIovec{64, 0}).has_value());
  REQUIRE(memory.store(16, GuestIovec{64, total}).has_value());
  IovecWalk walk(memory, 0, 3, IovecWalk::Direction::HostReads);
  iovec batch[4];
  REQUIRE(walk.next(batch) == 2);
  CHECK(batch[0].iov_len == 10);
  CHECK(batch[1].iov_len == IovecWalk::kBatchBytes - 10);
  REQUIRE(walk.next(batch) == 1);
  CHECK(batch[0].iov_base == &bytes[64 + IovecWalk::kBatchBytes - 10]);
  CHECK(batch[0].iov_len == IovecWalk::kBatchBytes);
  REQUIRE(walk.next(batch) == 1);
  CHECK(batch[0].iov_len == 46);
  CHECK(walk.next(batch) == 0);
}

TEST_CASE("bad iovecs are faults") {
  Fixture f;
  G& guest = f.guest;
  const uint32_t fd = f.file("data");
  guest.put(G::kIovecs, GuestIovec{G::kSize - 4, 8});
  CHECK(guest(&Context::fd_read, fd, G::kIovecs, 1, G::kResult) == Errno::Fault);
  CHECK(guest(&Context::fd_write, fd, G::kIovecs, 1, G::kResult) == Errno::Fault);
  guest.put(G::kIovecs, GuestIovec{0xfffffff0, 0xfffffff0});
  CHECK(guest(&Context::fd_read, fd, G::kIovecs, 1, G::kResult) == Errno::Fault);
  CHECK(guest(&Context::fd_read, fd, G::kSize - 4, 1, G::kResult) == Errno::Fault);
  CHECK(guest(&Context::fd_read, fd, G::kIovecs, 0xffffffff, G::kResult) == Errno::Inval);
  CHECK(guest(&Context::fd_read, fd, G::kIovecs, 1 << 20, G::kResult) == Errno::Fault);
  guest.put(G::kIovecs, GuestIovec{G::kData, 4});
  CHECK(guest(&Context::fd_read, fd, G::kIovecs, 1, G::kSize - 3) == Errno::Fault);
  CHECK(f.position(fd) == 0);  // nothing was consumed
  CHECK(guest(&Context::fd_read, fd, G::kIovecs, 0, G::kResult) == Errno::Success);
  CHECK(guest.result() == 0);
}

TEST_CASE("fd_pread and fd_pwrite leave the position, also with append") {
  Fixture f;
  G& guest = f.guest;
  const uint32_t fd = f.file("0123456789", kReadWrite, kFdAppend);
  guest.put(G::kIovecs, GuestIovec{G::kData, guest.text(G::kData, "AB")});
  REQUIRE(guest(&Context::fd_pwrite, fd, G::kIovecs, 1, 3, G::kResult) == Errno::Success);
  CHECK(f.dir.read("file") == "012AB56789");
  CHECK(f.position(fd) == 0);
  REQUIRE(guest(&Context::fd_pread, fd, G::kIovecs, 1, 8, G::kResult) == Errno::Success);
  CHECK(guest.text_at(G::kData, 2) == "89");
  CHECK(guest(&Context::fd_pread, fd, G::kIovecs, 1, uint64_t{1} << 63, G::kResult) ==
        Errno::Inval);
  CHECK(guest.write(fd, "end") == Errno::Success);
  CHECK(f.dir.read("file") == "012AB56789end");
  CHECK(f.position(fd) == 13);
}

TEST_CASE("fd_fdstat_set_flags switches append on and off") {
  Fixture f;
  G& guest = f.guest;
  const uint32_t fd = f.file("abcdef", kReadWrite, kFdAppend | kFdSync);
  REQUIRE(guest(&Context::fd_fdstat_get, fd, G::kResult) == Errno::Success);
  CHECK(guest.at<Fdstat>(G::kResult).flags == (kFdAppend | kFdSync));
  CHECK(guest(&Context::fd_fdstat_set_flags, fd, 0) == Errno::Success);
  CHECK(guest.write(fd, "X") == Errno::Success);
  CHECK(f.dir.read("file") == "Xbcdef");
  CHECK(guest(&Context::fd_fdstat_set_flags, fd, kFdAppend | kFdDsync) == Errno::Success);
  CHECK(guest.write(fd, "Y") == Errno::Success);
  CHECK(f.dir.read("file") == "XbcdefY");
  CHECK(guest(&Context::fd_fdstat_set_flags, fd, 1 << 5) == Errno::Inval);
}

TEST_CASE("fd_seek and fd_tell") {
  Fixture f;
  const uint32_t fd = f.file("0123456789");
  CHECK(f.seek(fd, 4, 0) == Errno::Success);
  CHECK(f.position(fd) == 4);
  CHECK(f.seek(fd, 2, 1) == Errno::Success);
  CHECK(f.position(fd) == 6);
  CHECK(f.seek(fd, -1, 2) == Errno::Success);
  CHECK(f.position(fd) == 9);
  CHECK(f.seek(fd, 100, 2) == Errno::Success);
  CHECK(f.seek(fd, -1, 0) == Errno::Inval);
  CHECK(f.seek(fd, 0, 3) == Errno::Inval);
  CHECK(f.seek(kDir, 0, 1) == Errno::Isdir);
  CHECK(f.seek(0, 0, 1) == Errno::Spipe);
  const uint32_t tells = f.file("0123456789", kRightFdRead | kRightFdTell);
  CHECK(f.seek(tells, 0, 1) == Errno::Success);
  CHECK(f.seek(tells, 1, 1) == Errno::Notcapable);
  CHECK(f.seek(tells, 0, 0) == Errno::Notcapable);
}

TEST_CASE("fd_seek in snapshot 0 numbers whence differently") {
  Fixture f(Abi::Snapshot0);
  const uint32_t fd = f.file("0123456789");
  CHECK(f.seek(fd, 4, 2) == Errno::Success);  // set
  CHECK(f.position(fd) == 4);
  CHECK(f.seek(fd, 2, 0) == Errno::Success);  // cur
  CHECK(f.position(fd) == 6);
  CHECK(f.seek(fd, -1, 1) == Errno::Success);  // end
  CHECK(f.position(fd) == 9);
}

TEST_CASE("sizes, times, allocation, advice, sync") {
  Fixture f;
  G& guest = f.guest;
  const uint32_t fd = f.file("0123456789");
  CHECK(guest(&Context::fd_filestat_set_size, fd, 4) == Errno::Success);
  CHECK(f.dir.read("file") == "0123");
  CHECK(guest(&Context::fd_filestat_set_size, fd, ~uint64_t{0}) == Errno::Inval);
  CHECK(guest(&Context::fd_allocate, fd, 0, 100) == Errno::Success);
  CHECK(guest(&Context::fd_allocate, fd, 10, 10) == Errno::Success);
  CHECK(guest(&Context::fd_allocate, fd, 0, 0) == Errno::Inval);
  CHECK(guest(&Context::fd_allocate, fd, uint64_t{1} << 63, 1) == Errno::Inval);
  REQUIRE(guest(&Context::fd_filestat_get, fd, G::kResult) == Errno::Success);
  CHECK(guest.at<Filestat>(G::kResult).size == 100);
  CHECK(guest(&Context::fd_filestat_set_times, fd, 5, 7, kFstAtim | kFstMtim) == Errno::Success);
  REQUIRE(guest(&Context::fd_filestat_get, fd, G::kResult) == Errno::Success);
  CHECK(guest.at<Filestat>(G::kResult).atim == 5);
  CHECK(guest.at<Filestat>(G::kResult).mtim == 7);
  CHECK(guest(&Context::fd_filestat_set_times, fd, 5, 7, kFstMtim | kFstMtimNow) == Errno::Inval);
  for (uint32_t advice = 0; advice < 6; advice++) {
    CHECK(guest(&Context::fd_advise, fd, 0, 100, advice) == Errno::Success);
  }
  CHECK(guest(&Context::fd_advise, fd, 0, 100, 6) == Errno::Inval);
  CHECK(guest(&Context::fd_advise, fd, ~uint64_t{0}, 1, 0) == Errno::Inval);
  CHECK(guest(&Context::fd_sync, fd) == Errno::Success);
  CHECK(guest(&Context::fd_datasync, fd) == Errno::Success);
  CHECK(guest(&Context::fd_sync, kDir) == Errno::Success);
}

TEST_CASE("operations on a directory that are for files") {
  Fixture f;
  G& guest = f.guest;
  CHECK(guest.read(kDir, 1) == Errno::Isdir);
  CHECK(guest.write(kDir, "x") == Errno::Badf);
  CHECK(guest(&Context::fd_pread, kDir, G::kIovecs, 1, 0, G::kResult) == Errno::Isdir);
  CHECK(guest(&Context::fd_tell, kDir, G::kResult) == Errno::Isdir);
  CHECK(guest(&Context::fd_allocate, kDir, 0, 1) == Errno::Notcapable);
  CHECK(guest(&Context::fd_filestat_set_size, kDir, 0) == Errno::Notcapable);
  CHECK(guest(&Context::fd_readdir, f.file("x"), G::kData, 100, 0, G::kResult) == Errno::Notdir);
}

TEST_CASE("preopened directories tell their names") {
  Fixture f;
  G& guest = f.guest;
  REQUIRE(guest(&Context::fd_prestat_get, kDir, G::kResult) == Errno::Success);
  CHECK(guest.at<Prestat>(G::kResult).tag == 0);
  CHECK(guest.at<Prestat>(G::kResult).name_len == 5);
  CHECK(guest(&Context::fd_prestat_dir_name, kDir, G::kData, 4) == Errno::Nametoolong);
  CHECK(guest(&Context::fd_prestat_dir_name, kDir, G::kData, 6) == Errno::Success);
  CHECK(guest.text_at(G::kData, 5) == "/data");
  CHECK(guest(&Context::fd_prestat_get, 4, G::kResult) == Errno::Badf);
  CHECK(guest(&Context::fd_prestat_get, 1, G::kResult) == Errno::Badf);
  REQUIRE(guest(&Context::fd_fdstat_get, kDir, G::kResult) == Errno::Success);
  const auto stat = guest.at<Fdstat>(G::kResult);
  CHECK(stat.filetype == Filetype::Directory);
  CHECK(stat.base == kDirectoryRights);
  CHECK(stat.inheriting == kAllRights);
}

TEST_CASE("fd_readdir with buffers of every size") {
  Fixture f;
  std::set<std::string> names = {".", ".."};
  for (int i = 0; i < 300; i++) {
    names.insert("entry-" + std::to_string(i));
    f.dir.write("entry-" + std::to_string(i), "");
  }
  for (const uint32_t size : {64, 100, 333, 4096, 65536}) {
    CAPTURE(size);
    const auto entries = read_directory(f.guest, kDir, size);
    CHECK(entries.size() == names.size());
    std::set<std::string> seen;
    for (const Entry& entry : entries) seen.insert(entry.name);
    CHECK(seen == names);
    CHECK(entries[0].name == ".");
    CHECK(entries[1].name == "..");
    REQUIRE(f.guest.stat(kDir, entries[2].name) == Errno::Success);
    CHECK(f.guest.at<Filestat>(G::kResult).ino == entries[2].dirent.ino);
    CHECK(entries[2].dirent.type == Filetype::RegularFile);
  }
}

TEST_CASE("fd_readdir: cookies stay good while entries go") {
  Fixture f;
  for (int i = 0; i < 100; i++) f.dir.write("entry-" + std::to_string(i), "");
  const auto all = read_directory(f.guest, kDir, 4096);
  // As rm -r does: a buffer of names, remove them, go on from the last cookie.
  std::set<std::string> removed;
  uint64_t cookie = 0;
  for (;;) {
    REQUIRE(f.guest(&Context::fd_readdir, kDir, G::kData, 256, cookie, G::kResult) ==
            Errno::Success);
    const uint32_t used = f.guest.result();
    uint32_t at = 0;
    while (used - at >= sizeof(Dirent)) {
      const auto dirent = f.guest.at<Dirent>(G::kData + at);
      if (used - at - sizeof(Dirent) < dirent.namlen) break;
      const std::string name = f.guest.text_at(G::kData + at + sizeof(Dirent), dirent.namlen);
      at += sizeof(Dirent) + dirent.namlen;
      cookie = dirent.next;
      if (name == "." || name == "..") continue;
      CHECK(f.guest.on_path(&Context::path_unlink_file, kDir, name) == Errno::Success);
      removed.insert(name);
    }
    if (used < 256) break;
  }
  CHECK(removed.size() == 100);
  CHECK(read_directory(f.guest, kDir, 4096).size() == 2);
  // A cookie from before, and one of the guest's imagination.
  CHECK(read_directory(f.guest, kDir, 4096, all[50].dirent.next).empty());
  CHECK(read_directory(f.guest, kDir, 4096, ~uint64_t{0}).empty());
  CHECK(f.guest(&Context::fd_readdir, kDir, G::kSize - 10, 100, 0, G::kResult) == Errno::Fault);
}

TEST_CASE("numbers of descriptors") {
  Fixture f;
  G& guest = f.guest;
  f.dir.write("file", "a");
  f.dir.write("other", "b");
  CHECK(guest.must_open(kDir, "file") == 4);
  CHECK(guest.must_open(kDir, "file") == 5);
  CHECK(guest(&Context::fd_close, 4) == Errno::Success);
  CHECK(guest(&Context::fd_close, 4) == Errno::Badf);
  CHECK(guest(&Context::fd_close, 0xffffffff) == Errno::Badf);
  CHECK(guest.must_open(kDir, "other") == 4);
  CHECK(guest(&Context::fd_renumber, 4, 5) == Errno::Success);
  CHECK(guest(&Context::fd_fdstat_get, 4, G::kResult) == Errno::Badf);
  CHECK(guest.must_read(5, 1) == "b");
  CHECK(guest(&Context::fd_renumber, 5, 4) == Errno::Badf);
  CHECK(guest(&Context::fd_renumber, 4, 5) == Errno::Badf);
  CHECK(guest(&Context::fd_renumber, 5, 5) == Errno::Success);
  CHECK(guest(&Context::fd_renumber, 5, 1) == Errno::Success);  // over a standard stream
  CHECK(guest.must_open(kDir, "file") == 4);
  CHECK(guest(&Context::fd_renumber, 4, kDir) == Errno::Success);  // over a grant: given up
  CHECK(guest.open(kDir, "file") == Errno::Notdir);
}

}  // namespace brink::wasi
