// SPDX-License-Identifier: MIT
#include "apps/files/model_facts.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "apps/cli/control.h"
#include "apps/cli/program.h"
#include "apps/cli/resources.h"
#include "apps/files/arrays.h"
#include "apps/files/pictures.h"
#include "apps/files/table.h"
#include "rbm/io/atomic_file.h"
#include "rbm/io/bytes.h"
#include "rbm/io/hdf5.h"
#include "rbm/kernels/closed_state.h"

namespace rbm::app {
namespace {

using Json = nlohmann::ordered_json;
using Rows = std::vector<std::vector<std::string>>;

constexpr std::size_t shown_values = 8;

struct Summary {
    double minimum = 0, maximum = 0, mean = 0, mean_magnitude = 0, norm = 0;
};

Summary summary(std::span<const float> values) {
    Summary s;
    if (values.empty()) return s;
    s.minimum = s.maximum = static_cast<double>(values.front());
    for (const float value : values) {
        const double x = static_cast<double>(value);
        s.minimum = std::min(s.minimum, x);
        s.maximum = std::max(s.maximum, x);
        s.mean += x;
        s.mean_magnitude += std::abs(x);
        s.norm += x * x;
    }
    s.mean /= static_cast<double>(values.size());
    s.mean_magnitude /= static_cast<double>(values.size());
    s.norm = std::sqrt(s.norm);
    return s;
}

/// Scales rather than their logarithms.
std::vector<float> shown(const Parameter& parameter, std::span<const float> values) {
    std::vector<float> out(values.begin(), values.end());
    if (parameter.role == Role::log_scale)
        for (float& value : out) value = std::exp(value);
    std::erase_if(out, [](float value) { return closes(value); });  // of states that there are not
    return out;
}
std::string shown_name(const Parameter& parameter) {
    std::string name(parameter.name);
    if (parameter.role == Role::log_scale) name.erase(name.find(".log_") + 1, std::string_view("log_").size());
    return name;
}

std::string preparation_text(const Model& model) {
    const Preparation& how = model.preparation;
    std::string text;
    const StateForm form = state_form(model.machine.visible);
    if (how.binarize == Binarize::threshold)
        text = fmt::format("values above {} become 1, others {}", how.threshold, form.low);
    if (how.binarize == Binarize::sample)
        text = fmt::format("each value becomes 1 with itself as the probability, else {}, drawn again every time",
                           form.low);
    if (how.binarize == Binarize::none) text = "values are not binarised";
    if (!model.letters.empty())
        text = fmt::format("sequences of the letters {}, as FASTA, or codes or one-hot columns in this order",
                           model.letters);
    else if (form.states > 0)
        text = fmt::format("codes from 0 to {}, or one-hot columns, {} for each site", form.states - 1, form.states);
    if (!how.mean.empty()) {
        const auto [low, high] = std::minmax_element(how.scale.begin(), how.scale.end());
        text += fmt::format("; each column minus its mean, over its scale ({:.4g} to {:.4g})", *low, *high);
    }
    return text;
}

std::string units_text(const Units& units) {
    if (site_width(units) == 1) return fmt::format("{} {}", grouped(width(units)), kind(units));
    return fmt::format("{} {}: {} sites of {} states", grouped(width(units)), kind(units), grouped(site_count(units)),
                       site_width(units));
}

/// What values the formula's variable takes, where they are not 0 and 1 or any: "; v_i is -1 or 1".
std::string states_text(const Units& units, char unit, char index) {
    const StateForm form = state_form(units);
    if (form.states > 0) return fmt::format("; {}_{} one-hot by {}", unit, index, form.states);
    if (form.discrete && form.low != 0) return fmt::format("; {}_{} is {}", unit, index, unit_row(units).states);
    return "";
}

/// "3, 17, 20 and 5 more"
std::string list_text(const std::vector<std::string>& items) {
    constexpr std::size_t most = 8;
    std::string text;
    for (std::size_t i = 0; i < std::min(most, items.size()); ++i) text += (i == 0 ? "" : ", ") + items[i];
    return items.size() > most ? fmt::format("{} and {} more", text, items.size() - most) : text;
}

void add_weights(const ModelFacts& facts, Rows& rows) {
    const auto& values = facts.singular_values;
    std::string first;
    for (std::size_t i = 0; i < std::min(shown_values, values.size()); ++i)
        first += fmt::format("{}{:.4g}", i == 0 ? "" : " ", values[i]);
    rows.push_back({"singular values", fmt::format("{}{}", first, values.size() > shown_values ? " ..." : "")});
    const double median = values[values.size() / 2];
    rows.push_back({"largest to median", median > 0 ? fmt::format("{:.4g}", values.front() / median) : "infinite"});
    rows.push_back({"effective rank", fmt::format("{:.1f} of {}", effective_rank(values), values.size())});
    const auto [low, high] = std::minmax_element(facts.filters.norms.begin(), facts.filters.norms.end());
    rows.push_back({"filter norms", fmt::format("{:.4g} to {:.4g}", *low, *high)});
    std::vector<std::string> faint, pairs;
    for (const std::size_t j : facts.filters.faint) faint.push_back(fmt::format("{}", j));
    for (const auto& [j, k] : facts.filters.duplicates) pairs.push_back(fmt::format("{} = {}", j, k));
    rows.push_back({"faint hidden units", faint.empty()
                                              ? "none"
                                              : fmt::format("{}: {} (counted from 0; norm below 1 % of the median)",
                                                            faint.size(), list_text(faint))});
    rows.push_back({"duplicate hidden units", pairs.empty()
                                                  ? "none"
                                                  : fmt::format("{} pairs: {} (counted from 0; cosine above 0.99)",
                                                                pairs.size(), list_text(pairs))});
}

}  // namespace

ModelFacts read_facts(const std::string& path) {
    ModelFacts facts;
    facts.path = path;
    const bool hdf5 = hdf5_in_path(path).has_value();
    const Tensors file = hdf5 ? Tensors{} : parse_safetensors(read_bytes(path), path);
    if (hdf5) {
        facts.model = load_model(path);
    } else if (file.contains("train.position") && path != "-") {
        facts.checkpoint = load_checkpoint(path);
        facts.model = facts.checkpoint->model;
    } else {
        facts.model = model_from(file);
    }
    const Matrix& weights = facts.model.machine.weights;
    require_memory(12.0 * static_cast<double>(weights.values().size()), "the spectrum of the weights");
    facts.singular_values = singular_values(weights);
    facts.filters = inspect_filters(weights, until_stopped());
    return facts;
}

std::string energy_text(const Machine& machine) {
    const auto visible = [](std::string_view formula) {
        return fmt::format(fmt::runtime(formula), fmt::arg("x", 'v'), fmt::arg("i", 'i'), fmt::arg("a", 'a'),
                           fmt::arg("c", 'c'));
    };
    const auto hidden = [](std::string_view formula) {
        return fmt::format(fmt::runtime(formula), fmt::arg("x", 'h'), fmt::arg("i", 'j'), fmt::arg("a", 'b'),
                           fmt::arg("c", 'd'));
    };
    const UnitFacts &left = unit_row(machine.visible), &right = unit_row(machine.hidden);
    std::string text = fmt::format("{} {} - sum_ij {} W_ij {}", visible(left.energy), hidden(right.energy),
                                   visible(left.statistic), hidden(right.statistic));
    if (text.starts_with("+ ")) text.erase(0, 2);
    return fmt::format("E(v,h) = {}{}{}", text, states_text(machine.visible, 'v', 'i'),
                       states_text(machine.hidden, 'h', 'j'));
}

namespace {

/// "age, fare, class (1, 2, 3)": the first few.
std::string columns_text(const Model& model) {
    std::string text;
    constexpr std::size_t most = 8;
    for (std::size_t i = 0; i < std::min(most, model.columns.size()); ++i) {
        const Column& column = model.columns[i];
        text += fmt::format("{}{}", i == 0 ? "" : ", ", column.name.empty() ? fmt::format("{}", i + 1) : column.name);
        for (std::size_t k = 0; k < std::min(most, column.words.size()); ++k)
            text += (k == 0 ? " (" : ", ") + column.words[k];
        if (!column.words.empty()) text += column.words.size() > most ? ", ...)" : ")";
    }
    return model.columns.size() > most ? fmt::format("{} and {} more", text, model.columns.size() - most) : text;
}

}  // namespace

std::string as_table(const ModelFacts& facts) {
    const Model& model = facts.model;
    Rows rows;
    rows.push_back({"file", facts.path + (facts.checkpoint ? " (checkpoint)" : "")});
    rows.push_back({"visible units", units_text(model.machine.visible)});
    rows.push_back({"hidden units", units_text(model.machine.hidden)});
    std::size_t parameters = 0;
    model.machine.each_parameter([&](std::string_view, auto values) { parameters += values.size(); });
    rows.push_back({"parameters", grouped(parameters)});
    rows.push_back({"energy", energy_text(model.machine)});
    rows.push_back({"data", preparation_text(model)});
    rows.push_back({"pictures", model.image == ImageShape{} ? "no shape recorded" : image_text(model.image)});
    if (!model.columns.empty()) rows.push_back({"columns", columns_text(model)});
    if (!model.labels.empty())
        rows.push_back({"labels", fmt::format("the last {} visible units, from {} to {}", model.labels.size(),
                                              model.labels.front(), model.labels.back())});
    rows.push_back(
        {"mean data", model.rates.empty() ? "not recorded" : "recorded; the base of estimates without data"});
    if (const auto& z = model.log_partition)
        rows.push_back({"log Z", fmt::format("{:.4f} nats, from {:.4f} to {:.4f}{}", z->value, z->low, z->high,
                                             z->method.empty() ? "" : ", method " + z->method)});
    else
        rows.push_back({"log Z", "not known: rbm-estimate --save writes it"});
    if (const auto& anomaly = model.anomaly)
        rows.push_back({"anomalies", fmt::format("free energies above {:.4f} nats, the quantile {} of {} samples",
                                                 anomaly->free_energy, anomaly->quantile, grouped(anomaly->samples))});
    add_weights(facts, rows);
    if (facts.checkpoint) {
        const TrainState& state = facts.checkpoint->state;
        rows.push_back({"training", fmt::format("{} epochs done and {} batches of the next, {} updates", state.epoch,
                                                state.batch, grouped(state.update.updates))});
        rows.push_back({"chains", state.chains.count() == 0 ? "none" : fmt::format("{}", state.chains.count())});
        std::string options;
        for (const auto& [name, value] : facts.checkpoint->options)
            options += fmt::format("{}--{} {}", options.empty() ? "" : " ", name, value);
        rows.push_back({"options", options});
    }
    std::string text = table({Align::left, Align::left}, rows) + "\n";
    Rows ranges = {{"parameter", "count", "min", "max", "mean", "mean |x|", "norm"}};
    model.machine.each_parameter([&](const Parameter& parameter, std::span<const float> values) {
        const Summary s = summary(shown(parameter, values));
        ranges.push_back({shown_name(parameter), grouped(values.size())});
        for (const double x : {s.minimum, s.maximum, s.mean, s.mean_magnitude, s.norm})
            ranges.back().push_back(fmt::format("{:.4g}", x));
    });
    std::vector<Align> columns(ranges.front().size(), Align::right);
    columns.front() = Align::left;
    return text + table(columns, ranges);
}

std::string as_json(const ModelFacts& facts) {
    const Model& model = facts.model;
    const auto or_null = [](bool known, Json value) { return known ? value : Json(nullptr); };
    Json object = {
        {"file", facts.path},
        {"kind", facts.checkpoint ? "checkpoint" : "model"},
        {"visible_units", kind(model.machine.visible)},
        {"visible_count", model.machine.visible_count()},
        {"hidden_units", kind(model.machine.hidden)},
        {"hidden_count", model.machine.hidden_count()},
        {"visible_states", or_null(site_width(model.machine.visible) > 1, site_width(model.machine.visible))},
        {"hidden_states", or_null(site_width(model.machine.hidden) > 1, site_width(model.machine.hidden))},
        {"energy", energy_text(model.machine)},
        {"binarize", name_of(model.preparation.binarize)},
        {"threshold", or_null(model.preparation.binarize == Binarize::threshold, model.preparation.threshold)},
        {"standardised", !model.preparation.mean.empty()},
        {"image_height", or_null(model.image.height > 0, model.image.height)},
        {"image_width", or_null(model.image.width > 0, model.image.width)},
        {"image_channels", or_null(model.image.width > 0, name_of(model.image.channels))},
        {"labels", model.labels},
        {"letters", or_null(!model.letters.empty(), model.letters)},
        {"has_rates", !model.rates.empty()}};
    if (!model.columns.empty()) {
        auto& columns = object["columns"] = Json::array();
        for (const Column& column : model.columns) columns.push_back({{"name", column.name}, {"words", column.words}});
    }
    if (!model.label_words.empty()) object["label_words"] = model.label_words;
    const LogPartition z = model.log_partition.value_or(LogPartition{});
    object["log_partition"] = or_null(model.log_partition.has_value(), z.value);
    object["log_partition_low"] = or_null(model.log_partition.has_value(), z.low);
    object["log_partition_high"] = or_null(model.log_partition.has_value(), z.high);
    object["log_partition_method"] = or_null(model.log_partition.has_value(), z.method);
    object["anomaly_free_energy"] = or_null(model.anomaly.has_value(), model.anomaly ? model.anomaly->free_energy : 0);
    object["anomaly_quantile"] = or_null(model.anomaly.has_value(), model.anomaly ? model.anomaly->quantile : 0);
    model.machine.each_parameter([&](const Parameter& parameter, std::span<const float> values) {
        const Summary s = summary(shown(parameter, values));
        object["parameters"][shown_name(parameter)] = {{"count", values.size()},
                                                       {"minimum", s.minimum},
                                                       {"maximum", s.maximum},
                                                       {"mean", s.mean},
                                                       {"mean_magnitude", s.mean_magnitude},
                                                       {"norm", s.norm}};
    });
    object["singular_values"] = facts.singular_values;
    object["effective_rank"] = effective_rank(facts.singular_values);
    object["filter_norms"] = facts.filters.norms;
    object["faint_hidden_units"] = facts.filters.faint;
    object["duplicate_hidden_units"] = facts.filters.duplicates;
    if (facts.checkpoint) {
        const TrainState& state = facts.checkpoint->state;
        object["checkpoint"] = {
            {"epoch", state.epoch},           {"batch", state.batch}, {"updates", state.update.updates},
            {"chains", state.chains.count()}, {"seed", state.seed},   {"options", facts.checkpoint->options}};
    }
    return object.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

void check_picture(const std::string& path, IfExists if_exists) {
    if (path != "-" && ending_of(path) != "png")
        throw UsageError(fmt::format("--picture: found '{}', expected a name that ends in .png", path));
    check_writable(path, if_exists);
}

}  // namespace rbm::app
