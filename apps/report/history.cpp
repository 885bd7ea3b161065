// SPDX-License-Identifier: MIT
#include "apps/report/history.h"

#include <algorithm>
#include <filesystem>

#include "apps/cli/messages.h"
#include "apps/report/measure.h"
#include "rbm/io/atomic_file.h"
#include "rbm/io/bytes.h"
#include "rbm/io/safetensors.h"
#include "rbm/kernels/error.h"
#include "rbm/sampler/block_gibbs.h"

namespace rbm::app {
namespace {

constexpr std::size_t shown_samples = 10, widest = 65536, chain_sweeps = 100;
constexpr std::size_t quantiles = std::size(weight_shares);

Matrix rows_of(const std::vector<float>& values, std::size_t place, const Matrix& like) {
    Matrix rows(like.rows(), like.cols());
    const std::size_t size = rows.values().size();
    std::copy_n(values.begin() + static_cast<std::ptrdiff_t>(place * size), size, rows.values().begin());
    return rows;
}

std::vector<double> part(const std::vector<double>& values, std::size_t place, std::size_t size) {
    const auto first = values.begin() + static_cast<std::ptrdiff_t>(place * size);
    return {first, first + static_cast<std::ptrdiff_t>(size)};
}

}  // namespace

History::History(const Dataset& data) {
    if (data.cols() <= widest) samples = sample_rows(data, shown_samples);
}

bool History::wants(std::uint64_t epoch) {
    while (epoch > 0 && epoch % 10 == 0) epoch /= 10;
    return epoch == 0 || epoch == 1 || epoch == 2 || epoch == 5;
}

Snapshot History::taken(const Machine& machine, const Chains& chains, std::uint64_t epoch, std::uint64_t seed) const {
    Snapshot now;
    now.epoch = epoch;
    if (samples.rows() > 0) {
        now.reconstructions = machine.visible_mean(machine.hidden_mean(samples));
        Random random = Random(seed).fork(0x736e6170);
        Chains some =
            chains.count() >= samples.rows()
                ? Chains::from_data(machine, ConstView(chains.visible.view()).rows_from(0, samples.rows()), random)
                : Chains::from_noise(machine, samples.rows(), random);
        BlockGibbs{.steps = chains.count() >= samples.rows() ? 1 : chain_sweeps}.step(machine, some, random);
        now.chains = Matrix(samples.rows(), samples.cols());
        visible_means(machine, some, now.chains.view());
    }
    if (spectrum_is_quick(machine)) now.singular_values = singular_values(machine.weights);
    // A million of them tell the quantiles as well as all, and a large machine is not copied.
    const auto all = machine.weights.values();
    std::vector<float> weights;
    for (std::size_t i = 0; i < all.size(); i += all.size() / 1'000'000 + 1) weights.push_back(all[i]);
    for (const double share : weight_shares) {
        const auto place = static_cast<std::ptrdiff_t>(share * static_cast<double>(weights.size() - 1) + 0.5);
        std::nth_element(weights.begin(), weights.begin() + place, weights.end());
        now.weights.push_back(static_cast<double>(weights[static_cast<std::size_t>(place)]));
    }
    return now;
}

void History::save(const std::string& path) const {
    if (snapshots.empty()) return;
    Tensors file;
    const std::size_t count = snapshots.size(), spectrum = snapshots[0].singular_values.size();
    std::vector<std::uint64_t> epochs;
    std::vector<float> reconstructions, chains;
    std::vector<double> singular, weights;
    for (const Snapshot& one : snapshots) {
        epochs.push_back(one.epoch);
        const auto add = [](auto& to, const auto& values) { to.insert(to.end(), values.begin(), values.end()); };
        add(reconstructions, one.reconstructions.values());
        add(chains, one.chains.values());
        add(singular, one.singular_values);
        add(weights, one.weights);
    }
    file.metadata["rbm.history"] = "1";
    file.tensors["epochs"] = make_tensor({count}, epochs);
    file.tensors["weights.quantiles"] = make_tensor({count, quantiles}, weights);
    if (spectrum > 0) file.tensors["weights.singular_values"] = make_tensor({count, spectrum}, singular);
    if (samples.rows() > 0) {
        file.tensors["samples"] = make_tensor({samples.rows(), samples.cols()}, samples.values());
        file.tensors["reconstructions"] = make_tensor({count, samples.rows(), samples.cols()}, reconstructions);
        file.tensors["chains"] = make_tensor({count, samples.rows(), samples.cols()}, chains);
    }
    write_file(path, encode_safetensors(file), IfExists::replace);
}

void History::load(const std::string& path, std::uint64_t epochs) {
    if (!std::filesystem::exists(path)) return;
    try {
        const Tensors file = parse_safetensors(read_bytes(path), path);
        const std::vector<std::uint64_t> known = file.u64("epochs");
        const std::size_t count = known.size();
        file.at("weights.quantiles", {count, quantiles});
        const std::vector<double> weights = file.f64("weights.quantiles");
        std::vector<double> singular;
        if (file.contains("weights.singular_values")) singular = file.f64("weights.singular_values");
        std::vector<float> reconstructions, chains;
        if (samples.rows() > 0) {
            for (const char* name : {"reconstructions", "chains"})
                file.at(name, {count, samples.rows(), samples.cols()});
            reconstructions = file.f32("reconstructions");
            chains = file.f32("chains");
        }
        for (std::size_t k = 0; k < count && known[k] <= epochs; ++k) {
            Snapshot one;
            one.epoch = known[k];
            if (samples.rows() > 0) {
                one.reconstructions = rows_of(reconstructions, k, samples);
                one.chains = rows_of(chains, k, samples);
            }
            one.singular_values = part(singular, k, singular.size() / count);
            one.weights = part(weights, k, quantiles);
            snapshots.push_back(std::move(one));
        }
    } catch (const DataError& error) {
        note("{}; the report begins without what the run looked like before", error.what());
        snapshots.clear();
    }
}

}  // namespace rbm::app
