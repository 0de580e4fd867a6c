// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/platform/executable_memory.h"

#include <sys/mman.h>

#include <cerrno>
#include <cstring>
#include <optional>

#include "engine/platform/system_error.h"
#include "engine/platform/virtual_memory.h"
#include "engine/support/try.h"

namespace brink::platform {
namespace {

// A byte that makes a trapping instruction when repeated: int3 on x86-64, udf #0 on AArch64.
#if defined(__x86_64__)
constexpr int kTrapByte = 0xCC;
#else
constexpr int kTrapByte = 0;
#endif

}  // namespace

Result<CodeMemory> CodeMemory::allocate(size_t bytes) {
  const std::optional<size_t> size = round_up_to_page(bytes);
  if (bytes == 0 || !size) return make_error(ErrorKind::Usage, "not a size of machine code");
  void* base = ::mmap(nullptr, *size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (base == MAP_FAILED) return make_system_error("cannot allocate memory for code", errno);
  return CodeMemory(static_cast<uint8_t*>(base), *size);
}

CodeMemory& CodeMemory::operator=(CodeMemory&& other) noexcept {
  if (this != &other) {
    release();
    base_ = std::exchange(other.base_, nullptr);
    size_ = std::exchange(other.size_, 0);
    is_sealed_ = std::exchange(other.is_sealed_, false);
  }
  return *this;
}

Status CodeMemory::seal(size_t used) {
  if (is_sealed_ || base_ == nullptr || used > size_) {
    return make_error(ErrorKind::Usage, "not code that can be made executable");
  }
  std::memset(base_ + used, kTrapByte, size_ - used);
  if (::mprotect(base_, size_, PROT_READ | PROT_EXEC) != 0) {
    return make_system_error("cannot make code executable", errno);
  }
  is_sealed_ = true;
  // The instruction cache may hold what these addresses were before. A no-op on x86-64.
  __builtin___clear_cache(reinterpret_cast<char*>(base_), reinterpret_cast<char*>(base_ + size_));
  return {};
}

void CodeMemory::release() {
  if (base_ != nullptr) ::munmap(base_, size_);
  base_ = nullptr;
  size_ = 0;
  is_sealed_ = false;
}

Result<CodeSpace> CodeSpace::reserve(size_t data_bytes, size_t max_code_bytes) {
  const std::optional<size_t> data = round_up_to_page(data_bytes);
  const std::optional<size_t> code = round_up_to_page(max_code_bytes);
  size_t size;
  if (!data || !code || __builtin_add_overflow(*data, *code, &size))
    return make_error(ErrorKind::Usage, "not a size of machine code");
  CodeSpace space;
  space.memory_ = BRINK_TRY(Reservation::reserve(size));
  if (*data != 0) BRINK_TRY(space.memory_.commit(0, *data));
  space.data_bytes_ = *data;
  return space;
}

Status CodeSpace::append_copy(std::span<const uint8_t> code) {
  const std::span<uint8_t> piece = BRINK_TRY(open(code.size()));
  std::memcpy(piece.data(), code.data(), code.size());
  return seal(code.size());
}

Status CodeSpace::append_file(const MappedFile& file, size_t offset, size_t bytes) {
  const std::span<const uint8_t> content = file.bytes();
  if (bytes == 0 || offset > content.size() || bytes > content.size() - offset ||
      offset % page_size() != 0 || bytes % page_size() != 0)
    return make_error(ErrorKind::Usage, "code outside of its file");
  if (bytes > max_code_bytes() - used_)
    return make_error(ErrorKind::Limit, "no room for more code of the module");
  if (file.descriptor() < 0) return append_copy(content.subspan(offset, bytes));
  // Safety: replaces pages of the reservation that nothing has been put into yet.
  void* const place = memory_.base() + data_bytes_ + used_;
  if (::mmap(place, bytes, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_FIXED, file.descriptor(),
             static_cast<off_t>(offset)) != MAP_FAILED) {
    used_ += bytes;
    return {};
  }
  // Files of a file system that is mounted noexec cannot be mapped so.
  if (errno == EPERM || errno == EACCES) return append_copy(content.subspan(offset, bytes));
  return make_system_error("cannot map code", errno);
}

Result<std::span<uint8_t>> CodeSpace::open(size_t bytes) {
  const std::optional<size_t> size = round_up_to_page(bytes);
  if (bytes == 0 || !size || *size > max_code_bytes() - used_)
    return make_error(ErrorKind::Limit, "no room for more code of the module");
  BRINK_TRY(memory_.commit(data_bytes_ + used_, *size));
  open_bytes_ = *size;
  return std::span(memory_.base() + data_bytes_ + used_, *size);
}

Status CodeSpace::seal(size_t used) {
  const size_t size = round_up_to_page(used).value_or(0);
  if (size == 0 || size > open_bytes_)
    return make_error(ErrorKind::Usage, "not code that can be made executable");
  uint8_t* const piece = memory_.base() + data_bytes_ + used_;
  std::memset(piece + used, kTrapByte, size - used);
  if (::mprotect(piece, size, PROT_READ | PROT_EXEC) != 0)
    return make_system_error("cannot make code executable", errno);
  __builtin___clear_cache(reinterpret_cast<char*>(piece), reinterpret_cast<char*>(piece + size));
  used_ += size;
  open_bytes_ = 0;
  return {};
}

}  // namespace brink::platform
