// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/platform/guest_access.h"

#include <bit>
#include <catch2/catch.hpp>
#include <cstdint>
#include <cstring>
#include <vector>

#include "engine/platform/activation.h"
#include "engine/platform/fault_handler.h"
#include "engine/platform/virtual_memory.h"

namespace brink::platform {
namespace {

// Every access as a guest function: (pc, fp, base, index, value in, where to put the result).
using Access = uintptr_t (*)(const void*, const void*, uint8_t*, uint64_t, uint64_t,
                             unsigned char* result);

template <auto load>
uintptr_t run_load(const void* pc, const void* fp, uint8_t* base, uint64_t index, uint64_t,
                   unsigned char* result) {
  const auto value = load(base, index, pc, fp);
  std::memcpy(result, &value, sizeof value);
  return 1;
}

template <typename T>
T from_bits(uint64_t bits) {
  T value{};
  std::memcpy(&value, &bits, sizeof bits < sizeof value ? sizeof bits : sizeof value);
  return value;
}

template <auto store, typename T>
uintptr_t run_store(const void* pc, const void* fp, uint8_t* base, uint64_t index, uint64_t bits,
                    unsigned char*) {
  store(base, index, from_bits<T>(bits), pc, fp);
  return 1;
}

// Where `bytes` bytes that hold ...F2 F1 F0 are loaded, the low 8 bytes of the result.
struct LoadCase {
  const char* name;
  Access access;
  size_t bytes;
  uint64_t expected;
};

const LoadCase kLoads[] = {
    {"load_u8", run_load<load_u8>, 1, 0xF0},
    {"load_u16", run_load<load_u16>, 2, 0xF1F0},
    {"load_u32", run_load<load_u32>, 4, 0xF3F2F1F0},
    {"load_u64", run_load<load_u64>, 8, 0xF7F6F5F4F3F2F1F0},
    {"load_s8_to_32", run_load<load_s8_to_32>, 1, 0xFFFFFFF0},
    {"load_s16_to_32", run_load<load_s16_to_32>, 2, 0xFFFFF1F0},
    {"load_s8_to_64", run_load<load_s8_to_64>, 1, 0xFFFFFFFFFFFFFFF0},
    {"load_s16_to_64", run_load<load_s16_to_64>, 2, 0xFFFFFFFFFFFFF1F0},
    {"load_s32_to_64", run_load<load_s32_to_64>, 4, 0xFFFFFFFFF3F2F1F0},
    {"load_f32", run_load<load_f32>, 4, 0xF3F2F1F0},
    {"load_f64", run_load<load_f64>, 8, 0xF7F6F5F4F3F2F1F0},
    {"load_v128", run_load<load_v128>, 16, 0xF7F6F5F4F3F2F1F0},
};

struct StoreCase {
  const char* name;
  Access access;
  size_t bytes;
};

const StoreCase kStores[] = {
    {"store_u8", run_store<store_u8, uint64_t>, 1},
    {"store_u16", run_store<store_u16, uint64_t>, 2},
    {"store_u32", run_store<store_u32, uint64_t>, 4},
    {"store_u64", run_store<store_u64, uint64_t>, 8},
    {"store_f32", run_store<store_f32, float>, 4},
    {"store_f64", run_store<store_f64, double>, 8},
    {"store_v128", run_store<store_v128, GuestVector>, 16},
};

struct Guest {
  Guest() {
    REQUIRE(install_fault_handler());
    REQUIRE(memory.commit(0, kCommitted));
    range = *register_guest_memory(memory.base(), memory.size());
  }
  // Runs an access as guest code with recognizable values in the argument registers.
  uintptr_t run(Access access, uint64_t index, uint64_t value = 0) {
    std::memset(result, 0, sizeof result);
    return enter_guest(activation, as_guest_function(access), kPc, kFp,
                       reinterpret_cast<uintptr_t>(memory.base()), index, value,
                       reinterpret_cast<uintptr_t>(result));
  }
  uint64_t low_result() const {
    uint64_t low;
    std::memcpy(&low, result, sizeof low);
    return low;
  }

