// SPDX-License-Identifier: MIT
// Gradients against central differences in double.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "rbm/check/parts.h"
#include "rbm/kernels/control.h"

namespace rbm::checks {
namespace {

/// Which values of a parameter to vary: half of them where the slope is steepest, half anywhere.
std::vector<std::size_t> choose(std::span<const double> slopes, std::size_t count, const Stream& stream) {
    std::vector<std::size_t> order(slopes.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    count = std::min(count, slopes.size());
    const std::size_t steep = (count + 1) / 2;
    std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(steep), order.end(),
                      [&](std::size_t a, std::size_t b) { return std::abs(slopes[a]) > std::abs(slopes[b]); });
    for (std::size_t i = steep; i < count; ++i) order[i] = random_bits(stream, 0, i) % slopes.size();
    order.resize(count);
    return order;
}

/// |slope - difference quotient| of loss() by `value`, relative to the slope and to what rounding the loss costs.
/// Smaller steps are tried where the curvature is strong.
template <class Loss>
double slope_error(double& value, double slope, double level, Loss loss) {
    const double kept = value, scale = std::max({1.0, std::abs(slope), 0.01 * std::abs(level)});
    double best = std::numeric_limits<double>::infinity();
    for (const double step : {1e-5, 1e-6, 1e-7}) {
        detail::ask_current_work();  // all slopes of a machine take up to a second
        value = kept + step;
        const double above = loss();
        value = kept - step;
        const double below = loss();
        value = kept;
        const double error = std::abs(slope - (above - below) / (2 * step)) / scale;
        if (std::isnan(error)) return error;
        best = std::min(best, error);
        if (best < 1e-7) break;
    }
    return best;
}

/// How many values of each parameter: all work within some 10^9 multiplications, but never fewer than two.
std::size_t values_per_parameter(const Run& run) {
    const double work =
        static_cast<double>(run.visible.rows() * run.visible.cols()) * static_cast<double>(run.hidden.cols()) * 16;
    return static_cast<std::size_t>(std::clamp(1e9 / work, 2.0, 24.0));
}

template <class Loss>
void check_gradient(Run& run, const std::string& function, const PreciseMachine& gradient, Loss loss) {
    PreciseMachine varied = run.oracle;
    const double level = loss(varied);
    const std::size_t most = values_per_parameter(run);
    std::size_t parameter = 0;
    each_pair(varied, gradient, [&](std::string_view name, std::span<double> values, std::span<const double> slopes) {
        double difference = 0;
        const Stream stream{Random(run.seed).fork(3).state().key, parameter++, 0};
        const std::vector<std::size_t> chosen = choose(slopes, most, stream);
        for (const std::size_t i : chosen)
            difference = larger(difference, slope_error(values[i], slopes[i], level, [&] { return loss(varied); }));
        run.add(
            fmt::format("gradient of {}, {}", function, name),
            fmt::format("with differences of {} in double; {} of {} values", function, chosen.size(), values.size()),
            difference, 1e-6);
    });
}

}  // namespace

void check_gradients(Run& run) {
    const auto& f = run.functions;
    const std::vector<double> weights = {0.7, -0.4, 1.1, -0.9};  // of the four states: no symmetry hides a sign
    const auto weighted = [&](const std::vector<double>& values) {
        return std::inner_product(values.begin(), values.end(), weights.begin(), 0.0);
    };
    check_gradient(
        run, "F(v)", f.free_energy_gradient(run.oracle, run.precise_visible, weights),
        [&](const PreciseMachine& machine) { return weighted(f.free_energy(machine, run.precise_visible)); });
    check_gradient(run, "E(v,h)", f.energy_gradient(run.oracle, run.precise_visible, run.precise_hidden, weights),
                   [&](const PreciseMachine& machine) {
                       return weighted(f.energy(machine, run.precise_visible, run.precise_hidden));
                   });
}

void check_score(Run& run) {
    if (is_discrete(run.oracle.visible)) return;
    const auto& f = run.functions;
    const Precise score = f.score(run.oracle, run.precise_visible);
    Precise varied = run.precise_visible;
    const double level = f.free_energy(run.oracle, varied)[0];
    const std::vector<std::size_t> chosen = choose(score.row(0), values_per_parameter(run), Stream{run.seed, 4, 0});
    double difference = 0;
    for (const std::size_t i : chosen)
        difference = larger(difference, slope_error(varied(0, i), score(0, i), level,
                                                    [&] { return -f.free_energy(run.oracle, varied)[0]; }));
    run.add("score",
            fmt::format("d log p(v) / dv with differences of F(v); {} of {} values", chosen.size(), varied.cols()),
            difference, 1e-6);
}

}  // namespace rbm::checks
