// SPDX-License-Identifier: MIT
#include "apps/report/measure.h"

#include <algorithm>
#include <cmath>

#include "rbm/sampler/block_gibbs.h"

namespace rbm::app {
namespace {

constexpr std::size_t most_rows = 1000, most_values = std::size_t{1} << 24;
constexpr std::size_t most_chains = 100, records = 20, noise_sweeps = 200, pairs = 1000;
// Multiplications of a few seconds on one core.
constexpr double chain_budget = 5e9;

/// Each site of each row is that of another row: the same values in every column, and nothing else of the data.
Matrix shuffled(const Matrix& rows, std::size_t site_columns, std::uint64_t seed) {
    Matrix noise(rows.rows(), rows.cols());
    const Stream stream{seed, 0x6e6f697365, 0};
    for (std::size_t r = 0; r < rows.rows(); ++r)
        for (std::size_t first = 0; first < rows.cols(); first += site_columns) {
            const std::size_t from = random_bits(stream, r, first) % rows.rows();
            std::copy_n(rows.row(from).begin() + static_cast<std::ptrdiff_t>(first), site_columns,
                        noise.row(r).begin() + static_cast<std::ptrdiff_t>(first));
        }
    return noise;
}

/// Sums over rows: of columns, and of products of pairs of them.
struct MomentSums {
    std::vector<std::pair<std::size_t, std::size_t>> of;
    std::vector<double> columns, products;
    double rows = 0;

