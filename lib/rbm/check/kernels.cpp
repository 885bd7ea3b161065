// SPDX-License-Identifier: MIT
// Every kernel of the fast backends against the reference loops, on the shapes of the model, and the same bits for any
// number of threads.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "rbm/check/parts.h"
#include "rbm/kernels/context.h"
#include "rbm/kernels/control.h"

namespace rbm::checks {
namespace {

/// What kernels are fed with.  B rows, V x H weights.
struct Inputs {
    Matrix visible;                   ///< [B x V] in [-1, 1)
    Matrix hidden, other;             ///< [B x H] in [-1, 1)
    const Matrix* weights = nullptr;  ///< [V x H] of the model
    Matrix field;                     ///< [B x H] visible . weights
    std::vector<float> bias;          ///< [H] of the model
    std::vector<float> deviation;     ///< [H] in [0.5, 1.5)
    std::vector<float> beta;          ///< [B] in [0.5, 1.5)
    Stream stream;

    CategoricalField<float> categorical() const {
        const std::size_t columns = field.cols(), states = columns % 3 == 0 ? 3 : columns % 2 == 0 ? 2 : columns;
        return {field, deviation, bias, beta, states};
    }
};

void fill(std::span<float> out, const Stream& stream, float low) {
    constexpr std::size_t row = 1 << 16;
    for (std::size_t i = 0; i < out.size(); ++i)
        out[i] = low + (1 - low) * uniform_from_bits(random_bits(stream, i / row, i % row));
}

Inputs make_inputs(const Run& run) {
    const std::size_t visible = run.machine.visible_count(), hidden = run.machine.hidden_count();
    // Enough elements for several threads to share, few enough for the plain loops to be done in a second.
    const double room = 3e7 / (static_cast<double>(visible) * static_cast<double>(hidden));
    const std::size_t rows = std::clamp<std::size_t>(static_cast<std::size_t>(std::min(room, 1e6)), 5,
                                                     std::max<std::size_t>(64, 40'000 / std::max(visible, hidden)));
    Random random = Random(run.seed).fork(6);
    Inputs in;
    in.visible.resize(rows, visible);
    in.hidden.resize(rows, hidden);
    in.other.resize(rows, hidden);
    in.weights = &run.machine.weights;
    fill(in.visible.values(), random.next(), -1);
    fill(in.hidden.values(), random.next(), -1);
    fill(in.other.values(), random.next(), -1);
    // Every second row is of bits, an eighth of them on: kernels take another way through those.
    for (Matrix* states : {&in.visible, &in.hidden})
        for (std::size_t r = 1; r < rows; r += 2)
            for (float& value : states->row(r)) value = value > 0.75F ? 1.0F : 0.0F;
    const auto location = rbm::location(run.machine.hidden);
    in.bias.assign(location.begin(), location.end());
    in.deviation.resize(hidden);
    in.beta.resize(rows);
    fill(in.deviation, random.next(), 0.5F);
    fill(in.beta, random.next(), 0.5F);
    in.stream = random.next();
    in.field.resize(rows, hidden);
    reference_backend().multiply(in.visible, *in.weights, in.field);
    return in;
}

/// The same with all values positive: linear kernels then give the size of what they add up.
Inputs without_signs(const Inputs& in, Matrix& weights) {
    Inputs out = in;
    weights = *in.weights;
    out.weights = &weights;
    for (const auto values : {out.visible.values(), out.hidden.values(), out.other.values(), out.field.values(),
                              weights.values(), std::span(out.bias)})
        for (float& value : values) value = std::abs(value);
    return out;
}

using Out = std::vector<double>;

void copy(std::span<const float> values, Out& out) { out.assign(values.begin(), values.end()); }

template <class Call>
Out matrix_of(std::size_t rows, std::size_t cols, Call call) {
    Matrix result(rows, cols);
    call(result.view());
    Out out;
    copy(result.values(), out);
    return out;
}

template <class Call>
Out sums_of(std::size_t rows, Call call) {
    Out out(rows);
    call(Sums(out));
    return out;
}

enum class Family { products, logistic, softmax, draws, softplus, changes, normals, sums, elementwise };

struct Kernel {
    const char* name;
    Family family;
    Out (*run)(const Backend&, const Inputs&);
};

// clang-format off
const Kernel kernels[] = {
    {"multiply", Family::products, [](const Backend& b, const Inputs& in) {
        return matrix_of(in.hidden.rows(), in.hidden.cols(), [&](View out) { b.multiply(in.visible, *in.weights, out); }); }},
    {"multiply_transposed", Family::products, [](const Backend& b, const Inputs& in) {
        return matrix_of(in.visible.rows(), in.visible.cols(), [&](View out) { b.multiply_transposed(in.hidden, *in.weights, out); }); }},
    {"multiply_prepared", Family::products, [](const Backend& b, const Inputs& in) {
        PreparedWeights prepared;
        prepared.prepare(*in.weights, b);
        return matrix_of(in.hidden.rows(), in.hidden.cols(), [&](View out) { b.multiply_prepared(in.visible, prepared, out); }); }},
    {"multiply_prepared_transposed", Family::products, [](const Backend& b, const Inputs& in) {
        PreparedWeights prepared;
        prepared.prepare(*in.weights, b);
        return matrix_of(in.visible.rows(), in.visible.cols(), [&](View out) { b.multiply_prepared_transposed(in.hidden, prepared, out); }); }},
    {"update_weights_by_outer", Family::products, [](const Backend& b, const Inputs& in) {
        WeightUpdate update;
        update.rate = -1;  // so that without signs all terms add up
        return matrix_of(in.visible.cols(), in.hidden.cols(), [&](View out) {
            std::copy(in.weights->values().begin(), in.weights->values().end(), out.data);
            b.update_weights_by_outer({0.5F, in.visible, in.hidden}, update, {out}); }); }},
    {"add_outer", Family::products, [](const Backend& b, const Inputs& in) {
        return matrix_of(in.visible.cols(), in.hidden.cols(), [&](View out) { b.add_outer({0.5F, in.visible, in.hidden}, out); }); }},
    {"logistic", Family::logistic, [](const Backend& b, const Inputs& in) {
        return matrix_of(in.field.rows(), in.field.cols(), [&](View out) { b.logistic(in.field, in.bias, in.beta, out); }); }},
    {"sample_logistic", Family::draws, [](const Backend& b, const Inputs& in) {
        return matrix_of(in.field.rows(), in.field.cols(), [&](View out) { b.sample_logistic(in.field, in.bias, in.beta, in.stream, out); }); }},
    {"sample_tempered_logistic", Family::draws, [](const Backend& b, const Inputs& in) {
        return matrix_of(in.field.rows(), in.field.cols(), [&](View out) {
            b.sample_tempered_logistic(in.field, in.bias, in.deviation, in.beta, in.stream, out); }); }},
    {"softmax", Family::softmax, [](const Backend& b, const Inputs& in) {
        return matrix_of(in.field.rows(), in.field.cols(), [&](View out) { b.softmax(in.categorical(), out); }); }},
    {"sample_softmax", Family::draws, [](const Backend& b, const Inputs& in) {
        return matrix_of(in.field.rows(), in.field.cols(), [&](View out) { b.sample_softmax(in.categorical(), in.stream, out); }); }},
    {"add_log_sum_exps", Family::softplus, [](const Backend& b, const Inputs& in) {
        return sums_of(in.field.rows(), [&](Sums out) { b.add_log_sum_exps(-1.0, in.categorical(), out); }); }},
    {"add_softplus_changes", Family::changes, [](const Backend& b, const Inputs& in) {
        const std::vector<float> from(in.field.rows(), 0.0F);
        return sums_of(in.field.rows(), [&](Sums out) {
            b.add_softplus_changes(in.field, in.bias, in.deviation, from, in.beta, out); }); }},
    {"add_softplus_sums", Family::softplus, [](const Backend& b, const Inputs& in) {
        return sums_of(in.field.rows(), [&](Sums out) { b.add_softplus_sums(in.field, in.bias, in.beta, out); }); }},
    {"sample_normal", Family::normals, [](const Backend& b, const Inputs& in) {
        return matrix_of(in.hidden.rows(), in.hidden.cols(), [&](View out) { b.sample_normal(in.hidden, in.deviation, in.beta, in.stream, out); }); }},
    {"add_dots", Family::sums, [](const Backend& b, const Inputs& in) {
        return sums_of(in.hidden.rows(), [&](Sums out) { b.add_dots(-0.5, in.hidden, in.bias, out); }); }},
    {"add_row_dots", Family::sums, [](const Backend& b, const Inputs& in) {
        return sums_of(in.hidden.rows(), [&](Sums out) { b.add_row_dots(-1.0, in.hidden, in.other, out); }); }},
    {"add_weighted_squares", Family::sums, [](const Backend& b, const Inputs& in) {
        std::vector<float> center(in.bias);
        for (float& value : center) value = -value;  // so that without signs the distances are the largest
        return sums_of(in.hidden.rows(), [&](Sums out) { b.add_weighted_squares(0.5, in.hidden, center, in.deviation, out); }); }},
    {"add_column_sums", Family::sums, [](const Backend& b, const Inputs& in) {
        return matrix_of(1, in.hidden.cols(), [&](View out) { b.add_column_sums(-1.0, in.hidden, in.beta, out.row(0)); }); }},
    {"add_column_moments", Family::sums, [](const Backend& b, const Inputs& in) {
        const std::size_t cols = in.hidden.cols();
        std::vector<float> center(in.bias);
        for (float& value : center) value = -value;  // as above
        return sums_of(2 * cols, [&](Sums out) { b.add_column_moments(in.hidden, center, in.beta, out.first(cols), out.subspan(cols)); }); }},
    {"add_vector", Family::elementwise, [](const Backend& b, const Inputs& in) {
        return matrix_of(in.hidden.rows(), in.hidden.cols(), [&](View out) { b.add_vector(in.hidden, in.bias, out); }); }},
    {"add", Family::elementwise, [](const Backend& b, const Inputs& in) {
        return matrix_of(in.hidden.rows(), in.hidden.cols(), [&](View out) { b.add(in.hidden, in.other, out); }); }},
    {"approach", Family::elementwise, [](const Backend& b, const Inputs& in) {
        return matrix_of(in.hidden.rows(), in.hidden.cols(), [&](View out) {
            std::copy(in.other.values().begin(), in.other.values().end(), out.data);
            b.approach(0.25F, in.hidden, out); }); }},
    {"scale_rows", Family::elementwise, [](const Backend& b, const Inputs& in) {
        return matrix_of(in.hidden.rows(), in.hidden.cols(), [&](View out) {
            std::copy(in.hidden.values().begin(), in.hidden.values().end(), out.data);
            b.scale_rows(-0.5F, in.beta, out); }); }},
    {"add_group_sums", Family::sums, [](const Backend& b, const Inputs& in) {
        const std::size_t groups = in.hidden.rows() / 4;
        return matrix_of(groups, in.hidden.cols(), [&](View out) {
            b.add_group_sums(in.hidden.rows_from(0, 4 * groups), in.beta, out); }); }},
    {"scale_columns", Family::elementwise, [](const Backend& b, const Inputs& in) {
        return matrix_of(in.hidden.rows(), in.hidden.cols(), [&](View out) { b.scale_columns(in.hidden, in.deviation, out); }); }},
};
// clang-format on

constexpr Family families[] = {Family::products, Family::logistic, Family::softmax,
                               Family::draws,    Family::softplus, Family::changes,
                               Family::normals,  Family::sums,     Family::elementwise};

const char* name_of(Family family) {
    constexpr const char* names[] = {"products", "logistic", "softmax", "draws",      "softplus",
                                     "changes",  "normals",  "sums",    "elementwise"};
    return names[static_cast<std::size_t>(family)];
}

/// Rounding of a float, for sums of `terms` products in any order: half a unit each, adding up like a random walk.
double bound_of(Family family, std::size_t terms, std::size_t draws) {
    constexpr double unit = 1.2e-7;
    switch (family) {
        case Family::products:
        case Family::sums:
            return unit * (4 + std::sqrt(static_cast<double>(terms)));
        case Family::draws:
            return 2 + 1e-6 * static_cast<double>(draws);  // draws that fall between two roundings of p
        case Family::elementwise:
            return unit;
        case Family::logistic:
        case Family::softmax:
        case Family::softplus:
        case Family::changes:
        case Family::normals:
            break;
    }
    return 8 * unit;
}

std::vector<double> scales(const Kernel& kernel, const Out& expected, const Inputs& magnitudes) {
    Out scale = kernel.family == Family::logistic || kernel.family == Family::softplus
                    ? expected
                    : kernel.run(reference_backend(), magnitudes);
    // The largest normal draws; softplus terms of which only the change is left; what a site's probabilities add up to.
    const double rest = kernel.family == Family::normals   ? 6
                        : kernel.family == Family::changes ? static_cast<double>(magnitudes.field.cols())
                        : kernel.family == Family::softmax ? 1
                                                           : 0;
    for (double& value : scale) value = std::max(std::abs(value), 1e-30) + rest;
    return scale;
}

double difference_of(const Kernel& kernel, const Out& found, const Out& expected, const Inputs& magnitudes) {
    if (kernel.family != Family::draws) return worst(found, expected, scales(kernel, expected, magnitudes));
    double differing = 0;
    for (std::size_t i = 0; i < found.size(); ++i) differing += found[i] == expected[i] ? 0 : 1;
    return differing;
}

/// Elements of all kernels that change with the number of threads; not a number never equals itself, and counts.
double bits_that_depend_on_threads(const Backend& backend, const Inputs& in) {
    const auto run_on = [&](std::size_t count, const Kernel& kernel) {
        const ContextScope scope({.threads = count});
        return kernel.run(backend, in);
    };
    double differing = 0;
    for (const Kernel& kernel : kernels) {
        detail::ask_current_work();
        const Out alone = run_on(1, kernel);
        for (const std::size_t count : {2U, 3U}) {
            const Out together = run_on(count, kernel);
            for (std::size_t i = 0; i < alone.size(); ++i) differing += alone[i] == together[i] ? 0 : 1;
        }
    }
    return differing;
}

}  // namespace

void check_kernels(Run& run) {
    const Inputs in = make_inputs(run);
    Matrix positive_weights;
    const Inputs magnitudes = without_signs(in, positive_weights);
    const std::string size = fmt::format("{} rows, {}", in.visible.rows(), size_text(run.machine));
    const std::size_t terms = std::max({in.visible.cols(), in.hidden.cols(), in.visible.rows()});
    for (const Backend* backend : run.functions.backends) {
        for (const Family family : families) {
            double difference = 0;
            std::size_t members = 0;
            const char* worst_kernel = "";
            for (const Kernel& kernel : kernels) {
                if (kernel.family != family) continue;
                detail::ask_current_work();  // the reference's loops are plain ones, which do not
                const double found =
                    difference_of(kernel, kernel.run(*backend, in), kernel.run(reference_backend(), in), magnitudes);
                if (members++ == 0 || larger(found, difference) != difference) worst_kernel = kernel.name;
                difference = larger(difference, found);
            }
            run.add(fmt::format("kernels, {}", name_of(family)),
                    fmt::format("{} with reference, {}; {}{}", backend->name(), size,
                                members > 1 ? fmt::format("worst of {}: ", members) : "", worst_kernel),
                    difference, bound_of(family, terms, in.field.values().size()));
        }
        run.add("kernels, threads",
                fmt::format("{}: values that differ between 1, 2 and 3 threads; {}", backend->name(), size),
                bits_that_depend_on_threads(*backend, in), 0);
    }
}

}  // namespace rbm::checks
