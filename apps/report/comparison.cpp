// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <filesystem>
#include <set>

#include "apps/cli/program.h"
#include "apps/files/table.h"
#include "apps/report/base64.h"
#include "apps/report/plot.h"
#include "apps/report/report.h"
#include "apps/report/words.h"
#include "rbm/io/bytes.h"
#include "rbm/io/checkpoint_file.h"
#include "rbm/io/png.h"
#include "rbm/kernels/error.h"

namespace rbm::app {
namespace {

struct Run {
    std::string name, folder, machine;
    Metrics metrics;
    std::uint64_t epoch = 0;
    std::map<std::string, std::string> options;
};

/// A run is named by its folder or by the model in it, which is what the command line makes of a folder.
std::string folder_of(const std::string& run) {
    const std::filesystem::path path(run);
    return path.filename() == "model.safetensors" ? (path.has_parent_path() ? path.parent_path().string() : ".") : run;
}

Run read_run(const std::string& named) {
    const std::string folder = folder_of(named);
    const std::string checkpoint_path = folder + "/checkpoint.safetensors";
    if (!std::filesystem::exists(checkpoint_path))
        throw FileError(fmt::format("{}: is no folder of a run: it holds no checkpoint.safetensors", folder));
    const Checkpoint checkpoint = load_checkpoint(checkpoint_path);
    const std::filesystem::path path = std::filesystem::path(folder + "/").lexically_normal().parent_path();
    Run run{.name = path.filename().string(),
            .folder = folder,
            .machine = machine_text(checkpoint.state.machine),
            .metrics = Metrics(folder + "/metrics.jsonl", "epoch", "epoch"),
            .epoch = checkpoint.state.epoch,
            .options = checkpoint.options};
    if (!run.metrics.has("epoch")) run.metrics = Metrics(folder + "/metrics.jsonl", "restart", "best_log_likelihood");
    return run;
}

/// Folders of one name are told apart by their whole paths.
void make_names_differ(std::vector<Run>& runs) {
    std::set<std::string> names;
    for (const Run& run : runs) names.insert(run.name);
    if (names.size() == runs.size()) return;
    for (Run& run : runs) run.name = run.folder;
}

struct Row {
    const char* name;
    const char* key;
    int digits;
};

std::string numbers(const std::vector<Run>& runs) {
    constexpr Row rows[] = {{"held-out log-likelihood, nats", "held_out_log_likelihood", 3},
                            {"training log-likelihood, nats", "log_likelihood", 3},
                            {"free-energy gap, nats", "free_energy_gap", 3},
                            {"held-out pseudo-likelihood, nats", "held_out_pseudo_likelihood", 3},
                            {"training pseudo-likelihood, nats", "pseudo_likelihood", 3},
                            {"held-out reconstruction error", "held_out_reconstruction_error", 5},
                            {"training reconstruction error", "reconstruction_error", 5},
                            {"held-out share of wrong labels", "held_out_error", 4},
                            {"training share of wrong labels", "error", 4},
                            {"seconds", "seconds", 1}};
    HtmlTable table{.head = {"in the end"}, .rows = {}};
    for (const Run& run : runs) table.head.push_back(run.name);
    const auto add = [&](const std::string& name, const auto& text_of) {
        std::vector<std::string> line = {name};
        bool any = false;
        for (const Run& run : runs) {
            line.push_back(text_of(run));
            any = any || !line.back().empty();
        }
        if (any) table.rows.push_back(std::move(line));
    };
    for (const Row& row : rows)
        add(row.name, [&](const Run& run) {
            const auto value = run.metrics.last(row.key);
            return value ? number_text(*value, row.digits) : std::string();
        });
    add("updates", [](const Run& run) {
        const auto value = run.metrics.last("updates");
        return value ? grouped(static_cast<std::size_t>(*value)) : std::string();
    });
    add("epochs", [](const Run& run) { return grouped(static_cast<std::size_t>(run.epoch)); });
    return html_table(table);
}

std::string differences(const std::vector<Run>& runs) {
    std::set<std::string> names;
    for (const Run& run : runs)
        for (const auto& option : run.options) names.insert(option.first);
    HtmlTable table{.head = {"option"}, .rows = {}, .words = true};
    for (const Run& run : runs) table.head.push_back(run.name);
    for (const std::string& name : names) {
        std::vector<std::string> line = {name};
        for (const Run& run : runs) line.push_back(run.options.contains(name) ? run.options.at(name) : "");
        if (std::set<std::string>(line.begin() + 1, line.end()).size() > 1) table.rows.push_back(std::move(line));
    }
    std::vector<std::string> machines = {"machine"};
    for (const Run& run : runs) machines.push_back(run.machine);
    table.rows.insert(table.rows.begin(), std::move(machines));
    return html_table(table);
}

std::string curves(const std::vector<Run>& runs, const std::string& title, const std::string& label, const char* key,
                   double factor = 1) {
    Plot plot{.title = title, .x = {"epoch"}, .y = {label}, .series = {}};
    double first = 0, last = 0;
    for (std::size_t r = 0; r < runs.size(); ++r) {
        const Metrics::Values values = runs[r].metrics.values(key);
        if (values.at.empty()) continue;
        Series series{.name = runs[r].name, .x = values.at, .y = values.value, .colour = r, .dashed = r % 2 == 1};
        for (double& y : series.y) y *= factor;
        first = first == 0 ? values.at.front() : std::min(first, values.at.front());
        last = std::max(last, values.at.back());
        plot.series.push_back(std::move(series));
    }
    if (first > 0 && last / first >= 50) plot.x = {"epoch, logarithmic", true};
    return figure(drawn(plot), title, "");
}

std::string pictures(const std::vector<Run>& runs, const std::string& file) {
    std::string html;
    for (const Run& run : runs) {
        const std::string path = run.folder + "/" + file;
        if (!std::filesystem::exists(path) || std::filesystem::file_size(path) > (std::size_t{1} << 21)) continue;
        const std::vector<std::byte> bytes = read_bytes(path);
        if (is_png(bytes)) html += figure(picture(png_address(bytes), file + " of " + run.name, 560), run.name, "");
    }
    return side_by_side(html);
}

/// Which one held-out data, or else training data, speak for.
std::vector<Sentence> winner(const std::vector<Run>& runs) {
    std::string key = "held_out_log_likelihood";
    for (const Run& run : runs)
        if (!run.metrics.has(key)) key = "log_likelihood";
    const Run* best = nullptr;
    for (const Run& run : runs) {
        const auto value = run.metrics.last(key);
        if (!value)
            return {{Weight::look, "Not all runs know their likelihood: --track-likelihood EPOCHS estimates it."}};
        if (best == nullptr || *value > *best->metrics.last(key)) best = &run;
    }
    return {{Weight::good, fmt::format("{} has the highest {}log-likelihood in the end: {} nats per sample.",
                                       best->name, key == "log_likelihood" ? "training " : "held-out ",
                                       number_text(*best->metrics.last(key), 2))}};
}

}  // namespace

std::string comparison_page(const std::vector<std::string>& folders) {
    if (folders.size() < 2 || folders.size() > most_compared)
        throw UsageError(fmt::format("option --compare: found {} run{}, expected from 2 to {}", folders.size(),
                                     folders.size() == 1 ? "" : "s", most_compared));
    std::vector<Run> runs;
    for (const std::string& folder : folders) runs.push_back(read_run(folder));
    make_names_differ(runs);
    std::string title = runs[0].name;
    for (std::size_t r = 1; r < runs.size(); ++r) title += (r + 1 < runs.size() ? ", " : " and ") + runs[r].name;
    std::string html = sentences(winner(runs)) + numbers(runs);
    html += section(
        "How they learned",
        side_by_side(curves(runs, "Held-out log-likelihood", "nats per sample", "held_out_log_likelihood") +
                     curves(runs, "Training log-likelihood", "nats per sample", "log_likelihood") +
                     curves(runs, "Free-energy gap", "nats", "free_energy_gap") +
                     curves(runs, "Held-out wrong labels", "% of samples", "held_out_error", 100) +
                     curves(runs, "Pseudo-likelihood", "nats per sample", "pseudo_likelihood") +
                     curves(runs, "Reconstruction error", "squared difference per unit", "reconstruction_error")));
    html += section("Chains in the end", pictures(runs, "fantasies.png"));
    html += section("Filters", pictures(runs, "filters.png"));
    html += section("What differs", differences(runs));
    return document(title, fmt::format("{} runs side by side", runs.size()), html);
}

}  // namespace rbm::app
