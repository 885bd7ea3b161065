// SPDX-License-Identifier: MIT
#include "apps/cli/suggest.h"

#include <algorithm>
#include <utility>

namespace rbm::app {
namespace {

/// Slips from one text to the other: insertions, deletions, changes and swaps of neighbours.
std::size_t slips(std::string_view a, std::string_view b) {
    std::vector<std::vector<std::size_t>> cost(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
    for (std::size_t i = 0; i <= a.size(); ++i)
        for (std::size_t j = 0; j <= b.size(); ++j) {
            if (i == 0 || j == 0) {
                cost[i][j] = i + j;
                continue;
            }
            const std::size_t change = cost[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
            cost[i][j] = std::min({change, cost[i - 1][j] + 1, cost[i][j - 1] + 1});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                cost[i][j] = std::min(cost[i][j], cost[i - 2][j - 2] + 1);
        }
    return cost[a.size()][b.size()];
}

/// learning-rate -> lr
std::string initials(std::string_view word) {
    std::string letters;
    for (std::size_t i = 0; i < word.size(); ++i)
        if (i == 0 || word[i - 1] == '-') letters += word[i];
    return letters;
}

}  // namespace

std::vector<std::string> suggestions(std::string_view text, const std::vector<std::string>& words) {
    constexpr std::size_t longest = 64;  // of what is worth comparing
    std::vector<std::pair<std::size_t, std::string>> found;
    if (text.empty() || text.size() > longest) return {};
    for (const std::string& word : words)
        if (word.starts_with(text) || (text.size() > 1 && initials(word) == text)) found.emplace_back(0, word);
    if (found.empty())
        for (const std::string& word : words) {
            const std::size_t distance = slips(text, word);
            if (distance <= (text.size() < 5 ? 1U : 2U)) found.emplace_back(distance, word);
        }
    std::ranges::sort(found);
    std::vector<std::string> names;
    for (const auto& [distance, word] : found)
        if (names.size() < 3) names.push_back(word);
    return names;
}

std::string did_you_mean(std::string_view text, const std::vector<std::string>& words, std::string_view prefix) {
    std::string question;
    for (const std::string& word : suggestions(text, words)) {
        question += question.empty() ? "; did you mean " : " or ";
        question += prefix;
        question += word;
    }
    return question.empty() ? question : question + "?";
}

}  // namespace rbm::app
