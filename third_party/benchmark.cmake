# Copyright the Brink authors.
# SPDX-License-Identifier: Apache-2.0
#
# Google Benchmark, as benchmark::benchmark: the micro-benchmarks of bench/.

find_package(benchmark QUIET)
if(NOT benchmark_FOUND)
  message(FATAL_ERROR "Google Benchmark is missing: install libbenchmark-dev (Debian), google-benchmark-devel (Fedora), "
                      "benchmark (Arch) or google-benchmark (Homebrew), or configure with -DBRINK_BUILD_BENCH=OFF")
endif()
