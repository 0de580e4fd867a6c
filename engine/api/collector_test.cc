// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// The collector under guests: garbage without end within the heap's limit, structures of millions
// of objects, and what happens when there is no room left.

#include <catch2/catch.hpp>

#include <algorithm>

#include "brink/linker.h"
#include "engine/api/test_instance.h"

namespace brink::testing {
namespace {

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define BRINK_SLOW_BUILD
#endif
#endif
#if defined(BRINK_SLOW_BUILD)
constexpr int32_t kScale = 20;
#undef BRINK_SLOW_BUILD
#else
constexpr int32_t kScale = 1;
#endif

constexpr const char* kGuest = R"((module
  (type $node (struct (field $next (mut (ref null $node))) (field $other (mut anyref))))
  (type $bytes (array (mut i8)))
  (type $refs (array (mut anyref)))
  (global $list (mut (ref null $node)) (ref.null $node))

  ;; Rounds of nodes and of arrays of all sizes up to 64 KiB.
  (func (export "litter") (param $rounds i32)
    (loop $more
      (drop (struct.new $node (ref.null $node) (ref.i31 (local.get $rounds))))
      (drop (array.new_default $bytes (i32.and (local.get $rounds) (i32.const 0xffff))))
      (br_if $more (local.tee $rounds (i32.sub (local.get $rounds) (i32.const 1))))))

  ;; A list with new nodes at its end, so that its depth runs through $next; or with the links in
  ;; the second field, the first node being the youngest.
  (func (export "grow") (param $count i32) (param $by_other i32)
    (loop $more
      (if (local.get $by_other)
        (then (global.set $list (struct.new $node (ref.null $node) (global.get $list))))
        (else (global.set $list (struct.new $node (global.get $list) (ref.null any)))))
      (br_if $more (local.tee $count (i32.sub (local.get $count) (i32.const 1))))))
  (func (export "length") (result i32) (local $list (ref null $node)) (local $n i32)
    (local.set $list (global.get $list))
    (loop $more (result i32)
      (if (ref.is_null (local.get $list)) (then (return (local.get $n))))
      (local.set $n (i32.add (local.get $n) (i32.const 1)))
      (local.set $list
        (if (result (ref null $node)) (ref.is_null (struct.get $node $other (local.get $list)))
          (then (struct.get $node $next (local.get $list)))
          (else (ref.cast (ref null $node) (struct.get $node $other (local.get $list))))))
      (br $more)))
  (func (export "drop") (global.set $list (ref.null $node)))

  (func (export "array") (param i32) (result i32)
    (array.len (array.new_default $refs (local.get 0))))))";

struct Fixture {
  explicit Fixture(uint64_t heap_bytes) : store(engine, limits(heap_bytes)) {}
  static StoreLimits limits(uint64_t heap_bytes) {
    StoreLimits limits;
    limits.max_gc_heap_bytes = heap_bytes;
    return limits;
  }

  Engine engine;
  Store store;
  Instance guest = instantiate(Linker(store), kGuest);
};

TEST_CASE("garbage of a hundred times the limit lives within the limit") {
  constexpr uint64_t kLimit = uint64_t{16} << 20;
  Fixture f(kLimit);
  call(f.guest, "grow", {Value::i32(1000), Value::i32(0)});
  // 32 KiB a round on average.
  const auto rounds = static_cast<int32_t>(100 * kLimit / (32 << 10)) / kScale;
  constexpr int32_t kPart = 100;
  uint64_t most = 0;
  for (int32_t done = 0; done < rounds; done += kPart) {
    // From different places, so that all sizes come up.
    call(f.guest, "litter", {Value::i32(kPart)});
    call(f.guest, "array", {Value::i32(65536 + done % 4096)});
    most = std::max(most, f.store.gc_heap_bytes());
  }
  call(f.guest, "litter", {Value::i32(rounds)});
  most = std::max(most, f.store.gc_heap_bytes());
  CHECK(most <= kLimit);
  CHECK(call(f.guest, "length").i32() == 1000);
}

