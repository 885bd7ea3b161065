// SPDX-License-Identifier: MIT
#include "apps/cli/completion.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

namespace rbm::app {
namespace {

/// What --help says first of an option, without what shells read as more than letters.
std::string brief(const CompletedOption& option) {
    std::string text = option.help.substr(0, option.help.find_first_of(";:"));
    std::erase_if(text, [](char c) { return std::string_view("'\"\\[]`$").find(c) != std::string_view::npos; });
    return text;
}

std::string words_of(const CompletedOption& option) { return fmt::format("{}", fmt::join(option.words, " ")); }

std::string for_bash(const std::string& program, const std::vector<CompletedOption>& options) {
    std::string names, cases, function = "_" + program;
    std::ranges::replace(function, '-', '_');
    for (const CompletedOption& option : options) {
        names += " --" + option.name;
        if (option.placeholder.empty()) continue;
        const std::string action = !option.words.empty()
                                       ? fmt::format("COMPREPLY=($(compgen -W '{}' -- \"$word\"))", words_of(option))
                                   : option.takes_file() ? "compopt -o default"
                                                         : ":";
        cases += fmt::format("        --{}) {}; return ;;\n", option.name, action);
    }
    return fmt::format(
        "# Completes {0} in bash.\n"
        "{1}() {{\n"
        "    local word=${{COMP_WORDS[COMP_CWORD]}} before=${{COMP_WORDS[COMP_CWORD-1]}}\n"
        "    [[ $word == = ]] && word=''\n"
        "    [[ $before == = ]] && before=${{COMP_WORDS[COMP_CWORD-2]}}\n"
        "    case $before in\n"
        "{2}    esac\n"
        "    if [[ $word == -* ]]; then\n"
        "        COMPREPLY=($(compgen -W '{3}' -- \"$word\"))\n"
        "    else\n"
        "        compopt -o default\n"
        "    fi\n"
        "}}\n"
        "complete -F {1} {0}\n",
        program, function, cases, names.substr(1));
}

std::string for_zsh(const std::string& program, const std::vector<CompletedOption>& options) {
    std::string script = fmt::format("#compdef {}\n_arguments \\\n", program);
    for (const CompletedOption& option : options) {
        std::string value;
        if (!option.words.empty())
            value = fmt::format(":{}:({})", option.name, words_of(option));
        else if (option.takes_file())
            value = ":file:_files";
        else if (!option.placeholder.empty())
            value = fmt::format(":{}:", option.placeholder);
        script += fmt::format("    '--{}{}[{}]{}' \\\n", option.name, value.empty() ? "" : "=", brief(option), value);
    }
    return script + "    '*:file:_files'\n";
}

std::string for_fish(const std::string& program, const std::vector<CompletedOption>& options) {
    std::string script;
    for (const CompletedOption& option : options) {
        script += fmt::format("complete -c {} -l {}", program, option.name);
        if (option.letter != 0) script += fmt::format(" -s {}", option.letter);
        if (!option.words.empty())
            script += fmt::format(" -x -a '{}'", words_of(option));
        else if (!option.placeholder.empty())
            script += option.takes_file() ? " -r -F" : " -x";
        script += fmt::format(" -d '{}'\n", brief(option));
    }
    return script;
}

}  // namespace

bool CompletedOption::takes_file() const {
    const std::array files = {"FILE", "FOLDER", "MODEL", "DATA"};
    return std::ranges::any_of(files, [&](const char* word) { return placeholder.find(word) != std::string::npos; });
}

std::string completion_script(std::string_view shell, const std::string& program,
                              const std::vector<CompletedOption>& options) {
    return (shell == "bash" ? for_bash : shell == "zsh" ? for_zsh : for_fish)(program, options);
}

}  // namespace rbm::app
