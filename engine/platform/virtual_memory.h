// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// SANDBOX-CRITICAL: a mistake here lets a guest leave its memory. Changes need a second reader.
//
// Owns address space: the reservations that linear memories, the GC heap, stacks and pools live in.
// It knows pages and protection and nothing of WebAssembly; who may fault where is
// fault_handler.h's business.
//
// A reservation is one private anonymous mapping, in this order of addresses:
//
//     base()                                                              base() + size()
//     |<- committed: read-write, zero ->|<---- reserved: no access, no memory, no swap ---->|
//     |                                 |                                                   |
//     +--------- commit(0, n) ----------+------------ every access faults ------------------+
//
// For a 32-bit linear memory the whole of what an instruction can name lies inside:
//
//     base + zero-extended 32-bit index + folded 32-bit offset + 16 bytes  <=  base + size()
//
// so code needs no bounds check, growing never moves the base, and an access past the committed
// part faults at an address that belongs to this reservation.
//
// Invariants:
//   - base() never changes while the object lives, wherever the object is moved to.
//   - A page outside the committed parts is never accessible, not even for the time of a call here.
//   - Pages that become committed read as zero.
//   - No operation aborts: no memory, RLIMIT_AS and a full map table are Error values
//     (ErrorKind::Limit), other refusals are ErrorKind::Io, nonsense arguments ErrorKind::Usage.

#ifndef BRINK_PLATFORM_VIRTUAL_MEMORY_H_
#define BRINK_PLATFORM_VIRTUAL_MEMORY_H_

#include <cstddef>
#include <cstdint>
#include <optional>

#include "brink/error.h"

namespace brink::platform {

/// Bytes of a page; a power of two, the same for the life of the process.
size_t page_size();

/// `bytes` rounded up to whole pages, or nothing where that overflows.
std::optional<size_t> round_up_to_page(size_t bytes);

/// Bytes that the process may still reserve under its limit of address space (RLIMIT_AS); nothing
/// where there is no limit.
std::optional<uint64_t> address_space_left();

/// Mappings that the kernel lets the process have beyond those it has; nothing where there is no
/// limit to be found.
std::optional<uint64_t> mappings_left();

/// Address space, owned. Not thread-safe: one thread changes it at a time; memory inside may of
/// course be used by many.
class Reservation {
 public:
  /// Owns nothing: base() is null and size() is 0.
  Reservation() = default;
  /// Takes `bytes`, rounded up to whole pages, with no access. 0 bytes is ErrorKind::Usage.
  static Result<Reservation> reserve(size_t bytes);

  Reservation(Reservation&& other) noexcept;
  Reservation& operator=(Reservation&& other) noexcept;
  Reservation(const Reservation&) = delete;
  Reservation& operator=(const Reservation&) = delete;
  ~Reservation() { release(); }

  uint8_t* base() const { return base_; }
  size_t size() const { return size_; }
  bool contains(const void* address) const {
    return reinterpret_cast<uintptr_t>(address) - reinterpret_cast<uintptr_t>(base_) < size_;
  }

  // In all of these [offset, offset + bytes) must be whole pages inside the reservation; anything
  // else is ErrorKind::Usage and changes nothing.

  /// Makes pages readable and writable. Those that were not committed read as zero.
  Status commit(size_t offset, size_t bytes);
  /// Takes access away and gives the memory back to the system.
  Status decommit(size_t offset, size_t bytes);
  /// Gives the memory of committed pages back; they stay accessible and read as zero.
  Status reset(size_t offset, size_t bytes);
  /// Takes access to committed pages away for good, and their memory. Unlike decommit() it leaves the
  /// mapping in one piece where the kernel can (Linux 6.13), so that many guards do not run into its
  /// limit of mappings.
  Status guard(size_t offset, size_t bytes);
  /// Takes write access away from committed pages; commit() gives it back.
  Status protect_read_only(size_t offset, size_t bytes);

  /// Gives the address space back; the object owns nothing afterwards.
  void release();

 private:
  Reservation(uint8_t* base, size_t size) : base_(base), size_(size) {}
  Status check_range(size_t offset, size_t bytes) const;
  Status discard(size_t offset, size_t bytes, int protection);
  Status protect(size_t offset, size_t bytes, int protection, const char* what);

  uint8_t* base_ = nullptr;
  size_t size_ = 0;
};

}  // namespace brink::platform

#endif  // BRINK_PLATFORM_VIRTUAL_MEMORY_H_
