// SPDX-License-Identifier: MIT
#include "apps/files/advice.h"

#include <fmt/format.h>

#include "apps/files/suggestion.h"

namespace rbm::app {
namespace {

/// Of rbm-train, which can take other units.
std::string for_training(const ValueFacts& facts, const Suggestion& found) {
    if (!found.steps.empty())
        return fmt::format(" ({}: first {}{}; or take --visible-units gaussian)", found.why, found.steps[0],
                           found.options.empty() ? "" : ", then" + found.options);
    if (facts.minimum < 0 && facts.minimum >= -1 && facts.maximum <= 1 && !facts.whole)
        return " (values from -1 to 1: take --visible-units gaussian; or --visible-units spin --binarize none, if "
               "these "
               "are means of spins)";
    if (found.units.empty() || found.options.empty()) return " (take --visible-units gaussian for any numbers)";
    return fmt::format(" ({}: take{}{})", found.why, found.options,
                       unit_row(found.units).discrete ? "; or --visible-units gaussian" : "");
}

/// Of rbm-data, which changes data and knows no units.
std::string for_change(const ValueFacts& facts, const Suggestion& found) {
    if (found.divisor > 1) return fmt::format(" ({}: add --divide {})", found.why, found.divisor);
    if (facts.minimum >= 0 && facts.maximum > 1)
        return fmt::format(" (--divide {} brings all values to 0 to 1)", facts.maximum);
    return "";
}

}  // namespace

std::string advice(const Dataset& raw, const Program& program, const std::string& units) {
    const ValueFacts facts = facts_of(raw);
    const Suggestion found = suggest(raw, facts);
    if (program.has("visible-units")) return for_training(facts, found);
    if (program.has("divide")) return for_change(facts, found);
    if (!found.steps.empty() && found.units == units) return fmt::format(" ({}: try {})", found.why, found.steps[0]);
    return " (bring these data to the form of those that the model was trained on)";
}

}  // namespace rbm::app
