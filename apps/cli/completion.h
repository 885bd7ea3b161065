// SPDX-License-Identifier: MIT
// --completion: scripts by which bash, zsh and fish complete a program's options, their words and files.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace rbm::app {

/// An option as a shell needs to know it.
struct CompletedOption {
    std::string name;  ///< without dashes
    char letter = 0;   ///< 0 for none
    std::string help;
    std::string placeholder;         ///< empty for a flag
    std::vector<std::string> words;  ///< of which the value is one; none: any value

    bool takes_file() const;
};

/// For "bash", "zsh" or "fish".
std::string completion_script(std::string_view shell, const std::string& program,
                              const std::vector<CompletedOption>& options);

}  // namespace rbm::app
