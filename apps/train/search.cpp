// SPDX-License-Identifier: MIT
#include "apps/train/search.h"

#include <boost/random/uniform_int_distribution.hpp>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "apps/train/run_folder.h"
#include "apps/train/run_size.h"
#include "apps/train/training_rules.h"
#include "rbm/io/atomic_file.h"
#include "rbm/kernels/error.h"

namespace rbm::app {
namespace {

namespace files = std::filesystem;
using nlohmann::ordered_json;
using Clock = std::chrono::steady_clock;

constexpr const char* table_name = "search.jsonl";

/// An option that is searched, by factors of what the size of the data makes it.
struct Searched {
    std::string option;
    std::vector<double> factors;
    bool whole = false;
};
const std::vector<Searched>& all_searched() {
    static const std::vector<Searched> all = {{"learning-rate", {0.25, 0.5, 1, 2}},
                                              {"hidden", {0.5, 1, 2, 4}, true},
                                              {"weight-decay-l1", {0, 0.25, 1, 4, 16}},
                                              {"steps", {1, 2, 5, 10}, true}};
    return all;
}

using Choice = std::vector<std::size_t>;  ///< of a factor for each of the options

/// Nothing of a trial is said but what the table says of it.
struct Silence {
    Console before = console();
    Silence() {
        console().verbosity = Verbosity::quiet;
        console().progress = false;
    }
    ~Silence() { console() = before; }
    Silence(const Silence&) = delete;
    Silence& operator=(const Silence&) = delete;
};

/// The words of a trial: those of the search without what is the search's own.
std::vector<std::string> words_of_trials(const std::vector<std::string>& words) {
    std::vector<std::string> kept;
    for (std::size_t i = 0; i < words.size(); ++i) {
        const std::string& word = words[i];
        if (word == "--search" || word == "--output") {
            ++i;
        } else if (!word.starts_with("--search=") && !word.starts_with("--output=") && word != "--resume" &&
                   word != "--force" && word != "--json" && word != "--live") {
            kept.push_back(word);
        }
    }
    return kept;
}

std::vector<ordered_json> table_lines(const std::string& path) {
    std::vector<ordered_json> lines;
    std::ifstream in(path);
    for (std::string text; std::getline(in, text);) {
        ordered_json line = ordered_json::parse(text, nullptr, false);
        if (!line.is_object()) throw DataError(fmt::format("{}: line {} is no JSON object", path, lines.size() + 1));
        lines.push_back(std::move(line));
    }
    return lines;
}

class Search {
  public:
    Search(const RunSettings& run, std::vector<std::string> words, std::vector<ordered_json> lines, double minutes)
        : output_(run.output),
          words_(std::move(words)),
          lines_(std::move(lines)),
          seconds_(60 * minutes),
          random_(Random(run.common.seed).fork(search_purpose)) {}

    void run() {
        const ordered_json first = trial("", std::nullopt);
        if (!is_score(first)) throw Diverged("the search: its first run, with the defaults, diverged");
        base_ = first["options"];
        const auto full = std::stoul(base_.at("epochs").get<std::string>());
        choose_options();
        Choice best = usual();
        double best_low = first["low"];
        for (std::size_t round = 0; !searched_.empty(); ++round) {
            const double longest = static_cast<double>(full << std::min<std::size_t>(round, 3));
            const auto epochs = static_cast<std::size_t>(std::min(longest, epochs_that_fit()));
            if (3 * epochs < full || epochs < rounds * rounds) break;
            std::vector<Choice> candidates;
            while (candidates.size() < rounds * rounds) candidates.push_back(near(best));
            for (std::size_t part = rounds * rounds; part > 0; part /= rounds) {
                candidates = best_of(candidates, std::max<std::size_t>(1, epochs / part), part);
                if (candidates.empty()) return tell();
            }
            if (best_of_round_ > best_low) {
                best = candidates.front();
                best_low = best_of_round_;
            }
        }
        tell();
    }

  private:
    static constexpr std::uint64_t search_purpose = 7;
    static constexpr std::size_t rounds = 3;  ///< a third of the candidates goes on

    static bool is_score(const ordered_json& line) { return line.contains("low"); }

    /// A search that goes on counts trials in the same order as one that never stopped.
    void count(std::size_t place) {
        if (!counted_.insert(place).second) return;
        used_ += lines_[place].value("seconds", 0.0);
        epochs_ += lines_[place].value("epochs", 0.0);
    }

