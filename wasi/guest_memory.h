// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Access to guest memory. Every address and length comes from the guest, so every access is
// checked; one outside is Errno::Fault and touches nothing.
//
// Invariant: writable() is the only way host code gets at bytes it may change. Memories whose pages
// are write-protected (to learn which ones a guest dirties) are unprotected there, and only there:
// the kernel would answer EFAULT for a read(2) into a protected page instead of faulting.
//
// Nothing here survives the call it was made for: the guest may grow its memory afterwards.

#ifndef BRINK_WASI_GUEST_MEMORY_H_
#define BRINK_WASI_GUEST_MEMORY_H_

#include <sys/uio.h>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <type_traits>

#include "wasi/types.h"

namespace brink::wasi {

static_assert(std::endian::native == std::endian::little, "structures are copied as they are");

class GuestMemory {
 public:
  /// Called before a range is given to the kernel to write to; false: it cannot be written.
  using Prepare = bool (*)(void* context, uint64_t address, uint64_t size);

  explicit GuestMemory(std::span<uint8_t> bytes) : bytes_(bytes) {}
  GuestMemory(std::span<uint8_t> bytes, Prepare prepare, void* context)
      : bytes_(bytes), prepare_(prepare), context_(context) {}

  Outcome<std::span<const uint8_t>> readable(uint64_t address, uint64_t size) const {
    if (!contains(address, size)) [[unlikely]]
      return fail(Errno::Fault);
    return bytes_.subspan(address, size);
  }
  Outcome<std::span<uint8_t>> writable(uint64_t address, uint64_t size) const {
    if (!contains(address, size)) [[unlikely]]
      return fail(Errno::Fault);
    if (prepare_ != nullptr && !prepare_(context_, address, size)) [[unlikely]]
      return fail(Errno::Nomem);
    return bytes_.subspan(address, size);
  }

  template <typename T>
  Outcome<T> load(uint64_t address) const {
    static_assert(std::is_trivially_copyable_v<T>);
    const auto from = readable(address, sizeof(T));
    if (!from) return fail(from.error());
    T value;
    std::memcpy(&value, from->data(), sizeof(T));
    return value;
  }
  template <typename T>
  Outcome<> store(uint64_t address, const T& value) const {
    static_assert(std::is_trivially_copyable_v<T>);
    const auto to = writable(address, sizeof(T));
    if (!to) return fail(to.error());
    std::memcpy(to->data(), &value, sizeof(T));
    return {};
  }
  Outcome<> write(uint64_t address, std::string_view text) const {
    const auto to = writable(address, text.size());
    if (!to) return fail(to.error());
    if (!text.empty()) std::memcpy(to->data(), text.data(), text.size());
    return {};
  }
  Outcome<std::string_view> text(uint64_t address, uint64_t size) const {
    const auto from = readable(address, size);
    if (!from) return fail(from.error());
    return std::string_view(reinterpret_cast<const char*>(from->data()), from->size());
  }

 private:
  bool contains(uint64_t address, uint64_t size) const {
    return address <= bytes_.size() && size <= bytes_.size() - address;
  }
  std::span<uint8_t> bytes_;
  Prepare prepare_ = nullptr;
  void* context_ = nullptr;
};

/// Walks a guest's array of iovecs in batches, so that the host needs no memory in proportion to
/// it, and is not kept busy long between two looks at whether the guest is to stop. Empty buffers
/// are left out, large ones go in pieces.
class IovecWalk {
 public:
  /// Entries of a batch: as many as the kernel takes at once (IOV_MAX).
  static constexpr size_t kBatch = 1024;
  /// Bytes of a batch.
  static constexpr uint64_t kBatchBytes = uint64_t{64} << 20;
  /// Entries of an array; a longer one is Inval.
  static constexpr uint32_t kMaxCount = 1 << 20;
  enum class Direction : uint8_t { HostReads, HostWrites };

  IovecWalk(const GuestMemory& memory, uint32_t array, uint32_t count, Direction direction)
      : memory_(memory), address_(array), left_(count), direction_(direction) {}

  /// Fills `batch` from its start; the number of entries, 0 when the array is at its end.
  Outcome<size_t> next(std::span<iovec> batch);

 private:
  Outcome<uint8_t*> data(const GuestIovec& entry) const;

  const GuestMemory& memory_;
  uint64_t address_;
  uint32_t left_;
  Direction direction_;
  iovec rest_{nullptr, 0};  ///< what is left of the entry before address_
};

inline Outcome<uint8_t*> IovecWalk::data(const GuestIovec& entry) const {
  if (direction_ == Direction::HostWrites) {
    return BRINK_WASI_TRY(memory_.writable(entry.buf, entry.buf_len)).data();
  }
  return const_cast<uint8_t*>(BRINK_WASI_TRY(memory_.readable(entry.buf, entry.buf_len)).data());
}

inline Outcome<size_t> IovecWalk::next(std::span<iovec> batch) {
  if (left_ > kMaxCount) return fail(Errno::Inval);
  size_t used = 0;
  uint64_t bytes = 0;
  while (used < batch.size() && bytes < kBatchBytes) {
    if (rest_.iov_len == 0) {
      if (left_ == 0) break;
      const GuestIovec entry = BRINK_WASI_TRY(memory_.load<GuestIovec>(address_));
      rest_ = iovec{BRINK_WASI_TRY(data(entry)), entry.buf_len};
      address_ += sizeof(GuestIovec);
      left_--;
      continue;
    }
    const size_t size = std::min<size_t>(rest_.iov_len, kBatchBytes - bytes);
    batch[used++] = iovec{rest_.iov_base, size};
    rest_ = iovec{static_cast<uint8_t*>(rest_.iov_base) + size, rest_.iov_len - size};
    bytes += size;
  }
  return used;
}

/// What every function gets besides its parameters.
struct GuestCall {
  GuestMemory memory;
  Abi abi = Abi::Preview1;
};

}  // namespace brink::wasi

#endif  // BRINK_WASI_GUEST_MEMORY_H_
