// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/compile/pass/optimize.h"

#include <algorithm>
#include <functional>
#include <memory>
#include <unordered_map>

#include "engine/compile/ir/builder.h"
#include "engine/compile/ir/verifier.h"
#include "engine/compile/pass/dead_code.h"
#include "engine/compile/pass/inlining.h"
#include "engine/compile/pass/load_elimination.h"
#include "engine/compile/pass/loop_conditions.h"
#include "engine/compile/pass/loop_invariants.h"
#include "engine/compile/pass/loop_unrolling.h"
#include "engine/compile/pass/renumbering.h"
#include "engine/compile/pass/wide_multiplication.h"
#include "engine/support/check.h"

namespace brink::compile {
namespace {

/// Bodies of callees, built at their first call in the function that is being compiled.
class Callees {
 public:
  explicit Callees(const ModuleContext& context) : context_(context) {}

  const ir::Function* get(uint32_t index) {
    const uint32_t bytes = context_.module.functions[index].body.size;
    const bool may_be_multi3 = bytes <= kMaxWideMultiplicationBytes &&
                               is_wide_multiplication_type(context_.module.function_type(index));
    if (bytes > kMaxInlinedBytes && !may_be_multi3) return nullptr;
    const auto [place, is_new] = bodies_.try_emplace(index);
    if (is_new) {
      Result<ir::Function> body = ir::build(context_, index);
      if (body.has_value()) {
        place->second = std::make_unique<ir::Function>(*std::move(body));
        simplify_wide_multiplication(*place->second);
      }
    }
    return place->second.get();
  }

 private:
  const ModuleContext& context_;
  std::unordered_map<uint32_t, std::unique_ptr<ir::Function>> bodies_;
};

void check([[maybe_unused]] const ModuleContext& context,
           [[maybe_unused]] const ir::Function& function) {
#ifndef NDEBUG
  const std::string complaints = ir::verify(function, *context.module.registry);
  if (!complaints.empty()) support::check_failed(__FILE__, __LINE__, complaints.c_str());
#endif
}

}  // namespace

void optimize(const ModuleContext& context, ir::Function& function) {
  remove_dead_code(function);
  check(context, function);
  simplify_wide_multiplication(function);
  Callees callees(context);
  const bool has_inlined =
      inline_calls(function, [&](uint32_t index) { return callees.get(index); });
  check(context, function);
  if (has_inlined) renumber_values(function);
  check(context, function);
  eliminate_loads(context.module, function);
  check(context, function);
  compare_next_rounds(function);
  const bool has_hoisted = hoist_loop_invariants(context.module, function);
  const bool has_unrolled = unroll_loops(function);
  // Where memories are checked, sizes and bases have become the same values.
  const bool has_checks = !std::ranges::all_of(context.memory_is_guarded, std::identity());
  if (has_hoisted || has_unrolled || has_checks) renumber_values(function);
  check(context, function);
  remove_dead_code(function);
  check(context, function);
}

}  // namespace brink::compile
