// SPDX-License-Identifier: MIT
// The parts of a report as HTML.  Arguments are plain text, except those called `html`.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace rbm::app {

/// How much a sentence matters.
enum class Weight { good, look, warning };
struct Sentence {
    Weight weight = Weight::good;
    std::string text;
};

std::string section(const std::string& heading, const std::string& html);
/// Beside each other where there is room: three in a row, or two large ones.
std::string side_by_side(const std::string& html, bool large = false);
/// "" when there is nothing to show.
std::string figure(const std::string& html, const std::string& title, const std::string& caption);
/// A picture whose pixels may be seen, at most so wide.
std::string picture(const std::string& address, const std::string& words, std::size_t width);
std::string sentences(const std::vector<Sentence>& list);

/// The first column names things; others hold numbers, which are aligned on the right, unless `words`.
struct HtmlTable {
    std::vector<std::string> head;  ///< or none
    std::vector<std::vector<std::string>> rows;
    bool words = false;
};
std::string html_table(const HtmlTable& table);

/// A whole page.  It is read anew every `reload` seconds; 0: never.
std::string document(const std::string& title, const std::string& summary, const std::string& html,
                     std::size_t reload = 0);

}  // namespace rbm::app
