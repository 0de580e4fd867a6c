// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// SANDBOX-CRITICAL: a reference that is unfolded wrongly is one that the guest never had.
//
// The two directions of folding, part by part; see folding.h.

#include "engine/runtime/folding.h"

#include <algorithm>

#include "engine/runtime/store_image.h"
#include "engine/support/check.h"

namespace brink::runtime {
namespace {

constexpr uint64_t kUnitBytes = 4096;
constexpr uint64_t kLineBytes = 64;
static_assert(kUnitBytes / kLineBytes == 64, "a bit per line");

constexpr uint32_t kEnd = ~uint32_t{0};

alignas(kLineBytes) constexpr uint8_t kZeroes[kUnitBytes] = {};

/// A bit for each line in which the two differ.
uint64_t find_lines(const uint8_t* bytes, const uint8_t* image) {
  uint64_t lines = 0;
  for (uint32_t i = 0; i < 64; ++i)
    if (std::memcmp(bytes + i * kLineBytes, image + i * kLineBytes, kLineBytes) != 0)
      lines |= uint64_t{1} << i;
  return lines;
}

}  // namespace

// ---- memories ----

/// Offsets of the pages that may differ from the image, or from zero behind it.
std::vector<uint64_t> PooledMemory::changed_pages() const {
  const uint64_t page = platform::page_size();
  const uint64_t end = (memory_->bytes.load() + page - 1) & ~(page - 1);
  const uint64_t image_end = image_bytes();
  std::vector<uint64_t> pages;
  uint64_t start = 0;
  if (memory_->tracker != nullptr && !memory_->tracker->is_whole()) {
    for (const uint32_t index : memory_->tracker->pages()) pages.push_back(index * page);
    start = image_end;
  }
  struct Collect {
    std::vector<uint64_t>* pages;
    uint64_t start;
    uint64_t page;
  } collect{&pages, start, page};
  const size_t known = pages.size();
  const bool is_complete = start == end || platform::for_each_written_run(
                                               base_ + start, end - start,
                                               [](void* context, size_t offset, size_t bytes) {
                                                 const Collect& to =
                                                     *static_cast<Collect*>(context);
                                                 for (size_t i = 0; i < bytes; i += to.page)
                                                   to.pages->push_back(to.start + offset + i);
                                               },
                                               &collect);
  if (is_complete) return pages;
  pages.resize(known);
  for (uint64_t at = start; at < end; at += page) pages.push_back(at);
  return pages;
}

void PooledMemory::fold(FoldWriter& writer) const {
  writer.write(memory_->bytes.load());
  for (const uint64_t page : changed_pages()) {
    for (uint64_t at = page; at < page + platform::page_size(); at += kUnitBytes) {
      const uint8_t* const image = at < image_bytes() ? shared_->image->bytes() + at : kZeroes;
      const uint64_t lines = find_lines(base_ + at, image);
      if (lines == 0) continue;
      writer.write(static_cast<uint32_t>(at / kUnitBytes));
      writer.write(lines);
      for (uint64_t rest = lines; rest != 0; rest &= rest - 1)
        writer.append(base_ + at + static_cast<uint64_t>(__builtin_ctzll(rest)) * kLineBytes,
                      kLineBytes);
    }
  }
  writer.write(kEnd);
}

bool PooledMemory::unfold(FoldReader& reader) {
  const auto bytes = reader.read<uint64_t>();
  const uint64_t current = memory_->bytes.load();
  BRINK_CHECK(bytes >= current);
  if (bytes != current && !memory_->grow((bytes - current) >> memory_->type.page_size_log2))
    return false;
  for (auto unit = reader.read<uint32_t>(); unit != kEnd; unit = reader.read<uint32_t>()) {
    uint8_t* const at = memory_->base + unit * kUnitBytes;
    for (auto lines = reader.read<uint64_t>(); lines != 0; lines &= lines - 1)
      std::memcpy(at + static_cast<uint64_t>(__builtin_ctzll(lines)) * kLineBytes,
                  reader.take(kLineBytes), kLineBytes);
  }
  return true;
}

// ---- references ----

/// Numbers stay what they are, and so do references into the heap, which is as in the image. A
/// function is named by its place: that of its instance in the store and its own there; one of the
/// host by that of its callable, with the topmost bit.
uint64_t StoreImage::fold_word(ValType type, Slot word) const {
  if (!type.is_ref() || word == 0 || is_traced(store_.types(), type)) return word;
  const auto& function = *reinterpret_cast<const FuncObject*>(word);
  constexpr uint64_t kHost = uint64_t{1} << 63;
  if (function.is_host()) {
    const auto& all = store_.host_callables;
    const auto found = std::ranges::find(all, function.callable, &std::shared_ptr<void>::get);
    BRINK_CHECK(found != all.end());
    return kHost | static_cast<uint64_t>(found - all.begin() + 1);
  }
  const auto& all = store_.instances;
  const auto found =
      std::ranges::find(all, function.instance, &std::unique_ptr<InstanceObject>::get);
  BRINK_CHECK(found != all.end());
  return static_cast<uint64_t>(found - all.begin() + 1) << 32 | function.function_index;
}

Slot StoreImage::unfold_word(ValType type, uint64_t word) const {
  if (!type.is_ref() || word == 0 || is_traced(store_.types(), type)) return word;
  if (word >> 63 == 0)
    return reinterpret_cast<Slot>(
        store_.instances[(word >> 32) - 1]->func_ref(static_cast<uint32_t>(word)));
  const void* const callable = store_.host_callables[static_cast<uint32_t>(word) - 1].get();
  const auto found = std::ranges::find_if(store_.functions, [&](const FuncObject& function) {
    return function.is_host() && function.callable == callable;
  });
  BRINK_CHECK(found != store_.functions.end());
  return reinterpret_cast<Slot>(&*found);
}

// ---- stores ----

bool StoreImage::can_fold() const {
  const ExecContext& exec = store_.exec;
  return shape_of(store_) == shape_ && store_.async == nullptr && exec.entry == nullptr &&
         store_.roots.size() - store_.free_roots.size() == roots_ &&
         store_.extern_data.size() == extern_data_ && !store_.deadline.is_armed() &&
         exec.interrupts.load() == 0 && store_.heap.equals(*heap_) &&
         std::ranges::all_of(memories_, [](const PooledMemory& m) { return m.is_in_place(); });
}

bool StoreImage::fold(FoldWriter& writer) const {
  if (!can_fold()) return false;
  writer.write(store_.exec.fuel);
  for (const PooledMemory& memory : memories_) memory.fold(writer);
  for (uint32_t i = 0; i < globals_.size(); ++i) {
    const GlobalObject& global = *globals_[i].global;
    if (std::ranges::equal(globals_[i].value, global.value)) continue;
    writer.write(i);
    writer.write(fold_word(global.type.value, global.value[0]));
    writer.write(global.value[1]);
  }
  writer.write(kEnd);
  for (uint32_t i = 0; i < tables_.size(); ++i) {
    const SavedTable& saved = tables_[i];
    const TableObject& table = *saved.table;
    if (!table.is_touched && !saved.is_always_copied) continue;
    if (std::ranges::equal(saved.elements, std::span(table.elements, table.size))) continue;
    writer.write(i);
    writer.write(table.size);
    for (uint64_t j = 0; j < table.size; ++j)
      writer.write(fold_word(table.type.element, table.elements[j]));
  }
  writer.write(kEnd);
  fold_segments(writer);
  return true;
}

void StoreImage::fold_segments(FoldWriter& writer) const {
  for (const SavedSegments& saved : segments_) {
    const InstanceObject& instance = *saved.instance;
    writer.write(static_cast<uint8_t>(instance.has_dropped_segments));
    if (!instance.has_dropped_segments) continue;
    for (const bool is_dropped : instance.dropped_data)
      writer.write(static_cast<uint8_t>(is_dropped));
    for (size_t i = 0; i < saved.elements.size(); ++i)
      writer.write(static_cast<uint8_t>(instance.elements[i].size() != saved.elements[i].size()));
  }
}

bool StoreImage::unfold(FoldReader& reader) {
  store_.exec.fuel = reader.read<int64_t>();
  for (PooledMemory& memory : memories_)
    if (!memory.unfold(reader)) return false;
  for (auto i = reader.read<uint32_t>(); i != kEnd; i = reader.read<uint32_t>()) {
    GlobalObject& global = *globals_[i].global;
    global.value[0] = unfold_word(global.type.value, reader.read<uint64_t>());
    global.value[1] = reader.read<uint64_t>();
  }
  for (auto i = reader.read<uint32_t>(); i != kEnd; i = reader.read<uint32_t>()) {
    TableObject& table = *tables_[i].table;
    const auto size = reader.read<uint64_t>();
    BRINK_CHECK(size >= table.size);
    if (!table.grow(size - table.size, 0)) return false;
    for (uint64_t j = 0; j < size; ++j)
      table.elements[j] = unfold_word(table.type.element, reader.read<uint64_t>());
  }
  unfold_segments(reader);
  return true;
}

void StoreImage::unfold_segments(FoldReader& reader) {
  for (const SavedSegments& saved : segments_) {
    InstanceObject& instance = *saved.instance;
    if (reader.read<uint8_t>() == 0) continue;
    for (uint32_t i = 0; i < instance.dropped_data.size(); ++i)
      if (reader.read<uint8_t>() != 0) drop_data(instance, i);
    for (uint32_t i = 0; i < instance.elements.size(); ++i)
      if (reader.read<uint8_t>() != 0) drop_element(instance, i);
  }
}

}  // namespace brink::runtime