    /// Options that were given stay as they are, and what would be 0 is not searched.
    void choose_options() {
        RunSettings run;
        Program program("rbm-train", "");
        declare_options(program, run);
        program.parse(arguments("", std::nullopt));
        for (const Searched& one : all_searched())
            if (!is_set(program, run, one.option) && base_.contains(one.option) && base_[one.option] != "0" &&
                (one.option != "steps" || has_setting(run.method(), "steps")))
                searched_.push_back(one);
    }

    Choice usual() const {
        Choice choice;
        for (const Searched& one : searched_)
            choice.push_back(static_cast<std::size_t>(std::ranges::find(one.factors, 1.0) - one.factors.begin()));
        return choice;
    }

    std::size_t draw(std::size_t count) {
        return boost::random::uniform_int_distribution<std::size_t>(0, count - 1)(random_);
    }

    /// Two of its options drawn anew.
    Choice near(Choice choice) {
        for (int k = 0; k < 2; ++k) {
            const std::size_t which = draw(searched_.size());
            choice[which] = draw(searched_[which].factors.size());
        }
        return choice;
    }

    std::string text_of_choice(const Choice& choice) const {
        std::string text;
        for (std::size_t k = 0; k < choice.size(); ++k) {
            const double value =
                searched_[k].factors[choice[k]] * std::stod(base_[searched_[k].option].get<std::string>());
            text += fmt::format(" --{}={}", searched_[k].option,
                                searched_[k].whole ? fmt::format("{}", std::max(1L, std::lround(value)))
                                                   : fmt::format("{:.3g}", value));
        }
        return text;
    }

    /// Epochs of the last of a round's trials, if the round takes the rest of the time: three lots of so many.
    double epochs_that_fit() const { return epochs_ / std::max(0.1, used_) * std::max(0.0, seconds_ - used_) / rounds; }

    /// The best third of the candidates, after so many epochs; none when time is up.
    std::vector<Choice> best_of(const std::vector<Choice>& candidates, std::size_t epochs, std::size_t part) {
        std::vector<std::pair<double, Choice>> scored;
        for (const Choice& candidate : candidates) {
            const ordered_json line = trial(text_of_choice(candidate), epochs);
            if (is_score(line)) scored.emplace_back(line["low"].get<double>(), candidate);
            if (used_ > seconds_) return {};
        }
        std::ranges::stable_sort(scored, std::greater<>(), [](const auto& one) { return one.first; });
        if (!scored.empty()) best_of_round_ = scored.front().first;
        scored.resize(std::min(scored.size(), std::max<std::size_t>(1, part / rounds)));
        std::vector<Choice> kept;
        for (auto& one : scored) kept.push_back(std::move(one.second));
        return kept;
    }

    std::vector<std::string> arguments(const std::string& options, std::optional<std::size_t> epochs) const {
        std::vector<std::string> words{"--output=" + trial_folder(), "--search=0", "--force"};
        std::istringstream text(options);
        for (std::string word; text >> word;) words.push_back(word);
        if (epochs) words.push_back(fmt::format("--epochs={}", *epochs));
        for (std::size_t i = 0; i < words_.size(); ++i) {
            if (epochs && words_[i] == "--epochs") {
                ++i;  // that of runs in full
            } else if (!epochs || !words_[i].starts_with("--epochs=")) {
                words.push_back(words_[i]);
            }
        }
        return words;
    }
    std::string trial_folder() const { return output_ + "/trial"; }

    /// The line of the table, from the run if it is not there yet.  The folder gets the run if it is the best.
    ordered_json trial(const std::string& options, std::optional<std::size_t> epochs) {
        const ordered_json wanted = epochs ? ordered_json(*epochs) : ordered_json();
        for (std::size_t k = 1; k < lines_.size(); ++k)
            if (lines_[k].at("tried") == options && lines_[k].at("asked_epochs") == wanted) return count(k), lines_[k];
        const Clock::time_point begun = Clock::now();
        ordered_json line{{"trial", lines_.size()}, {"tried", options}, {"asked_epochs", wanted}};
        RunSettings run;
        Program program("rbm-train", "");
        declare_options(program, run);
        program.parse(arguments(options, epochs));
        try {
            const Silence silence;
            start_run(program, run);
        } catch (const Diverged&) {
            line["diverged"] = true;
        }
        const Checkpoint checkpoint = load_checkpoint(trial_folder() + "/checkpoint.safetensors");
        line["epochs"] = checkpoint.state.epoch;
        ordered_json used_options;
        for (const char* name : {"hidden", "epochs", "learning-rate", "weight-decay-l1", "steps"})
            if (const auto found = checkpoint.options.find(name); found != checkpoint.options.end())
                used_options[name] = found->second;
        line["options"] = used_options;
        if (checkpoint.best && !line.contains("diverged")) {
            line["best_epoch"] = checkpoint.best->epoch;
            line["held_out"] = checkpoint.best->score;
            line["low"] = checkpoint.best->low;
            line["high"] = checkpoint.best->high;
        }
        const bool better = is_score(line) && std::ranges::none_of(lines_, [&](const ordered_json& other) {
                                return is_score(other) && other["low"] >= line["low"];
                            });
        if (better) take_over();
        std::error_code ignored;
        files::remove_all(trial_folder(), ignored);
        line["seconds"] = seconds_since(begun);
        lines_.push_back(line);
        count(lines_.size() - 1);
        save();
        note("trial {}:{}{} {}", lines_.size() - 1, options.empty() ? " the defaults," : options,
             epochs ? fmt::format(" --epochs={}", *epochs) : "",
             score_text(line) + (better ? ", the best so far" : ""));
        return line;
    }

