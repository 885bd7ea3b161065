// SPDX-License-Identifier: MIT
#include "apps/cli/program.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <boost/program_options.hpp>
#include <filesystem>

#include "apps/cli/completion.h"
#include "apps/cli/config_file.h"
#include "apps/cli/model_path.h"
#include "apps/cli/suggest.h"
#include "rbm/io/utf8.h"
#include "rbm/kernels/error.h"

namespace rbm::app {
namespace {

/// As it is where a shell would leave it so, else in single quotes.
std::string quoted_for_shell(const std::string& word) {
    constexpr std::string_view plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=.,:/@%";
    if (!word.empty() && word.find_first_not_of(plain) == std::string::npos) return word;
    std::string quoted = "'";
    for (const char c : word) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return quoted + "'";
}

/// --learning_rate=0.1 -> --learning-rate=0.1; what stands behind -- is left alone.
std::vector<std::string> with_hyphens(std::vector<std::string> words) {
    for (std::string& word : words) {
        if (word == "--") break;
        if (!word.starts_with("--")) continue;
        const auto end = word.begin() + static_cast<std::ptrdiff_t>(std::min(word.find('='), word.size()));
        std::replace(word.begin(), end, '_', '-');
    }
    return words;
}

/// Without the dashes before and the = behind.
std::string bare(std::string word) {
    word.erase(0, std::min(word.find_first_not_of('-'), word.size()));
    return word.substr(0, word.find('='));
}

}  // namespace

Program::Program(std::string name, std::string summary) : name_(std::move(name)), summary_(std::move(summary)) {
    Value help = flag(&help_), help_all = flag(&help_all_), version = flag(&version_);
    group_ = "Common options";
    declare("help", 'h', std::move(help).transient(), "show this help and exit");
    declare("help-all", 0, std::move(help_all).transient(), "show every option and the exit codes, and exit");
    declare("version", 0, std::move(version).transient(), "show the version and exit");
    audience_ = Audience::rare;
    declare("completion", 0, choice(&completion_, {"bash", "zsh", "fish"}).transient(),
            "print a script by which this shell completes the options, and exit");
    audience_ = Audience::everyone;
    group_ = "Options";
}

Program& Program::example(std::string command, std::string meaning) {
    examples_.emplace_back(std::move(command), std::move(meaning));
    return *this;
}

Program& Program::argument(std::string name, std::string* target, std::string help) {
    arguments_.push_back({std::move(name), target, std::move(help), true});
    return *this;
}

Program& Program::optional_argument(std::string name, std::string* target, std::string help) {
    arguments_.push_back({std::move(name), target, std::move(help), false});
    return *this;
}

Program& Program::more_arguments(std::string name, std::vector<std::string>* target, std::string help) {
    more_ = target;
    more_name_ = std::move(name);
    more_help_ = std::move(help);
    return *this;
}

Program& Program::group(std::string heading, Audience audience) {
    group_ = std::move(heading);
    audience_ = audience;
    return *this;
}

Program& Program::pages(std::string name, std::string heading, std::vector<std::pair<std::string, std::string>> words,
                        std::function<std::string(const std::string&)> page) {
    pages_.push_back({"help-" + std::move(name), std::move(heading), std::move(words), std::move(page)});
    return *this;
}

Program& Program::option(std::string name, Value value, std::string help) {
    declare(std::move(name), 0, std::move(value), std::move(help));
    return *this;
}

Program& Program::common(CommonSettings& settings, std::initializer_list<std::string_view> names) {
    settings_ = &settings;
    const std::string before = std::exchange(group_, "Common options");
    const Audience audience = std::exchange(audience_, Audience::everyone);
    std::vector<std::string_view> all(names);
    all.insert(all.end(), {"config", "quiet", "verbose", "no-progress"});
    for (const std::string_view name : all) {
        CommonOption option = common_option(name, settings);
        const bool rarely_typed = name == "config" || name == "no-progress" || name == "threshold" ||
                                  name == "channels" || name == "header" || name == "keep" || name == "drop" ||
                                  name == "decimal-comma";
        audience_ = rarely_typed ? Audience::rare : Audience::everyone;
        declare(std::string(name), option.letter, std::move(option.value), std::move(option.help));
    }
    group_ = before;
    audience_ = audience;
    return *this;
}

void Program::declare(std::string name, char letter, Value value, std::string help) {
    if (find(name) != nullptr) throw std::logic_error(name_ + " declares --" + name + " twice");
    options_.push_back({std::move(name), letter, std::move(value), std::move(help), group_, audience_});
}

const Program::Option* Program::find(std::string_view name) const {
    const auto found = std::ranges::find(options_, name, &Option::name);
    return found == options_.end() ? nullptr : &*found;
}
Program::Option* Program::find(std::string_view name) { return const_cast<Option*>(std::as_const(*this).find(name)); }
const Program::Option& Program::known(std::string_view name) const {
    const Option* option = find(name);
    if (option == nullptr) throw std::logic_error(name_ + " has no option --" + std::string(name));
    return *option;
}
Program::Option& Program::known(std::string_view name) { return const_cast<Option&>(std::as_const(*this).known(name)); }

bool Program::given(std::string_view option) const { return known(option).given; }
std::string Program::text(std::string_view option) const { return known(option).value.show(); }

void Program::fail(const std::string& text) const {
    throw UsageError(fmt::format("{}\nTry '{} --help' for the options.", text, name_));
}

std::string Program::unknown(const std::string& name) const {
    std::vector<std::string> names;
    for (const Option& option : options_) names.push_back(option.name);
    for (const Pages& pages : pages_) names.push_back(pages.option);
    return did_you_mean(name, names, "--");
}

Program::Request Program::parse(const std::vector<std::string>& arguments) {
    command_ = name_;
    for (const std::string& word : arguments) command_ += " " + quoted_for_shell(word);
    if (asks_for_help(arguments)) return Request::help;
    const auto end = std::ranges::find(arguments, "--");
    if (std::find(arguments.begin(), end, "--version") != end) return Request::version;

    std::vector<std::string> free;
    const std::vector<Setting> settings = read_words(arguments, free);
    for (const Setting& setting : settings)
        if (setting.name == "help") return asked_help_ = help(), Request::help;
    for (const Setting& setting : settings)
        if (setting.name == "completion") {
            apply(setting);
            return asked_help_ = completion_script(completion_, name_, completed_options()), Request::help;
        }
    // The file first, so that the command line wins; its name is known only from the command line.
    const auto config = std::ranges::find(settings, "config", &Setting::name);
    if (config != settings.end()) {
        apply(*config);
        apply_config(config->text);
    }
    for (const Setting& setting : settings) apply(setting);
    set_arguments(free);
    find_models();
    check_complete();
    return Request::run;
}

/// Help is given to whoever asks for it, whatever else stands there.
bool Program::asks_for_help(const std::vector<std::string>& words) {
    for (std::size_t i = 0; i < words.size() && words[i] != "--"; ++i) {
        const std::string& word = words[i];
        if (word == "--help-all") return asked_help_ = help_all(), true;
        if (word == "--help" || word == "-h") return asked_help_ = help(), true;
        for (const Pages& pages : pages_) {
            const std::string option = "--" + pages.option;
            if (word == option) return asked_help_ = page_of(pages, i + 1 < words.size() ? words[i + 1] : ""), true;
            if (word.starts_with(option + "="))
                return asked_help_ = page_of(pages, word.substr(option.size() + 1)), true;
        }
    }
    return false;
}

std::string Program::page_of(const Pages& pages, const std::string& word) const {
    std::vector<std::string> words;
    for (const auto& [known, line] : pages.words) {
        if (known == word) return pages.page(word);
        words.push_back(known);
    }
    fail(fmt::format("--{}: found {}, expected one of {}{}", pages.option,
                     word.empty() || word.starts_with("-") ? "no value" : in_quotes(word), joined(words, ", "),
                     did_you_mean(word, words, "")));
}

std::vector<Program::Setting> Program::read_words(const std::vector<std::string>& arguments,
                                                  std::vector<std::string>& free) const {
    namespace po = boost::program_options;
    po::options_description description;
    for (const Option& option : options_) {
        const std::string names = option.letter == 0 ? option.name : fmt::format("{},{}", option.name, option.letter);
        if (option.value.is_flag())
            description.add_options()(names.c_str(), "");
        else
            description.add_options()(names.c_str(), po::value<std::string>());
    }
    const auto expected = [&](const std::string& name) {
        const Option* option = find(name);
        return option == nullptr ? "" : ", expected " + option->value.expected;
    };
    for (const std::string& word : arguments) {
        if (word == "--") break;
        if (word.starts_with("--=")) fail(fmt::format("found {}, expected --NAME=VALUE", in_quotes(word)));
    }
    std::vector<Setting> settings;
    try {
        namespace style = po::command_line_style;
        const auto parsed = po::command_line_parser(with_hyphens(arguments))
                                .options(description)
                                .style(style::unix_style & ~style::allow_guessing)
                                .run();
        for (const po::option& option : parsed.options) {
            if (option.position_key >= 0) {
                free.insert(free.end(), option.value.begin(), option.value.end());
                continue;
            }
            const std::string& name = option.string_key;
            const bool is_flag = known(name).value.is_flag();
            if (!is_flag && std::ranges::find(settings, name, &Setting::name) != settings.end())
                fail(fmt::format("--{}: given twice", name));
            const std::string text = is_flag ? "on" : option.value.empty() ? "" : option.value.front();
            if (option.original_tokens.size() == 2 && text.starts_with("--"))
                fail(fmt::format("--{0}: found no value{1} (write --{0}=VALUE if the value begins with --)", name,
                                 expected(name)));
            settings.push_back({name, text, ""});
        }
    } catch (const po::unknown_option& error) {
        const std::string word = error.get_option_name();
        fail(fmt::format("unknown option {}{}", in_quotes(word), unknown(bare(word))));
    } catch (const po::invalid_syntax& error) {
        const std::string name = bare(error.get_option_name());
        switch (error.kind()) {
            case po::invalid_syntax::missing_parameter:
            case po::invalid_syntax::empty_adjacent_parameter:
                fail(fmt::format("--{}: found no value{}", name, expected(name)));
            case po::invalid_syntax::extra_parameter:
                fail(fmt::format("--{}: found a value, expected none", name));
            default:
                fail(error.what());
        }
    } catch (const po::error& error) {
        fail(error.what());
    }
    return settings;
}

std::vector<CompletedOption> Program::completed_options() const {
    std::vector<CompletedOption> all;
    for (const Option& option : options_)
        all.push_back({option.name, option.letter, option.help, option.value.placeholder, option.value.words});
    for (const Pages& pages : pages_) {
        CompletedOption option{pages.option, 0, "show one of these pages", "NAME", {}};
        for (const auto& [word, line] : pages.words) option.words.push_back(word);
        all.push_back(std::move(option));
    }
    return all;
}

void Program::apply(const Setting& setting) {
    Option& option = known(setting.name);
    if (!option.value.take(setting.text))
        fail(fmt::format("{}--{}: found {}, expected {}{}", setting.place, option.name, in_quotes(setting.text),
                         option.value.expected, did_you_mean(setting.text, option.value.words, "")));
    option.given = true;
}

void Program::apply_config(const std::string& path) {
    for (const ConfigLine& line : parse_config(read_config(path), path)) {
        const std::string place = fmt::format("{}:{}: ", path, line.number);
        const bool for_people = line.name.starts_with("help") || line.name == "version" || line.name == "config" ||
                                line.name == "completion";
        if (for_people || find(line.name) == nullptr)
            fail(fmt::format("{}unknown option {}{}", place, in_quotes(line.name), unknown(line.name)));
        apply({line.name, line.text, place});
    }
}

void Program::set_arguments(const std::vector<std::string>& free) {
    for (std::size_t i = 0; i < free.size(); ++i) {
        if (i >= arguments_.size() && more_ != nullptr) {
            if (free[i].empty()) fail(fmt::format("{}: found \"\", expected a name", more_name_));
            more_->push_back(free[i]);
            continue;
        }
        if (i == arguments_.size())
            fail(fmt::format("found the argument {}, expected {}\n{}", in_quotes(free[i]),
                             arguments_.empty() ? "options only" : fmt::format("no more than {}", arguments_.size()),
                             usage()));
        if (free[i].empty()) fail(fmt::format("{}: found \"\", expected a name", arguments_[i].name));
        *arguments_[i].target = free[i];
    }
    for (std::size_t i = free.size(); i < arguments_.size(); ++i)
        if (arguments_[i].needed) fail(fmt::format("{} is missing\n{}", arguments_[i].name, usage()));
}

/// Run folders become the models in them.
void Program::find_models() {
    for (Option& option : options_)
        if (option.given && option.value.placeholder.starts_with("MODEL"))
            option.value.take(model_in(option.value.show()));
    const auto model = std::ranges::find(arguments_, "MODEL", &Argument::name);
    if (model == arguments_.end()) return;
    const std::string given = std::exchange(*model->target, model_in(*model->target));
    if (!std::filesystem::exists(given) || is_model_file(*model->target)) return;
    for (const Argument& other : arguments_)
        if (is_model_file(model_in(*other.target)))
            fail(fmt::format("{} is '{}', which is no model, but {} '{}' is one: swap them\n{}", model->name, given,
                             other.name, *other.target, usage()));
}

void Program::check_complete() const {
    for (const Option& option : options_)
        if (option.value.needed && !option.given)
            fail(fmt::format("--{} is missing: {}\n{}", option.name, option.help, usage()));
    if (settings_ != nullptr && settings_->quiet && settings_->verbose)
        fail("--quiet and --verbose exclude each other");

    std::vector<std::string> readers;
    for (const Argument& argument : arguments_)
        if (*argument.target == "-") readers.push_back(argument.name);
    for (const Option& option : options_)
        if (option.value.reads_input && option.value.show() == "-") readers.push_back("--" + option.name);
    if (readers.size() > 1)
        fail(fmt::format("{} and {} are both -, but standard input can be read only once", readers[0], readers[1]));
    if (readers.size() == 1 && isatty(STDIN_FILENO) != 0)
        fail(fmt::format("{} is -, but standard input is a terminal: pipe a file into it", readers[0]));
}

void Program::prefer(const std::vector<std::pair<std::string, std::string>>& settings) {
    for (const auto& [name, text] : settings) {
        Option& option = known(name);
        if (!option.given && !option.value.take(text))
            throw std::logic_error(fmt::format("{}: --{} cannot be {}", name_, name, text));
    }
}

std::map<std::string, std::string> Program::record() const {
    std::map<std::string, std::string> texts;
    for (const Option& option : options_)
        if (option.value.changes_results)
            if (std::string text = option.value.show(); !text.empty()) texts[option.name] = std::move(text);
    return texts;
}

void Program::restore(const std::map<std::string, std::string>& record, const std::string& source,
                      const std::set<std::string>& may_differ) {
    for (const Option& option : options_)
        if (option.given && option.value.changes_results && !may_differ.contains(option.name)) {
            const auto recorded = record.find(option.name);
            const std::string expected = recorded == record.end() ? "" : recorded->second;
            if (expected != option.value.show())
                fail(fmt::format("--{}: found {}, but {} was made {}: leave the option out", option.name,
                                 in_quotes(option.value.show()), source,
                                 expected.empty() ? "without it" : "with " + in_quotes(expected)));
        }
    for (const auto& [name, text] : record) {
        Option* option = find(name);
        if (option == nullptr || !option->value.changes_results)
            throw DataError(
                fmt::format("{}: records the option {}, which {} does not have", source, in_quotes(name), name_));
        if (!option->given && !option->value.take(text))
            throw DataError(
                fmt::format("{}: records --{} {}, expected {}", source, name, in_quotes(text), option->value.expected));
    }
}

void Program::require_agreement(std::string_view name, const std::string& recorded, const std::string& source) const {
    const Option& option = known(name);
    if (!option.given || option.value.show() == recorded || (settings_ != nullptr && settings_->force)) return;
    fail(fmt::format("--{}: found {}, but {} records {}: leave the option out, or add --force", name,
                     in_quotes(option.value.show()), source, in_quotes(recorded)));
}

}  // namespace rbm::app
