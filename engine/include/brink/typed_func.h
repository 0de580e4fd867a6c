// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Typed host functions. A C++ callable is reached from guests through a thunk made at compile time
// that reads the arguments straight from the caller's frame slots and writes the results there:
// nothing is boxed, nothing is allocated. Included by store.h.

#ifndef BRINK_TYPED_FUNC_H_
#define BRINK_TYPED_FUNC_H_

#include <algorithm>
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
/// Leaves the trap for bytes that are not in the caller's memory; false.
bool refuse_bytes(StoreState& store);
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

/// How a parameter of a host function is made from slots. What is in none of these is a scalar.
template <typename T>
struct ParamTraits {
  static constexpr size_t kSlots = SlotTraits<T>::kSlots;
  static void append_types(std::vector<ValType>& types) { types.push_back(SlotTraits<T>::kKind); }
  static bool read(const Caller&, const uint64_t* slot, T& value) {
    value = SlotTraits<T>::read(slot);
    return true;
  }
};

/// Address and size of bytes in the caller's memory.
template <typename View>
struct BytesParam {
  static constexpr size_t kSlots = 2;
  static void append_types(std::vector<ValType>& types) { types.insert(types.end(), 2, kI32); }
  static bool read(const Caller& caller, const uint64_t* slot, View& value) {
    const std::optional<Memory> memory = caller.memory();
    if (!memory.has_value()) return false;
    const auto bytes =
        memory->slice(static_cast<uint32_t>(slot[0]), static_cast<uint32_t>(slot[1]));
    if (!bytes.has_value()) return false;
    value = View(reinterpret_cast<typename View::pointer>(bytes->data()), bytes->size());
    return true;
  }
};
template <>
struct ParamTraits<std::string_view> : BytesParam<std::string_view> {};
template <>
struct ParamTraits<std::span<const uint8_t>> : BytesParam<std::span<const uint8_t>> {};
template <>
struct ParamTraits<std::span<uint8_t>> : BytesParam<std::span<uint8_t>> {};

