// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/platform/virtual_memory.h"

#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <string>
#include <utility>

#include "engine/platform/system_error.h"
#include "engine/support/try.h"

namespace brink::platform {
namespace {

#ifdef MAP_NORESERVE
constexpr int kNoReserve = MAP_NORESERVE;
#else
constexpr int kNoReserve = 0;
#endif

// "cannot reserve 65536 bytes of memory".
std::string describe(const char* what, size_t bytes) {
  return "cannot " + std::string(what) + " " + std::to_string(bytes) + " bytes of memory";
}

#ifdef __linux__
constexpr int kGuardInstall = 102;  // MADV_GUARD_INSTALL, newer than some systems' headers

/// Emulators of user mode accept any advice and do nothing: advice that does not exist, too.
bool takes_advice_seriously() {
  constexpr int kNoAdvice = 0x7fff;
  static const bool refuses = ::madvise(nullptr, 0, kNoAdvice) != 0;
  return refuses;
}
#endif

}  // namespace

size_t page_size() {
  static const size_t size = static_cast<size_t>(::sysconf(_SC_PAGESIZE));
  return size;
}

std::optional<size_t> round_up_to_page(size_t bytes) {
  size_t sum;
  if (__builtin_add_overflow(bytes, page_size() - 1, &sum)) return std::nullopt;
  return sum & ~(page_size() - 1);
}

std::optional<uint64_t> address_space_left() {
  rlimit limit = {};
  if (::getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return std::nullopt;
  const uint64_t all = limit.rlim_cur;
  // Linux tells what is in use, in pages. Elsewhere the limit itself is the best guess.
  unsigned long long pages = 0;
  if (std::FILE* const file = std::fopen("/proc/self/statm", "re")) {
    if (std::fscanf(file, "%llu", &pages) != 1) pages = 0;
    std::fclose(file);
  }
  const uint64_t used = pages * page_size();
  return used < all ? all - used : 0;
}

std::optional<uint64_t> mappings_left() {
  unsigned long long all = 0;
  std::FILE* const limit = std::fopen("/proc/sys/vm/max_map_count", "re");
  if (limit == nullptr) return std::nullopt;
  const bool is_known = std::fscanf(limit, "%llu", &all) == 1;
  std::fclose(limit);
  std::FILE* const maps = std::fopen("/proc/self/maps", "re");
  if (!is_known || maps == nullptr) return std::nullopt;
  uint64_t used = 0;
  for (int c = std::fgetc(maps); c != EOF; c = std::fgetc(maps)) used += c == '\n';
  std::fclose(maps);
  return used < all ? all - used : 0;
}

Result<Reservation> Reservation::reserve(size_t bytes) {
  if (bytes == 0) return make_error(ErrorKind::Usage, "a reservation of no bytes");
  const std::optional<size_t> size = round_up_to_page(bytes);
  if (!size) return make_error(ErrorKind::Limit, describe("reserve", bytes) + ": too large");
  void* base = ::mmap(nullptr, *size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | kNoReserve, -1, 0);
  if (base == MAP_FAILED) return make_system_error(describe("reserve", *size), errno);
  return Reservation(static_cast<uint8_t*>(base), *size);
}

Reservation::Reservation(Reservation&& other) noexcept
    : base_(std::exchange(other.base_, nullptr)), size_(std::exchange(other.size_, 0)) {}

Reservation& Reservation::operator=(Reservation&& other) noexcept {
  if (this != &other) {
    release();
    base_ = std::exchange(other.base_, nullptr);
    size_ = std::exchange(other.size_, 0);
  }
  return *this;
}

Status Reservation::check_range(size_t offset, size_t bytes) const {
  const bool aligned = ((offset | bytes) & (page_size() - 1)) == 0;
  // Written so that nothing can overflow.
  const bool inside = offset <= size_ && bytes <= size_ - offset;
  if (aligned && inside) return {};
  return make_error(ErrorKind::Usage, "pages " + std::to_string(offset) + " + " +
                                          std::to_string(bytes) + " are not in a reservation of " +
                                          std::to_string(size_) + " bytes");
}

Status Reservation::protect(size_t offset, size_t bytes, int protection, const char* what) {
  BRINK_TRY(check_range(offset, bytes));
  if (bytes == 0) return {};
  if (::mprotect(base_ + offset, bytes, protection) != 0) {
    return make_system_error(describe(what, bytes), errno);
  }
  return {};
}

Status Reservation::commit(size_t offset, size_t bytes) {
  return protect(offset, bytes, PROT_READ | PROT_WRITE, "commit");
}

Status Reservation::protect_read_only(size_t offset, size_t bytes) {
  return protect(offset, bytes, PROT_READ, "write-protect");
}

Status Reservation::decommit(size_t offset, size_t bytes) {
  // Access goes first, so that no write can fall between the two calls. Why: mapping fresh pages
  // over the old ones would be one call, but when that fails it may leave a hole in the
  // reservation, which anybody's next mapping could fill.
  BRINK_TRY(protect(offset, bytes, PROT_NONE, "decommit"));
  return discard(offset, bytes, PROT_NONE);
}

Status Reservation::guard(size_t offset, size_t bytes) {
  BRINK_TRY(check_range(offset, bytes));
#ifdef __linux__
  if (takes_advice_seriously() && ::madvise(base_ + offset, bytes, kGuardInstall) == 0) return {};
#endif
  return decommit(offset, bytes);
}

Status Reservation::reset(size_t offset, size_t bytes) {
  BRINK_TRY(check_range(offset, bytes));
  return discard(offset, bytes, PROT_READ | PROT_WRITE);
}

Status Reservation::discard(size_t offset, size_t bytes, [[maybe_unused]] int protection) {
  if (bytes == 0) return {};
#ifdef __linux__
  const bool done = ::madvise(base_ + offset, bytes, MADV_DONTNEED) == 0;
#else
  // Elsewhere DONTNEED is a hint that may keep the contents.
  const bool done =
      ::mmap(base_ + offset, bytes, protection,
             MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | kNoReserve, -1, 0) != MAP_FAILED;
#endif
  if (!done) return make_system_error(describe("give back", bytes), errno);
  return {};
}

void Reservation::release() {
  if (base_ == nullptr) return;
  // Unmapping can fail only where the kernel merged this mapping with a neighbour and has no room
  // to split it again. Then the addresses are lost, but not the memory behind them.
  if (::munmap(base_, size_) != 0) ::madvise(base_, size_, MADV_DONTNEED);
  base_ = nullptr;
  size_ = 0;
}

}  // namespace brink::platform
