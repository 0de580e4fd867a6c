// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/text/index_space.h"

#include <fmt/format.h>

#include "engine/support/try.h"

namespace brink::text {

void IndexSpace::clear() {
  size_ = 0;
  by_name_.clear();
}

Status IndexSpace::add_named(std::string_view name, const TokenStream& tokens, uint32_t offset) {
  if (!by_name_.emplace(name, size_).second)
    return tokens.error(offset, fmt::format("duplicate {} ${}", what_, name));
  ++size_;
  return {};
}

Status IndexSpace::declare(TokenStream& tokens) {
  const uint32_t offset = tokens.offset();
  const std::optional<std::string_view> name = tokens.take_id();
  if (name) return add_named(*name, tokens, offset);
  add();
  return {};
}

std::optional<uint32_t> IndexSpace::find(std::string_view name) const {
  const auto found = by_name_.find(name);
  if (found == by_name_.end()) return std::nullopt;
  return found->second;
}

Result<uint32_t> IndexSpace::expect_index(TokenStream& tokens) const {
  if (tokens.at(TokenKind::Nat)) return tokens.expect_u32();
  const uint32_t offset = tokens.offset();
  const std::optional<std::string_view> name = tokens.take_id();
  if (!name) return tokens.unexpected(fmt::format("an index of a {}", what_));
  const std::optional<uint32_t> index = find(*name);
  if (!index) return tokens.error(offset, fmt::format("unknown {} ${}", what_, *name));
  return *index;
}

}  // namespace brink::text
