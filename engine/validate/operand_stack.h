// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// The operand stack of the body decoder: a flat array that grows out of line.
//
//     base            floor                 top            limit
//      | outer blocks   | current block       | free         |
//
// Invariant: base <= floor <= top <= limit. What lies below the floor belongs to outer blocks and
// cannot be popped. Pushing needs room, which is made once an instruction (see kRoom).

#ifndef BRINK_VALIDATE_OPERAND_STACK_H_
#define BRINK_VALIDATE_OPERAND_STACK_H_

#include <algorithm>
#include <cstdint>
#include <memory>
#include <span>
#include <type_traits>

#include "engine/support/check.h"
#include "engine/validate/sink.h"

namespace brink::validate {

template <typename Value>
class OperandStack {
 public:
  using Item = Operand<Value>;
  static_assert(std::is_trivially_copyable_v<Value>);

  /// Operands that may be pushed after ensure_room() without asking again.
  static constexpr uint32_t kRoom = 8;

  OperandStack() { grow(kRoom); }

  void clear() { top_ = floor_ = base_.get(); }

  uint32_t size() const { return static_cast<uint32_t>(top_ - base_.get()); }
  /// Operands of the current block.
  uint32_t available() const { return static_cast<uint32_t>(top_ - floor_); }
  uint32_t floor() const { return static_cast<uint32_t>(floor_ - base_.get()); }
  void set_floor(uint32_t height) { floor_ = base_.get() + height; }

  std::span<Item> all() { return {base_.get(), top_}; }
  std::span<Item> top(uint32_t count) {
    BRINK_DCHECK(count <= size());
    return {top_ - count, count};
  }
  /// The operand below `depth` others.
  Item& peek(uint32_t depth = 0) { return top_[-1 - static_cast<ptrdiff_t>(depth)]; }
  /// One past the topmost operand; where the one lies that was popped last.
  Item* end() { return top_; }
  const Item* floor_item() const { return floor_; }
  /// Below this kRoom operands may be pushed.
  const Item* room_end() const { return limit_ - kRoom; }
  /// For who pushed and popped through end() himself.
  void set_end(Item* end) {
    BRINK_DCHECK(end >= floor_ && end <= limit_);
    top_ = end;
  }

  void ensure_room(uint32_t count = kRoom) {
    if (static_cast<size_t>(limit_ - top_) < count) [[unlikely]]
      grow(count);
  }
  void push(ValType type) { *top_++ = Item{type, Value{}}; }
  /// Makes room by itself.
  void push(std::span<const ValType> types) {
    ensure_room(static_cast<uint32_t>(types.size()) + kRoom);
    for (const ValType type : types) push(type);
  }
  void pop(uint32_t count) {
    BRINK_DCHECK(count <= available());
    top_ -= count;
  }
  void pop_to_floor() { top_ = floor_; }

 private:
  [[gnu::noinline]] void grow(uint32_t count) {
    const uint32_t used = base_ ? size() : 0;
    const uint32_t height = base_ ? floor() : 0;
    const size_t capacity = std::max<size_t>(256, 2 * (size_t{used} + count));
    auto bigger = std::make_unique_for_overwrite<Item[]>(capacity);
    std::copy_n(base_.get(), used, bigger.get());
    base_ = std::move(bigger);
    top_ = base_.get() + used;
    floor_ = base_.get() + height;
    limit_ = base_.get() + capacity;
  }

  std::unique_ptr<Item[]> base_;
  Item* floor_ = nullptr;
  Item* top_ = nullptr;
  Item* limit_ = nullptr;
};

}  // namespace brink::validate

#endif  // BRINK_VALIDATE_OPERAND_STACK_H_
