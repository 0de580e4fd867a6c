// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// See fd_table.h.

#include "wasi/fd_table.h"

#include <algorithm>
#include <utility>

namespace brink::wasi {

Outcome<Descriptor*> FdTable::get(uint32_t fd) {
  if (fd >= slots_.size() || !slots_[fd]) return fail(Errno::Badf);
  return slots_[fd].get();
}

Outcome<Descriptor*> FdTable::get(uint32_t fd, Rights rights) {
  Descriptor* descriptor = BRINK_WASI_TRY(get(fd));
  if ((descriptor->base & rights) != rights) return fail(Errno::Notcapable);
  return descriptor;
}

Outcome<uint32_t> FdTable::insert(Descriptor descriptor) {
  if (full()) return fail(Errno::Mfile);
  while (lowest_free_ < slots_.size() && slots_[lowest_free_]) lowest_free_++;
  if (lowest_free_ == slots_.size()) slots_.emplace_back();
  slots_[lowest_free_] = std::make_unique<Descriptor>(std::move(descriptor));
  open_++;
  return lowest_free_++;
}

Outcome<> FdTable::close(uint32_t fd) {
  BRINK_WASI_TRY(get(fd));
  slots_[fd].reset();
  open_--;
  lowest_free_ = std::min(lowest_free_, fd);
  return {};
}

Outcome<> FdTable::renumber(uint32_t from, uint32_t to) {
  BRINK_WASI_TRY(get(from));
  BRINK_WASI_TRY(get(to));
  if (from == to) return {};
  slots_[to] = std::move(slots_[from]);
  open_--;
  lowest_free_ = std::min(lowest_free_, from);
  return {};
}

void FdTable::note_granted() {
  granted_ = open_;
  for (const auto& slot : slots_)
    if (slot) slot->is_granted = true;
}

bool FdTable::is_as_granted() const {
  const auto is_right = [](const auto& slot) { return !slot || slot->is_granted; };
  return open_ == granted_ && std::ranges::all_of(slots_, is_right);
}

}  // namespace brink::wasi