/// The wasm result types of a C++ return type, and how to store it.
template <typename R>
struct ResultTraits {
  static constexpr size_t kSlots = SlotTraits<R>::kSlots;
  static R read(const uint64_t* slots) { return SlotTraits<R>::read(slots); }
  static void append_types(std::vector<ValType>& types) { types.push_back(SlotTraits<R>::kKind); }
  static bool store(StoreState&, uint64_t* slots, const R& value) {
    SlotTraits<R>::write(slots, value);
    return true;
  }
};
template <>
struct ResultTraits<void> {
  static constexpr size_t kSlots = 0;
  static void append_types(std::vector<ValType>&) {}
};
template <typename... Rs>
struct ResultTraits<std::tuple<Rs...>> {
  static constexpr size_t kSlots = (SlotTraits<Rs>::kSlots + ... + 0);
  static std::tuple<Rs...> read(const uint64_t* slots) {
    // Elements of a braced list are evaluated from left to right.
    return std::tuple<Rs...>{[&] {
      const uint64_t* const slot = slots;
      slots += SlotTraits<Rs>::kSlots;
      return SlotTraits<Rs>::read(slot);
    }()...};
  }
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
      (ParamTraits<std::tuple_element_t<I, Args>>::append_types(result.params), ...);
    }(std::make_index_sequence<kArity>());
    ResultTraits<typename Sig::Result>::append_types(result.results);
    return result;
  }

  template <size_t... I>
  static constexpr size_t slot_of(size_t index, std::index_sequence<I...>) {
    size_t slot = 0;
    ((slot += I < index ? ParamTraits<std::tuple_element_t<I, Args>>::kSlots : 0), ...);
    return slot;
  }

  static bool thunk(void* callable, StoreState& store, InstanceObject* instance, uint64_t* slots) {
    F& function = *static_cast<F*>(callable);
    return [&]<size_t... I>([[maybe_unused]] std::index_sequence<I...> all) {
      Caller caller = make_caller(store, instance);
      Args args;
      if (!(ParamTraits<std::tuple_element_t<I, Args>>::read(caller, slots + slot_of(I, all),
                                                             std::get<I>(args)) &&
            ...))
        return refuse_bytes(store);
      auto invoke = [&]() -> decltype(auto) {
        if constexpr (Sig::kTakesCaller)
          return function(caller, std::get<I>(args)...);
        else
          return function(std::get<I>(args)...);
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

// ---- calls with C++ values ----

/// Runs a function whose arguments are in slots, which receive the results. False: take_trap() says
/// why.
bool call_slots(FuncObject& function, uint64_t* slots);
Trap take_trap(FuncObject& function);
/// An Error that names both types, unless they are the same.
Status check_type(const FuncObject& function, const FuncType& wanted);

/// A call from the C++ signature R(As...).
template <typename Signature>
struct TypedCall;
template <typename R, typename... As>
struct TypedCall<R(As...)> {
  static FuncType type() {
    FuncType result;
    (result.params.push_back(SlotTraits<As>::kKind), ...);
    ResultTraits<R>::append_types(result.results);
    return result;
  }

  static CallResult<R> call(FuncObject& function, As... args) {
    constexpr size_t kParams = (SlotTraits<As>::kSlots + ... + 0);
    uint64_t slots[std::max({kParams, ResultTraits<R>::kSlots, size_t{1}})];
    [[maybe_unused]] uint64_t* next = slots;
    ((SlotTraits<As>::write(next, args), next += SlotTraits<As>::kSlots), ...);
    if (!call_slots(function, slots)) [[unlikely]]
      return std::unexpected(take_trap(function));
    if constexpr (std::is_void_v<R>)
      return {};
    else
      return ResultTraits<R>::read(slots);
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

/// A function whose C++ signature has been compared with its type.
template <typename R, typename... As>
class TypedFunc<R(As...)> {
 public:
  CallResult<R> operator()(As... args) const {
    return runtime::TypedCall<R(As...)>::call(*object_, args...);
  }

 private:
  friend class Func;
  explicit TypedFunc(runtime::FuncObject* object) : object_(object) {}
  runtime::FuncObject* object_;
};

template <typename Signature>
Result<TypedFunc<Signature>> Func::typed() const {
  Status status = runtime::check_type(*object_, runtime::TypedCall<Signature>::type());
  if (!status.has_value()) return std::unexpected(std::move(status).error());
  return TypedFunc<Signature>(object_);
}

template <typename Signature, typename... Args>
auto Func::call(const Args&... args) const {
  using Call = runtime::TypedCall<Signature>;
  using Outcome = decltype(Call::call(*object_, args...));
  if (Status status = runtime::check_type(*object_, Call::type()); !status.has_value())
    return Outcome(make_trap(status.error().message()));
  return Call::call(*object_, args...);
}

// ---- views of memories ----

template <typename T>
std::optional<std::span<T>> Memory::view(uint64_t offset, uint64_t count) const {
  static_assert(std::is_trivially_copyable_v<T>);
  if (count > ~uint64_t{0} / sizeof(T)) return std::nullopt;
  const auto bytes = slice(offset, count * sizeof(T));
  if (!bytes.has_value() || reinterpret_cast<uintptr_t>(bytes->data()) % alignof(T) != 0)
    return std::nullopt;
  return std::span<T>(reinterpret_cast<T*>(bytes->data()), count);
}

template <typename T>
std::optional<T> Memory::read(uint64_t offset) const {
  static_assert(std::is_trivially_copyable_v<T>);
  const auto bytes = slice(offset, sizeof(T));
  if (!bytes.has_value()) return std::nullopt;
  T value;
  std::memcpy(&value, bytes->data(), sizeof(T));
  return value;
}

template <typename T>
bool Memory::write(uint64_t offset, const T& value) const {
  static_assert(std::is_trivially_copyable_v<T>);
  const auto bytes = slice(offset, sizeof(T));
  if (bytes.has_value()) std::memcpy(bytes->data(), &value, sizeof(T));
  return bytes.has_value();
}

}  // namespace brink

#endif  // BRINK_TYPED_FUNC_H_