  static constexpr uintptr_t kPc = 0x1111222233334444;
  static constexpr uintptr_t kFp = 0x5555666677778888;
  static constexpr size_t kCommitted = 65536;
  Reservation memory = *Reservation::reserve(kCommitted * 4);
  FaultRange range;
  Activation activation;
  unsigned char result[16] = {};
};

TEST_CASE("loads read and extend", "[guest_access]") {
  Guest guest;
  for (const LoadCase& load : kLoads) {
    CAPTURE(load.name);
    for (const uint64_t index : {uint64_t{0}, uint64_t{3}, Guest::kCommitted - load.bytes}) {
      std::memset(guest.memory.base(), 0x55, Guest::kCommitted);
      for (size_t i = 0; i < load.bytes; ++i) {
        guest.memory.base()[index + i] = static_cast<uint8_t>(0xF0 + i);
      }
      CHECK(guest.run(load.access, index) == 1);
      CHECK(guest.low_result() == load.expected);
      if (load.bytes == 16) CHECK(guest.result[15] == 0xFF);
    }
  }
}

TEST_CASE("stores write their bytes and no others", "[guest_access]") {
  Guest guest;
  const uint64_t value = 0x8182838485868788;
  for (const StoreCase& store : kStores) {
    CAPTURE(store.name);
    for (const uint64_t index : {uint64_t{1}, uint64_t{64}, Guest::kCommitted - store.bytes}) {
      std::vector<uint8_t> expected(Guest::kCommitted, 0x55);
      std::memset(guest.memory.base(), 0x55, Guest::kCommitted);
      std::memset(expected.data() + index, 0, store.bytes);
      std::memcpy(expected.data() + index, &value, store.bytes < 8 ? store.bytes : 8);
      CHECK(guest.run(store.access, index, value) == 1);
      CHECK(std::memcmp(guest.memory.base(), expected.data(), expected.size()) == 0);
    }
  }
}

#if BRINK_GUEST_ACCESS_MAY_FAULT

void check_trapped(const Guest& guest, uint64_t address_index) {
  CHECK(guest.activation.trap == TrapCode::MemoryOutOfBounds);
  CHECK(guest.activation.fault_address ==
        reinterpret_cast<uintptr_t>(guest.memory.base()) + address_index);
  CHECK(guest.activation.fault_arguments[0] == Guest::kPc);
  CHECK(guest.activation.fault_arguments[1] == Guest::kFp);
  CHECK(current_activation() == nullptr);
}

TEST_CASE("an access past the committed memory traps with pc and fp", "[guest_access]") {
  Guest guest;
  for (const LoadCase& load : kLoads) {
    CAPTURE(load.name);
    CHECK(guest.run(load.access, Guest::kCommitted) == 0);
    check_trapped(guest, Guest::kCommitted);
    if (load.bytes == 1) continue;
    // The first bytes are there and the last are not.
    CHECK(guest.run(load.access, Guest::kCommitted - 1) == 0);
    check_trapped(guest, Guest::kCommitted);
  }
}

TEST_CASE("a store that does not fit traps", "[guest_access]") {
  Guest guest;
  for (const StoreCase& store : kStores) {
    CAPTURE(store.name);
    CHECK(guest.run(store.access, guest.memory.size() - store.bytes, ~uint64_t{0}) == 0);
    check_trapped(guest, guest.memory.size() - store.bytes);
    if (store.bytes == 1) continue;
    CHECK(guest.run(store.access, Guest::kCommitted - 1, ~uint64_t{0}) == 0);
    check_trapped(guest, Guest::kCommitted);
  }
}

#endif  // BRINK_GUEST_ACCESS_MAY_FAULT

}  // namespace
}  // namespace brink::platform
