// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Typed host functions. A C++ callable is reached from guests through a thunk made at compile time
// that reads the arguments straight from the caller's frame slots and writes the results there:
// nothing is boxed, nothing is allocated. Included by store.h.

#ifndef BRINK_TYPED_FUNC_H_
#define BRINK_TYPED_FUNC_H_

#include <cstring>
#include <tuple>
#include <type_traits>

#include "brink/store.h"

namespace brink {
namespace runtime {

/// Enters a host function. `slots` holds the arguments (8 bytes each, v128 two slots) and receives
/// the results from the first slot on. False: it trapped, and the trap was left with set_host_trap.
using HostThunk = bool (*)(void* callable, StoreState& store, InstanceObject* caller,
                           uint64_t* slots);

Func make_host_func(Store& store, const FuncType& type, HostThunk thunk,
                    std::shared_ptr<void> callable);
void set_host_trap(StoreState& store, Trap trap);
Caller make_caller(StoreState& store, InstanceObject* instance);

/// How a C++ type travels in slots.
template <typename T>
struct SlotTraits;

template <typename T, ValKind val_kind>
struct ScalarSlot {
  static constexpr ValKind kKind = val_kind;
  static constexpr size_t kSlots = 1;
  static T read(const uint64_t* slot) {
    T value;
    std::memcpy(&value, slot, sizeof(T));
    return value;
  }
  static void write(uint64_t* slot, T value) {
    *slot = 0;
    std::memcpy(slot, &value, sizeof(T));
  }
};
template <>
struct SlotTraits<int32_t> : ScalarSlot<int32_t, ValKind::I32> {};
template <>
struct SlotTraits<uint32_t> : ScalarSlot<uint32_t, ValKind::I32> {};
template <>
struct SlotTraits<int64_t> : ScalarSlot<int64_t, ValKind::I64> {};
template <>
struct SlotTraits<uint64_t> : ScalarSlot<uint64_t, ValKind::I64> {};
template <>
struct SlotTraits<float> : ScalarSlot<float, ValKind::F32> {};
template <>
struct SlotTraits<double> : ScalarSlot<double, ValKind::F64> {};
template <>
struct SlotTraits<V128> {
  static constexpr ValKind kKind = ValKind::V128;
  static constexpr size_t kSlots = 2;
  static V128 read(const uint64_t* slot) { return V128{{slot[0], slot[1]}}; }
  static void write(uint64_t* slot, V128 value) {
    slot[0] = value.words[0];
    slot[1] = value.words[1];
  }
};

/// The wasm result types of a C++ return type, and how to store it.
template <typename R>
struct ResultTraits {
  static void append_types(std::vector<ValType>& types) { types.push_back(SlotTraits<R>::kKind); }
  static bool store(StoreState&, uint64_t* slots, const R& value) {
    SlotTraits<R>::write(slots, value);
    return true;
  }
};
template <>
struct ResultTraits<void> {
  static void append_types(std::vector<ValType>&) {}
};
template <typename... Rs>
struct ResultTraits<std::tuple<Rs...>> {
  static void append_types(std::vector<ValType>& types) {
    (types.push_back(SlotTraits<Rs>::kKind), ...);
  }
  static bool store(StoreState&, uint64_t* slots, const std::tuple<Rs...>& values) {
    std::apply(
        [&](const Rs&... value) {
          ((SlotTraits<Rs>::write(slots, value), slots += SlotTraits<Rs>::kSlots), ...);
        },
        values);
    return true;
  }
};
template <typename R>
struct ResultTraits<CallResult<R>> {
  static void append_types(std::vector<ValType>& types) { ResultTraits<R>::append_types(types); }
  static bool store(StoreState& store, uint64_t* slots, CallResult<R>&& result) {
    if (!result.has_value()) {
      set_host_trap(store, std::move(result).error());
      return false;
    }
    if constexpr (std::is_void_v<R>) {
      return true;
    } else {
      return ResultTraits<R>::store(store, slots, *result);
    }
  }
};

/// Parameters and result of a callable, with and without a leading Caller&.
template <typename F>
struct Signature : Signature<decltype(&std::remove_reference_t<F>::operator())> {};
template <typename C, typename R, typename... As>
struct Signature<R (C::*)(As...)> : Signature<R(As...)> {};
template <typename C, typename R, typename... As>
struct Signature<R (C::*)(As...) const> : Signature<R(As...)> {};
template <typename R, typename... As>
struct Signature<R (*)(As...)> : Signature<R(As...)> {};
template <typename R, typename... As>
struct Signature<R(As...)> {
  using Result = R;
  using Args = std::tuple<std::remove_cvref_t<As>...>;
  static constexpr bool kTakesCaller = false;
};
template <typename R, typename... As>
struct Signature<R(Caller&, As...)> {
  using Result = R;
  using Args = std::tuple<std::remove_cvref_t<As>...>;
  static constexpr bool kTakesCaller = true;
};

template <typename F>
struct TypedHost {
  using Sig = Signature<F>;
  using Args = typename Sig::Args;
  static constexpr size_t kArity = std::tuple_size_v<Args>;

  static FuncType type() {
    FuncType result;
    [&]<size_t... I>(std::index_sequence<I...>) {
      (result.params.push_back(SlotTraits<std::tuple_element_t<I, Args>>::kKind), ...);
    }(std::make_index_sequence<kArity>());
    ResultTraits<typename Sig::Result>::append_types(result.results);
    return result;
  }

  template <size_t... I>
  static constexpr size_t slot_of(size_t index, std::index_sequence<I...>) {
    size_t slot = 0;
    ((slot += I < index ? SlotTraits<std::tuple_element_t<I, Args>>::kSlots : 0), ...);
    return slot;
  }

  static bool thunk(void* callable, StoreState& store, InstanceObject* instance, uint64_t* slots) {
    F& function = *static_cast<F*>(callable);
    return [&]<size_t... I>(std::index_sequence<I...> all) {
      auto invoke = [&]() -> decltype(auto) {
        if constexpr (Sig::kTakesCaller) {
          Caller caller = make_caller(store, instance);
          return function(
              caller, SlotTraits<std::tuple_element_t<I, Args>>::read(slots + slot_of(I, all))...);
        } else {
          return function(
              SlotTraits<std::tuple_element_t<I, Args>>::read(slots + slot_of(I, all))...);
        }
      };
      if constexpr (std::is_void_v<typename Sig::Result>) {
        invoke();
        return true;
      } else {
        return ResultTraits<typename Sig::Result>::store(store, slots, invoke());
      }
    }(std::make_index_sequence<kArity>());
  }
};

}  // namespace runtime

template <typename F>
Func Func::wrap(Store& store, F&& function) {
  using Callable = std::decay_t<F>;
  using Host = runtime::TypedHost<Callable>;
  return runtime::make_host_func(store, Host::type(), &Host::thunk,
                                 std::make_shared<Callable>(std::forward<F>(function)));
}

}  // namespace brink

#endif  // BRINK_TYPED_FUNC_H_
