// SPDX-License-Identifier: MIT
// "did you mean": words near a misspelt one.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace rbm::app {

/// At most three of the words, nearest first: those the text abbreviates (--ep, --lr), else those within two slips of
/// it (a letter added, lost, changed, or two swapped), one when it is short.
std::vector<std::string> suggestions(std::string_view text, const std::vector<std::string>& words);

/// "; did you mean A or B?", or nothing.  Each word comes with the prefix.
std::string did_you_mean(std::string_view text, const std::vector<std::string>& words, std::string_view prefix);

}  // namespace rbm::app
