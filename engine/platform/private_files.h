// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Files that others must not have written: directories for us alone, and files that appear whole or
// not at all.

#ifndef BRINK_PLATFORM_PRIVATE_FILES_H_
#define BRINK_PLATFORM_PRIVATE_FILES_H_

#include <cstdint>
#include <span>
#include <string>

#include "brink/error.h"

namespace brink::platform {

/// Makes the directory and those above it where they are missing, for the user alone. One that is
/// there must belong to the user, and nobody else may write to it; else ErrorKind::Io.
Status make_private_directory(const std::string& path);

/// Writes a file beside `path` and puts it in its place when it is complete. Whoever has the old
/// file open or mapped keeps it as it was.
Status replace_file(const std::string& path, std::span<const uint8_t> bytes);

}  // namespace brink::platform

#endif  // BRINK_PLATFORM_PRIVATE_FILES_H_
