// SPDX-License-Identifier: MIT
// What a program says of its command line, and what came of it.
//
// Boost.Program_options splits the command line into words; everything about values is ours, since Boost takes -1 for
// 4294967295, nan for a rate and --ep for --epochs.
#pragma once

#include <functional>
#include <initializer_list>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "apps/cli/common_options.h"
#include "apps/cli/completion.h"
#include "apps/cli/option_types.h"
#include "rbm/kernels/error.h"

namespace rbm::app {

/// The command line or the configuration cannot be obeyed: names option, value and what is allowed.
struct UsageError : InvalidArgument {
    using InvalidArgument::InvalidArgument;
};

/// Whom an option is for: rare ones would make --help too long to read.
enum class Audience { everyone, rare };

/// The most lines of --help.  Where all options fit in, it shows all.
inline constexpr std::size_t most_help_lines = 60;

class Program {
  public:
    /// "rbm-score" and one line, ending in a full stop.
    Program(std::string name, std::string summary);

    Program& example(std::string command, std::string meaning);
    /// An argument without a name of its own; all of them are read, so that "-" is standard input.  MODEL stands for a
    /// model file, also where an option's value is called so: a run folder becomes the model in it.
    Program& argument(std::string name, std::string* target, std::string help);
    /// The same, at the end, and it may be left out: the target stays empty.
    Program& optional_argument(std::string name, std::string* target, std::string help);
    /// What follows those arguments, any number of them.
    Program& more_arguments(std::string name, std::vector<std::string>* target, std::string help);
    /// Options declared from here on stand under this heading; those that are `rare` stand in --help-all only.
    Program& group(std::string heading, Audience audience = Audience::everyone);
    /// `--help-NAME WORD` shows one of these pages.  --help lists them below the groups: word and line.
    Program& pages(std::string name, std::string heading, std::vector<std::pair<std::string, std::string>> words,
                   std::function<std::string(const std::string&)> page);
    /// The name without dashes: "learning-rate".
    Program& option(std::string name, Value value, std::string help);
    /// Options that other programs have too, named without dashes; and config, quiet, verbose, no-progress always.
    Program& common(CommonSettings& settings, std::initializer_list<std::string_view> names);

    enum class Request { run, help, version };
    /// Sets the variables, from the configuration file first.  Throws UsageError; FileError for an unreadable --config.
    Request parse(const std::vector<std::string>& arguments);

    /// Whether the option came with the command line or the configuration.
    bool given(std::string_view option) const;
    /// Whether this program has such an option: messages that several programs share recommend no other.
    bool has(std::string_view option) const { return find(option) != nullptr; }
    /// The option's value as text, in its shortest form; "" when it has none.
    std::string text(std::string_view option) const;

    /// Sets options that were not given; they do not count as given afterwards.
    void prefer(const std::vector<std::pair<std::string, std::string>>& settings);

    /// The command line as it was typed, quoted as a shell wants it.
    const std::string& command() const { return command_; }

    /// All options that shape results, as text: what a checkpoint keeps.
    std::map<std::string, std::string> record() const;
    /// Takes options that were not given from such a record.  Throws UsageError when a given one differs from it,
    /// except for those named, and DataError when the record is not one of this program; `source` is the file it came
    /// from.
    void restore(const std::map<std::string, std::string>& record, const std::string& source,
                 const std::set<std::string>& may_differ = {});
    /// Throws UsageError when the option was given and its text is not `recorded`, unless --force was given.
    void require_agreement(std::string_view option, const std::string& recorded, const std::string& source) const;

    const std::string& name() const { return name_; }
    const CommonSettings* settings() const { return settings_; }
    std::string usage() const;     ///< one line: Usage: rbm-score [OPTION]... MODEL DATA
    std::string help() const;      ///< at most most_help_lines
    std::string help_all() const;  ///< every option, and the exit codes
    /// What was asked for, where parse() said so.
    const std::string& asked_help() const { return asked_help_; }

  private:
    friend struct CommonOptions;
    struct Argument {
        std::string name;
        std::string* target;
        std::string help;
        bool needed;
    };
    struct Option {
        std::string name;
        char letter;  ///< 0 for none
        Value value;
        std::string help;
        std::string group;
        Audience audience;
        bool given = false;
    };
    struct Pages {
        std::string option, heading;
        std::vector<std::pair<std::string, std::string>> words;
        std::function<std::string(const std::string&)> page;
    };
    struct Setting {
        std::string name;
        std::string text;
        std::string place;  ///< of a line in a file: "run.ini:7: ", else empty
    };
    void declare(std::string name, char letter, Value value, std::string help);
    const Option* find(std::string_view name) const;
    Option* find(std::string_view name);
    Option& known(std::string_view name);
    const Option& known(std::string_view name) const;
    std::vector<Setting> read_words(const std::vector<std::string>& arguments, std::vector<std::string>& free) const;
    void apply(const Setting& setting);
    void apply_config(const std::string& path);
    void set_arguments(const std::vector<std::string>& free);
    void find_models();
    void check_complete() const;
    std::string unknown(const std::string& name) const;
    std::vector<CompletedOption> completed_options() const;
    bool asks_for_help(const std::vector<std::string>& words);
    std::string page_of(const Pages& pages, const std::string& word) const;
    void append_options(std::string& page, bool all) const;
    [[noreturn]] void fail(const std::string& text) const;

    std::string name_, summary_, group_ = "Options", asked_help_, completion_, command_;
    Audience audience_ = Audience::everyone;
    std::vector<Pages> pages_;
    std::vector<std::pair<std::string, std::string>> examples_;
    std::vector<Argument> arguments_;
    std::vector<std::string>* more_ = nullptr;
    std::string more_name_, more_help_;
    std::vector<Option> options_;
    CommonSettings* settings_ = nullptr;
    bool help_ = false, help_all_ = false, version_ = false;
};

/// One option as --help shows it: wrapped, the text in a column of its own.
std::string option_entry(const std::string& name, char letter, const Value& value, const std::string& help);
/// A text wrapped to the width of a page; continued lines begin in the column.
std::string wrapped(const std::string& text, std::size_t column = 0);
/// "  left", and the text beside it in the column of options.
std::string entry(const std::string& left, const std::string& text);

}  // namespace rbm::app
