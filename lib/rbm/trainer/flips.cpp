// SPDX-License-Identifier: MIT
#include "rbm/trainer/flips.h"

#include <boost/random/uniform_int_distribution.hpp>
#include <numeric>
#include <utility>

#include "rbm/kernels/ops.h"
#include "rbm/kernels/threads.h"
#include "rbm/model/unit_gradients.h"
#include "rbm/trainer/both_phases.h"

namespace rbm::detail {
namespace {

/// Flips are worked through by so many threads at most, each with its own sums, added up in their order.
constexpr std::size_t groups = 16;
/// Rows of hidden units that stay in a core's cache together with their means.
constexpr std::size_t flipped_rows = 128;

std::vector<std::size_t> chosen_units(std::size_t count, std::size_t wanted, Random& random) {
    std::vector<std::size_t> order(count);
    std::iota(order.begin(), order.end(), std::size_t{0});
    if (wanted == 0 || wanted >= count) return order;
    for (std::size_t i = 0; i < wanted; ++i)
        std::swap(order[i], order[boost::random::uniform_int_distribution<std::size_t>(i, count - 1)(random)]);
    order.resize(wanted);
    return order;
}

template <class Real>
class Flips {
  public:
    Flips(const BasicMachine<Real>& machine, std::size_t batch, std::string_view name,
          BasicGradientWorkspace<Real>& workspace)
        : machine_(machine), batch_(batch), workspace_(workspace) {
        const auto [low, high] = two_states(machine.visible, name);
        workspace.scratch.resize(std::max<std::size_t>(workspace.scratch.size(), 1 + 5 * groups));
        field_and_mean(machine, workspace, 0, batch);
        fields_ = std::as_const(workspace.hidden_field).rows_from(0, batch);
        normalizers_.assign(batch, 0.0);
        add_log_normalizer(machine.hidden, fields_, {}, normalizers_);
        // Of all units flipped at once: statistics are unit by unit.
        const auto states = std::as_const(workspace.visible).rows_from(0, batch);
        BasicMatrix<Real>& changes = workspace.scratch[0];
        changes.resize(batch, machine.visible_count());
        for (std::size_t b = 0; b < batch; ++b)
            for (std::size_t i = 0; i < changes.cols(); ++i) changes(b, i) = low + high - states.row(b)[i];
        BasicMatrix<Real> flipped;
        const auto after = statistic(machine.visible, std::as_const(changes).view(), flipped);
        const auto before = statistic(machine.visible, states, workspace.machine.visible_statistic);
        for (std::size_t b = 0; b < batch; ++b)
            for (std::size_t i = 0; i < changes.cols(); ++i) changes(b, i) = after.row(b)[i] - before.row(b)[i];
        changes_ = std::as_const(changes).view();
    }

    /// What one group of units finds.
    struct Sums {
        double loss = 0;
        std::vector<double> rows;  ///< [B] sums of the weights
        BasicUnits<Real> hidden;   ///< gradient
    };

    void work(std::span<const std::size_t> units, double scale, Slope (*f)(double), std::size_t group, Sums& sums,
              BasicMachine<Real>& gradient) const {
        const std::size_t hidden = machine_.hidden_count();
        auto* const own = &workspace_.scratch[1 + 5 * group];
        BasicMatrix<Real>&fields = own[0], &means = own[1], &statistics = own[2], &weighted = own[3], &minus = own[4];
        weighted.resize(batch_, hidden);
        weighted.fill(0);
        sums.rows.assign(batch_, 0.0);
        std::vector<double> normalizers;
        const std::size_t block = std::max<std::size_t>(1, flipped_rows / batch_);
        for (std::size_t first = 0; first < units.size(); first += block) {
            const auto some = units.subspan(first, std::min(block, units.size() - first));
            const std::size_t rows = some.size() * batch_;
            fields.resize(rows, hidden);
            means.resize(rows, hidden);
            minus.resize(1, rows);
            normalizers.assign(rows, 0.0);
            for (std::size_t r = 0; r < rows; ++r) {
                const std::size_t i = some[r / batch_], b = r % batch_;
                const Real change = changes_.row(b)[i];
                const auto weights = machine_.weights.row(i);
                const auto from = fields_.row(b);
                const auto to = fields.row(r);
                for (std::size_t j = 0; j < hidden; ++j) to[j] = from[j] + change * weights[j];
            }
            const MatrixView<const Real> flipped = std::as_const(fields).view();
            add_log_normalizer(machine_.hidden, flipped, {}, normalizers);
            mean(machine_.hidden, flipped, {}, means.view());
            const auto of_means = statistic(machine_.hidden, std::as_const(means).view(), statistics);
            const auto shifts = location(machine_.visible);
            const auto slopes = location(gradient.visible);
            for (std::size_t r = 0; r < rows; ++r) {
                const std::size_t i = some[r / batch_], b = r % batch_;
                const double change = static_cast<double>(changes_.row(b)[i]);
                const double difference =
                    static_cast<double>(shifts[i]) * change + normalizers[r] - normalizers_[b];  // F(v) - F(flipped)
                const auto [value, derivative] = f(difference);
                const double share = scale * static_cast<double>(workspace_.row_weights[b]);
                sums.loss += share * value;
                const double weight = share * derivative;
                sums.rows[b] += weight;
                minus(0, r) = static_cast<Real>(-weight);
                // d(F(v) - F(flipped)) of the unit's own location and weights; unit i is this group's alone.
                slopes[i] += static_cast<Real>(weight * change);
                const Real in_row = static_cast<Real>(weight), in_unit = static_cast<Real>(weight * change);
                const auto from = of_means.row(r);
                const auto to_row = weighted.row(b), to_unit = gradient.weights.row(i);
                for (std::size_t j = 0; j < hidden; ++j) {
                    to_row[j] += in_row * from[j];
                    to_unit[j] += in_unit * from[j];
                }
            }
            add_expected_gradient(machine_.hidden, flipped, std::as_const(means).view(), std::as_const(minus).row(0),
                                  sums.hidden);
        }
    }

