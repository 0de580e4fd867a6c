// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/platform/private_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "engine/platform/random.h"
#include "engine/platform/system_error.h"
#include "engine/support/try.h"

namespace brink::platform {
namespace {

Status write_all(int descriptor, std::span<const uint8_t> bytes, const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return make_system_error("cannot write '" + path + "'", errno);
    bytes = bytes.subspan(static_cast<size_t>(written));
  }
  return {};
}

/// A name in the same directory that nobody else uses: a rename cannot leave the file system.
Result<std::string> temporary_name(const std::string& path) {
  uint8_t random[8];
  BRINK_TRY(fill_random(random));
  std::string name = path + '.';
  for (const uint8_t byte : random) {
    constexpr char kDigits[] = "0123456789abcdef";
    name += {kDigits[byte >> 4], kDigits[byte & 15]};
  }
  return name;
}

}  // namespace

Status make_private_directory(const std::string& path) {
  for (size_t slash = path.find('/', 1);; slash = path.find('/', slash + 1)) {
    const std::string part = path.substr(0, slash);
    if (::mkdir(part.c_str(), 0700) != 0 && errno != EEXIST && errno != EROFS && errno != EACCES)
      return make_system_error("cannot make the directory '" + part + "'", errno);
    if (slash == std::string::npos) break;
  }
  struct stat status = {};
  if (::stat(path.c_str(), &status) != 0)
    return make_system_error("cannot make the directory '" + path + "'", errno);
  if (!S_ISDIR(status.st_mode))
    return make_system_error("cannot make the directory '" + path + "'", ENOTDIR);
  if (status.st_uid != ::geteuid())
    return make_error(ErrorKind::Io, "the directory '" + path + "' belongs to another user");
  if ((status.st_mode & (S_IWGRP | S_IWOTH)) != 0)
    return make_error(ErrorKind::Io, "others may write to the directory '" + path +
                                         "'; take that right away with 'chmod go-w'");
  return {};
}

Status replace_file(const std::string& path, std::span<const uint8_t> bytes) {
  const std::string temporary = BRINK_TRY(temporary_name(path));
  const int descriptor = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
                                S_IRUSR | S_IWUSR | S_IRGRP | S_IWGRP | S_IROTH | S_IWOTH);
  if (descriptor < 0) return make_system_error("cannot write '" + path + "'", errno);
  Status status = write_all(descriptor, bytes, path);
  if (::close(descriptor) != 0 && status.has_value())
    status = make_system_error("cannot write '" + path + "'", errno);
  if (status.has_value() && ::rename(temporary.c_str(), path.c_str()) != 0)
    status = make_system_error("cannot write '" + path + "'", errno);
  if (!status.has_value()) ::unlink(temporary.c_str());
  return status;
}

}  // namespace brink::platform
