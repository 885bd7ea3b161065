// SPDX-License-Identifier: MIT
#include "rbm/trainer/objectives/flips.h"

#include <algorithm>
#include <boost/random/uniform_int_distribution.hpp>
#include <cmath>
#include <numeric>
#include <utility>

#include "rbm/kernels/ops.h"
#include "rbm/kernels/threads.h"
#include "rbm/model/unit_gradients.h"
#include "rbm/trainer/objectives/both_phases.h"

namespace rbm::detail {
namespace {

/// Sites are worked through by so many threads at most, each with its own sums, added up in their order.
constexpr std::size_t groups = 16;
/// Rows of hidden units that stay in a core's cache together with their means.
constexpr std::size_t changed_rows = 128;

std::vector<std::size_t> chosen_sites(std::size_t count, std::size_t wanted, Random& random) {
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
        : machine_(machine),
          batch_(batch),
          workspace_(workspace),
          sites_(discrete_sites(machine.visible, name)),
          others_(sites_.letters() - 1) {
        workspace.scratch.resize(std::max<std::size_t>(workspace.scratch.size(), 1 + 5 * groups));
        field_and_mean(machine, workspace, 0, batch);
        fields_ = std::as_const(workspace.hidden_field).rows_from(0, batch);
        normalizers_.assign(batch, 0.0);
        add_log_normalizer(machine.hidden, fields_, {}, normalizers_);
        const auto states = std::as_const(workspace.visible).rows_from(0, batch);
        statistics_ = statistic(machine.visible, states, workspace.machine.visible_statistic);
        standing_.reserve(batch * sites_.count());
        for (std::size_t b = 0; b < batch; ++b)
            for (std::size_t s = 0; s < sites_.count(); ++s) standing_.push_back(sites_.letter_at(states.row(b), s));
        // Row k: letter k at all sites, for statistics are site by site.
        BasicMatrix<Real> uniform(sites_.letters(), machine.visible_count());
        for (std::size_t k = 0; k < uniform.rows(); ++k)
            for (std::size_t s = 0; s < sites_.count(); ++s) sites_.put(uniform.row(k), s, k);
        const auto letters = statistic(machine.visible, std::as_const(uniform).view(), workspace.scratch[0]);
        letters_.resize(letters.rows, letters.cols);
        for (std::size_t k = 0; k < letters.rows; ++k) std::ranges::copy(letters.row(k), letters_.row(k).begin());
    }

    std::size_t sites() const { return sites_.count(); }

    /// What one group of sites finds.
    struct Sums {
        double loss = 0;
        std::vector<double> rows;  ///< [B] sums of the weights
        BasicUnits<Real> hidden;   ///< gradient
    };

    void work(std::span<const std::size_t> sites, double scale, SiteLoss f, std::size_t group, Sums& sums,
              BasicMachine<Real>& gradient) const {
        const std::size_t hidden = machine_.hidden_count();
        auto* const own = &workspace_.scratch[1 + 5 * group];
        BasicMatrix<Real>&fields = own[0], &means = own[1], &statistics = own[2], &weighted = own[3], &minus = own[4];
        weighted.resize(batch_, hidden);
        weighted.fill(0);
        sums.rows.assign(batch_, 0.0);
        std::vector<double> normalizers, differences;
        const std::size_t pairs = sites.size() * batch_, block = std::max<std::size_t>(1, changed_rows / others_);
        for (std::size_t first = 0; first < pairs; first += block) {
            // Pairs of a site and a row, each with as many changes as there are other letters.
            const std::size_t changes = std::min(block, pairs - first) * others_;
            const auto change = [&](std::size_t r) {
                const std::size_t pair = first + r / others_;
                return change_of(sites[pair / batch_], pair % batch_, r % others_);
            };
            fields.resize(changes, hidden);
            means.resize(changes, hidden);
            minus.resize(1, changes);
            normalizers.assign(changes, 0.0);
            differences.assign(changes, 0.0);
            for (std::size_t r = 0; r < changes; ++r) {
                const Change one = change(r);
                const auto to = fields.row(r);
                std::ranges::copy(fields_.row(one.row), to.begin());
                each_column(one, [&](std::size_t i, Real by) {
                    const auto weights = machine_.weights.row(i);
                    for (std::size_t j = 0; j < hidden; ++j) to[j] += by * weights[j];
                });
            }
            const MatrixView<const Real> changed = std::as_const(fields).view();
            add_log_normalizer(machine_.hidden, changed, {}, normalizers);
            mean(machine_.hidden, changed, {}, means.view());
            const auto of_means = statistic(machine_.hidden, std::as_const(means).view(), statistics);
            const auto shifts = location(machine_.visible);
            const auto slopes = location(gradient.visible);
            for (std::size_t r = 0; r < changes; ++r) {
                const Change one = change(r);
                differences[r] = normalizers[r] - normalizers_[one.row];  // F(v) - F(changed)
                each_column(one, [&](std::size_t i, Real by) {
                    differences[r] += static_cast<double>(shifts[i]) * static_cast<double>(by);
                });
            }
            for (std::size_t r = 0; r < changes; r += others_) {
                const std::size_t b = change(r).row;
                const double share = scale * static_cast<double>(workspace_.row_weights[b]);
                const auto some = std::span(differences).subspan(r, others_);
                sums.loss += share * f(some);
                for (double& derivative : some) sums.rows[b] += derivative *= share;
            }
            for (std::size_t r = 0; r < changes; ++r) {
                const Change one = change(r);
                const double weight = differences[r];
                minus(0, r) = static_cast<Real>(-weight);
                const Real in_row = static_cast<Real>(weight);
                const auto from = of_means.row(r);
                const auto to_row = weighted.row(one.row);
                for (std::size_t j = 0; j < hidden; ++j) to_row[j] += in_row * from[j];
                // d(F(v) - F(changed)) of the site's own location and weights; the site is this group's alone.
                each_column(one, [&](std::size_t i, Real by) {
                    const Real in_unit = static_cast<Real>(weight * static_cast<double>(by));
                    const auto to_unit = gradient.weights.row(i);
                    slopes[i] += in_unit;
                    for (std::size_t j = 0; j < hidden; ++j) to_unit[j] += in_unit * from[j];
                });
            }
            add_expected_gradient(machine_.hidden, changed, std::as_const(means).view(), std::as_const(minus).row(0),
                                  sums.hidden);
        }
    }

    /// What all changes of a row share: its own statistic on both sides.
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
    struct Change {
        std::size_t row, site, letter;
    };
    /// The `other`th of the letters that do not stand there.
    Change change_of(std::size_t site, std::size_t row, std::size_t other) const {
        const std::size_t stands = standing_[row * sites_.count() + site];
        return {row, site, other + (other >= stands ? 1 : 0)};
    }
    /// visit(i, by): the statistic of column i changes by so much.
    template <class Visitor>
    void each_column(const Change& change, const Visitor& visit) const {
        const std::size_t first = change.site * sites_.columns();
        for (std::size_t i = first; i < first + sites_.columns(); ++i) {
            const Real by = letters_(change.letter, i) - statistics_.row(change.row)[i];
            if (by != 0) visit(i, by);
        }
    }

    const BasicMachine<Real>& machine_;
    std::size_t batch_;
    BasicGradientWorkspace<Real>& workspace_;
    BasicSites<Real> sites_;
    std::size_t others_;                 ///< letters of a site but one
    MatrixView<const Real> fields_;      ///< [B x H]
    MatrixView<const Real> statistics_;  ///< [B x V]
    BasicMatrix<Real> letters_;          ///< [K x V] statistics of states that have one letter everywhere
    std::vector<std::size_t> standing_;  ///< [B x S] the letter of each site
    std::vector<double> normalizers_;    ///< [B]
};

}  // namespace

double to_conditional(std::span<double> differences) {
    double largest = 0;
    for (const double value : differences) largest = std::max(largest, value);
    double rest = 0;
    for (double& value : differences) rest += value = std::exp(value - largest);
    const double stands = std::exp(-largest), sum = stands + rest;
    for (double& value : differences) value /= sum;
    return largest + (largest == 0 ? std::log1p(rest) : std::log(sum));
}

template <class Real>
void add_flip_gradient(const BasicMachine<Real>& machine, std::size_t batch, std::size_t sites, SiteLoss f,
                       std::string_view name, Random& random, BasicGradientWorkspace<Real>& workspace,
                       BasicMachine<Real>& gradient) {
    Flips<Real> flips(machine, batch, name, workspace);
    const std::vector<std::size_t> chosen = chosen_sites(flips.sites(), sites, random);
    const double scale = static_cast<double>(flips.sites()) / static_cast<double>(chosen.size());
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

#define RBM_INSTANTIATE(Real)                                                                                        \
    template void add_flip_gradient(const BasicMachine<Real>&, std::size_t, std::size_t, SiteLoss, std::string_view, \
                                    Random&, BasicGradientWorkspace<Real>&, BasicMachine<Real>&);
RBM_INSTANTIATE(float)
RBM_INSTANTIATE(double)
#undef RBM_INSTANTIATE

}  // namespace rbm::detail
