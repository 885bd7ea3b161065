// SPDX-License-Identifier: MIT
#include "apps/score/against.h"

#include <sys/stat.h>

#include <bit>
#include <cmath>
#include <cstring>

#include "apps/files/read_data.h"
#include "apps/score/partition.h"
#include "rbm/estimate/exact.h"
#include "rbm/estimate/monitor.h"
#include "rbm/estimate/partition_ratio.h"
#include "rbm/io/bytes.h"
#include "rbm/io/data.h"
#include "rbm/io/rbms.h"
#include "rbm/kernels/error.h"

namespace rbm::app {
namespace {

/// safetensors begin with the length of a header, which is an object.
bool is_model(std::span<const std::byte> bytes) {
    std::uint64_t length = 0;
    static_assert(std::endian::native == std::endian::little);
    if (bytes.size() <= sizeof length || bytes[sizeof length] != std::byte{'{'}) return false;
    std::memcpy(&length, bytes.data(), sizeof length);
    return length <= bytes.size() - sizeof length;
}

struct Moments {
    double mean = 0;
    double variance_of_mean = 0;
};

Moments moments_of(const std::vector<double>& values) {
    const double count = static_cast<double>(values.size());
    Moments moments;
    for (const double value : values) moments.mean += value / count;
    for (const double value : values) moments.variance_of_mean += std::pow(value - moments.mean, 2);
    moments.variance_of_mean /= count * (count - 1);  // of one row it is not known
    return moments;
}

void compare_samples(Scores& scores, const Model& model, Dataset raw, const Program& program,
                     const ScoreSettings& settings) {
    Model same = model;
    const Dataset others = prepare_for(same, fitted_to(model, std::move(raw)), program, settings.common);
    const Moments own = moments_of(scores.column("free_energy"));
    const Moments other = moments_of(
        free_energies(model.machine, others, data_stream(settings.common), settings.common.beta, until_stopped()));
    const double difference = own.mean - other.mean;
    const double error = std::sqrt(own.variance_of_mean + other.variance_of_mean);
    scores.facts["mean_free_energy"] = own.mean;
    scores.facts["against_mean_free_energy"] = other.mean;
    scores.facts["difference"] = difference;
    scores.facts["standard_error"] = error;
    note("mean free energy {:.4f} nats here, {:.4f} there: {:+.4f}{}", own.mean, other.mean, difference,
         std::isnan(error) ? "; one row has no standard error" : fmt::format(" +- {:.4f} (standard error)", error));
}

/// log Z_model - log Z_other, each at the beta that was asked for.
LogPartition ratio_of_partitions(const Model& model, const Machine& machine, const Model& other,
                                 const Machine& other_machine, const ScoreSettings& settings) {
    if (default_partition_method(machine).is_exact() && default_partition_method(other_machine).is_exact()) {
        const auto exact = [](const Machine& one) { return exact_log_partition(one, 1, until_stopped()); };
        const double value = exact(machine) - exact(other_machine);
        return {value, value, value, "exact"};
    }
    const auto base = [](const Model& of, const Machine& one) {
        return of.rates.empty() ? Units(one.visible) : base_of_rates(of, one);
    };
    PartitionRatioSettings how;
    how.chains = settings.chains;
    how.betas = settings.betas;
    how.tempering.steps = 1000;
    how.tempering.settling = 250;
    Progress progress("annealing between the models", partition_ratio_steps(how), "steps");
    Random random(settings.common.seed);
    const PartitionRatio ratio = partition_ratio(other_machine, base(other, other_machine), machine,
                                                 base(model, machine), how, random, shown_by(progress));
    detail(
        "lengths of the paths, in standard deviations of the log weights: {:.2f} between the models, {:.2f} by a base",
        ratio.direct_length, ratio.base_length);
    if (!ratio.agrees)
        warn("forward and reverse annealing disagree: the chains do not mix, or there are too few --betas");
    else if (ratio.largest_spread > largest_spread)
        warn("the chains' weights spread by {:.1f} nats: use more --betas", ratio.largest_spread);
    return {ratio.value, ratio.low, ratio.high, ratio.route == RatioRoute::direct ? "ais" : "ais by a base"};
}

void compare_models(Scores& scores, const Model& model, Model other, const Dataset& data,
                    const ScoreSettings& settings) {
    if (!alike(other.machine.visible, model.machine.visible) ||
        other.machine.visible_count() != model.machine.visible_count())
        throw DataError(fmt::format("{}: {} {} visible units, expected {} {} ones as in {}", settings.against,
                                    other.machine.visible_count(), name_with_states(other.machine.visible),
                                    model.machine.visible_count(), name_with_states(model.machine.visible),
                                    settings.model));
    if (!other.columns.empty() && !model.columns.empty() && other.columns != model.columns)
        throw DataError(fmt::format("{}: its columns differ from those of {}", settings.against, settings.model));
    if (other.labels != model.labels || other.label_words != model.label_words)
        throw DataError(fmt::format("{}: its labels differ from those of {}", settings.against, settings.model));
    if (!(other.preparation == model.preparation))
        throw DataError(
            fmt::format("{}: prepares data differently from {}, so their densities belong to different samples",
                        settings.against, settings.model));
    const double beta = settings.common.beta;
    const Machine machine = beta == 1 ? model.machine : tempered(model.machine, beta);
    const Machine other_machine = beta == 1 ? other.machine : tempered(other.machine, beta);
    const LogPartition ratio = ratio_of_partitions(model, machine, other, other_machine, settings);
    const bool missing = settings.missing == "nan";
    Intervals there;
    if (missing)
        there = marginal_free_energies(other, data, settings);
    else
        there.value = free_energies(other.machine, data, data_stream(settings.common), beta, until_stopped());
    if (!missing) there.low = there.high = there.value;
    const std::vector<double>& here = scores.column("free_energy");
    const std::vector<double>&here_low = missing ? scores.column("free_energy_low") : here,
          &here_high = missing ? scores.column("free_energy_high") : here;
    std::vector<double> value(here.size()), low(here.size()), high(here.size());
    double mean = 0;
    for (std::size_t r = 0; r < here.size(); ++r) {
        value[r] = there.value[r] - here[r] - ratio.value;
        low[r] = there.low[r] - here_high[r] - ratio.high;
        high[r] = there.high[r] - here_low[r] - ratio.low;
        mean += value[r] / static_cast<double>(here.size());
    }
    scores.add("against_free_energy", std::move(there.value));
    if (missing) {
        scores.add("against_free_energy_low", std::move(there.low));
        scores.add("against_free_energy_high", std::move(there.high));
    }
    scores.add("log_ratio", std::move(value));
    scores.add("log_ratio_low", std::move(low));
    scores.add("log_ratio_high", std::move(high));
    scores.facts["partition_ratio"] = ratio.value;
    scores.facts["partition_ratio_low"] = ratio.low;
    scores.facts["partition_ratio_high"] = ratio.high;
    scores.facts["partition_ratio_method"] = ratio.method;
    scores.facts["mean_log_ratio"] = mean;
    note("log Z here minus there {:.4f} nats ({}: {:.4f} to {:.4f}); mean log ratio of densities {:+.4f} nats",
         ratio.value, ratio.method, ratio.low, ratio.high, mean);
}

}  // namespace

Against load_against(const Model& model, const Program& program, const ScoreSettings& settings) {
    const TableOptions table = table_options(settings.common, settings.missing, &model);
    const PictureReading pictures = pictures_for(model, program, settings.common);
    struct stat status {};
    const std::string& path = settings.against;
    Against found;
    std::vector<std::string> notes;
    if (path != "-" && ::stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode)) {
        found.samples = load_raw(path, table, pictures);
    } else {
        const auto hdf5 = hdf5_in_path(path);
        const std::vector<std::byte> bytes = hdf5 ? std::vector<std::byte>() : read_bytes(path);
        const std::string name = path == "-" ? "standard input" : path;
        if (hdf5 && hdf5->data_set.empty() && is_rbms(*open_hdf5(path)))
            found.model = load_model(path);
        else if (hdf5)
            found.samples = load_data(path, &notes, table, pictures);
        else if (is_model(bytes))
            found.model = model_from(parse_safetensors(bytes, name));
        else
            found.samples = parse_data(bytes, name, &notes, table, pictures);
    }
    for (const std::string& text : notes) note("{}", text);
    if (found.samples && settings.missing == "nan")
        throw UsageError(
            "option --missing: found with --against of samples, expected a model: free energies of rows with different "
            "missing values cannot be compared");
    return found;
}

void compare(Scores& scores, const Model& model, const Dataset& data, Against against, const Program& program,
             const ScoreSettings& settings) {
    if (against.model)
        compare_models(scores, model, std::move(*against.model), data, settings);
    else
        compare_samples(scores, model, std::move(*against.samples), program, settings);
}

}  // namespace rbm::app
