// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/platform/virtual_memory.h"

#include <sys/resource.h>

#include <catch2/catch.hpp>
#include <cstring>
#include <limits>
#include <utility>
#include <vector>

#include "engine/platform/child_process_for_test.h"

namespace brink::platform {
namespace {

constexpr size_t kHuge = std::numeric_limits<size_t>::max();

TEST_CASE("sizes are rounded up to pages without overflow", "[virtual_memory]") {
  const size_t page = page_size();
  CHECK((page & (page - 1)) == 0);
  CHECK(round_up_to_page(0) == 0u);
  CHECK(round_up_to_page(1) == page);
  CHECK(round_up_to_page(page) == page);
  CHECK(round_up_to_page(page + 1) == 2 * page);
  CHECK_FALSE(round_up_to_page(kHuge).has_value());
  CHECK(round_up_to_page(kHuge - page + 1) == kHuge - page + 1);
}

TEST_CASE("a reservation of 8 GiB costs no memory and is committed by parts", "[virtual_memory]") {
  const size_t page = page_size();
  Result<Reservation> made = Reservation::reserve(size_t{8} << 30);
  REQUIRE(made);
  Reservation memory = std::move(*made);
  CHECK(memory.size() == size_t{8} << 30);
  REQUIRE(memory.commit(0, 4 * page));
  for (size_t i = 0; i < 4 * page; ++i) REQUIRE(memory.base()[i] == 0);
  std::memset(memory.base(), 0xAB, 4 * page);

  SECTION("committing more keeps what is there") {
    REQUIRE(memory.commit(0, 8 * page));
    CHECK(memory.base()[4 * page - 1] == 0xAB);
    CHECK(memory.base()[4 * page] == 0);
  }
  SECTION("committing in the middle") {
    REQUIRE(memory.commit(size_t{5} << 30, page));
    memory.base()[size_t{5} << 30] = 1;
  }
  SECTION("reset reads as zero") {
    REQUIRE(memory.reset(page, page));
    CHECK(memory.base()[page - 1] == 0xAB);
    CHECK(memory.base()[page] == 0);
    CHECK(memory.base()[2 * page - 1] == 0);
    CHECK(memory.base()[2 * page] == 0xAB);
    memory.base()[page] = 1;
  }
  SECTION("what was decommitted is zero when it comes back") {
    REQUIRE(memory.decommit(page, 3 * page));
    REQUIRE(memory.commit(page, 3 * page));
    CHECK(memory.base()[page] == 0);
    CHECK(memory.base()[4 * page - 1] == 0);
    CHECK(memory.base()[0] == 0xAB);
  }
  SECTION("no page at all is fine") {
    CHECK(memory.commit(memory.size(), 0));
    CHECK(memory.decommit(0, 0));
    CHECK(memory.reset(0, 0));
  }
}

TEST_CASE("nonsense is an error and changes nothing", "[virtual_memory]") {
  const size_t page = page_size();
  Reservation memory = *Reservation::reserve(4 * page);
  REQUIRE(memory.commit(0, page));
  const std::pair<size_t, size_t> ranges[] = {{0, 5 * page},
                                              {page, 4 * page},
                                              {5 * page, 0},
                                              {1, page},
                                              {0, 1},
                                              {page, kHuge - page + 1},
                                              {kHuge - page + 1, page},
                                              {kHuge - page + 1, 2 * page}};
  for (const auto& [offset, bytes] : ranges) {
    CAPTURE(offset, bytes);
    for (const Status& status :
         {memory.commit(offset, bytes), memory.decommit(offset, bytes), memory.reset(offset, bytes),
          memory.protect_read_only(offset, bytes)}) {
      REQUIRE_FALSE(status);
      CHECK(status.error().kind() == ErrorKind::Usage);
    }
  }
  memory.base()[page - 1] = 1;
  const Result<Reservation> nothing = Reservation::reserve(0);
  REQUIRE_FALSE(nothing);
  CHECK(nothing.error().kind() == ErrorKind::Usage);
}

TEST_CASE("more than there is is a Limit error", "[virtual_memory]") {
  for (const size_t bytes : {kHuge, kHuge - page_size() + 1, size_t{1} << 62}) {
    const Result<Reservation> memory = Reservation::reserve(bytes);
    REQUIRE_FALSE(memory);
    CHECK(memory.error().kind() == ErrorKind::Limit);
  }
}

TEST_CASE("a reservation moves with its address", "[virtual_memory]") {
  Reservation first = *Reservation::reserve(page_size());
  uint8_t* const base = first.base();
  CHECK(first.contains(base));
  CHECK_FALSE(first.contains(base + page_size()));
  CHECK_FALSE(first.contains(base - 1));
  Reservation second = std::move(first);
  CHECK(first.base() == nullptr);
  CHECK(second.base() == base);
  first = std::move(second);
  CHECK(first.base() == base);
  Reservation& self = first;
  first = std::move(self);
  CHECK(first.base() == base);
  first.release();
  CHECK(first.base() == nullptr);
  CHECK(first.size() == 0);
  CHECK_FALSE(first.contains(nullptr));
}

TEST_CASE("outside of the committed pages nothing is accessible", "[virtual_memory]") {
  const auto touch = [](size_t offset, bool write) {
    return run_in_fork([&] {
      ::signal(SIGSEGV, SIG_DFL);
      const rlimit no_core = {0, 0};
      ::setrlimit(RLIMIT_CORE, &no_core);
      Reservation memory = *Reservation::reserve(8 * page_size());
      if (!memory.commit(0, 4 * page_size())) return 2;
      if (!memory.decommit(page_size(), page_size())) return 3;
      if (!memory.protect_read_only(2 * page_size(), page_size())) return 4;
      volatile uint8_t* byte = memory.base() + offset;
      if (write) {
        *byte = 1;
      } else {
        static_cast<void>(*byte);
      }
      return 0;
    });
  };
  CHECK(touch(0, true) == exited(0));
  CHECK(touch(page_size(), false) == killed_by(SIGSEGV));
  CHECK(touch(2 * page_size(), false) == exited(0));
  CHECK(touch(2 * page_size(), true) == killed_by(SIGSEGV));
  CHECK(touch(4 * page_size() - 1, true) == exited(0));
  CHECK(touch(4 * page_size(), false) == killed_by(SIGSEGV));
}

#if !defined(BRINK_TEST_UNDER_ASAN) && !defined(BRINK_TEST_UNDER_TSAN)

TEST_CASE("an exhausted RLIMIT_AS is an error value", "[virtual_memory]") {
  const ChildEnd end = run_in_fork([] {
    const rlimit limit = {size_t{2} << 30, size_t{2} << 30};
    if (::setrlimit(RLIMIT_AS, &limit) != 0) return 2;
    std::vector<Reservation> memories;
    for (int i = 0; i < 100; ++i) {
      Result<Reservation> memory = Reservation::reserve(size_t{256} << 20);
      if (!memory) return i > 0 && memory.error().kind() == ErrorKind::Limit ? 0 : 3;
      memories.push_back(std::move(*memory));
    }
    return 4;
  });
  CHECK(end == exited(0));
}

TEST_CASE("a full map table is an error value", "[virtual_memory]") {
  const ChildEnd end = run_in_fork([] {
    constexpr size_t kPages = 400'000;
    Reservation memory = *Reservation::reserve(kPages * page_size());
    // Every other page: each is a mapping of its own.
    for (size_t i = 0; i < kPages; i += 2) {
      const Status status = memory.commit(i * page_size(), page_size());
      if (!status) return status.error().kind() == ErrorKind::Limit ? 0 : 3;
    }
    return 4;
  });
  // 4: a system whose table holds more.
  CHECK((end == exited(0) || end == exited(4)));
}

#endif

}  // namespace
}  // namespace brink::platform
