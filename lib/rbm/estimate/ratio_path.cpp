// SPDX-License-Identifier: MIT
#include "rbm/estimate/ratio_path.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "rbm/kernels/error.h"
#include "rbm/model/compose.h"

namespace rbm {
namespace {

/// What the statistic multiplies states by.
std::vector<float> statistic_factors(const Units& units) {
    Matrix ones(1, width(units)), scratch;
    ones.fill(1);
    const auto found = statistic(units, std::as_const(ones).view(), scratch).row(0);
    return {found.begin(), found.end()};
}

/// The bank of (1 - beta) E_from + beta E_to, and what its units feel of the fields of both.
class BankBetween {
  public:
    BankBetween(const Units& from, const Units& to)
        : from_(from), to_(to), from_factors_(statistic_factors(from)), to_factors_(statistic_factors(to)) {}

    void set(float beta) {
        beta_ = beta;
        const auto scaled = [](const Units& units, float share) {
            return tempered(Machine(units, Bernoulli(1)), static_cast<double>(share)).visible;
        };
        bank_ = beta <= 0 ? from_ : beta >= 1 ? to_ : sum_of_energies(scaled(from_, 1 - beta), scaled(to_, beta));
        factors_ = statistic_factors(bank_);
    }
    const Units& bank() const { return bank_; }
    void mix(const Matrix& from_field, const Matrix& to_field, Matrix& out) const {
        for (std::size_t c = 0; c < out.rows(); ++c)
            for (std::size_t i = 0; i < out.cols(); ++i)
                out(c, i) =
                    ((1 - beta_) * from_factors_[i] * from_field(c, i) + beta_ * to_factors_[i] * to_field(c, i)) /
                    factors_[i];
    }

  private:
    const Units &from_, &to_;
    std::vector<float> from_factors_, to_factors_, factors_;
    Units bank_;
    float beta_ = 0;
};

/// The machine with free hidden units behind its own, so that there are `count`.
Machine padded(const Machine& machine, std::size_t count) {
    if (machine.hidden_count() == count) return machine;
    Machine result(machine.visible, similar_units<float>(machine.hidden, count / site_width(machine.hidden)));
    for (std::size_t i = 0; i < machine.visible_count(); ++i)
        std::copy(machine.weights.row(i).begin(), machine.weights.row(i).end(), result.weights.row(i).begin());
    each_pair(result, machine, [](std::string_view name, std::span<float> to, std::span<const float> from) {
        if (name.starts_with("hidden.")) std::copy(from.begin(), from.end(), to.begin());
    });
    return result;
}

/// One of both machines, with memory for its side of the fields.
struct End {
    Machine machine;
    Workspace workspace{};
    PreparedMachine<float> prepared;
    Matrix hidden_field, visible_field;  ///< [C x H], [C x V]

    End(Machine of, std::size_t chains)
        : machine(std::move(of)),
          prepared(machine, workspace, std::numeric_limits<std::size_t>::max()),
          hidden_field(chains, machine.hidden_count()),
          visible_field(chains, machine.visible_count()) {}
    End(const End&) = delete;
    End& operator=(const End&) = delete;
};

/// log of the number of states of so many free hidden columns.
double log_free_states(const Units& like, std::size_t columns) {
    const double states = static_cast<double>(site_states(like).rows());
    return std::log(states) * static_cast<double>(columns / site_width(like));
}

}  // namespace

void check_visible_units(const Machine& from, const Machine& to) {
    if (!alike(from.visible, to.visible) || width(from.visible) != width(to.visible))
        throw InvalidArgument(fmt::format("partition_ratio: {} {} visible units against {} {} ones",
                                          width(from.visible), name_with_states(from.visible), width(to.visible),
                                          name_with_states(to.visible)));
}

bool share_hidden_units(const Machine& from, const Machine& to) {
    return alike(from.hidden, to.hidden) && is_discrete(from.hidden);
}

struct RatioPath::Parts {
    End first, last;
    BankBetween visible_bank, hidden_bank;
    Matrix hidden;                                             ///< [C x H] fields, then states
    std::vector<double> gained, normalizer, from_own, to_own;  ///< [C]

