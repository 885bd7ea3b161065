// SPDX-License-Identifier: MIT
#include "rbm/estimate/relaxation.h"

#include <fmt/format.h>

#include <cmath>
#include <tuple>
#include <utility>
#include <vector>

#include "rbm/kernels/error.h"
#include "rbm/kernels/ops.h"
#include "rbm/sampler/block_gibbs.h"

namespace rbm {
namespace {

constexpr double widest_agreement = 3;  // standard errors

/// Products of rows with rows, of which everything here is made: out [C x C] = a b'.
void row_products(ConstView a, ConstView b, Matrix& out) {
    out.resize(a.rows, b.rows);
    multiply_transposed(a, b, out);
}

/// The mean over i != j of h = k(a_i, a_j) + k(b_i, b_j) - k(a_i, b_j) - k(a_j, b_i), where k is the square of the
/// product, and its error where its expectation is 0: then the h of different pairs are not correlated.
MomentDistance distance_of(const Matrix& aa, const Matrix& bb, const Matrix& ab, double unit) {
    const std::size_t rows = aa.rows();
    const auto square = [](float product) { return static_cast<double>(product) * static_cast<double>(product); };
    double sum = 0, squares = 0;
    for (std::size_t i = 0; i < rows; ++i)
        for (std::size_t j = 0; j < i; ++j) {
            const double h = square(aa(i, j)) + square(bb(i, j)) - square(ab(i, j)) - square(ab(j, i));
            sum += h;
            squares += h * h;
        }
    const double pairs = static_cast<double>(rows * (rows - 1)) / 2;
    return {sum / pairs / unit, std::sqrt(squares) / pairs / unit};
}

/// The size of the second moments: their squared sum, without bias.
double moment_size(const Matrix& products) {
    double sum = 0;
    for (std::size_t i = 0; i < products.rows(); ++i)
        for (std::size_t j = 0; j < i; ++j) {
            const double product = static_cast<double>(products(i, j));
            sum += product * product;
        }
    return sum / (static_cast<double>(products.rows() * (products.rows() - 1)) / 2);
}

std::pair<double, double> mean_and_error(const std::vector<double>& values) {
    const double count = static_cast<double>(values.size());
    double mean = 0, squares = 0;
    for (const double value : values) mean += value / count;
    for (const double value : values) squares += (value - mean) * (value - mean);
    return {mean, std::sqrt(squares / (count - 1) / count)};
}

/// 1, 2, 3, 4, 6, 8, 12, ...
std::uint64_t next_look(std::uint64_t sweeps) {
    if (sweeps < 2) return sweeps + 1;
    const bool power = (sweeps & (sweeps - 1)) == 0;
    return power ? sweeps + sweeps / 2 : sweeps / 3 * 4;
}

/// Rows around the means of the data, and their products with others.
class Moments {
  public:
    explicit Moments(ConstView data) : means_(data.cols), data_(data.rows, data.cols) {
        for (std::size_t r = 0; r < data.rows; ++r)
            for (std::size_t i = 0; i < data.cols; ++i) means_[i] += static_cast<double>(data.row(r)[i]);
        for (double& mean : means_) mean /= static_cast<double>(data.rows);
        centre(data, data_);
        row_products(data_, data_, data_products_);
        unit_ = moment_size(data_products_);
        if (!(unit_ > 0)) unit_ = 1;  // data that are all the same
    }

    void compare(ConstView from_data, ConstView from_noise, RelaxationRow& row) {
        centre(from_data, first_);
        centre(from_noise, second_);
        row_products(first_, first_, first_products_);
        row_products(second_, second_, second_products_);
        row_products(first_, second_, mixed_);
        row.apart = distance_of(first_products_, second_products_, mixed_, unit_);
        row_products(first_, data_, mixed_);
        row.data_to_data = distance_of(first_products_, data_products_, mixed_, unit_);
        row_products(second_, data_, mixed_);
        row.noise_to_data = distance_of(second_products_, data_products_, mixed_, unit_);
    }

  private:
    void centre(ConstView rows, Matrix& out) const {
        out.resize(rows.rows, rows.cols);
        for (std::size_t r = 0; r < rows.rows; ++r)
            for (std::size_t i = 0; i < rows.cols; ++i) out(r, i) = rows.row(r)[i] - static_cast<float>(means_[i]);
    }

    std::vector<double> means_;
    Matrix data_, first_, second_, data_products_, first_products_, second_products_, mixed_;
    double unit_ = 1;
};

}  // namespace

bool RelaxationRow::agrees() const {
    const double error = std::hypot(error_from_data, error_from_noise);
    return std::abs(energy_from_data - energy_from_noise) <= widest_agreement * error &&
           std::abs(apart.value) <= widest_agreement * apart.standard_error;
}

MomentDistance moment_distance(ConstView a, ConstView b) {
    if (a.rows != b.rows || a.rows < 4 || a.cols != b.cols)
        throw InvalidArgument(
            fmt::format("moment_distance: [{} x {}] and [{} x {}], expected the same of both, with at "
                        "least 4 rows",
                        a.rows, a.cols, b.rows, b.cols));
    Matrix aa, bb, ab;
    row_products(a, a, aa);
    row_products(b, b, bb);
    row_products(a, b, ab);
    return distance_of(aa, bb, ab, 1);
}

Relaxation relaxation(const Machine& machine, double beta, ConstView data, std::uint64_t sweeps, Random& random,
                      const Control& control) {
    if (data.rows < 8)
        throw InvalidArgument(fmt::format("relaxation: found {} rows of data, expected at least 8", data.rows));
    Chains from_data = Chains::from_data(machine, data, random);
    Chains from_noise = Chains::from_noise(machine, data.rows, random);
    for (Chains* chains : {&from_data, &from_noise}) {
        if (beta != 1) chains->beta.assign(data.rows, static_cast<float>(beta));
        draw_hidden(machine, *chains, random);
    }
    Moments moments(data);
    Relaxation result;
    Work work(control, "relaxation", sweeps);
    std::uint64_t done = 0;
    while (true) {
        RelaxationRow row;
        row.sweeps = done;
        std::tie(row.energy_from_data, row.error_from_data) =
            mean_and_error(machine.energy(from_data.visible, from_data.hidden));
        std::tie(row.energy_from_noise, row.error_from_noise) =
            mean_and_error(machine.energy(from_noise.visible, from_noise.hidden));
        moments.compare(from_data.visible, from_noise.visible, row);
        const bool first_of_two = !result.rows.empty() && result.rows.back().agrees() && row.agrees();
        if (!result.met && first_of_two) result.met = result.rows.back().sweeps;
        result.rows.push_back(row);
        if (done == sweeps) break;
        const std::uint64_t next = std::min(next_look(done), sweeps);
        for (; done < next; ++done) {
            BlockGibbs{.steps = 1}.step(machine, from_data, random);
            BlockGibbs{.steps = 1}.step(machine, from_noise, random);
            work.advance();
        }
    }
    if (!result.met && result.rows.back().agrees()) result.met = result.rows.back().sweeps;
    return result;
}

}  // namespace rbm
