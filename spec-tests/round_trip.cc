// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "spec-tests/round_trip.h"

#include <algorithm>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "engine/decode/module_decoder.h"
#include "engine/support/try.h"
#include "engine/text/printer.h"
#include "engine/text/script.h"

namespace brink::spec_tests {
namespace {

using text::ScriptCommand;
using Kind = text::ScriptCommand::Kind;

class RoundTrip {
 public:
  RoundTrip(Features features, const text::Script& script) : features_(features), script_(script) {}

  void add(const std::vector<ScriptCommand>& commands) {
    for (const ScriptCommand& command : commands) {
      add(command.commands);
      const bool is_malformed =
          command.kind == Kind::AssertMalformed || command.kind == Kind::AssertMalformedCustom;
      if (command.module && !is_malformed) add(command);
    }
  }
  ScriptOutcome take_outcome() { return std::move(outcome_); }

 private:
  void add(const ScriptCommand& command);
  Status check(const wasm::Module& decoded, std::span<const uint8_t> bytes, bool fold) const;
  Result<std::string> print_again(std::span<const uint8_t> bytes) const {
    const wasm::Module module = BRINK_TRY(decode::decode_module(bytes, features_));
    return text::print_module(module);
  }

  Features features_;
  const text::Script& script_;
  ScriptOutcome outcome_;
};

void RoundTrip::add(const ScriptCommand& command) {
  const auto record = [&](std::string_view what, const Status& status) {
    outcome_.commands.push_back({command.line, what, status.has_value(),
                                 status.has_value() ? "" : status.error().to_string()});
  };
  const bool may_be_malformed =
      command.kind == Kind::AssertInvalid || command.kind == Kind::AssertInvalidCustom;
  const Result<text::ParsedModule> parsed =
      text::encode_module(script_, *command.module, {.emit_names = true, .features = features_});
  if (!parsed.has_value()) {
    // Some modules that are asserted to be invalid do not get past the parser.
    if (!may_be_malformed) record("parse", std::unexpected(Error(parsed.error().detail())));
    return;
  }
  const Result<wasm::Module> decoded =
      decode::decode_module(std::span<const uint8_t>(parsed->bytes), features_);
  if (!decoded.has_value()) {
    if (!may_be_malformed) record("decode", std::unexpected(Error(decoded.error().detail())));
    return;
  }
  record("print", check(*decoded, parsed->bytes, false));
  record("print folded", check(*decoded, parsed->bytes, true));
}

Status RoundTrip::check(const wasm::Module& decoded, std::span<const uint8_t> bytes,
                        bool fold) const {
  const std::string printed = BRINK_TRY(text::print_module(decoded, {.fold = fold}));
  const text::ParsedModule parsed =
      BRINK_TRY(text::parse_module(printed, {.emit_names = true, .features = features_}));
  if (std::ranges::equal(parsed.bytes, bytes)) return {};
  const std::string before = BRINK_TRY(text::print_module(decoded));
  const std::string after = BRINK_TRY(print_again(parsed.bytes));
  if (before == after) return {};
  return make_error(ErrorKind::Usage,
                    fmt::format("printed before:\n{}\nand after:\n{}", before, after));
}

}  // namespace

ScriptOutcome round_trip_script(Features features, std::string_view source) {
  const Result<text::Script> script = text::parse_script(source);
  if (!script.has_value())
    return ScriptOutcome::failure(script.error().position().line, script.error().to_string());
  RoundTrip round_trip(features, *script);
  round_trip.add(script->commands);
  return round_trip.take_outcome();
}

}  // namespace brink::spec_tests
