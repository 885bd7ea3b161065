// SPDX-License-Identifier: MIT
#include "rbm/io/model_file.h"

#include <fast_float/fast_float.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <functional>

#include "rbm/io/atomic_file.h"
#include "rbm/io/bytes.h"
#include "rbm/io/elements.h"
#include "rbm/io/fasta.h"
#include "rbm/io/hdf5.h"
#include "rbm/io/model_columns.h"
#include "rbm/io/rbms.h"
#include "rbm/kernels/error.h"
#include "rbm/model/labels.h"

namespace rbm {
namespace {

constexpr std::string_view format_version = "1";

const std::string* metadata(const Tensors& file, const std::string& key) {
    const auto found = file.metadata.find(key);
    return found == file.metadata.end() ? nullptr : &found->second;
}

template <class Number>
Number parse_number(const Tensors& file, const std::string& key, const std::string& text) {
    Number value{};
    const char* end = text.data() + text.size();
    bool whole = false;
    if constexpr (std::is_floating_point_v<Number>) {
        const auto result = fast_float::from_chars(text.data(), end, value);
        whole = result.ec == std::errc{} && result.ptr == end && std::isfinite(value);
    } else {
        const auto result = std::from_chars(text.data(), end, value);
        whole = result.ec == std::errc{} && result.ptr == end;
    }
    if (!whole) throw DataError(fmt::format("{}: metadata {} is '{}', expected a number", file.source, key, text));
    return value;
}

template <class Number>
Number metadata_number(const Tensors& file, const std::string& key, Number fallback) {
    const std::string* text = metadata(file, key);
    return text == nullptr ? fallback : parse_number<Number>(file, key, *text);
}

void check_finite(const Tensors& file, const std::string& name, std::span<const float> values) {
    for (std::size_t i = 0; i < values.size(); ++i)
        if (!std::isfinite(values[i]))
            throw DataError(fmt::format("{}: tensor {}, element {}: found {}, expected a finite number", file.source,
                                        name, i, values[i]));
}

/// [V] F32 values of an optional tensor, or none.
std::vector<float> optional_vector(const Tensors& file, const std::string& name, std::size_t length) {
    if (!file.contains(name)) return {};
    file.at(name, {length});
    std::vector<float> values = file.f32(name);
    check_finite(file, name, values);
    return values;
}

/// `count` columns of them.
Units units_of(const Tensors& file, const std::string& side, std::size_t count) {
    const std::string* found = metadata(file, fmt::format("{}.units", side));
    const std::string_view name = found == nullptr ? Bernoulli::name : std::string_view(*found);
    const std::string key = fmt::format("{}.states", side);
    const auto states = metadata_number<std::size_t>(file, key, 0);
    if (states > count)
        throw DataError(fmt::format("{}: metadata {} is {}, expected at most {}, the {} units of the tensor weights",
                                    file.source, key, states, count, side));
    try {
        const std::size_t columns = site_width(make_units<float>(name, 1, states));
        if (count % columns != 0)
            throw DataError(
                fmt::format("{}: metadata {} is {}, but the tensor weights has {} {} units, which is not a multiple",
                            file.source, key, states, count, side));
        return make_units<float>(name, count / columns, states);
    } catch (const InvalidArgument& error) {
        throw DataError(fmt::format("{}: metadata {}.units: {}", file.source, side, error.what()));
    }
}

Preparation preparation_of(const Tensors& file, const Machine& machine) {
    Preparation preparation = default_preparation(machine.visible);
    if (const std::string* name = metadata(file, "data.binarize")) {
        bool known = false;
        for (const Binarize binarize : {Binarize::threshold, Binarize::sample, Binarize::none})
            if (*name == name_of(binarize)) {
                preparation.binarize = binarize;
                known = true;
            }
        if (!known)
            throw DataError(fmt::format("{}: metadata data.binarize is '{}', expected threshold, sample or none",
                                        file.source, *name));
    }
    preparation.threshold = metadata_number(file, "data.threshold", preparation.threshold);
    if (preparation.threshold < 0 || preparation.threshold > 1)
        throw DataError(fmt::format("{}: metadata data.threshold is '{}', expected a number from 0 to 1", file.source,
                                    preparation.threshold));
    preparation.mean = optional_vector(file, "data.mean", machine.visible_count());
    preparation.scale = optional_vector(file, "data.scale", machine.visible_count());
    preparation.mean_rest = optional_vector(file, "data.mean_rest", machine.visible_count());
    if (preparation.mean.empty() != preparation.scale.empty())
        throw DataError(fmt::format("{}: found only one of the tensors data.mean and data.scale, expected both or none",
                                    file.source));
    if (preparation.mean.empty() && !preparation.mean_rest.empty())
        throw DataError(
            fmt::format("{}: found the tensor data.mean_rest without data.mean, expected both or none", file.source));
    if (preparation.binarize != Binarize::none && !preparation.scale.empty())
        throw DataError(
            fmt::format("{}: found data.binarize '{}' and the tensors data.mean and data.scale, expected only one of "
                        "them; set data.binarize to none if values were standardised",
                        file.source, name_of(preparation.binarize)));
    if (site_width(machine.visible) > 1 && (preparation.binarize != Binarize::none || !preparation.scale.empty()))
        throw DataError(
            fmt::format("{}: found data that are binarised or standardised, expected neither: {} units "
                        "take one-hot columns",
                        file.source, kind(machine.visible)));
    for (std::size_t i = 0; i < preparation.scale.size(); ++i)
        if (!(preparation.scale[i] > 0))
            throw DataError(fmt::format("{}: tensor data.scale, element {}: found {}, expected a positive number",
                                        file.source, i, preparation.scale[i]));
    return preparation;
}

void add_log_partition(Tensors& file, const LogPartition& log_partition) {
    for (const double number : {log_partition.value, log_partition.low, log_partition.high})
        if (!std::isfinite(number))
            throw InvalidArgument(
                fmt::format("log_partition is {}, expected a finite number; no model file can hold it", number));
    file.metadata["log_partition"] = fmt::format("{}", log_partition.value);
    file.metadata["log_partition_low"] = fmt::format("{}", log_partition.low);
    file.metadata["log_partition_high"] = fmt::format("{}", log_partition.high);
    file.metadata["log_partition_method"] = log_partition.method;
}

std::optional<LogPartition> log_partition_of(const Tensors& file) {
    const std::string* value = metadata(file, "log_partition");
    if (value == nullptr) return std::nullopt;
    LogPartition result;
    result.value = parse_number<double>(file, "log_partition", *value);
    result.low = metadata_number(file, "log_partition_low", result.value);
    result.high = metadata_number(file, "log_partition_high", result.value);
    if (const std::string* method = metadata(file, "log_partition_method")) result.method = *method;
    return result;
}

void add_anomaly_threshold(Tensors& file, const AnomalyThreshold& anomaly) {
    if (!std::isfinite(anomaly.free_energy))
        throw InvalidArgument(
            fmt::format("the threshold of anomalies is {}, expected a finite number; no model "
                        "file can hold it",
                        anomaly.free_energy));
    file.metadata["anomaly.free_energy"] = fmt::format("{}", anomaly.free_energy);
    file.metadata["anomaly.quantile"] = fmt::format("{}", anomaly.quantile);
    file.metadata["anomaly.samples"] = fmt::format("{}", anomaly.samples);
}

std::optional<AnomalyThreshold> anomaly_threshold_of(const Tensors& file) {
    const std::string* value = metadata(file, "anomaly.free_energy");
    if (value == nullptr) return std::nullopt;
    return AnomalyThreshold{parse_number<double>(file, "anomaly.free_energy", *value),
                            metadata_number(file, "anomaly.quantile", 0.0),
                            metadata_number<std::uint64_t>(file, "anomaly.samples", 0)};
}

/// "0,1,2": ascending, at least two, fewer than visible units.
std::vector<std::uint32_t> labels_of(const Tensors& file, const Machine& machine) {
    std::vector<std::uint32_t> labels;
    const std::string* text = metadata(file, "labels");
    if (text == nullptr) return labels;
    for (std::size_t first = 0; first <= text->size();) {
        const std::size_t end = std::min(text->find(',', first), text->size());
        labels.push_back(parse_number<std::uint32_t>(file, "labels", text->substr(first, end - first)));
        first = end + 1;
    }
    if (std::ranges::adjacent_find(labels, std::greater_equal{}) != labels.end() || labels.size() < 2 ||
        labels.size() > most_labels || labels.size() >= machine.visible_count() || site_width(machine.visible) > 1)
        throw DataError(
            fmt::format("{}: metadata labels is '{}', expected at least two ascending numbers for the last of the {} "
                        "{} visible units, and units for data before them",
                        file.source, *text, machine.visible_count(), kind(machine.visible)));
    return labels;
}

/// One letter for each state of the visible sites.
std::string letters_of(const Tensors& file, const Machine& machine) {
    const std::string* letters = metadata(file, "data.letters");
    if (letters == nullptr) return "";
    if (!are_letters(*letters) || letters->size() != site_width(machine.visible))
        throw DataError(fmt::format(
            "{}: metadata data.letters is {}, expected {} different letters: one for each state of a visible unit",
            file.source, rbm::quoted(*letters), site_width(machine.visible)));
    return *letters;
}

Channels channels_of(const Tensors& file) {
    const std::string* name = metadata(file, "image.channels");
    if (name == nullptr) return Channels::grey;
    for (const Channels channels : {Channels::grey, Channels::rgb, Channels::alpha})
        if (*name == name_of(channels)) return channels;
    throw DataError(
        fmt::format("{}: metadata image.channels is '{}', expected grey, rgb or alpha", file.source, *name));
}

/// What is to be written back.
Tensors changeable(const std::string& path) {
    if (hdf5_in_path(path))
        throw DataError(path + ": is an HDF5 file, which is only read; write it as .safetensors first");
    return parse_safetensors(read_bytes(path), path);
}

}  // namespace

std::string_view name_of(Channels channels) {
    constexpr std::string_view names[] = {"grey", "rgb", "alpha"};
    return names[static_cast<std::size_t>(channels)];
}

std::string_view name_of(Binarize binarize) {
    switch (binarize) {
        case Binarize::threshold:
            return "threshold";
        case Binarize::sample:
            return "sample";
        case Binarize::none:
            break;
    }
    return "none";
}

Preparation default_preparation(const Units& visible) {
    Preparation preparation;
    preparation.binarize = takes_unit_interval(visible) ? Binarize::threshold : Binarize::none;
    return preparation;
}

double log_scale_sum(const Preparation& preparation) {
    double sum = 0;
    for (const float scale : preparation.scale) sum += std::log(static_cast<double>(scale));
    return sum;
}

void add_parameters(Tensors& file, const Machine& machine, const std::string& prefix) {
    machine.each_parameter([&](std::string_view name, std::span<const float> values) {
        const std::vector<std::size_t> shape = name == "weights"
                                                   ? std::vector{machine.visible_count(), machine.hidden_count()}
                                                   : std::vector{values.size()};
        file.tensors[fmt::format("{}{}", prefix, name)] = make_tensor(shape, values);
    });
}

void read_parameters(const Tensors& file, Machine& machine, const std::string& prefix) {
    machine.each_parameter([&](std::string_view name, std::span<float> values) {
        const std::string full = fmt::format("{}{}", prefix, name);
        file.at(full, name == "weights" ? std::vector{machine.visible_count(), machine.hidden_count()}
                                        : std::vector{values.size()});
        const std::vector<float> found = file.f32(full);
        check_finite(file, full, found);
        std::copy(found.begin(), found.end(), values.begin());
    });
}

Tensors model_tensors(const Model& model) {
    Tensors file;
    add_parameters(file, model.machine, "");
    const auto add_vector = [&](const std::string& name, const std::vector<float>& values) {
        if (!values.empty()) file.tensors[name] = make_tensor({values.size()}, std::span<const float>(values));
    };
    add_vector("data.mean", model.preparation.mean);
    add_vector("data.scale", model.preparation.scale);
    add_vector("data.mean_rest", model.preparation.mean_rest);
    add_vector("data.rates", model.rates);
    file.metadata.insert_or_assign("rbm.format", std::string(format_version));
    file.metadata["visible.units"] = kind(model.machine.visible);
    file.metadata["hidden.units"] = kind(model.machine.hidden);
    if (const std::size_t states = site_width(model.machine.visible); states > 1)
        file.metadata["visible.states"] = fmt::format("{}", states);
    if (const std::size_t states = site_width(model.machine.hidden); states > 1)
        file.metadata["hidden.states"] = fmt::format("{}", states);
    file.metadata["data.binarize"] = name_of(model.preparation.binarize);
    if (model.preparation.binarize == Binarize::threshold)
        file.metadata["data.threshold"] = fmt::format("{}", model.preparation.threshold);
    std::string labels;
    for (const std::uint32_t label : model.labels) labels += fmt::format("{}{}", labels.empty() ? "" : ",", label);
    if (!labels.empty()) file.metadata["labels"] = labels;
    add_columns(file, model);
    if (!model.letters.empty()) file.metadata["data.letters"] = model.letters;
    if (model.image.height > 0) {
        file.metadata["image.height"] = fmt::format("{}", model.image.height);
        file.metadata["image.width"] = fmt::format("{}", model.image.width);
        if (model.image.channels != Channels::grey) file.metadata["image.channels"] = name_of(model.image.channels);
    }
    if (model.log_partition) add_log_partition(file, *model.log_partition);
    if (model.anomaly) add_anomaly_threshold(file, *model.anomaly);
    return file;
}

Model model_from(const Tensors& file) {
    if (const std::string* version = metadata(file, "rbm.format"); version != nullptr && *version != format_version)
        throw DataError(
            fmt::format("{}: rbm.format is '{}', expected {}; written by a newer version, update this program",
                        file.source, *version, format_version));
    const Tensor& weights = file.at("weights");
    if (weights.shape.size() != 2 || weights.shape[0] == 0 || weights.shape[1] == 0)
        throw DataError(
            fmt::format("{}: tensor weights has {} dimensions or one of length 0, expected [visible, hidden]",
                        file.source, weights.shape.size()));
    Model model;
    try {
        model.machine =
            Machine(units_of(file, "visible", weights.shape[0]), units_of(file, "hidden", weights.shape[1]));
    } catch (const Unsupported& error) {
        throw DataError(fmt::format("{}: {}", file.source, error.what()));
    }
    read_parameters(file, model.machine, "");
    model.machine.each_parameter([&](const Parameter& of, std::span<const float> values) {
        if (of.role != Role::log_scale) return;
        for (std::size_t i = 0; i < values.size(); ++i)
            if (std::abs(values[i]) > 40)  // 1 / sigma^2 would leave the floats
                throw DataError(fmt::format("{}: tensor {}, element {}: found {}, expected a value in [-40, 40]",
                                            file.source, of.name, i, values[i]));
    });
    model.preparation = preparation_of(file, model.machine);
    model.rates = optional_vector(file, "data.rates", model.machine.visible_count());
    model.image = {metadata_number<std::size_t>(file, "image.height", 0),
                   metadata_number<std::size_t>(file, "image.width", 0)};
    if (model.image.height > 0) model.image.channels = channels_of(file);
    model.labels = labels_of(file, model.machine);
    read_columns(file, model);
    model.letters = letters_of(file, model.machine);
    const std::size_t pixels = model.machine.visible_count() - model.labels.size();
    const std::size_t planes = model.image.planes(), width = model.image.width;
    if ((model.image.height != 0 || width != 0) &&
        (width == 0 || pixels % planes != 0 || pixels / planes % width != 0 ||
         pixels / planes / width != model.image.height))
        throw DataError(fmt::format(
            "{}: metadata image.height x image.width is {} x {}, expected a product of {}, the visible units{}{}",
            file.source, model.image.height, width, planes > 1 ? fmt::format("{} / 3", pixels) : fmt::to_string(pixels),
            model.labels.empty() ? "" : " without the labels", planes > 1 ? " in rgb" : ""));
    model.log_partition = log_partition_of(file);
    model.anomaly = anomaly_threshold_of(file);
    return model;
}

Model load_model(const std::string& path) {
    if (const auto part = hdf5_in_path(path)) return read_rbms(*open_hdf5(part->file)).model;
    return model_from(parse_safetensors(read_bytes(path), path));
}

void save_log_partition(const std::string& path, const LogPartition& log_partition) {
    Tensors file = changeable(path);
    add_log_partition(file, log_partition);
    write_file(path, encode_safetensors(file), IfExists::replace);
}

void save_anomaly_threshold(const std::string& path, const AnomalyThreshold& anomaly) {
    Tensors file = changeable(path);
    add_anomaly_threshold(file, anomaly);
    write_file(path, encode_safetensors(file), IfExists::replace);
}

void save_model(const std::string& path, const Model& model, IfExists if_exists) {
    write_file(path, encode_safetensors(model_tensors(model)), if_exists);
}

}  // namespace rbm
