// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/text/script.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "engine/support/try.h"
#include "engine/text/script_values.h"
#include "engine/text/token_stream.h"

namespace brink::text {

namespace {

using Kind = ScriptCommand::Kind;

class ScriptParser {
 public:
  explicit ScriptParser(std::string_view source)
      : source_(source), lines_(source), tokens_(source, 0, arena_), values_(tokens_) {}

  Result<std::vector<ScriptCommand>> parse();

 private:
  struct Rule {
    std::string_view word;
    Kind kind;
    Status (ScriptParser::*parse)(ScriptCommand&);
  };
  static const Rule* find_rule(std::string_view word);

  bool at_module_field();
  Result<ScriptCommand> command();
  // Each of these is called behind the command's word and leaves its `)`.
  Status module(ScriptCommand& command);
  Status registration(ScriptCommand& command);
  Status action_alone(ScriptCommand& command);
  Status assert_return(ScriptCommand& command);
  Status assert_trap(ScriptCommand& command);
  Status assert_exhaustion(ScriptCommand& command);
  Status assert_exception(ScriptCommand& command);
  Status assert_module(ScriptCommand& command);
  Status thread(ScriptCommand& command);
  Status wait(ScriptCommand& command);

  Result<ScriptModule> module_content(uint32_t offset);
  Result<ScriptModule> nested_module();
  Result<ScriptAction> action();
  Result<ScriptAction> action_content(ScriptAction::Kind kind);
  Status message(ScriptCommand& command);
  std::string take_id() { return std::string(tokens_.take_id().value_or("")); }

