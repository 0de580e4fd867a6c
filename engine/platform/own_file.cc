// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/platform/own_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "engine/platform/system_error.h"
#include "engine/platform/virtual_memory.h"

namespace brink::platform {

OwnFile::~OwnFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

Result<OwnFile> OwnFile::create(const std::string& path) {
  OwnFile file;
  file.descriptor_ =
      ::open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
  if (file.descriptor_ < 0) return make_system_error("cannot write '" + path + "'", errno);
  struct stat status = {};
  if (::fstat(file.descriptor_, &status) != 0 || !S_ISREG(status.st_mode) ||
      status.st_uid != ::geteuid())
    return make_error(ErrorKind::Io, "'" + path + "' is somebody else's");
  if (::ftruncate(file.descriptor_, 0) != 0)
    return make_system_error("cannot write '" + path + "'", errno);
  return file;
}

bool OwnFile::write(std::span<const uint8_t> bytes) {
  while (descriptor_ >= 0 && !bytes.empty()) {
    const ssize_t written = ::write(descriptor_, bytes.data(), bytes.size());
    if (written > 0) {
      bytes = bytes.subspan(static_cast<size_t>(written));
    } else if (written == 0 || errno != EINTR) {
      ::close(std::exchange(descriptor_, -1));
    }
  }
  return descriptor_ >= 0;
}

Status OwnFile::show_to_profilers() const {
  // Invariant: never unmapped, as profilers may be attached later.
  if (::mmap(nullptr, page_size(), PROT_READ | PROT_EXEC, MAP_PRIVATE, descriptor_, 0) ==
      MAP_FAILED)
    return make_system_error("cannot map a file for profilers", errno);
  return {};
}

uint32_t process_number() {
  return static_cast<uint32_t>(::getpid());
}

uint32_t thread_number() {
  return static_cast<uint32_t>(::syscall(SYS_gettid));
}

}  // namespace brink::platform