    static std::string score_text(const ordered_json& line) {
        if (!is_score(line)) return "diverged";
        return fmt::format("held out {:.3f} ({:.3f} to {:.3f})", line["held_out"].get<double>(),
                           line["low"].get<double>(), line["high"].get<double>());
    }

    /// The trial's files become those of the folder, the checkpoint last.
    void take_over() const {
        constexpr const char* last = "checkpoint.safetensors";
        for (const auto& entry : files::directory_iterator(trial_folder()))
            if (entry.path().filename() != last)
                files::rename(entry.path(), files::path(output_) / entry.path().filename());
        files::rename(files::path(trial_folder()) / last, files::path(output_) / last);
    }

    void save() const {
        std::string text;
        for (const ordered_json& line : lines_) text += line.dump() + "\n";
        write_file(output_ + "/" + table_name, std::as_bytes(std::span(text)), IfExists::replace);
    }

    void tell() const {
        const ordered_json* best = nullptr;
        for (const ordered_json& line : lines_)
            if (is_score(line) && (best == nullptr || line["low"] > (*best)["low"])) best = &line;
        note(
            "done: {0}/model.safetensors is the best of {1} trials, {2}:{3}{4}\n"
            "  {0}/{5} has them all; a larger --search goes on",
            output_, lines_.size() - 1, score_text(*best), (*best)["tried"].get<std::string>(),
            (*best)["asked_epochs"].is_null() ? " the defaults"
                                              : fmt::format(" --epochs={}", (*best)["asked_epochs"].get<std::size_t>()),
            table_name);
    }

    std::string output_;
    std::vector<std::string> words_;
    std::vector<ordered_json> lines_;  ///< of the table, the first of which says what the search is
    double seconds_;
    Random random_;
    double used_ = 0, epochs_ = 0;  ///< seconds and epochs of the trials so far
    std::set<std::size_t> counted_;
    ordered_json base_;
    double best_of_round_ = 0;  ///< its lower end, of the trials that were the longest so far
    std::vector<Searched> searched_;
};

}  // namespace

bool holds_search(const RunSettings& run) { return files::exists(run.output + "/" + table_name); }

int search(Program& program, RunSettings& run) {
    require_folder_name(run);
    if (run.resume) {
        for (const auto& [option, text] : program.record())
            if (program.given(option))
                throw UsageError(fmt::format(
                    "option --{}: a search goes on with the options that it began with; leave it out", option));
    } else {
        if (run.data.empty()) throw UsageError("DATA is missing; " + program.usage());
        if (run.data == "-" || run.validation == "-")
            throw UsageError("option --search: standard input can be read once only; give files");
        choose_judge(program, run);
        if (!run.method().makes_updates() || (!run.judges_by_likelihood() && !run.judges_by_error()))
            throw UsageError("option --search: runs are compared on held-out data; give --validation or --hold-out");
    }
    const RunFolder folder(run.output, run.resume         ? RunFolder::Use::resume
                                       : run.common.force ? RunFolder::Use::over_another
                                                          : RunFolder::Use::anew);
    const std::string table = folder.file(table_name);
    std::vector<ordered_json> lines;
    if (run.resume) lines = table_lines(table);
    if (lines.empty()) lines.push_back({{"minutes", run.search}, {"words", words_of_trials(run.words)}});
    const double minutes = run.search > 0 ? run.search : lines.front().value("minutes", 0.0);
    lines.front()["minutes"] = minutes;
    Search(run, lines.front().at("words").get<std::vector<std::string>>(), lines, minutes).run();
    return 0;
}

}  // namespace rbm::app
