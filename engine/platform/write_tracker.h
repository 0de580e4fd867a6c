// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// SANDBOX-CRITICAL: a page that is written without being noted keeps what one guest wrote for the
// next one to read.
//
// Learns which pages of a private view of an image (memory_image.h) are written. All pages start
// write-protected. The first write to one faults, wherever in the process it comes from; the fault
// handler notes the page, makes it writable for good, and the instruction runs again:
//
//     protected --first write: fault, noted--> writable --protect_all()--> protected
//
// Only an instruction can fault: the kernel, when it is to write to a protected page (read(2) into
// guest memory), answers EFAULT. Whoever passes a range to the kernel calls make_writable() first.
//
// Invariants:
//   - A page that is not in pages() is equal to the image.
//   - A page is in pages() before anything can be written to it.
//   - Where the kernel has no room for the boundary of one more page, the whole view becomes
//     writable, and is_whole() says so.

#ifndef BRINK_PLATFORM_WRITE_TRACKER_H_
#define BRINK_PLATFORM_WRITE_TRACKER_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <span>

#include "brink/error.h"

namespace brink::platform {

class RangeRegistry;

class WriteTracker {
 public:
  /// For [base, base + bytes): whole pages, at least one, read-only now, the caller's for as long
  /// as the tracker lives.
  static Result<std::unique_ptr<WriteTracker>> create(uint8_t* base, size_t bytes);
  WriteTracker(const WriteTracker&) = delete;
  WriteTracker& operator=(const WriteTracker&) = delete;
  ~WriteTracker();

  uint8_t* base() const { return base_; }
  size_t size() const { return page_count_ * page_bytes_; }

  /// Notes and unprotects the pages of [offset, offset + bytes), which may reach past the end of
  /// the view. From any thread.
  Status make_writable(size_t offset, size_t bytes);

  /// The pages that are noted, in no order. Nobody may be writing meanwhile.
  std::span<const uint32_t> pages() const {
    return {pages_.get(), count_.load(std::memory_order_acquire)};
  }
  /// Everything is writable and may have been written; pages() is not all.
  bool is_whole() const { return is_whole_.load(std::memory_order_acquire); }

  /// Protects all pages again. The caller has made them equal to the image, and nobody may be
  /// writing. When it fails everything stays noted.
  Status protect_all();

  /// What the fault handler does for a write that faulted at `address`. False: the page could not
  /// be made writable. Async-signal-safe.
  bool on_write_fault(uintptr_t address);

 private:
  WriteTracker(uint8_t* base, size_t bytes);
  bool unprotect(uint32_t first, uint32_t count);
  bool unprotect_all();
  bool is_noted(uint32_t page) const {
    return (bits_[page / 64].load(std::memory_order_acquire) >> (page % 64) & 1) != 0;
  }
  void note(uint32_t page);

  uint8_t* base_;
  size_t page_bytes_;
  uint32_t page_count_;
  bool is_registered_ = false;
  std::atomic<bool> is_whole_ = false;
  std::atomic<uint32_t> count_ = 0;
  std::unique_ptr<std::atomic<uint64_t>[]> bits_;
  struct Free {
    void operator()(uint32_t* pages) const;
  };
  std::unique_ptr<uint32_t[], Free>
      pages_;  ///< room for all, of which the system gives what is used
};

/// The tracker whose view `address` lies in, or null. Async-signal-safe.
WriteTracker* find_write_tracker(uintptr_t address);

/// Where find_write_tracker() looks; for the fault handler, which keeps it usable after fork().
RangeRegistry& write_tracker_registry();

}  // namespace brink::platform

#endif  // BRINK_PLATFORM_WRITE_TRACKER_H_
