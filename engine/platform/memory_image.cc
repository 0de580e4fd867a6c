// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// SANDBOX-CRITICAL: see memory_image.h.

#include "engine/platform/memory_image.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "engine/platform/system_error.h"
#include "engine/platform/virtual_memory.h"

namespace brink::platform {
namespace {

bool is_zero(const uint8_t* bytes, size_t size) {
  return bytes[0] == 0 && std::memcmp(bytes, bytes + 1, size - 1) == 0;
}

// Writes all of it, or returns an errno value.
int write_at(int fd, const uint8_t* bytes, size_t size, size_t offset) {
  while (size != 0) {
    const ssize_t written = ::pwrite(fd, bytes, size, static_cast<off_t>(offset));
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return written == 0 ? EIO : errno;
    bytes += written;
    offset += static_cast<size_t>(written);
    size -= static_cast<size_t>(written);
  }
  return 0;
}

int fill(int fd, const uint8_t* bytes, size_t size) {
  if (::ftruncate(fd, static_cast<off_t>(size)) != 0) return errno;
  const size_t page = page_size();
  for (size_t offset = 0; offset < size; offset += page) {
    if (is_zero(bytes + offset, page)) continue;
    if (const int error = write_at(fd, bytes + offset, page, offset); error != 0) return error;
  }
  return 0;
}

}  // namespace

MemoryImage::~MemoryImage() {
  if (view_ != nullptr) ::munmap(const_cast<uint8_t*>(view_), size_);
  if (fd_ >= 0) ::close(fd_);
}

Result<std::shared_ptr<const MemoryImage>> MemoryImage::capture(const uint8_t* bytes, size_t size) {
  if (size == 0 || size % page_size() != 0)
    return make_error(ErrorKind::Usage, "an image of memory has whole pages");
#ifdef __linux__
  const std::shared_ptr<MemoryImage> image(new MemoryImage);
  image->fd_ = ::memfd_create("brink-image", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  if (image->fd_ < 0) return make_system_error("cannot make a file for an image", errno);
  if (const int error = fill(image->fd_, bytes, size); error != 0)
    return make_system_error("cannot write an image of memory", error);
  // Nobody changes it from now on, not even by the file descriptor.
  constexpr int kSeals = F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL;
  if (::fcntl(image->fd_, F_ADD_SEALS, kSeals) != 0)
    return make_system_error("cannot seal an image of memory", errno);
  void* view = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, image->fd_, 0);
  if (view == MAP_FAILED) return make_system_error("cannot map an image of memory", errno);
  image->view_ = static_cast<const uint8_t*>(view);
  image->size_ = size;
  return std::shared_ptr<const MemoryImage>(image);
#else
  static_cast<void>(bytes);
  return make_error(ErrorKind::Usage, "this system has no files in memory");
#endif
}

Status MemoryImage::map_at(uint8_t* at, bool writable) const {
  const int protection = writable ? PROT_READ | PROT_WRITE : PROT_READ;
  int flags = MAP_PRIVATE | MAP_FIXED;
#ifdef MAP_NORESERVE
  flags |= MAP_NORESERVE;
#endif
  if (::mmap(at, size_, protection, flags, fd_, 0) == MAP_FAILED)
    return make_system_error("cannot map an image of memory", errno);
  return {};
}

void populate_for_writing([[maybe_unused]] uint8_t* base, [[maybe_unused]] size_t bytes) {
#ifdef __linux__
  constexpr int kPopulateWrite = 23;  // MADV_POPULATE_WRITE, Linux 5.14
  ::madvise(base, bytes, kPopulateWrite);
#endif
}

Status forget_writes(uint8_t* base, size_t bytes) {
  if (::madvise(base, bytes, MADV_DONTNEED) == 0) return {};
  return make_system_error("cannot forget what was written to memory", errno);
}

// ---- which pages were written ------------------------------------------------------------------

#ifdef __linux__
namespace {

// PAGEMAP_SCAN, Linux 6.7; not in older headers.
struct ScanRegion {
  uint64_t start, end, categories;
};
struct ScanArguments {
  uint64_t size, flags, start, end, walk_end, regions, region_count, max_pages;
  uint64_t inverted, all_of, any_of, returned;
};
constexpr unsigned long kScanRequest = _IOWR('f', 16, ScanArguments);
constexpr uint64_t kIsFile = 1 << 2;
constexpr uint64_t kIsPresent = 1 << 3;
constexpr uint64_t kIsSwapped = 1 << 4;

int open_pagemap() {
  return ::open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
}

}  // namespace

bool for_each_written_run(const uint8_t* base, size_t bytes,
                          void (*visit)(void* context, size_t offset, size_t bytes),
                          void* context) {
  // For the life of the process. A child of fork() finds its parent's pages there and must open
  // its own.
  static const pid_t owner = ::getpid();
  static const int shared = open_pagemap();
  const bool is_owner = owner == ::getpid();
  const int fd = is_owner ? shared : open_pagemap();
  if (fd < 0) return false;
  std::array<ScanRegion, 64> regions;
  // Written pages are the process's own; the others are the file's.
  ScanArguments scan = {};
  scan.size = sizeof scan;
  scan.start = reinterpret_cast<uintptr_t>(base);
  scan.end = scan.start + bytes;
  scan.regions = reinterpret_cast<uintptr_t>(regions.data());
  scan.region_count = regions.size();
  scan.inverted = kIsFile;
  scan.all_of = kIsFile;
  scan.any_of = kIsPresent | kIsSwapped;
  scan.returned = kIsFile | kIsPresent;
  bool is_complete = true;
  while (scan.start < scan.end) {
    const int count = ::ioctl(fd, kScanRequest, &scan);
    if (count < 0 && errno == EINTR) continue;
    is_complete = count >= 0;
    if (!is_complete) break;
    for (int i = 0; i < count; ++i) {
      const ScanRegion& run = regions[static_cast<size_t>(i)];
      visit(context, run.start - reinterpret_cast<uintptr_t>(base), run.end - run.start);
    }
    scan.start = scan.walk_end;
  }
  if (!is_owner) ::close(fd);
  return is_complete;
}
#else
bool for_each_written_run(const uint8_t*, size_t, void (*)(void*, size_t, size_t), void*) {
  return false;
}
#endif

}  // namespace brink::platform
