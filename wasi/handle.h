// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// A descriptor of the host, closed when it goes unless it is only borrowed.

#ifndef BRINK_WASI_HANDLE_H_
#define BRINK_WASI_HANDLE_H_

#include <unistd.h>

#include <utility>

namespace brink::wasi {

class Handle {
 public:
  Handle() = default;
  static Handle own(int fd) { return Handle(fd, true); }
  static Handle borrow(int fd) { return Handle(fd, false); }
  Handle(Handle&& other) noexcept
      : fd_(std::exchange(other.fd_, -1)), owned_(std::exchange(other.owned_, false)) {}
  Handle& operator=(Handle&& other) noexcept {
    std::swap(fd_, other.fd_);
    std::swap(owned_, other.owned_);
    return *this;
  }
  ~Handle() {
    if (owned_) close(fd_);
  }

  int fd() const { return fd_; }
  bool is_open() const { return fd_ >= 0; }
  bool owned() const { return owned_; }

 private:
  Handle(int fd, bool owned) : fd_(fd), owned_(owned && fd >= 0) {}
  int fd_ = -1;
  bool owned_ = false;
};

}  // namespace brink::wasi

#endif  // BRINK_WASI_HANDLE_H_
