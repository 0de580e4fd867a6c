// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/text/token_stream.h"

#include <algorithm>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "engine/support/try.h"
#include "engine/support/utf8.h"
#include "engine/text/keywords.h"
#include "engine/text/numbers.h"
#include "engine/text/source_map.h"

namespace brink::text {

namespace {

/// The number of the kind of annotation that `start` begins; kAnnotationKinds if Brink knows none.
size_t annotation_kind(std::string_view start) {
  const std::string_view id = start.substr(2);
  for (size_t kind = 0; kind < kAnnotationKinds; ++kind) {
    const std::string_view name = to_string(static_cast<AnnotationKind>(kind)).substr(1);
    if (id == name || (id.starts_with('"') && unescape(id) == name)) return kind;
  }
  return kAnnotationKinds;
}

/// A token for a message: cut short, without control characters.
std::string printable(std::string_view text) {
  constexpr size_t kMaxSize = 60;
  std::string result;
  size_t size = std::min(text.size(), kMaxSize);
  while (size < text.size() && (text[size] & 0xc0) == 0x80) ++size;  // whole characters
  for (const char c : text.substr(0, size))
    result.push_back(static_cast<uint8_t>(c) < 0x20 ? ' ' : c);
  if (size < text.size()) result += "...";
  return result;
}

}  // namespace

std::string_view to_string(AnnotationKind kind) {
  static constexpr std::array<std::string_view, 3> kNames = {"@custom", "@name",
                                                             "@metadata.code.branch_hint"};
  return kNames[static_cast<size_t>(kind)];
}

Status check_source(std::string_view source) {
  if (source.size() > TokenStream::kMaxSourceBytes)
    return make_error(ErrorKind::Limit, fmt::format("text too large: {} bytes, at most {}",
                                                    source.size(), TokenStream::kMaxSourceBytes));
  const size_t invalid = support::find_invalid_utf8(source);
  if (invalid != source.size())
    return make_error_at(ErrorKind::Malformed, "malformed UTF-8 encoding", source,
                         static_cast<uint32_t>(invalid));
  return {};
}

Token TokenStream::take() {
  peek();
  const Token token = buffer_[0];
  buffer_[0] = buffer_[1];
  --buffered_;
  return token;
}

void TokenStream::fill() {
  const Token token = read_token();
  buffer_[buffered_++] = token;
  for (AnnotationQueue& queue : annotations_)
    for (; queue.first_unplaced < queue.items.size(); ++queue.first_unplaced)
      queue.items[queue.first_unplaced].before_offset = token.offset;
}

Token TokenStream::read_token() {
  while (true) {
    const Token token = lexer_.next();
    if (token.kind != TokenKind::AnnotationStart) return token;
    if (const std::optional<Token> bad = read_annotation(token)) return *bad;
  }
}

std::optional<Token> TokenStream::read_annotation(const Token& start) {
  const size_t kind =
      annotation_mode_ == Annotations::Keep ? annotation_kind(start.text) : kAnnotationKinds;
  const bool is_known = kind < kAnnotationKinds;
  Annotation annotation;
  annotation.offset = start.offset;
  for (size_t depth = 1; depth > 0;) {
    const Token token = lexer_.next_in_annotation();
    switch (token.kind) {
      case TokenKind::LeftParen: ++depth; break;
      case TokenKind::RightParen: --depth; break;
      case TokenKind::Bad: return token;
      case TokenKind::End: return Token{TokenKind::Bad, start.offset, "unclosed annotation"};
      default: break;
    }
    if (is_known && depth > 0) annotation.content.push_back(token);
  }
  if (is_known) {
    annotation.kind = static_cast<AnnotationKind>(kind);
    annotations_[kind].items.push_back(std::move(annotation));
  }
  return std::nullopt;
}

void TokenStream::pass_misplaced(AnnotationQueue& queue) {
  const uint32_t here = peek().offset;
  for (; queue.first < queue.items.size(); ++queue.first) {
    const Annotation& annotation = queue.items[queue.first];
    if (annotation.before_offset >= here) break;
    if (misplaced_ == nullptr || annotation.offset < misplaced_->offset) misplaced_ = &annotation;
  }
}

const Annotation* TokenStream::find_annotation(AnnotationKind kind) {
  AnnotationQueue& queue = annotations_[static_cast<size_t>(kind)];
  pass_misplaced(queue);
  if (queue.first == queue.items.size()) return nullptr;
  const Annotation& annotation = queue.items[queue.first];
  if (annotation.before_offset != peek().offset) return nullptr;
  ++queue.first;
  return &annotation;
}

Result<TokenStream::Names> TokenStream::take_names(std::string_view what) {
  Names names;
  names.id = take_id();
  names.shown = names.id;
  bool has_annotation = false;
  while (const Annotation* annotation = take_annotation(AnnotationKind::Name)) {
    const auto fail = [&](std::string_view problem) {
      return error(annotation->offset, fmt::format("@name annotation: {}", problem));
    };
    if (has_annotation) return fail(fmt::format("multiple {}", what));
    has_annotation = true;
    const std::vector<Token>& content = annotation->content;
    if (content.size() != 1 || content[0].kind != TokenKind::String)
      return fail("unexpected token, expected a name");
    names.shown = string_value(content[0]);
    if (!support::is_utf8(*names.shown)) return fail("malformed UTF-8 encoding");
  }
  return names;
}

Status TokenStream::check_misplaced() {
  for (AnnotationQueue& queue : annotations_) pass_misplaced(queue);
  if (misplaced_ == nullptr) return {};
  return error(misplaced_->offset,
               fmt::format("misplaced {} annotation", to_string(misplaced_->kind)));
}

bool TokenStream::take_keyword(std::string_view keyword) {
  if (!at_keyword(keyword)) return false;
  take();
  return true;
}

bool TokenStream::take_open(std::string_view keyword) {
  if (!at_open(keyword)) return false;
  take();
  take();
  return true;
}

bool TokenStream::take_close() {
  if (!at(TokenKind::RightParen)) return false;
  take();
  return true;
}

std::optional<std::string_view> TokenStream::take_id() {
  if (!at(TokenKind::Id)) return std::nullopt;
  return id_name(take());
}

Status TokenStream::expect(TokenKind kind, std::string_view what) {
  if (!at(kind)) return unexpected(what);
  take();
  return {};
}

Status TokenStream::expect_open(std::string_view keyword) {
  if (take_open(keyword)) return {};
  if (at(TokenKind::LeftParen)) take();  // point at the word
  return unexpected(fmt::format("`({}`", keyword));
}

Status TokenStream::expect_close() {
  return expect(TokenKind::RightParen, "`)`");
}

Result<Token> TokenStream::expect_keyword() {
  if (!at(TokenKind::Keyword)) return unexpected("a keyword");
  return take();
}

Result<uint32_t> TokenStream::expect_u32() {
  if (!at(TokenKind::Nat)) return unexpected("a number");
  const Token token = take();
  const auto value = parse_unsigned(token.text, std::numeric_limits<uint32_t>::max());
  if (!value) return error(token.offset, "i32 constant out of range");
  return static_cast<uint32_t>(*value);
}

Result<uint64_t> TokenStream::expect_u64() {
  if (!at(TokenKind::Nat)) return unexpected("a number");
  const Token token = take();
  const auto value = parse_unsigned(token.text, std::numeric_limits<uint64_t>::max());
  if (!value) return error(token.offset, "i64 constant out of range");
  return *value;
}

Result<std::string_view> TokenStream::expect_string() {
  if (!at(TokenKind::String)) return unexpected("a string");
  return string_value(take());
}

Result<std::string_view> TokenStream::expect_name() {
  const uint32_t start = offset();
  const std::string_view name = BRINK_TRY(expect_string());
  if (!support::is_utf8(name)) return error(start, "malformed UTF-8 encoding");
  return name;
}

Status TokenStream::skip_to_close() {
  for (size_t depth = 1; depth > 0;) {
    switch (peek().kind) {
      case TokenKind::LeftParen: ++depth; break;
      case TokenKind::RightParen: --depth; break;
      case TokenKind::Bad:
      case TokenKind::End: return unexpected("`)`");
      default: break;
    }
    take();
  }
  return {};
}

std::string_view TokenStream::string_value(const Token& string) {
  if (string.text.find('\\') == std::string_view::npos)
    return string.text.substr(1, string.text.size() - 2);
  return arena_.emplace_back(unescape(string.text));
}

std::string_view TokenStream::id_name(const Token& id) {
  if (!id.text.starts_with("$\"")) return id.text.substr(1);
  return string_value(Token{TokenKind::String, id.offset + 1, id.text.substr(1)});
}

std::unexpected<Error> TokenStream::unexpected(std::string_view expected) {
  const Token& token = peek();
  if (token.kind == TokenKind::Bad) return error(token.offset, std::string(token.text));
  if (token.kind == TokenKind::Reserved ||
      (token.kind == TokenKind::Keyword && !is_known_keyword(token.text)))
    return error(token.offset, fmt::format("unknown operator {}", printable(token.text)));
  std::string message = token.kind == TokenKind::End
                            ? std::string("unexpected token: the text ends here")
                            : fmt::format("unexpected token `{}`", printable(token.text));
  if (!expected.empty()) message += fmt::format(", expected {}", expected);
  return error(token.offset, std::move(message));
}

std::unexpected<Error> TokenStream::error(uint32_t offset, std::string message,
                                          ErrorKind kind) const {
  return make_error_at(kind, std::move(message), source_, offset);
}

}  // namespace brink::text
