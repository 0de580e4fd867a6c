# Copyright the Brink authors.
# SPDX-License-Identifier: Apache-2.0
#
# xxHash, as brink::xxhash: the checksum of artifacts. Used from its header alone, which has XXH3 with
# fixed values from 0.8 on.

find_path(XXHASH_INCLUDE_DIR xxhash.h)
if(NOT XXHASH_INCLUDE_DIR)
  message(FATAL_ERROR "xxHash is missing: install libxxhash-dev (Debian), xxhash-devel (Fedora) or xxhash (Arch, Homebrew), "
                      "or configure with -DBRINK_COMPILER=OFF")
endif()
add_library(brink_xxhash INTERFACE)
target_include_directories(brink_xxhash SYSTEM INTERFACE ${XXHASH_INCLUDE_DIR})
add_library(brink::xxhash ALIAS brink_xxhash)
