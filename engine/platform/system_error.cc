// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/platform/system_error.h"

#include <cerrno>
#include <system_error>

namespace brink::platform {

std::string describe_errno(int error) {
  return std::generic_category().message(error);
}

std::unexpected<Error> make_system_error(std::string_view what, int error) {
  const bool exhausted =
      error == ENOMEM || error == EAGAIN || error == EMFILE || error == ENFILE || error == ENOSPC;
  return make_error(exhausted ? ErrorKind::Limit : ErrorKind::Io,
                    std::string(what) + ": " + describe_errno(error));
}

}  // namespace brink::platform
