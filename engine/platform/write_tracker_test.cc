// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/platform/write_tracker.h"

#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstring>
#include <thread>
#include <vector>

#include "engine/platform/memory_image.h"
#include "engine/platform/virtual_memory.h"

namespace brink::platform {
namespace {

constexpr size_t kPages = 16;

/// A tracked view of an image in which page i is full of the number i, inside a larger reservation.
struct View {
  explicit View(bool writable = false) {
    std::vector<uint8_t> bytes(kPages * page);
    for (size_t i = 0; i < kPages; ++i) std::memset(&bytes[i * page], static_cast<int>(i), page);
    image = *MemoryImage::capture(bytes.data(), bytes.size());
    reservation = *Reservation::reserve((kPages + 2) * page);
    base = reservation.base() + page;
    REQUIRE(image->map_at(base, writable).has_value());
    if (!writable) tracker = *WriteTracker::create(base, kPages * page);
  }
  std::vector<uint32_t> pages() const {
    std::vector<uint32_t> sorted(tracker->pages().begin(), tracker->pages().end());
    std::ranges::sort(sorted);
    return sorted;
  }
  /// Memory that the compiler must not think it knows.
  volatile uint8_t& at(size_t index, size_t offset = 0) const {
    return base[index * page + offset];
  }

  const size_t page = page_size();
  std::shared_ptr<const MemoryImage> image;
  Reservation reservation;
  uint8_t* base = nullptr;
  std::unique_ptr<WriteTracker> tracker;
};

TEST_CASE("the first write to a page is noted, once", "[write_tracker]") {
  View view;
  CHECK(view.at(3) == 3);
  CHECK(view.pages().empty());
  view.at(3, 17) = 99;
  view.at(3, 18) = 98;
  view.at(7) = 97;
  CHECK(view.pages() == std::vector<uint32_t>{3, 7});
  CHECK(view.at(3, 17) == 99);
  CHECK(view.at(3, 19) == 3);
  CHECK(view.image->bytes()[3 * view.page + 17] == 3);
}

TEST_CASE("a write across two pages notes both, and copies by the library do", "[write_tracker]") {
  View view;
  const uint64_t word = ~uint64_t{0};
  std::memcpy(view.base + 5 * view.page - 4, &word, sizeof word);
  CHECK(view.pages() == std::vector<uint32_t>{4, 5});
  std::memset(view.base + 8 * view.page, 1, 3 * view.page);
  CHECK(view.pages() == std::vector<uint32_t>{4, 5, 8, 9, 10});
}

TEST_CASE("what the kernel is to write is made writable before", "[write_tracker]") {
  View view;
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  REQUIRE(::write(ends[1], "text", 4) == 4);
  CHECK(::read(ends[0], view.base + 2 * view.page - 2, 4) < 4);
  CHECK(view.pages().empty());
  REQUIRE(view.tracker->make_writable(2 * view.page - 2, 4).has_value());
  CHECK(view.pages() == std::vector<uint32_t>{1, 2});
  REQUIRE(::write(ends[1], "text", 4) == 4);
  CHECK(::read(ends[0], view.base + 2 * view.page - 2, 4) == 4);
  CHECK(std::memcmp(view.base + 2 * view.page - 2, "text", 4) == 0);
  ::close(ends[0]);
  ::close(ends[1]);
  // Past the end there is nothing to do.
  CHECK(view.tracker->make_writable(kPages * view.page, 10).has_value());
  CHECK(view.tracker->make_writable(kPages * view.page - 1, 10).has_value());
  CHECK(view.pages() == std::vector<uint32_t>{1, 2, 15});
}

TEST_CASE("pages that are protected again are noted again", "[write_tracker]") {
  View view;
  for (const size_t page : {9, 2, 3}) view.at(page) = 77;
  REQUIRE(forget_writes(view.base, kPages * view.page).has_value());
  REQUIRE(view.tracker->protect_all().has_value());
  CHECK(view.pages().empty());
  CHECK(std::memcmp(view.base, view.image->bytes(), kPages * view.page) == 0);
  view.at(9) = 1;
  CHECK(view.pages() == std::vector<uint32_t>{9});
}

TEST_CASE("threads that write to one view", "[write_tracker]") {
  View view;
  std::vector<std::thread> threads;
  for (size_t thread = 0; thread < 4; ++thread)
    threads.emplace_back([&view, thread] {
      for (size_t page = 0; page < kPages; ++page) view.at(page, thread) = 55;
    });
  for (std::thread& thread : threads) thread.join();
  CHECK(view.pages().size() == kPages);
  for (size_t page = 0; page < kPages; ++page)
    for (size_t thread = 0; thread < 4; ++thread) CHECK(view.at(page, thread) == 55);
}

TEST_CASE("the kernel tells which pages were written", "[write_tracker]") {
  View view(true);
  view.at(1) = 7;
  view.at(2) = 7;
  view.at(9) = 7;
  CHECK(view.at(12) == 12);
  struct Runs {
    std::vector<std::pair<size_t, size_t>> list;
  } runs;
  const bool can_tell = for_each_written_run(
      view.base, kPages * view.page,
      [](void* context, size_t offset, size_t bytes) {
        static_cast<Runs*>(context)->list.emplace_back(offset, bytes);
      },
      &runs);
  if (!can_tell) return;
  const size_t page = view.page;
  CHECK(runs.list == std::vector<std::pair<size_t, size_t>>{{page, 2 * page}, {9 * page, page}});
}

TEST_CASE("an image is of whole pages", "[write_tracker]") {
  const uint8_t byte = 1;
  CHECK(MemoryImage::capture(&byte, 0).error().kind() == ErrorKind::Usage);
  CHECK(MemoryImage::capture(&byte, 1).error().kind() == ErrorKind::Usage);
  CHECK(WriteTracker::create(nullptr, 5).error().kind() == ErrorKind::Usage);
}

}  // namespace
}  // namespace brink::platform
