# Copyright the Brink authors.
# SPDX-License-Identifier: Apache-2.0
#
# {fmt}, as brink::fmt. Distributions ship its code as a shared library only, but with the header that
# the code is in; from that we make a static library, so that programs can be linked statically.

find_package(fmt QUIET)
if(NOT fmt_FOUND)
  message(FATAL_ERROR "{fmt} is missing: install libfmt-dev (Debian), fmt-devel (Fedora) or fmt (Arch, Homebrew)")
endif()
if(fmt_VERSION MATCHES "^9\\.")
  add_library(brink_fmt STATIC ${CMAKE_CURRENT_LIST_DIR}/fmt_library.cc)
  get_target_property(fmt_headers fmt::fmt INTERFACE_INCLUDE_DIRECTORIES)
  target_include_directories(brink_fmt SYSTEM PUBLIC ${fmt_headers})
  set_target_properties(brink_fmt PROPERTIES POSITION_INDEPENDENT_CODE ON)
  add_library(brink::fmt ALIAS brink_fmt)
else()
  add_library(brink::fmt ALIAS fmt::fmt)
endif()
