// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/platform/code_image.h"

#include <sys/mman.h>

#include <cerrno>
#include <cstring>

#include "engine/platform/system_error.h"
#include "engine/support/try.h"

namespace brink::platform {
namespace {

bool is_whole_pages(size_t bytes) {
  return bytes % page_size() == 0;
}

}  // namespace

Result<CodeImage> CodeImage::reserve(size_t data_bytes, size_t code_bytes) {
  size_t bytes = 0;
  if (!is_whole_pages(data_bytes) || !is_whole_pages(code_bytes) ||
      __builtin_add_overflow(data_bytes, code_bytes, &bytes))
    return make_error(ErrorKind::Usage, "an image of code must be whole pages");
  Reservation memory = BRINK_TRY(Reservation::reserve(bytes));
  if (data_bytes != 0) BRINK_TRY(memory.commit(0, data_bytes));
  return CodeImage(std::move(memory), data_bytes);
}

Result<CodeImage> CodeImage::copy(size_t data_bytes, std::span<const uint8_t> code) {
  CodeImage image = BRINK_TRY(reserve(data_bytes, code.size()));
  if (code.empty()) return image;
  BRINK_TRY(image.memory_.commit(data_bytes, code.size()));
  uint8_t* const place = image.memory_.base() + data_bytes;
  std::memcpy(place, code.data(), code.size());
  if (::mprotect(place, code.size(), PROT_READ | PROT_EXEC) != 0)
    return make_system_error("cannot make code executable", errno);
  __builtin___clear_cache(reinterpret_cast<char*>(place),
                          reinterpret_cast<char*>(place + code.size()));
  return image;
}

Result<CodeImage> CodeImage::map(size_t data_bytes, const MappedFile& file, size_t offset,
                                 size_t bytes) {
  const std::span<const uint8_t> content = file.bytes();
  if (offset > content.size() || bytes > content.size() - offset || !is_whole_pages(offset))
    return make_error(ErrorKind::Usage, "code outside of its file");
  if (file.descriptor() < 0 || bytes == 0) return copy(data_bytes, content.subspan(offset, bytes));
  CodeImage image = BRINK_TRY(reserve(data_bytes, bytes));
  // Safety: replaces pages of the reservation just made, which nobody else knows of.
  void* const place = image.memory_.base() + data_bytes;
  if (::mmap(place, bytes, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_FIXED, file.descriptor(),
             static_cast<off_t>(offset)) != MAP_FAILED)
    return image;
  // Files of a file system that is mounted noexec cannot be mapped so.
  if (errno == EPERM || errno == EACCES) return copy(data_bytes, content.subspan(offset, bytes));
  return make_system_error("cannot map code", errno);
}

}  // namespace brink::platform
