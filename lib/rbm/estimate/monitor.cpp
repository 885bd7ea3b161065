// SPDX-License-Identifier: MIT
#include "rbm/estimate/monitor.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/random/uniform_int_distribution.hpp>
#include <cmath>
#include <numeric>

#include "rbm/kernels/error.h"
#include "rbm/kernels/scalar.h"
#include "rbm/model/labels.h"

namespace rbm {
namespace {

constexpr std::size_t block_rows = 1024;

/// Calls body(first, states) for each block of so many rows, which fill(first, states) has filled.
template <class Fill, class Body>
void for_each_block(std::size_t count, std::size_t cols, const Control& control, Fill fill, Body body) {
    Work work(control, "scoring", count);
    Matrix states;
    for (std::size_t first = 0; first < count; first += block_rows) {
        states.resize(std::min(block_rows, count - first), cols);
        fill(first, states);
        body(first, states);
        work.advance(states.rows());
    }
}

template <class Body>
void for_each_block(const Dataset& data, const Stream& stream, const Control& control, Body body) {
    for_each_block(
        data.rows(), data.cols(), control, [&](std::size_t first, Matrix& states) { data.fill(first, stream, states); },
        body);
}

/// `count` rows at equal distances in weight, from a random one on.
std::vector<std::uint32_t> random_rows(std::size_t rows, std::span<const float> weights, std::size_t count,
                                       Random& random) {
    const auto weight = [&](std::size_t row) { return weights.empty() ? 1.0 : static_cast<double>(weights[row]); };
    double total = 0;
    for (std::size_t row = 0; row < rows; ++row) total += weight(row);
    const double start = static_cast<double>(random()) / 0x1p32;
    std::vector<std::uint32_t> chosen;
    double passed = 0;
    for (std::size_t row = 0; row < rows; ++row) {
        passed += weight(row);
        while (chosen.size() < count && weight(row) > 0 &&
               (static_cast<double>(chosen.size()) + start) * total < passed * static_cast<double>(count))
            chosen.push_back(static_cast<std::uint32_t>(row));
    }
    return chosen;
}

double average(std::span<const double> values) {
    return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

/// Adds log p(site i | rest) to out for each row, where i = chosen(row).
template <class Chosen>
void add_conditional(const Machine& machine, const Matrix& letters, Matrix& states, Chosen chosen,
                     std::span<double> out) {
    const std::size_t columns = letters.cols();
    const std::vector<double> own = machine.free_energy(states);
    std::vector<std::vector<double>> terms(states.rows());
    Matrix original(states.rows(), columns);
    const auto site = [&](std::size_t r) { return states.row(r).subspan(chosen(r) * columns, columns); };
    for (std::size_t r = 0; r < states.rows(); ++r) std::ranges::copy(site(r), original.row(r).begin());
    for (std::size_t k = 0; k < letters.rows(); ++k) {
        for (std::size_t r = 0; r < states.rows(); ++r) std::ranges::copy(letters.row(k), site(r).begin());
        const std::vector<double> other = machine.free_energy(states);
        for (std::size_t r = 0; r < states.rows(); ++r) terms[r].push_back(own[r] - other[r]);
    }
    for (std::size_t r = 0; r < states.rows(); ++r) {
        std::ranges::copy(original.row(r), site(r).begin());
        out[r] -= log_sum_exp(terms[r]);
    }
}

Matrix letters_of(const Machine& machine) {
    if (!is_discrete(machine.visible))
        throw Unsupported(
            fmt::format("pseudo-likelihood: {} visible units, expected discrete ones", kind(machine.visible)));
    return site_states(machine.visible);
}

/// Of the rows that fill(first, states) fills, one random site each.
template <class Fill>
MeanOfRows one_site_each(const Machine& machine, std::size_t rows, Random& random, const Control& control, Fill fill) {
    const auto letters = letters_of(machine);
    std::vector<double> logs(rows);
    const std::size_t sites = site_count(machine.visible);
    boost::random::uniform_int_distribution<std::size_t> unit(0, sites - 1);
    for_each_block(rows, machine.visible_count(), control, fill, [&](std::size_t first, Matrix& states) {
        std::vector<std::size_t> chosen(states.rows());
        for (std::size_t& i : chosen) i = unit(random);
        add_conditional(
            machine, letters, states, [&](std::size_t r) { return chosen[r]; },
            std::span(logs).subspan(first, states.rows()));
    });
    const double count = static_cast<double>(rows), mean = average(logs);
    double squares = 0;
    for (const double value : logs) squares += (value - mean) * (value - mean);
    return {mean * static_cast<double>(sites), std::sqrt(squares / (count - 1) / count) * static_cast<double>(sites)};
}

}  // namespace

std::vector<double> free_energies(const Machine& machine, const Dataset& data, const Stream& stream, double beta,
                                  const Control& control) {
    std::vector<double> out(data.rows());
    Workspace workspace;
    const PreparedMachine prepared(machine, workspace, data.rows());
    const std::vector<float> betas(beta == 1 ? 0 : block_rows, static_cast<float>(beta));
    for_each_block(data, stream, control, [&](std::size_t first, const Matrix& states) {
        const Beta beta_of_rows = betas.empty() ? Beta{} : Beta(betas).first(states.rows());
        machine.free_energy(states, beta_of_rows, workspace, std::span(out).subspan(first, states.rows()));
    });
    return out;
}

double free_energy_gap(const Machine& machine, const Dataset& training, const Dataset& held_out,
                       const Control& control) {
    Work work(control, "scoring", held_out.rows() + training.rows());
    const double of_held_out = average(free_energies(machine, held_out, {}, 1, work.part()));
    return of_held_out - average(free_energies(machine, training, {}, 1, work.part()));
}

double reconstruction_error(const Machine& machine, const Dataset& data, const Stream& stream, const Control& control) {
    double total = 0;
    for_each_block(data, stream, control, [&](std::size_t, const Matrix& states) {
        const Matrix again = machine.visible_mean(machine.hidden_mean(states));
        for (std::size_t i = 0; i < states.values().size(); ++i) {
            const double distance = static_cast<double>(states.values()[i] - again.values()[i]);
            total += distance * distance;
        }
    });
    return total / static_cast<double>(data.rows() * data.cols());
}

double label_error(const Machine& machine, const Dataset& data, std::size_t classes, const Stream& stream,
                   const Control& control) {
    std::size_t wrong = 0;
    for_each_block(data, stream, control, [&](std::size_t, const Matrix& states) {
        const LabelPosterior posterior = label_posterior(machine, states, classes);
        for (std::size_t r = 0; r < states.rows(); ++r) {
            const auto label = states.row(r).last(classes);
            const auto found = posterior.probability.row(r);
            wrong += std::ranges::max_element(label) - label.begin() == std::ranges::max_element(found) - found.begin()
                         ? 0
                         : 1;
        }
    });
    return static_cast<double>(wrong) / static_cast<double>(data.rows());
}

MeanOfRows pseudo_likelihood(const Machine& machine, const Dataset& data, Random random, const Control& control) {
    const Stream stream = random.next();
    return one_site_each(machine, data.rows(), random, control,
                         [&](std::size_t first, Matrix& states) { data.fill(first, stream, states); });
}

MeanOfRows pseudo_likelihood(const Machine& machine, const Dataset& data, std::size_t count,
                             std::span<const float> row_weights, Random random, const Control& control) {
    const Stream stream = random.next();
    const auto rows = random_rows(data.rows(), row_weights, std::min(count, data.rows()), random);
    return one_site_each(machine, rows.size(), random, control, [&](std::size_t first, Matrix& states) {
        data.fill(std::span(rows).subspan(first, states.rows()), stream, states);
    });
}

double exact_pseudo_likelihood(const Machine& machine, const Dataset& data, const Stream& stream,
                               const Control& control) {
    const auto letters = letters_of(machine);
    std::vector<double> logs(data.rows());
    for_each_block(data, stream, control, [&](std::size_t first, Matrix& states) {
        for (std::size_t i = 0; i < site_count(machine.visible); ++i)
            add_conditional(
                machine, letters, states, [&](std::size_t) { return i; },
                std::span(logs).subspan(first, states.rows()));
    });
    return average(logs);
}

}  // namespace rbm
