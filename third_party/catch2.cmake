# Copyright the Brink authors.
# SPDX-License-Identifier: Apache-2.0
#
# Catch2 2.x, as Catch2::Catch2, and the one main() of all unit tests. Headers only.

find_package(Catch2 2 QUIET)
if(NOT Catch2_FOUND)
  message(FATAL_ERROR "Catch2 2.x is missing: install catch2 (Debian), catch2-devel (Fedora) or catch2-v2 (Arch), "
                      "or configure with -DBRINK_BUILD_TESTS=OFF")
endif()
add_library(brink_test_main OBJECT ${PROJECT_SOURCE_DIR}/cmake/test_main.cc)
target_link_libraries(brink_test_main PRIVATE Catch2::Catch2)
