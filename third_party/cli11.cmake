# Copyright the Brink authors.
# SPDX-License-Identifier: Apache-2.0
#
# CLI11, as CLI11::CLI11: the command line of the program `brink`. Headers only.

find_package(CLI11 QUIET)
if(NOT CLI11_FOUND)
  message(FATAL_ERROR "CLI11 is missing: install libcli11-dev (Debian), cli11-devel (Fedora) or cli11 (Arch, Homebrew)")
endif()
