# Copyright the Brink authors.
# SPDX-License-Identifier: Apache-2.0
#
# Cross build for AArch64 Linux; tests run under qemu-user. Debian: g++-aarch64-linux-gnu, qemu-user,
# and libfmt-dev:arm64 libasmjit-dev:arm64 (dpkg --add-architecture arm64).

set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)
set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)
set(CMAKE_CROSSCOMPILING_EMULATOR "qemu-aarch64;-L;/usr/aarch64-linux-gnu")
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