    Parts(const Machine& from, const Machine& to, std::size_t hidden_count, std::size_t chains)
        : first(padded(from, hidden_count), chains),
          last(padded(to, hidden_count), chains),
          visible_bank(first.machine.visible, last.machine.visible),
          hidden_bank(first.machine.hidden, last.machine.hidden),
          hidden(chains, hidden_count),
          gained(chains),
          normalizer(chains),
          from_own(chains),
          to_own(chains) {}
};

RatioPath::RatioPath(const Machine& from, const Machine& to, std::size_t chains)
    : visible(chains, from.visible_count()) {
    check_visible_units(from, to);
    if (!share_hidden_units(from, to))
        throw Unsupported(fmt::format("partition_ratio: {} and {} hidden units, expected discrete ones of one kind",
                                      name_with_states(from.hidden), name_with_states(to.hidden)));
    const std::size_t count = std::max(from.hidden_count(), to.hidden_count());
    parts_ = std::make_unique<Parts>(from, to, count, chains);
    log_weights.resize(chains);
    log_free_units_ = log_free_states(from.hidden, count - from.hidden_count()) -
                      log_free_states(to.hidden, count - to.hidden_count());
}

RatioPath::~RatioPath() = default;

void RatioPath::run(std::span<const float> betas, Random& random, const Control& control) {
    Work work(control, "annealing", betas.size() - 1);
    auto& [first, last, visible_bank, hidden_bank, hidden, gained, normalizer, from_own, to_own] = *parts_;
    const std::size_t chains = visible.rows();
    std::fill(log_weights.begin(), log_weights.end(), 0.0);
    step_variances.assign(betas.size() - 1, 0.0);
    for (std::size_t step = 0; step + 1 < betas.size(); ++step) {
        for (End* end : {&first, &last}) end->machine.hidden_field(visible, end->workspace, end->hidden_field);
        std::fill(from_own.begin(), from_own.end(), 0.0);
        std::fill(to_own.begin(), to_own.end(), 0.0);
        add_energy(first.machine.visible, std::as_const(visible).view(), from_own);
        add_energy(last.machine.visible, std::as_const(visible).view(), to_own);
        const double change = static_cast<double>(betas[step + 1]) - static_cast<double>(betas[step]);
        for (std::size_t c = 0; c < chains; ++c) gained[c] = change * (from_own[c] - to_own[c]);
        for (const double sign : {-1.0, 1.0}) {  // hidden ends as the field at the later beta
            hidden_bank.set(betas[sign < 0 ? step : step + 1]);
            hidden_bank.mix(first.hidden_field, last.hidden_field, hidden);
            std::fill(normalizer.begin(), normalizer.end(), 0.0);
            add_log_normalizer(hidden_bank.bank(), std::as_const(hidden).view(), Beta{}, normalizer);
            for (std::size_t c = 0; c < chains; ++c) gained[c] += sign * normalizer[c];
        }
        for (std::size_t c = 0; c < chains; ++c) log_weights[c] += gained[c];
        step_variances[step] = variance(gained);
        if (step + 2 < betas.size()) {  // where the last sweep would lead is of no interest
            sample(hidden_bank.bank(), std::as_const(hidden).view(), Beta{}, random.next(), hidden.view());
            for (End* end : {&first, &last}) end->machine.visible_field(hidden, end->workspace, end->visible_field);
            visible_bank.set(betas[step + 1]);
            visible_bank.mix(first.visible_field, last.visible_field, visible);
            sample(visible_bank.bank(), std::as_const(visible).view(), Beta{}, random.next(), visible.view());
        }
        work.advance();
    }
}

}  // namespace rbm
