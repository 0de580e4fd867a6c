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

Status IndexSpace::add(std::optional<std::string_view> id, const TokenStream& tokens,
                       uint32_t offset) {
  if (id && !by_name_.emplace(*id, size_).second)
    return tokens.error(offset, fmt::format("duplicate {} ${}", what_, *id));
  ++size_;
  return {};
}

Status IndexSpace::declare(TokenStream& tokens) {
  const uint32_t offset = tokens.offset();
  return add(tokens.take_id(), tokens, offset);
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
