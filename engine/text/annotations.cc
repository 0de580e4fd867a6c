// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Annotations between the fields of a module (spec: appendix, custom annotations): @custom places a
// custom section. Names belong to what they name, branch hints to instructions.

#include <algorithm>
#include <array>
#include <span>

#include <fmt/format.h>

#include "engine/support/try.h"
#include "engine/support/utf8.h"
#include "engine/text/parser.h"

namespace brink::text {

namespace {

struct SectionWord {
  std::string_view word;
  SectionId id;
};
constexpr auto kSectionWords = std::to_array<SectionWord>({
    {"type", SectionId::Type},
    {"import", SectionId::Import},
    {"func", SectionId::Function},
    {"table", SectionId::Table},
    {"memory", SectionId::Memory},
    {"tag", SectionId::Tag},
    {"global", SectionId::Global},
    {"export", SectionId::Export},
    {"start", SectionId::Start},
    {"elem", SectionId::Element},
    {"datacount", SectionId::DataCount},
    {"code", SectionId::Code},
    {"data", SectionId::Data},
});

bool is_word(std::span<const Token> content, size_t index, std::string_view word) {
  return index < content.size() && content[index].kind == TokenKind::Keyword &&
         content[index].text == word;
}
bool is_kind(std::span<const Token> content, size_t index, TokenKind kind) {
  return index < content.size() && content[index].kind == kind;
}

/// `(before section)` or `(after section)`; `content` begins at the parenthesis. The message of the
/// error is what follows "@custom annotation: ".
std::string_view read_place(std::span<const Token> content, CustomSectionText& section) {
  using Place = CustomSectionText::Place;
  const bool is_before = is_word(content, 1, "before");
  if (!is_before && !is_word(content, 1, "after")) return "malformed placement";
  section.place = is_before ? Place::Before : Place::After;
  const bool is_first = is_before && is_word(content, 2, "first");
  const bool is_last = !is_before && is_word(content, 2, "last");
  if (is_first || is_last) {
    section.place = is_first ? Place::First : Place::Last;
  } else {
    const auto found = std::ranges::find_if(
        kSectionWords, [&](const SectionWord& entry) { return is_word(content, 2, entry.word); });
    if (found == kSectionWords.end()) return "malformed section kind";
    section.anchor = found->id;
  }
  return is_kind(content, 3, TokenKind::RightParen) ? "" : "unexpected token";
}

}  // namespace

Status ModuleParser::field_annotations() {
  while (const Annotation* annotation = tokens_.take_annotation(AnnotationKind::Custom))
    BRINK_TRY(custom_annotation(*annotation));
  if (const Annotation* annotation = tokens_.take_annotation(AnnotationKind::BranchHint))
    return tokens_.error(annotation->offset,
                         "@metadata.code.branch_hint annotation: not in a function");
  return {};
}

Status ModuleParser::custom_annotation(const Annotation& annotation) {
  const auto fail = [&](uint32_t offset, std::string_view what) {
    return tokens_.error(offset, fmt::format("@custom annotation: {}", what));
  };
  const std::span<const Token> content = annotation.content;
  if (!is_kind(content, 0, TokenKind::String))
    return fail(annotation.offset, "missing section name");
  CustomSectionText section;
  section.name = tokens_.string_value(content[0]);
  if (!support::is_utf8(section.name)) return fail(content[0].offset, "malformed UTF-8 encoding");
  size_t next = 1;
  if (is_kind(content, next, TokenKind::LeftParen)) {
    const std::string_view problem = read_place(content.subspan(next), section);
    if (!problem.empty()) return fail(content[next].offset, problem);
    next += 4;
  }
  for (; next < content.size(); ++next) {
    if (content[next].kind != TokenKind::String)
      return fail(content[next].offset, "unexpected token");
    unescape_to(content[next].text, section.content);
  }
  writer_.add_custom(std::move(section));
  return {};
}

}  // namespace brink::text
