// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Which words the text format knows. Instructions come from the one opcode table; the rest of the
// vocabulary is only needed to tell an unknown word from a known one in the wrong place.

#ifndef BRINK_TEXT_KEYWORDS_H_
#define BRINK_TEXT_KEYWORDS_H_

#include <optional>
#include <string_view>

#include "engine/wasm/opcode.h"

namespace brink::text {

/// The instruction of this name. Where instructions share a name (select, ref.test, ref.cast) it is
/// the one with the smallest code.
std::optional<Opcode> find_mnemonic(std::string_view text);

/// A word of the text format or of scripts.
bool is_known_keyword(std::string_view text);

}  // namespace brink::text

#endif  // BRINK_TEXT_KEYWORDS_H_