  std::string_view source_;
  LineTable lines_;
  StringArena arena_;
  TokenStream tokens_;
  ScriptValueParser values_;
  uint32_t command_offset_ = 0;  ///< of the `(` of the current command
  bool in_thread_ = false;
};

const ScriptParser::Rule* ScriptParser::find_rule(std::string_view word) {
  using P = ScriptParser;
  static constexpr auto kRules = std::to_array<Rule>({
      {"module", Kind::Module, &P::module},
      {"register", Kind::Register, &P::registration},
      {"invoke", Kind::Action, &P::action_alone},
      {"get", Kind::Action, &P::action_alone},
      {"assert_return", Kind::AssertReturn, &P::assert_return},
      {"assert_trap", Kind::AssertTrap, &P::assert_trap},
      {"assert_exhaustion", Kind::AssertExhaustion, &P::assert_exhaustion},
      {"assert_exception", Kind::AssertException, &P::assert_exception},
      {"assert_malformed", Kind::AssertMalformed, &P::assert_module},
      {"assert_malformed_custom", Kind::AssertMalformedCustom, &P::assert_module},
      {"assert_invalid", Kind::AssertInvalid, &P::assert_module},
      {"assert_invalid_custom", Kind::AssertInvalidCustom, &P::assert_module},
      {"assert_unlinkable", Kind::AssertUnlinkable, &P::assert_module},
      {"thread", Kind::Thread, &P::thread},
      {"wait", Kind::Wait, &P::wait},
  });
  const auto found = std::ranges::find(kRules, word, &Rule::word);
  return found == kRules.end() ? nullptr : &*found;
}

bool ScriptParser::at_module_field() {
  constexpr auto kFields =
      std::to_array<std::string_view>({"type", "rec", "import", "func", "table", "memory", "global",
                                       "tag", "export", "start", "elem", "data"});
  return tokens_.at(TokenKind::LeftParen) && tokens_.peek_second().kind == TokenKind::Keyword &&
         std::ranges::find(kFields, tokens_.peek_second().text) != kFields.end();
}

Result<std::vector<ScriptCommand>> ScriptParser::parse() {
  std::vector<ScriptCommand> commands;
  if (at_module_field()) {
    ScriptCommand& command = commands.emplace_back();
    command.line = lines_.line(tokens_.offset());
    command.module.emplace().form = ScriptModule::Form::Fields;
    return commands;
  }
  while (!tokens_.at(TokenKind::End)) commands.push_back(BRINK_TRY(command()));
  return commands;
}

Result<ScriptCommand> ScriptParser::command() {
  command_offset_ = tokens_.offset();
  ScriptCommand command;
  command.line = lines_.line(command_offset_);
  BRINK_TRY(tokens_.expect(TokenKind::LeftParen, "a command"));
  const Rule* rule = tokens_.at(TokenKind::Keyword) ? find_rule(tokens_.peek().text) : nullptr;
  if (rule == nullptr && tokens_.at(TokenKind::Keyword))
    return tokens_.error(tokens_.offset(),
                         fmt::format("unknown script command {}", tokens_.peek().text));
  if (rule == nullptr) return tokens_.unexpected("a script command");
  command.kind = rule->kind;
  if (rule->parse != &ScriptParser::action_alone) tokens_.take();
  BRINK_TRY((this->*rule->parse)(command));
  BRINK_TRY(tokens_.expect_close());
  return command;
}

Status ScriptParser::module(ScriptCommand& command) {
  if (tokens_.take_keyword("instance")) {
    command.kind = Kind::ModuleInstance;
    command.id = take_id();
    command.definition_id = take_id();
    return {};
  }
  if (tokens_.take_keyword("definition")) command.kind = Kind::ModuleDefinition;
  command.module = BRINK_TRY(module_content(command_offset_));
  return {};
}

Result<ScriptModule> ScriptParser::module_content(uint32_t offset) {
  ScriptModule module;
  module.offset = offset;
  module.id = take_id();
  const bool is_binary = tokens_.take_keyword("binary");
  if (is_binary || tokens_.take_keyword("quote")) {
    module.form = is_binary ? ScriptModule::Form::Binary : ScriptModule::Form::Quote;
    while (tokens_.at(TokenKind::String)) module.content += unescape(tokens_.take().text);
    return module;
  }
  while (!tokens_.at(TokenKind::RightParen)) {
    if (!tokens_.at(TokenKind::LeftParen)) return tokens_.unexpected("a module field");
    tokens_.take();
    BRINK_TRY(tokens_.skip_to_close());
  }
  return module;
}

Result<ScriptModule> ScriptParser::nested_module() {
  const uint32_t offset = tokens_.offset();
  BRINK_TRY(tokens_.expect_open("module"));
  tokens_.take_keyword("definition");
  ScriptModule module = BRINK_TRY(module_content(offset));
  BRINK_TRY(tokens_.expect_close());
  return module;
}

Status ScriptParser::registration(ScriptCommand& command) {
  command.name = BRINK_TRY(tokens_.expect_name());
  command.id = take_id();
  return {};
}

Status ScriptParser::action_alone(ScriptCommand& command) {
  const bool is_get = tokens_.take().text == "get";
  command.action =
      BRINK_TRY(action_content(is_get ? ScriptAction::Kind::Get : ScriptAction::Kind::Invoke));
  return {};
}

Result<ScriptAction> ScriptParser::action() {
  const bool is_get = tokens_.take_open("get");
  if (!is_get) BRINK_TRY(tokens_.expect_open("invoke"));
  ScriptAction action =
      BRINK_TRY(action_content(is_get ? ScriptAction::Kind::Get : ScriptAction::Kind::Invoke));
  BRINK_TRY(tokens_.expect_close());
  return action;
}

Result<ScriptAction> ScriptParser::action_content(ScriptAction::Kind kind) {
  ScriptAction action;
  action.kind = kind;
  action.module_id = take_id();
  action.field = BRINK_TRY(tokens_.expect_name());
  while (kind == ScriptAction::Kind::Invoke && tokens_.at(TokenKind::LeftParen))
    action.arguments.push_back(BRINK_TRY(values_.value()));
  return action;
}

Status ScriptParser::message(ScriptCommand& command) {
  command.message = BRINK_TRY(tokens_.expect_string());
  return {};
}

Status ScriptParser::assert_return(ScriptCommand& command) {
  command.action = BRINK_TRY(action());
  while (tokens_.at(TokenKind::LeftParen)) command.expected.push_back(BRINK_TRY(values_.pattern()));
  return {};
}

Status ScriptParser::assert_trap(ScriptCommand& command) {
  if (tokens_.at_open("module")) {
    command.module = BRINK_TRY(nested_module());
  } else {
    command.action = BRINK_TRY(action());
  }
  return message(command);
}

Status ScriptParser::assert_exhaustion(ScriptCommand& command) {
  command.action = BRINK_TRY(action());
  return message(command);
}

Status ScriptParser::assert_exception(ScriptCommand& command) {
  command.action = BRINK_TRY(action());
  return {};
}

Status ScriptParser::assert_module(ScriptCommand& command) {
  command.module = BRINK_TRY(nested_module());
  return message(command);
}

Status ScriptParser::thread(ScriptCommand& command) {
  if (in_thread_)
    return tokens_.error(command_offset_, "unexpected token: a thread within a thread");
  command.id = take_id();
  while (tokens_.take_open("shared")) {
    while (tokens_.take_open("module")) {
      command.shared_ids.push_back(take_id());
      BRINK_TRY(tokens_.expect_close());
    }
    BRINK_TRY(tokens_.expect_close());
  }
  in_thread_ = true;
  while (tokens_.at(TokenKind::LeftParen)) command.commands.push_back(BRINK_TRY(this->command()));
  in_thread_ = false;
  return {};
}

Status ScriptParser::wait(ScriptCommand& command) {
  command.id = take_id();
  return {};
}

}  // namespace

Result<Script> parse_script(std::string_view source) {
  BRINK_TRY(check_source(source));
  Script script;
  script.source = source;
  script.commands = BRINK_TRY(ScriptParser(source).parse());
  return script;
}

Result<ParsedModule> encode_module(const Script& script, const ScriptModule& module,
                                   const ParseOptions& options) {
  switch (module.form) {
    case ScriptModule::Form::Text: return parse_module_at(script.source, module.offset, options);
    case ScriptModule::Form::Fields: return parse_module(script.source, options);
    case ScriptModule::Form::Quote: return parse_module(module.content, options);
    case ScriptModule::Form::Binary: break;
  }
  ParsedModule parsed;
  parsed.bytes.assign(module.content.begin(), module.content.end());
  return parsed;
}

std::string_view module_source(const Script& script, const ScriptModule& module) {
  return module.form == ScriptModule::Form::Quote ? std::string_view(module.content)
                                                  : script.source;
}

}  // namespace brink::text
