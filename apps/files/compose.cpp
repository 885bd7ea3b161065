// SPDX-License-Identifier: MIT
#include "apps/files/compose.h"

#include <nlohmann/json.hpp>

#include "apps/cli/model_path.h"
#include "apps/files/arrays.h"
#include "rbm/io/model_file.h"
#include "rbm/kernels/error.h"
#include "rbm/model/compose.h"

namespace rbm::app {
namespace {

void check_fits(const Model& first, const Model& model, const std::string& first_path, const std::string& path) {
    if (!alike(model.machine.visible, first.machine.visible) ||
        model.machine.visible_count() != first.machine.visible_count())
        throw DataError(fmt::format("{}: {} {} visible units, expected {} {} ones as in {}", path,
                                    model.machine.visible_count(), name_with_states(model.machine.visible),
                                    first.machine.visible_count(), name_with_states(first.machine.visible),
                                    first_path));
    if (!model.columns.empty() && !first.columns.empty() && model.columns != first.columns)
        throw DataError(fmt::format("{}: its columns differ from those of {}", path, first_path));
    if (model.labels != first.labels || model.label_words != first.label_words)
        throw DataError(fmt::format("{}: its labels differ from those of {}", path, first_path));
    if (model.letters != first.letters)
        throw DataError(fmt::format("{}: its states stand for the letters '{}', those of {} for '{}'", path,
                                    model.letters, first_path, first.letters));
    if (!(model.preparation == first.preparation))
        throw DataError(fmt::format(
            "{}: prepares data differently from {}, so their energies belong to different samples", path, first_path));
}

/// The rates that all of them saw, averaged: a base for annealing.
std::vector<float> mean_rates(const std::vector<Model>& models) {
    std::vector<float> rates(models[0].rates.size());
    for (const Model& model : models) {
        if (model.rates.empty()) return {};
        for (std::size_t i = 0; i < rates.size(); ++i) rates[i] += model.rates[i] / static_cast<float>(models.size());
    }
    return rates;
}

}  // namespace

int compose_models(const ComposeSettings& settings) {
    if (settings.models.empty())
        throw UsageError("compose: found no model, expected one or more model files: rbm-data compose MODEL...");
    check_output(settings.output, {"safetensors"}, settings.if_exists);
    if (!settings.energy_weights.empty() && settings.energy_weights.size() != settings.models.size())
        throw UsageError(fmt::format("option --energy-weights: found {} weights for {} models",
                                     settings.energy_weights.size(), settings.models.size()));
    std::vector<Model> models;
    std::vector<Machine> machines;
    for (const std::string& name : settings.models) {
        const std::string path = model_in(name);
        models.push_back(load_model(path));
        check_fits(models[0], models.back(), settings.models[0], path);
        machines.push_back(models.back().machine);
    }
    Model product;
    product.machine = compose<float>(machines, settings.energy_weights);
    product.preparation = models[0].preparation;
    product.labels = models[0].labels;
    product.label_words = models[0].label_words;
    product.label_column = models[0].label_column;
    product.columns = models[0].columns;
    product.letters = models[0].letters;
    product.image = models[0].image;
    product.rates = mean_rates(models);
    save_model(settings.output, product, settings.if_exists);
    note("{} models with {} visible units, {} hidden units in total", models.size(), product.machine.visible_count(),
         product.machine.hidden_count());
    if (settings.json)
        write_output(nlohmann::ordered_json{{"models", settings.models},
                                            {"energy_weights", settings.energy_weights},
                                            {"visible_count", product.machine.visible_count()},
                                            {"hidden_count", product.machine.hidden_count()},
                                            {"output", settings.output}}
                         .dump() +
                     "\n");
    return 0;
}

}  // namespace rbm::app
