# Copyright the Brink authors.
# SPDX-License-Identifier: Apache-2.0
#
# {fmt}, as brink::fmt. Distributions ship its code as a shared library only, but with the header that
# the code is in; from that we make a static library, so that programs can be linked statically. A
# cross build takes the header too, for which this system's will do.

find_package(fmt QUIET)
if(fmt_FOUND)
  get_target_property(fmt_headers fmt::fmt INTERFACE_INCLUDE_DIRECTORIES)
elseif(CMAKE_CROSSCOMPILING)
  find_path(fmt_headers fmt/format-inl.h)
  if(fmt_headers)
    file(STRINGS ${fmt_headers}/fmt/core.h fmt_version REGEX "^#define FMT_VERSION 9")
    if(fmt_version)
      set(fmt_VERSION 9.0)
    endif()
  endif()
endif()
if(fmt_VERSION MATCHES "^9\\.")
  add_library(brink_fmt STATIC ${CMAKE_CURRENT_LIST_DIR}/fmt_library.cc)
  target_include_directories(brink_fmt SYSTEM PUBLIC ${fmt_headers})
  set_target_properties(brink_fmt PROPERTIES POSITION_INDEPENDENT_CODE ON)
  add_library(brink::fmt ALIAS brink_fmt)
elseif(fmt_FOUND)
  add_library(brink::fmt ALIAS fmt::fmt)
else()
  message(FATAL_ERROR "{fmt} is missing: install libfmt-dev (Debian), fmt-devel (Fedora) or fmt (Arch, Homebrew)")
endif()
