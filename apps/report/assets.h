// SPDX-License-Identifier: MIT
// The files of which pages are made (styles, scripts, skeletons), as Meson found them in the tree.
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace rbm::app {

/// The text of "dream/page/machine.js", a path in apps/, or none when there is no such file.
std::optional<std::string_view> find_asset(std::string_view name);
/// The same for a file that must be there.
std::string_view asset(std::string_view name);

/// `text` with each {{name}} replaced; what replaces it is taken as it is.
std::string filled(std::string_view text,
                   std::initializer_list<std::pair<std::string_view, std::string_view>> replacements);

/// Text for HTML, between tags or in quotes; control characters and what is not UTF-8 become U+FFFD.
std::string escaped(std::string_view text);

}  // namespace rbm::app
