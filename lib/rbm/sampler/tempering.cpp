// SPDX-License-Identifier: MIT
#include "rbm/sampler/tempering.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "rbm/kernels/error.h"
#include "rbm/sampler/sampler.h"

namespace rbm {
namespace {

void note_place(TemperedChains& chains, std::size_t state) {
    const std::size_t rung = chains.rung[state];
    auto& heading = chains.heading[state];
    if (rung == 0) {
        if (heading == -1) ++chains.round_trips;
        heading = 1;
    } else if (rung + 1 == chains.rungs() && heading == 1) {
        heading = -1;
    }
}

void swap_neighbours(const Bridge& bridge, TemperedChains& chains, Random& random) {
    const std::size_t rungs = chains.rungs(), ladders = chains.ladders(), parity = chains.steps % 2;
    const auto partner = [&](std::size_t k) {
        const std::size_t other = k % 2 == parity ? k + 1 : k - 1;  // -1 wraps beyond rungs
        return other < rungs ? other : k;
    };
    for (std::size_t s = 0; s < chains.rung.size(); ++s) {
        const std::size_t k = chains.rung[s];
        chains.own_beta[s] = chains.betas[k];
        chains.partner_beta[s] = chains.betas[partner(k)];
        chains.place[s / rungs * rungs + k] = s;
    }
    bridge.log_ratios(chains.visible, chains.hidden, chains.own_beta, chains.partner_beta, chains.ratios);
    chains.parity = parity;
    const Stream stream = random.next();
    const double steps = static_cast<double>(chains.steps / 2 + 1);  // in which this parity's pairs took part
    for (std::size_t l = 0; l < ladders; ++l)
        for (std::size_t k = 0; k < rungs; ++k)
            chains.log_ratios[l * rungs + k] = partner(k) == k ? 0.0 : chains.ratios[chains.place[l * rungs + k]];
    for (std::size_t k = parity; k + 1 < rungs; k += 2) {
        double rate = 0;
        for (std::size_t l = 0; l < ladders; ++l) {
            const std::size_t low = chains.place[l * rungs + k], high = chains.place[l * rungs + k + 1];
            const double log_odds = chains.ratios[low] + chains.ratios[high];
            rate += std::exp(std::min(log_odds, 0.0)) / static_cast<double>(ladders);
            if (log_uniform(random_bits(stream, l, k)) < log_odds) {
                std::swap(chains.rung[low], chains.rung[high]);
                note_place(chains, low);
                note_place(chains, high);
            }
        }
        chains.swap_rates[k] += (rate - chains.swap_rates[k]) / steps;
    }
    for (std::size_t s = 0; s < chains.rung.size(); ++s) chains.own_beta[s] = chains.betas[chains.rung[s]];
}

/// erfc(x) = rate.
double inverse_erfc(double rate) {
    double low = 0, high = 10;
    for (int i = 0; i < 60; ++i) (std::erfc((low + high) / 2) > rate ? low : high) = (low + high) / 2;
    return low;
}

/// Betas at equal distances, of `lengths` between the rungs of the old ones.
std::vector<float> respaced(const std::vector<float>& betas, const std::vector<double>& lengths, std::size_t rungs) {
    double total = 0;
    for (const double length : lengths) total += length;
    std::vector<float> result{0};
    double passed = 0;
    for (std::size_t i = 1, k = 0; i + 1 < rungs; ++i) {
        const double wanted = total * static_cast<double>(i) / static_cast<double>(rungs - 1);
        while (k + 2 < betas.size() && passed + lengths[k] < wanted) passed += lengths[k++];
        const double within = std::clamp((wanted - passed) / lengths[k], 0.0, 1.0);
        const double low = static_cast<double>(betas[k]), high = static_cast<double>(betas[k + 1]);
        const float beta = static_cast<float>(low + within * (high - low));
        if (beta > result.back() && beta < 1) result.push_back(beta);
    }
    result.push_back(1);
    return result;
}

/// The chains on another ladder: each rung takes over the state of the nearest old one.
TemperedChains moved(const Bridge& bridge, const TemperedChains& old, std::span<const float> betas, Random& random) {
    TemperedChains result = TemperedChains::start(bridge, betas, old.ladders(), random);
    for (std::size_t l = 0; l < old.ladders(); ++l)
        for (std::size_t k = 0; k < betas.size(); ++k) {
            std::size_t nearest = 0;
            for (std::size_t o = 1; o < old.rungs(); ++o)
                if (std::abs(old.betas[o] - betas[k]) < std::abs(old.betas[nearest] - betas[k])) nearest = o;
            const auto from = old.visible.row(old.state_at(l, nearest));
            std::copy(from.begin(), from.end(), result.visible.row(l * betas.size() + k).begin());
        }
    return result;
}

}  // namespace

TemperedChains TemperedChains::start(const Bridge& bridge, std::span<const float> betas, std::size_t ladders,
                                     Random& random) {
    const std::size_t rungs = betas.size();
    bool rising = rungs >= 2 && betas.front() == 0 && betas.back() == 1;
    for (std::size_t k = 1; rising && k < rungs; ++k) rising = betas[k] > betas[k - 1];
    if (!rising) throw InvalidArgument("TemperedChains: expected betas that rise from 0 to 1");
    if (ladders == 0) throw InvalidArgument("TemperedChains: found 0 ladders, expected at least 1");
    TemperedChains chains;
    const std::size_t states = ladders * rungs;
    chains.betas.assign(betas.begin(), betas.end());
    chains.visible.resize(states, bridge.visible_count());
    chains.hidden.resize(states, bridge.hidden_count());
    bridge.sample_base(random.next(), chains.visible);
    chains.rung.resize(states);
    for (std::size_t s = 0; s < states; ++s) chains.rung[s] = static_cast<std::uint32_t>(s % rungs);
    chains.heading.resize(states);
    chains.make_room();
    chains.reset_counts();
    return chains;
}

void TemperedChains::make_room() {
    const std::size_t states = rung.size();
    log_ratios.resize(states);
    own_beta.resize(states);
    partner_beta.resize(states);
    ratios.resize(states);
    place.resize(states);
}

void TemperedChains::even_out() {
    // Distances as in start_tempering(); a pair that never or always swapped tells no more than that it is far or near.
    const std::size_t pairs = rungs() - 1;
    const std::span<double> passed = std::span(ratios).first(pairs);
    const std::span<float> old = std::span(own_beta).first(rungs());
    std::copy(betas.begin(), betas.end(), old.begin());
    double total = 0;
    for (std::size_t k = 0; k < pairs; ++k)
        passed[k] = total += 2 * inverse_erfc(std::clamp(swap_rates[k], 0.01, 0.99));
    for (std::size_t i = 1, k = 0; i < pairs; ++i) {
        const double wanted = total * static_cast<double>(i) / static_cast<double>(pairs);
        while (passed[k] < wanted) ++k;
        const double below = k == 0 ? 0 : passed[k - 1];
        const double low = static_cast<double>(old[k]), high = static_cast<double>(old[k + 1]);
        const float beta = static_cast<float>(low + (wanted - below) / (passed[k] - below) * (high - low));
        betas[i] = std::max(beta, std::nextafter(betas[i - 1], 1.0F));
    }
    for (std::size_t i = pairs - 1; i > 0; --i) betas[i] = std::min(betas[i], std::nextafter(betas[i + 1], 0.0F));
    reset_counts();
}

void TemperedChains::reset_counts() {
    steps = round_trips = 0;
    swap_rates.assign(rungs() - 1, 0.0);
    for (std::size_t s = 0; s < rung.size(); ++s) heading[s] = rung[s] == 0 ? 1 : 0;
}

std::size_t TemperedChains::state_at(std::size_t ladder, std::size_t rung_number) const {
    const std::size_t first = ladder * rungs();
    for (std::size_t s = first; s < first + rungs(); ++s)
        if (rung[s] == rung_number) return s;
    throw InvalidArgument(fmt::format("TemperedChains: nothing at rung {} of ladder {}", rung_number, ladder));
}

void TemperedChains::copy_visible(View out) const {
    for (std::size_t l = 0; l < ladders(); ++l) {
        const auto from = visible.row(state_at(l, rungs() - 1));
        std::copy(from.begin(), from.end(), out.row(l).begin());
    }
}

void TemperedChains::copy_hidden(View out) const {
    for (std::size_t l = 0; l < ladders(); ++l) {
        const auto from = hidden.row(state_at(l, rungs() - 1));
        std::copy(from.begin(), from.end(), out.row(l).begin());
    }
}

bool TemperedChains::operator==(const TemperedChains& other) const {
    return betas == other.betas && visible == other.visible && rung == other.rung && heading == other.heading &&
           steps == other.steps && round_trips == other.round_trips && swap_rates == other.swap_rates;
}

void Tempering::step(const Bridge& bridge, TemperedChains& chains, Random& random, const Control& control) const {
    Work work(control, "sampling", steps);
    for (std::size_t sweep = 0; sweep < steps; ++sweep) {
        {
            const Uninterrupted whole;  // fields stand where states belong
            bridge.hidden_field(chains.visible, chains.hidden);
            swap_neighbours(bridge, chains, random);
            bridge.sample_hidden(chains.hidden.view(), chains.own_beta, random.next(), chains.hidden);
            bridge.visible_field(chains.hidden, chains.visible);
            bridge.sample_visible(chains.visible.view(), chains.own_beta, random.next(), chains.visible);
            ++chains.steps;
        }
        work.advance();
    }
}

TemperedChains start_tempering(const Bridge& bridge, std::size_t ladders, const LadderSettings& settings,
                               Random& random, const Control& control) {
    Work work(control, "ladder", settings.rounds * settings.sweeps);
    const double wanted = 2 * inverse_erfc(std::clamp(settings.swap_rate, 0.01, 0.99));
    std::vector<float> betas;
    constexpr std::size_t first_rungs = 20;
    for (std::size_t k = 0; k < first_rungs; ++k)
        betas.push_back(static_cast<float>(k) / static_cast<float>(first_rungs - 1));
    TemperedChains chains = TemperedChains::start(bridge, betas, ladders, random);
    for (std::size_t round = 0; round < settings.rounds; ++round) {
        const std::size_t rungs = chains.rungs();
        std::vector<double> sums(rungs - 1), counts(rungs - 1);
        for (std::size_t sweep = 0; sweep < settings.sweeps; ++sweep) {
            Tempering{}.step(bridge, chains, random);
            work.advance();
            if (2 * sweep < settings.sweeps && settings.sweeps > 1) continue;  // the chains settle first
            for (std::size_t k = chains.parity; k + 1 < rungs; k += 2)
                for (std::size_t l = 0; l < ladders; ++l, ++counts[k])
                    sums[k] -= chains.log_ratios[l * rungs + k] + chains.log_ratios[l * rungs + k + 1];
        }
        std::vector<double> lengths(rungs - 1);
        double total = 0;
        for (std::size_t k = 0; k + 1 < rungs; ++k)
            total += lengths[k] = std::sqrt(std::max(sums[k] / std::max(counts[k], 1.0), 1e-8));
        const std::size_t needed = static_cast<std::size_t>(
            std::clamp(std::ceil(total / wanted) + 1, 2.0, static_cast<double>(settings.largest)));
        chains = moved(bridge, chains, respaced(chains.betas, lengths, needed), random);
    }
    chains.reset_counts();
    return chains;
}

}  // namespace rbm
