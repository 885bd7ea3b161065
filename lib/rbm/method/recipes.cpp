// SPDX-License-Identifier: MIT
#include "rbm/method/recipes.h"

#include <algorithm>

#include "rbm/method/setting.h"

namespace rbm {

std::string Recipe::text(const std::string& option) const {
    const auto found = std::ranges::find(options, option, &std::pair<std::string, std::string>::first);
    return found == options.end() ? "" : found->second;
}

const std::vector<Recipe>& recipes() {
    static const std::vector<Recipe> all = {
        {"melchior-2016",
         "Melchior, Fischer & Wiskott, How to center deep Boltzmann machines, JMLR 17(99), 2016: centred PCD-1 at a "
         "small constant rate",
         {{"hidden", "500"},
          {"algorithm", "pcd"},
          {"steps", "1"},
          {"batch-size", "100"},
          {"chains", "100"},
          {"epochs", "200"},
          {"learning-rate", "0.01"},
          {"learning-rate-schedule", "constant"},
          {"weight-decay-l1", "0"},
          {"centering", "on"},
          {"offset-rate", "0.01"},
          {"averaging", "0"}}},
        {"salakhutdinov-murray-2008",
         "after Salakhutdinov & Murray, On the quantitative analysis of deep belief networks, ICML 2008: CD whose k "
         "grows to 25; the paper leaves rate and decay open",
         {{"hidden", "500"},
          {"algorithm", "cd"},
          {"steps", "25"},
          {"steps-schedule", "linear"},
          {"batch-size", "100"},
          {"epochs", "250"},
          {"learning-rate", "0.05"},
          {"learning-rate-schedule", "linear"},
          {"weight-decay", "0.0002"},
          {"centering", "off"},
          {"averaging", "0"}}},
        {"tieleman-hinton-2009",
         "after Tieleman & Hinton, Using fast weights to improve persistent contrastive divergence, ICML 2009: fast "
         "weights that lose a twentieth per update, a rate that falls to 0",
         {{"hidden", "500"},
          {"algorithm", "fpcd"},
          {"steps", "1"},
          {"batch-size", "100"},
          {"chains", "100"},
          {"epochs", "100"},
          {"learning-rate", "0.02"},
          {"learning-rate-schedule", "linear"},
          {"fast-rate", "0.05"},
          {"fast-decay", "0.95"},
          {"weight-decay-l1", "0"},
          {"centering", "off"},
          {"averaging", "0"}}},
        {"best",
         "this toolkit's own: centred PCD-5 (Melchior et al. 2016) at a rate that falls to 0, an L1 penalty against "
         "learning by heart, averaged weights (Polyak & Juditsky 1992); docs/likelihood.md compares it with others",
         {{"algorithm", "pcd"},
          {"steps", "5"},
          {"batch-size", "100"},
          {"chains", "100"},
          {"learning-rate", "0.1"},
          {"learning-rate-schedule", "linear"},
          {"centering", "on"},
          {"averaging", "0.1"}},
         8}};
    return all;
}

const Recipe& recipe(std::string_view name) { return row_named(recipes(), name, "recipe"); }

}  // namespace rbm
