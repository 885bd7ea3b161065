// SPDX-License-Identifier: MIT
#include "apps/train/warm_start.h"

#include "apps/files/sequences.h"
#include "rbm/kernels/error.h"

namespace rbm::app {
namespace {

using Options = std::vector<std::pair<std::string, std::string>>;

void add_units(Options& options, const std::string& side, const Units& units) {
    options.emplace_back(side + "-units", kind(units));
    const std::size_t states = site_width(units);
    if (states > 1) options.emplace_back(side + "-states", fmt::format("{}", states));
}

/// What the model says, in the words of the options.
Options options_of(const Model& model) {
    Options options;
    const Machine& machine = model.machine;
    add_units(options, "visible", machine.visible);
    options.emplace_back("hidden", fmt::format("{}", site_count(machine.hidden)));
    add_units(options, "hidden", machine.hidden);
    if (takes_unit_interval(machine.visible)) {
        options.emplace_back("binarize", name_of(model.preparation.binarize));
        if (model.preparation.binarize == Binarize::threshold)
            options.emplace_back("threshold", fmt::format("{}", model.preparation.threshold));
    }
    if (unit_row(machine.visible).standardizes)
        options.emplace_back("standardize", model.preparation.mean.empty() ? "off" : "on");
    return options;
}

}  // namespace

Model take_over(Program& program, RunSettings& run) {
    Model model = load_model(run.from);
    for (const char* option : {"initial-weights", "initial-hidden-bias", "alphabet", "gaps"})
        if (program.given(option))
            throw UsageError(fmt::format(
                "option --{}: has no effect with --from, which takes that from {}; leave it out", option, run.from));
    const Options options = options_of(model);
    std::string text;
    for (const auto& [name, value] : options) {
        if (program.given(name) && program.text(name) != value && program.text(name) != choose_by_columns)
            throw UsageError(fmt::format("option --{}: found {}, but {} (--from) has {}: leave it out, or train anew",
                                         name, program.text(name), run.from, value));
        text += fmt::format(" --{} {}", name, value);
    }
    for (const auto& side : {"visible-states", "hidden-states"})
        if (program.given(side) && text.find(fmt::format("--{} ", side)) == std::string::npos)
            throw UsageError(
                fmt::format("option --{}: has no effect with the units of {} (--from); leave it out", side, run.from));
    program.prefer(options);
    run.visible_units = kind(model.machine.visible);  // where they were to be chosen
    const bool labels = !run.labels.empty() || !run.label_column.empty();
    if (!model.labels.empty() && !labels)
        throw UsageError(
            fmt::format("option --from: {} has learned {} labels, from {} to {}; give those of the new data with "
                        "--labels",
                        run.from, model.labels.size(), model.labels.front(), model.labels.back()));
    if (model.labels.empty() && labels)
        throw UsageError(fmt::format("option --labels: {} (--from) has no units for labels; leave it out", run.from));
    note("from {}: its weights and biases, and{}; the optimizer and the chains begin anew", run.from, text);
    return model;
}

Dataset as_seen_before(const Model& model, Dataset raw) {
    const ImageShape shape = raw.image;
    if (shape != ImageShape{} && model.image != ImageShape{} && shape != model.image)
        throw DataError(fmt::format("{}: found pictures of height {} and width {}, but the model's are {} and {}",
                                    raw.name, shape.height, shape.width, model.image.height, model.image.width));
    return in_columns(model, std::move(raw));
}

void forget_old_data(Model& model) {
    model.rates.clear();
    model.log_partition.reset();
    model.anomaly.reset();
}

}  // namespace rbm::app
