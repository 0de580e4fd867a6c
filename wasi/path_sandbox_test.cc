// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Attacks on the path sandbox. Every case runs twice: with openat2, and with the walk that stands
// in for it.

#include "wasi/path_sandbox.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "wasi/test_guest.h"

namespace brink::wasi {
namespace {

/// outside/secret is what must not be reached; inside/ is what is granted.
struct Fixture {
  explicit Fixture(bool walk) : sandbox(walk) {
    std::filesystem::create_directories(dir / "inside/a/b");
    std::filesystem::create_directories(dir / "outside/sub");
    dir.write("outside/secret", "secret");
    dir.write("outside/sub/secret", "secret");
    dir.write("inside/file", "public");
    dir.write("inside/a/file", "public");
    dir.write("inside/a/b/file", "public");
    root = Handle::own(open((dir / "inside").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    REQUIRE(root.is_open());
  }
  void link(const std::string& target, const std::string& name) {
    REQUIRE(symlink(target.c_str(), (dir / ("inside/" + name)).c_str()) == 0);
  }
  Errno try_open(std::string_view path, int flags = O_RDONLY, bool follow = true) {
    const auto handle = sandbox.open(root.fd(), path, flags | O_NONBLOCK, 0666, follow);
    return handle ? Errno::Success : handle.error();
  }
  std::string read(std::string_view path) {
    const auto handle = sandbox.open(root.fd(), path, O_RDONLY, 0, true);
    if (!handle) return std::string(to_string(handle.error()));
    char text[64];
    const ssize_t size = ::read(handle->fd(), text, sizeof(text));
    return std::string(text, static_cast<size_t>(size < 0 ? 0 : size));
  }

  TempDir dir;
  Handle root;
  PathSandbox sandbox;
};

constexpr LastComponent kAllKinds[] = {LastComponent::Entry, LastComponent::NoFollow,
                                       LastComponent::Follow};

}  // namespace

TEST_CASE("path_sandbox: the kernel's walk is used unless it is switched off") {
  CHECK_FALSE(PathSandbox(true).uses_openat2());
}

TEST_CASE("path_sandbox: paths that stay inside") {
  const bool walk = GENERATE(false, true);
  CAPTURE(walk);
  Fixture f(walk);
  for (const char* path : {"file", "./file", ".//file", "a/../file", "a/b/../../file",
                           "a/./b/.././../file", "a/b/file", "a//b///file", "a/b/../b/../b/file"}) {
    CAPTURE(path);
    CHECK(f.read(path) == "public");
  }
  f.link("file", "to-file");
  f.link("a/b", "to-b");
  f.link("../file", "a/up");
  f.link("../../to-b/file", "a/b/round");
  CHECK(f.read("to-file") == "public");
  CHECK(f.read("to-b/file") == "public");
  CHECK(f.read("to-b/../file") == "public");  // a/file: ".." of where the link leads
  CHECK(f.read("a/up") == "public");
  CHECK(f.read("a/b/round") == "public");
  CHECK(f.try_open("a/b/", O_RDONLY) == Errno::Success);
  CHECK(f.try_open(".", O_RDONLY) == Errno::Success);
  CHECK(f.try_open("a/..", O_RDONLY) == Errno::Success);
}

TEST_CASE("path_sandbox: \"..\" in every position") {
  const bool walk = GENERATE(false, true);
  CAPTURE(walk);
  Fixture f(walk);
  for (const char* path :
       {"..", "../", "../outside/secret", "./../outside/secret", "a/../../outside/secret",
        "a/b/../../../outside/secret", "a/b/../../..", "a/../..", "a/.././../inside/file",
        "../inside/file", "..//inside/file", "a/b/../../../inside/file", "a/../../.",
        "../../../../../../../etc/passwd"}) {
    CAPTURE(path);
    CHECK(f.try_open(path) == Errno::Perm);
    CHECK(f.try_open(path, O_RDONLY, false) == Errno::Perm);
    for (const LastComponent kind : kAllKinds) {
      const auto place = f.sandbox.locate(f.root.fd(), path, kind);
      REQUIRE_FALSE(place.has_value());
      CHECK(place.error() == Errno::Perm);
    }
  }
}

TEST_CASE("path_sandbox: names that are no paths") {
  const bool walk = GENERATE(false, true);
  CAPTURE(walk);
  Fixture f(walk);
  CHECK(f.try_open("") == Errno::Noent);
  CHECK(f.try_open(std::string_view("file\0", 5)) == Errno::Inval);
  CHECK(f.try_open(std::string_view("file\0/../../x", 13)) == Errno::Inval);
  CHECK(f.try_open("/") == Errno::Perm);
  CHECK(f.try_open("/file") == Errno::Perm);
  CHECK(f.try_open(f.dir / "inside/file") == Errno::Perm);
  CHECK(f.try_open(std::string(5000, 'x')) == Errno::Nametoolong);
  CHECK(f.try_open(std::string(300, 'x')) == Errno::Nametoolong);
  std::string deep;
  while (deep.size() < 4000) deep += "a/../";
  CHECK(f.read(deep + "file") == "public");
  CHECK(f.try_open("nothing") == Errno::Noent);
  CHECK(f.try_open("nothing/file") == Errno::Noent);
  CHECK(f.try_open("file/file") == Errno::Notdir);
  CHECK(f.try_open("file/") == Errno::Notdir);
  CHECK(f.try_open("file/..") == Errno::Notdir);
}

TEST_CASE("path_sandbox: links that lead outside") {
  const bool walk = GENERATE(false, true);
  CAPTURE(walk);
  Fixture f(walk);
  f.link("../outside/secret", "escape");
  f.link("../outside", "escape-dir");
  f.link("..", "up");
  f.link("../../outside", "a/escape-dir");
  f.link(f.dir / "outside/secret", "absolute");
  f.link(f.dir / "outside", "absolute-dir");
  f.link(f.dir / "inside/file", "absolute-inside");
  f.link("/", "slash");
  f.link("a/../../outside/secret", "winding");
  f.link("escape", "chain1");
  f.link("chain1", "chain2");
  for (const char* path : {"escape",
                           "escape-dir/secret",
                           "escape-dir/sub/secret",
                           "up/outside/secret",
                           "up/inside/file",
                           "a/escape-dir/secret",
                           "absolute",
                           "absolute-dir/secret",
                           "absolute-inside",
                           "slash/etc/passwd",
                           "winding",
                           "chain1",
                           "chain2",
                           "a/../escape",
                           "escape-dir/",
                           "up/",
                           "slash/",
                           "escape-dir/..",
                           "escape-dir/../inside/file",
                           "absolute-dir/../inside/file"}) {
    CAPTURE(path);
    CHECK(f.try_open(path) == Errno::Perm);
    CHECK_FALSE(f.sandbox.locate(f.root.fd(), path, LastComponent::Follow).has_value());
    // Creating or truncating through them must not work either.
    CHECK(f.try_open(path, O_WRONLY | O_CREAT | O_TRUNC) != Errno::Success);
  }
  for (const char* path : {"escape-dir/new", "up/new", "absolute-dir/new", "a/escape-dir/new"}) {
    CAPTURE(path);
    CHECK(f.try_open(path, O_WRONLY | O_CREAT) == Errno::Perm);
    CHECK_FALSE(f.sandbox.locate(f.root.fd(), path, LastComponent::Entry).has_value());
  }
  CHECK(f.dir.read("outside/secret") == "secret");
  CHECK_FALSE(std::filesystem::exists(f.dir / "outside/new"));
}

TEST_CASE("path_sandbox: a link that is created through stays inside") {
  const bool walk = GENERATE(false, true);
  CAPTURE(walk);
  Fixture f(walk);
  f.link("a/fresh", "dangling");
  f.link("../outside/fresh", "dangling-out");
  CHECK(f.try_open("dangling", O_WRONLY | O_CREAT) == Errno::Success);
  CHECK(std::filesystem::exists(f.dir / "inside/a/fresh"));
  CHECK(f.try_open("dangling-out", O_WRONLY | O_CREAT) == Errno::Perm);
  CHECK_FALSE(std::filesystem::exists(f.dir / "outside/fresh"));
  CHECK(f.try_open("dangling-out", O_WRONLY | O_CREAT | O_EXCL) == Errno::Exist);
}

TEST_CASE("path_sandbox: the last link is not followed when that is not wanted") {
  const bool walk = GENERATE(false, true);
  CAPTURE(walk);
  Fixture f(walk);
  f.link("file", "link");
  f.link("a", "dir-link");
  CHECK(f.try_open("link", O_RDONLY, false) == Errno::Loop);
  const Errno as_directory = f.try_open("dir-link", O_RDONLY | O_DIRECTORY, false);
  CHECK((as_directory == Errno::Loop || as_directory == Errno::Notdir));
  CHECK(f.try_open("dir-link/file", O_RDONLY, false) == Errno::Success);
  const auto place = f.sandbox.locate(f.root.fd(), "dir-link", LastComponent::NoFollow);
  REQUIRE(place.has_value());
  CHECK(place->name == "dir-link");
}

TEST_CASE("path_sandbox: loops and long chains of links end") {
  const bool walk = GENERATE(false, true);
  CAPTURE(walk);
  Fixture f(walk);
  f.link("self", "self");
  f.link("ping", "pong");
  f.link("pong", "ping");
  f.link("self/x", "grow");
  for (const char* path : {"self", "self/x", "ping", "ping/x", "grow", "grow/y"}) {
    CAPTURE(path);
    CHECK(f.try_open(path) == Errno::Loop);
  }
  f.link("file", "n0");
  const auto name = [](int i) { return std::string("n").append(std::to_string(i)); };
  for (int i = 1; i <= 45; i++) f.link(name(i - 1), name(i));
  CHECK(f.read("n30") == "public");
  CHECK(f.try_open("n45") == Errno::Loop);
}

TEST_CASE("path_sandbox: procfs magic links lead nowhere") {
  const bool walk = GENERATE(false, true);
  CAPTURE(walk);
  const PathSandbox sandbox(walk);
  const Handle proc = Handle::own(open("/proc/self", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  REQUIRE(proc.is_open());
  for (const char* path : {"root", "root/etc/passwd", "cwd", "cwd/x", "exe", "fd/0", "ns/mnt"}) {
    CAPTURE(path);
    CHECK_FALSE(sandbox.open(proc.fd(), path, O_RDONLY | O_NONBLOCK, 0, true).has_value());
    CHECK_FALSE(sandbox.open(proc.fd(), path, O_PATH, 0, true).has_value());
  }
  CHECK(sandbox.open(proc.fd(), "status", O_RDONLY, 0, true).has_value());
}

TEST_CASE("path_sandbox: the name handed out is one component, never \"..\"") {
  const bool walk = GENERATE(false, true);
  CAPTURE(walk);
  Fixture f(walk);
  f.link("a/b", "to-b");
  for (const char* path :
       {"file", "a/file", "a/b/..", "a/b/.", "to-b/", "to-b", "a//", "./a/b/../b/x", "a/b/../.."}) {
    for (const LastComponent kind : kAllKinds) {
      CAPTURE(path, static_cast<int>(kind));
      const auto place = f.sandbox.locate(f.root.fd(), path, kind);
      REQUIRE(place.has_value());
      CHECK(place->name != "..");
      CHECK(place->name.find('/') == std::string::npos);
      CHECK_FALSE(place->name.empty());
    }
  }
}

namespace {

/// Runs `disturb` in a thread while `attack` is repeated `rounds` times.
template <typename Disturb, typename Attack>
void race(int rounds, Disturb&& disturb, Attack&& attack) {
  std::atomic<bool> done = false;
  std::thread thread([&] {
    while (!done) disturb();
  });
  for (int i = 0; i < rounds; i++) attack();
  done = true;
  thread.join();
}

void exchange(const std::string& a, const std::string& b) {
  syscall(SYS_renameat2, AT_FDCWD, a.c_str(), AT_FDCWD, b.c_str(), RENAME_EXCHANGE);
}

}  // namespace

TEST_CASE("path_sandbox: a directory that turns into a link meanwhile") {
  const bool walk = GENERATE(false, true);
  CAPTURE(walk);
  Fixture f(walk);
  f.dir.write("inside/a/secret", "public");
  f.link("../outside", "evil");
  const std::string a = f.dir / "inside/a", evil = f.dir / "inside/evil";
  int leaks = 0;
  race(3000, [&] { exchange(a, evil); }, [&] { leaks += f.read("a/secret") == "secret"; });
  CHECK(leaks == 0);
}

TEST_CASE("path_sandbox: a file that turns into a link meanwhile") {
  const bool walk = GENERATE(false, true);
  CAPTURE(walk);
  Fixture f(walk);
  f.link("../outside/secret", "evil");
  const std::string file = f.dir / "inside/file", evil = f.dir / "inside/evil";
  int leaks = 0;
  race(
      3000, [&] { exchange(file, evil); },
      [&] {
        leaks += f.read("file") == "secret";
        const auto handle =
            f.sandbox.open(f.root.fd(), "file", O_WRONLY | O_CREAT | O_TRUNC, 0666, true);
      });
  CHECK(leaks == 0);
  CHECK(f.dir.read("outside/secret") == "secret");
}

TEST_CASE("path_sandbox: a directory that moves out while \"..\" is walked") {
  const bool walk = GENERATE(false, true);
  CAPTURE(walk);
  Fixture f(walk);
  // If b were moved to outside/ between the steps, b/../secret would be outside/secret.
  const std::string b = f.dir / "inside/a/b", away = f.dir / "outside/b";
  int leaks = 0;
  race(
      3000,
      [&] {
        rename(b.c_str(), away.c_str());
        rename(away.c_str(), b.c_str());
      },
      [&] { leaks += f.read("a/b/../secret") == "secret"; });
  CHECK(leaks == 0);
}

}  // namespace brink::wasi
