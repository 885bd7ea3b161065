// SPDX-License-Identifier: MIT
// What is known of a column of a table.
#pragma once

#include <string>
#include <vector>

namespace rbm {

struct Column {
    std::string name;                ///< empty when it has none
    std::vector<std::string> words;  ///< of categories: code k stands for words[k]; numbers have none
    bool operator==(const Column&) const = default;
};

}  // namespace rbm