TEST_CASE("a list of ten million nodes survives collections and is then freed") {
  constexpr int32_t kNodes = 10'000'000 / kScale;
  const int32_t by_other = GENERATE(0, 1);
  Fixture f(uint64_t{1} << 30);
  call(f.guest, "grow", {Value::i32(kNodes), Value::i32(by_other)});
  f.store.collect_garbage();
  CHECK(f.store.gc_heap_bytes() >= uint64_t{kNodes} * 24);
  CHECK(call(f.guest, "length").i32() == kNodes);
  call(f.guest, "drop");
  f.store.collect_garbage();
  CHECK(f.store.gc_heap_bytes() == 0);
  // The room is there again.
  call(f.guest, "grow", {Value::i32(kNodes), Value::i32(1 - by_other)});
  CHECK(call(f.guest, "length").i32() == kNodes);
}

TEST_CASE("a guest that keeps too much traps, and goes on when it lets go") {
  Fixture f(uint64_t{4} << 20);
  CHECK(trap_of(f.guest, "grow", {Value::i32(1'000'000), Value::i32(0)}).code ==
        TrapCode::HeapExhausted);
  CHECK(call(f.guest, "length").i32() > 10'000);
  CHECK(trap_of(f.guest, "array", {Value::i32(1 << 20)}).code == TrapCode::HeapExhausted);
  call(f.guest, "drop");
  CHECK(call(f.guest, "array", {Value::i32(100'000)}).i32() == 100'000);
  call(f.guest, "grow", {Value::i32(10'000), Value::i32(1)});
  CHECK(call(f.guest, "length").i32() == 10'000);
}

TEST_CASE("an array no heap can hold is refused at once") {
  Fixture f(uint64_t{1} << 32);
  for (const uint32_t length : {0xffffffffu, 0x80000000u, 0x20000000u}) {
    const TrapCode code =
        trap_of(f.guest, "array", {Value::i32(static_cast<int32_t>(length))}).code;
    CHECK((code == TrapCode::AllocationTooLarge || code == TrapCode::HeapExhausted));
  }
  CHECK(call(f.guest, "array", {Value::i32(3)}).i32() == 3);
}

TEST_CASE("ten million tail calls need no more stack than one") {
  Engine engine;
  StoreLimits limits;
  limits.max_stack_bytes = 16 << 10;
  Store store(engine, limits);
  const Instance guest = instantiate(Linker(store), R"((module
    (type $f (func (param i32 i64) (result i64)))
    (table funcref (elem $odd))
    (elem declare func $even)
    (func $count (export "self") (param i32 i64) (result i64)
      (if (i32.eqz (local.get 0)) (then (return (local.get 1))))
      (return_call $count (i32.sub (local.get 0) (i32.const 1))
                          (i64.add (local.get 1) (i64.const 1))))
    ;; One the other, by table and by reference, with frames of different sizes.
    (func $even (export "mutual") (param i32 i64) (result i64)
      (if (i32.eqz (local.get 0)) (then (return (local.get 1))))
      (return_call_indirect (type $f) (i32.sub (local.get 0) (i32.const 1))
                            (i64.add (local.get 1) (i64.const 1)) (i32.const 0)))
    (func $odd (param i32 i64) (result i64) (local i64 i64 i64 i64 v128 v128)
      (if (i32.eqz (local.get 0)) (then (return (local.get 1))))
      (return_call_ref $f (i32.sub (local.get 0) (i32.const 1))
                          (i64.add (local.get 1) (i64.const 1)) (ref.func $even)))
    (func $deep (export "deep") (param i32 i64) (result i64)
      (if (i32.eqz (local.get 0)) (then (return (local.get 1))))
      (call $deep (i32.sub (local.get 0) (i32.const 1)) (local.get 1)))))");
  constexpr int32_t kCalls = 10'000'000 / kScale;
  for (const char* name : {"self", "mutual"})
    CHECK(call(guest, name, {Value::i32(kCalls), Value::i64(0)}).i64() == kCalls);
  // The limit is a limit.
  CHECK(trap_of(guest, "deep", {Value::i32(10'000), Value::i64(0)}).code ==
        TrapCode::StackExhausted);
}

}  // namespace
}  // namespace brink::testing