    MomentSums(std::vector<std::pair<std::size_t, std::size_t>> chosen, std::size_t width)
        : of(std::move(chosen)), columns(width), products(of.size()) {}
    void add(const Matrix& states) {
        for (std::size_t r = 0; r < states.rows(); ++r) {
            const auto row = states.row(r);
            for (std::size_t c = 0; c < columns.size(); ++c) columns[c] += static_cast<double>(row[c]);
            for (std::size_t p = 0; p < of.size(); ++p)
                products[p] += static_cast<double>(row[of[p].first]) * static_cast<double>(row[of[p].second]);
        }
        rows += static_cast<double>(states.rows());
    }
    double mean(std::size_t column) const { return columns[column] / rows; }
    double covariance(std::size_t pair) const {
        return products[pair] / rows - mean(of[pair].first) * mean(of[pair].second);
    }
};

/// Pairs of units that vary in these rows, of different sites.
std::vector<std::pair<std::size_t, std::size_t>> chosen_pairs(const Matrix& rows, std::size_t site_columns,
                                                              std::uint64_t seed) {
    std::vector<std::size_t> varying;
    for (std::size_t c = 0; c < rows.cols(); ++c) {
        std::size_t others = 0;
        for (std::size_t r = 1; r < rows.rows(); ++r) others += rows(r, c) != rows(0, c) ? 1 : 0;
        if (20 * others > rows.rows()) varying.push_back(c);
    }
    std::vector<std::pair<std::size_t, std::size_t>> chosen;
    const Stream stream{seed, 0x7061697273, 0};
    for (std::size_t p = 0; p < 2 * pairs && varying.size() > 1 && chosen.size() < pairs; ++p) {
        const std::size_t i = varying[random_bits(stream, p, 0) % varying.size()],
                          j = varying[random_bits(stream, p, 1) % varying.size()];
        if (i / site_columns != j / site_columns) chosen.emplace_back(i, j);
    }
    return chosen;
}

Chains running_chains(const Machine& machine, const Chains& given, Random& random) {
    const std::size_t fitting = std::clamp<std::size_t>(most_values / machine.visible_count(), 1, most_chains);
    if (given.count() > 0 && given.visible.cols() == machine.visible_count()) {
        const std::size_t count = std::min(fitting, given.count());
        return Chains::from_data(machine, ConstView(given.visible.view()).rows_from(0, count), random);
    }
    Chains chains = Chains::from_noise(machine, fitting, random);
    const double sweep = 2.0 * static_cast<double>(fitting) * static_cast<double>(machine.weights.values().size());
    BlockGibbs{.steps = std::clamp<std::size_t>(static_cast<std::size_t>(4 * chain_budget / sweep), 1, noise_sweeps)}
        .step(machine, chains, random);
    return chains;
}

void measure_chains(const Machine& machine, const Matrix& rows, const Chains& given, std::uint64_t seed,
                    const Control& control, Measured& measured) {
    Random random = Random(seed).fork(0x7265706f7274);
    Chains chains = running_chains(machine, given, random);
    const double sweep =
        2.0 * static_cast<double>(chains.count()) * static_cast<double>(machine.weights.values().size());
    const auto stride = std::clamp<std::size_t>(static_cast<std::size_t>(chain_budget / (records * sweep)), 1, 10);
    const std::size_t site_columns = site_width(machine.visible);
    MomentSums data(chosen_pairs(rows, site_columns, seed), rows.cols()), dreamed(data.of, rows.cols());
    data.add(rows);
    BasicMatrix<double> series(chains.count(), records);
    for (std::size_t t = 0; t < records; ++t) {
        BlockGibbs{.steps = stride}.step(machine, chains, random, control);
        dreamed.add(chains.visible);
        measured.of_chains = machine.free_energy(chains.visible);
        for (std::size_t c = 0; c < chains.count(); ++c) series(c, t) = measured.of_chains[c];
    }
    const BasicMatrix<double>& watched = series;
    measured.health = chain_health(watched.view());
    measured.chain_count = chains.count();
    measured.chain_sweeps = records * stride;
    for (std::size_t c = 0; c < rows.cols(); c += std::max<std::size_t>(1, rows.cols() / 2000)) {
        measured.means.data.push_back(data.mean(c));
        measured.means.chains.push_back(dreamed.mean(c));
    }
    for (std::size_t p = 0; p < data.of.size(); ++p) {
        measured.covariances.data.push_back(data.covariance(p));
        measured.covariances.chains.push_back(dreamed.covariance(p));
    }
    measured.chain_means = Matrix(chains.count(), machine.visible_count());
    visible_means(machine, chains, measured.chain_means.view());
}

}  // namespace

double Measured::Moments::difference() const {
    double sum = 0;
    for (std::size_t i = 0; i < data.size(); ++i) sum += (data[i] - chains[i]) * (data[i] - chains[i]);
    return data.empty() ? 0 : std::sqrt(sum / static_cast<double>(data.size()));
}

bool spectrum_is_quick(const Machine& machine) {
    const auto v = static_cast<double>(machine.visible_count()), h = static_cast<double>(machine.hidden_count());
    return v * h * std::min(v, h) < 4e9;
}

std::vector<double> hidden_activity(const Machine& machine, ConstView rows) {
    const StateForm form = state_form(machine.hidden);
    if (!form.discrete) return {};
    const Matrix means = machine.hidden_mean(rows);
    std::vector<double> activity(means.cols());
    for (std::size_t r = 0; r < means.rows(); ++r)
        for (std::size_t j = 0; j < means.cols(); ++j)
            activity[j] += static_cast<double>((means(r, j) - form.low) / (form.high - form.low));
    for (double& mean : activity) mean /= static_cast<double>(means.rows());
    return activity;
}

Matrix sample_rows(const Dataset& data, std::size_t count) {
    const std::size_t fitting = std::max<std::size_t>(1, most_values / std::max<std::size_t>(1, data.cols()));
    const Dataset some = data.spread(std::min(count, fitting));
    Matrix rows(some.rows(), some.cols());
    some.fill(0, Stream{}, rows);
    return rows;
}

Measured measure(const Machine& machine, const Dataset& training, const Dataset* held_out, const Chains& chains,
                 std::uint64_t seed, const Control& control) {
    Measured measured;
    const Matrix rows = sample_rows(training, most_rows);
    measured.activity = hidden_activity(machine, rows);
    for (std::size_t j = 0; j < measured.activity.size(); ++j) {
        if (measured.activity[j] < 0.01) measured.dead.push_back(j);
        if (measured.activity[j] > 0.99) measured.saturated.push_back(j);
    }
    const auto weights = machine.weights.values();
    for (std::size_t i = 0; i < weights.size(); i += weights.size() / 100'000 + 1)
        measured.weights.push_back(static_cast<double>(weights[i]));
    if (spectrum_is_quick(machine)) {
        measured.singular_values = singular_values(machine.weights);
        measured.filters = inspect_filters(machine.weights, control);
    }
    measured.of_training = machine.free_energy(rows);
    if (held_out != nullptr) measured.of_held_out = machine.free_energy(sample_rows(*held_out, most_rows));
    measured.of_noise = machine.free_energy(shuffled(rows, site_width(machine.visible), seed));
    measure_chains(machine, rows, chains, seed, control, measured);
    return measured;
}

}  // namespace rbm::app
