// SPDX-License-Identifier: MIT
// --help, in the shape that help2man turns into a manual page.
#include <fmt/format.h>

#include <algorithm>

#include "apps/cli/program.h"

namespace rbm::app {
namespace {

constexpr std::size_t page_width = 80;
constexpr std::size_t help_column = 30;

/// Appends the text behind what stands in the line, broken at blanks, continued in the column.
void append_wrapped(std::string& page, std::size_t column, const std::string& text) {
    std::size_t used = page.size() - (page.rfind('\n') + 1);
    for (std::size_t begin = 0; begin < text.size();) {
        const std::size_t end = std::min(text.find(' ', begin), text.size());
        bool line_starts = used <= column;
        if (!line_starts && used + 1 + (end - begin) > page_width) {
            page += '\n';
            used = 0;
            line_starts = true;
        }
        const std::size_t blanks = used < column ? column - used : line_starts ? 0 : 1;
        page.append(blanks, ' ');
        page.append(text, begin, end - begin);
        used += blanks + (end - begin);
        begin = std::min(end + 1, text.size());
    }
    page += '\n';
}

void append_entry(std::string& page, const std::string& left, const std::string& text) {
    page += left;
    if (left.size() + 2 > help_column) page += '\n';
    append_wrapped(page, help_column, text);
}

}  // namespace

std::string Program::usage() const {
    std::string line = fmt::format("Usage: {} [OPTION]...", name_);
    for (const Argument& argument : arguments_)
        line += fmt::format(fmt::runtime(argument.needed ? " {}" : " [{}]"), argument.name);
    if (more_ != nullptr) line += fmt::format(" [{}]...", more_name_);
    return line;
}

std::string wrapped(const std::string& text, std::size_t column) {
    std::string page;
    append_wrapped(page, column, text);
    return page;
}

std::string entry(const std::string& left, const std::string& text) {
    std::string page;
    append_entry(page, "  " + left, text);
    return page;
}

namespace {

std::string name_column(const std::string& name, char letter, const Value& value) {
    std::string left = letter == 0 ? "    " : fmt::format("-{}, ", letter);
    left += "--" + name;
    if (!value.is_flag()) left += " " + value.placeholder;
    return left;
}

/// In --help: what stands before the first semicolon, and a default that is a plain value.
std::string brief_entry(const std::string& name, char letter, const Value& value, const std::string& help) {
    std::string text = help.substr(0, help.find_first_of(";:"));
    if (value.needed) text += " (required)";
    if (!value.default_text.empty() && value.default_text == value.show())
        text += fmt::format(" (default: {})", value.default_text);
    return entry(name_column(name, letter, value), text);
}

}  // namespace

std::string option_entry(const std::string& name, char letter, const Value& value, const std::string& help) {
    std::string text = help;
    if (value.needed) text += " (required)";
    if (!value.default_text.empty()) text += fmt::format(" (default: {})", value.default_text);
    return entry(name_column(name, letter, value), text);
}

void Program::append_options(std::string& page, bool all) const {
    std::vector<std::string> groups;
    for (const Option& option : options_)
        if ((all || option.audience == Audience::everyone) && std::ranges::find(groups, option.group) == groups.end())
            groups.push_back(option.group);
    // The common options, which are declared first, come last.
    std::rotate(groups.begin(), groups.begin() + 1, groups.end());
    for (const std::string& heading : groups) {
        page += fmt::format("\n{}:\n", heading);
        for (const Option& option : options_)
            if (option.group == heading && (all || option.audience == Audience::everyone))
                page += (all ? option_entry : brief_entry)(option.name, option.letter, option.value, option.help);
    }
    for (const Pages& pages : pages_) {
        page += fmt::format("\n{}:\n", pages.heading);
        for (const auto& [word, line] : pages.words) page += fmt::format("  {:<21} {}\n", word, line);
    }
}

std::string Program::help_all() const {
    std::string page = usage() + "\n" + wrapped(summary_);
    if (!examples_.empty()) {
        page += "\nExamples:\n";
        for (const auto& [command, meaning] : examples_) page += fmt::format("  {}\n      {}\n", command, meaning);
    }
    if (!arguments_.empty()) {
        page += "\nArguments:\n";
        for (const Argument& argument : arguments_)
            page += entry(argument.name, argument.help + (argument.needed ? "" : " (optional)"));
        if (more_ != nullptr) page += entry(more_name_, more_help_);
    }
    append_options(page, true);
    page +=
        "\nExit status:\n"
        "  0    done\n"
        "  1    a file or the computer failed, or output exists and --force is missing\n"
        "  2    the command line or the configuration is wrong\n"
        "  3    the data or the model cannot be used\n"
        "  4    training diverged; the last good checkpoint is kept\n"
        "  130  stopped by SIGINT (Ctrl-C)\n"
        "  143  stopped by SIGTERM\n";
    return page;
}

std::string Program::help() const {
    std::string all = help_all();
    if (static_cast<std::size_t>(std::ranges::count(all, '\n')) <= most_help_lines) return all;
    std::string page = usage() + "\n" + wrapped(summary_);
    if (!examples_.empty()) page += fmt::format("Example: {}\n", examples_.front().first);
    if (!arguments_.empty()) page += "\n";
    for (const Argument& argument : arguments_)
        page += entry(argument.name, argument.help + (argument.needed ? "" : " (optional)"));
    append_options(page, false);
    page += fmt::format("\n{} --help-all shows the other options, more examples and the exit codes.\n", name_);
    return page;
}

}  // namespace rbm::app
