// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/platform/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "engine/platform/system_error.h"
#include "engine/support/try.h"

namespace brink::platform {
namespace {

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }
  int take() { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

std::string cannot_read(const std::string& name) {
  return "cannot read '" + name + "'";
}

std::unexpected<Error> too_large(const std::string& name, size_t max_bytes) {
  return make_error(ErrorKind::Limit,
                    cannot_read(name) + ": more than " + std::to_string(max_bytes) + " bytes");
}

Result<Descriptor> open_file(const std::string& path) {
  int fd;
  do {
    fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  } while (fd < 0 && errno == EINTR);
  if (fd < 0) return make_system_error(cannot_read(path), errno);
  return Descriptor(fd);
}

Result<struct stat> look_at(int fd, const std::string& name) {
  struct stat status;
  if (::fstat(fd, &status) != 0) return make_system_error(cannot_read(name), errno);
  if (S_ISDIR(status.st_mode)) return make_system_error(cannot_read(name), EISDIR);
  return status;
}

// What a file says of its size is where to start, not what to believe: it may grow meanwhile, and
// pipes and files of /proc say 0.
size_t first_guess(const struct stat& status, size_t max_bytes) {
  constexpr size_t kLeast = size_t{64} << 10;
  if (!S_ISREG(status.st_mode) || status.st_size < 0) return kLeast;
  return std::max(kLeast, std::min(static_cast<size_t>(status.st_size), max_bytes - 1) + 1);
}

FileIdentity identity_of(const struct stat& status) {
  const auto nanoseconds = [](const timespec& time) {
    return static_cast<uint64_t>(time.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(time.tv_nsec);
  };
  return {.device = status.st_dev,
          .inode = status.st_ino,
          .size = static_cast<uint64_t>(status.st_size),
          .modified_ns = nanoseconds(status.st_mtim),
          .changed_ns = nanoseconds(status.st_ctim)};
}

Result<Reservation> grown(const Reservation& old, size_t used, size_t bytes) {
  Reservation memory = BRINK_TRY(Reservation::reserve(bytes));
  BRINK_TRY(memory.commit(0, memory.size()));
  if (used != 0) std::memcpy(memory.base(), old.base(), used);
  return memory;
}

}  // namespace

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
  if (this != &other) {
    release();
    memory_ = std::move(other.memory_);
    mapping_ = std::exchange(other.mapping_, nullptr);
    size_ = std::exchange(other.size_, 0);
    descriptor_ = std::exchange(other.descriptor_, -1);
    identity_ = other.identity_;
  }
  return *this;
}

void MappedFile::release() {
  memory_.release();
  if (mapping_ != nullptr) ::munmap(mapping_, size_);
  mapping_ = nullptr;
  size_ = 0;
  close();
}

void MappedFile::close() {
  if (descriptor_ >= 0) ::close(descriptor_);
  descriptor_ = -1;
}

Result<MappedFile> MappedFile::read_descriptor(int descriptor, const std::string& name,
                                               size_t max_bytes) {
  const struct stat status = BRINK_TRY(look_at(descriptor, name));
  MappedFile file;
  file.memory_ = BRINK_TRY(grown(file.memory_, 0, first_guess(status, max_bytes)));
  for (;;) {
    if (file.size_ == file.memory_.size()) {
      file.memory_ = BRINK_TRY(grown(file.memory_, file.size_, file.size_ * 2));
    }
    const ssize_t got =
        ::read(descriptor, file.memory_.base() + file.size_, file.memory_.size() - file.size_);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return make_system_error(cannot_read(name), errno);
    if (got == 0) break;
    file.size_ += static_cast<size_t>(got);
    if (file.size_ > max_bytes) return too_large(name, max_bytes);
  }
  BRINK_TRY(file.memory_.protect_read_only(0, file.memory_.size()));
  return file;
}

Result<MappedFile> MappedFile::read(const std::string& path, size_t max_bytes) {
  const Descriptor descriptor = BRINK_TRY(open_file(path));
  return read_descriptor(descriptor.get(), path, max_bytes);
}

Result<MappedFile> MappedFile::copy(std::span<const uint8_t> bytes) {
  MappedFile file;
  if (bytes.empty()) return file;
  file.memory_ = BRINK_TRY(Reservation::reserve(bytes.size()));
  BRINK_TRY(file.memory_.commit(0, file.memory_.size()));
  std::memcpy(file.memory_.base(), bytes.data(), bytes.size());
  file.size_ = bytes.size();
  BRINK_TRY(file.memory_.protect_read_only(0, file.memory_.size()));
  return file;
}

Result<MappedFile> MappedFile::read_standard_input(size_t max_bytes) {
  return read_descriptor(STDIN_FILENO, "standard input", max_bytes);
}

Result<FileIdentity> identify_file(const std::string& path) {
  struct stat status = {};
  if (::stat(path.c_str(), &status) != 0)
    return make_system_error("cannot read '" + path + "'", errno);
  return identity_of(status);
}

Result<MappedFile> MappedFile::map(const std::string& path, size_t max_bytes) {
  MappedFile file = BRINK_TRY(map_and_keep_open(path, max_bytes));
  file.close();
  return file;
}

Result<MappedFile> MappedFile::map_and_keep_open(const std::string& path, size_t max_bytes) {
  Descriptor descriptor = BRINK_TRY(open_file(path));
  const struct stat status = BRINK_TRY(look_at(descriptor.get(), path));
  if (!S_ISREG(status.st_mode) || status.st_size <= 0) {
    return read_descriptor(descriptor.get(), path, max_bytes);
  }
  const size_t size = static_cast<size_t>(status.st_size);
  if (size > max_bytes) return too_large(path, max_bytes);
  void* mapping = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, descriptor.get(), 0);
  if (mapping == MAP_FAILED) return read_descriptor(descriptor.get(), path, max_bytes);
  MappedFile file;
  file.mapping_ = static_cast<uint8_t*>(mapping);
  file.size_ = size;
  file.descriptor_ = descriptor.take();
  file.identity_ = identity_of(status);
  return file;
}

}  // namespace brink::platform