    /// What all flips of a row share: its own statistic on both sides.
    void finish(std::span<Sums> all, BasicMachine<Real>& gradient) {
        const auto means = std::as_const(workspace_.hidden_mean).rows_from(0, batch_);
        const auto of_means = statistic(machine_.hidden, means, workspace_.machine.hidden_statistic);
        BasicMatrix<Real>& weighted = workspace_.scratch[1 + 3];
        std::vector<Real> of_rows(batch_);
        for (std::size_t b = 0; b < batch_; ++b) {
            double sum = 0;
            for (const Sums& sums : all) sum += sums.rows[b];
            of_rows[b] = static_cast<Real>(sum);
            const auto row = weighted.row(b);
            for (std::size_t group = 1; group < all.size(); ++group) {
                const auto other = workspace_.scratch[1 + 5 * group + 3].row(b);
                for (std::size_t j = 0; j < row.size(); ++j) row[j] += other[j];
            }
            for (std::size_t j = 0; j < row.size(); ++j) row[j] -= of_rows[b] * of_means.row(b)[j];
        }
        const auto states = std::as_const(workspace_.visible).rows_from(0, batch_);
        add_outer(
            BasicOuterProduct<Real>{Real{1}, statistic(machine_.visible, states, workspace_.machine.visible_statistic),
                                    std::as_const(weighted).view()},
            gradient.weights.view());
        add_expected_gradient(machine_.hidden, fields_, means, std::span<const Real>(of_rows), gradient.hidden);
        double loss = 0;
        for (const Sums& sums : all) {
            loss += sums.loss;
            std::vector<std::span<const Real>> found;
            each_parameter(sums.hidden,
                           [&](std::string_view, std::span<const Real> values) { found.push_back(values); });
            std::size_t k = 0;
            each_parameter(gradient.hidden, [&](std::string_view, std::span<Real> values) {
                for (std::size_t j = 0; j < values.size(); ++j) values[j] += found[k][j];
                ++k;
            });
        }
        workspace_.loss = loss;
    }

  private:
    const BasicMachine<Real>& machine_;
    std::size_t batch_;
    BasicGradientWorkspace<Real>& workspace_;
    MatrixView<const Real> fields_, changes_;
    std::vector<double> normalizers_;
};

}  // namespace

template <class Real>
void add_flip_gradient(const BasicMachine<Real>& machine, std::size_t batch, std::size_t units, Slope (*f)(double),
                       std::string_view name, Random& random, BasicGradientWorkspace<Real>& workspace,
                       BasicMachine<Real>& gradient) {
    Flips<Real> flips(machine, batch, name, workspace);
    const std::vector<std::size_t> chosen = chosen_units(machine.visible_count(), units, random);
    const double scale = static_cast<double>(machine.visible_count()) / static_cast<double>(chosen.size());
    std::vector<typename Flips<Real>::Sums> sums(std::min(groups, chosen.size()));
    for (auto& one : sums) {
        one.hidden = machine.hidden;
        each_parameter(one.hidden, [](std::string_view, std::span<Real> values) {
            std::fill(values.begin(), values.end(), Real{0});
        });
    }
    rbm::parallel_for(sums.size(), [&](std::size_t group) {
        const std::size_t first = group * chosen.size() / sums.size(), last = (group + 1) * chosen.size() / sums.size();
        flips.work(std::span(chosen).subspan(first, last - first), scale, f, group, sums[group], gradient);
    });
    flips.finish(sums, gradient);
}

#define RBM_INSTANTIATE(Real)                                                                               \
    template void add_flip_gradient(const BasicMachine<Real>&, std::size_t, std::size_t, Slope (*)(double), \
                                    std::string_view, Random&, BasicGradientWorkspace<Real>&, BasicMachine<Real>&);
RBM_INSTANTIATE(float)
RBM_INSTANTIATE(double)
#undef RBM_INSTANTIATE

}  // namespace rbm::detail
