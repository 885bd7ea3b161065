// SPDX-License-Identifier: MIT
#include "apps/files/suggestion.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <unordered_set>

#include "rbm/data/one_hot.h"

namespace rbm::app {
namespace {

/// How many columns make a site, where all rows have the same number of ones and these fit.
std::size_t one_hot_states(const Dataset& data) {
    std::size_t ones = 0;
    for (std::size_t col = 0; col < data.cols(); ++col) ones += data.value(0, col) == 1 ? 1 : 0;
    if (ones == 0 || data.cols() % ones != 0 || data.cols() / ones < 3) return 0;
    const std::size_t states = data.cols() / ones;
    return is_one_hot(data, states) ? states : 0;
}

bool holds_only(const ValueFacts& facts, std::initializer_list<float> values) {
    return !facts.distinct.empty() &&
           std::ranges::all_of(facts.distinct, [&](float x) { return std::ranges::find(values, x) != values.end(); });
}

}  // namespace

ValueFacts facts_of(const Dataset& data) {
    ValueFacts facts;
    std::unordered_set<float> distinct;
    double low = std::numeric_limits<double>::infinity(), high = -low;
    facts.whole = true;
    float last = std::numeric_limits<float>::quiet_NaN();
    const auto look_at = [&](float x) {
        if (std::isnan(x)) {
            ++facts.missing;
            return;
        }
        ++facts.known;
        facts.grey += x > 0 && x < 1 ? 1 : 0;
        if (std::isinf(x)) ++facts.infinite;
        if (std::isinf(x) || x == last) return;  // neighbours are often alike
        last = x;
        low = std::min(low, static_cast<double>(x));
        high = std::max(high, static_cast<double>(x));
        facts.whole = facts.whole && x == std::floor(x);
        if (distinct.size() <= most_distinct) distinct.insert(x == 0 ? 0 : x);
    };
    if (const SharedEntries* entries = data.sparse()) {
        for (std::size_t row = 0; row < data.rows(); ++row)
            entries->for_each(row, [&](std::size_t, float x) { look_at(x); });
        if (const std::size_t zeros = data.rows() * data.cols() - entries->count(); zeros > 0) {
            look_at(0);
            facts.known += zeros - 1;
        }
    } else {
        for (std::size_t row = 0; row < data.rows(); ++row)
            for (std::size_t col = 0; col < data.cols(); ++col) look_at(data.value(row, col));
    }
    if (low <= high) {
        facts.minimum = low;
        facts.maximum = high;
    }
    facts.whole = facts.whole && low <= high;
    if (distinct.size() <= most_distinct) facts.distinct.assign(distinct.begin(), distinct.end());
    std::ranges::sort(facts.distinct);
    if (holds_only(facts, {0, 1}) && data.rows() > 1) facts.one_hot_states = one_hot_states(data);
    return facts;
}

Suggestion suggest(const Dataset& data, const ValueFacts& facts) {
    constexpr double most_states = 64;  // of a category; more are rather a quantity
    const std::string missing = facts.missing > 0 ? " --missing nan" : "";
    const double low = facts.minimum, high = facts.maximum;
    const auto divided = [&](std::string units, double divisor, std::string why) {
        Suggestion result{std::move(units), {}, {}, std::move(why), divisor};
        result.steps = {fmt::format("rbm-data {}{} --divide {} --output scaled.npy", data.name, missing, divisor)};
        return result;
    };
    if (facts.infinite > 0) return {"", {}, "", "infinite values have to go first"};
    if (facts.known == 0) return {"", {}, "", "no value is known"};
    if (!data.letters.empty()) return {"potts", {}, missing, "the letters of sequences are states"};
    if (facts.one_hot_states > 0)
        return {"potts",
                {},
                fmt::format(" --visible-units potts --visible-states {}{}", facts.one_hot_states, missing),
                fmt::format("the columns are one-hot in groups of {}", facts.one_hot_states)};
    if (holds_only(facts, {0, 1})) return {"bernoulli", {}, missing, "all values are 0 or 1"};
    if (holds_only(facts, {-1, 1})) return {"spin", {}, " --visible-units spin" + missing, "all values are -1 or 1"};
    if (facts.distinct.size() == 2 && low == -high) {
        Suggestion spins = divided("spin", high,
                                   fmt::format("all values are {0} or {1}: divided by {1} they are spins",
                                               facts.distinct[0], facts.distinct[1]));
        spins.options = " --visible-units spin" + missing;
        return spins;
    }
    if (low >= 0 && high <= 1 && data.image == ImageShape{} && 2 * facts.grey > facts.known)
        return {
            "gaussian",
            {},
            " --visible-units gaussian" + missing,
            fmt::format("the values are real numbers from 0 to 1; --visible-units bernoulli would cut {} at 0.5, or "
                        "draw them with --binarize sample",
                        facts.grey)};
    if (low >= 0 && high <= 1)
        return {"bernoulli",
                {},
                missing,
                fmt::format("all values lie from 0 to 1; the {} in between are cut at 0.5, or drawn with --binarize "
                            "sample, or kept with --visible-units gaussian",
                            facts.grey)};
    if (facts.whole && low >= 0 && high <= 255 && high > 127)
        return divided("bernoulli", 255, "the values look like bytes of pictures");
    if (facts.whole && low >= 0 && high <= 127 && data.image != ImageShape{})
        return divided("bernoulli", high, fmt::format("these are pictures with grey levels from 0 to {}", high));
    if (facts.whole && low >= 0 && high < most_states)
        return {"potts",
                {},
                fmt::format(" --visible-units potts --visible-states {}{}", static_cast<int>(high) + 1, missing),
                fmt::format("whole numbers from {} to {} are codes of categories, if they do not count or measure", low,
                            high)};
    return {"gaussian",
            {},
            " --visible-units gaussian" + missing,
            facts.whole ? "whole numbers of any size count or measure" : "the values are real numbers"};
}

}  // namespace rbm::app
