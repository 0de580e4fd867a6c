// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// One way to turn errno into an Error.

#ifndef BRINK_PLATFORM_SYSTEM_ERROR_H_
#define BRINK_PLATFORM_SYSTEM_ERROR_H_

#include <string>
#include <string_view>

#include "brink/error.h"

namespace brink::platform {

/// The system's words for an errno value: "No such file or directory". Thread-safe.
std::string describe_errno(int error);

/// "<what>: <the system's words>". Exhaustion (ENOMEM, EAGAIN, EMFILE, ENFILE, ENOSPC) is
/// ErrorKind::Limit, anything else ErrorKind::Io.
std::unexpected<Error> make_system_error(std::string_view what, int error);

}  // namespace brink::platform

#endif  // BRINK_PLATFORM_SYSTEM_ERROR_H_
