// SPDX-License-Identifier: MIT
#include "apps/files/toy_sets.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <string_view>

#include "apps/cli/program.h"
#include "apps/cli/resources.h"

namespace rbm::app {
namespace {

struct Toy {
    const char* name;
    std::string_view options;  ///< names, each behind a blank
    ToySet (*make)(const ToyOptions&, Random&);
};

std::size_t drawn(const ToyOptions& o, std::size_t cols) {
    const std::size_t rows = o.rows.value_or(1000);
    require_memory(12.0 * static_cast<double>(rows) * static_cast<double>(cols), "the set");
    return rows;
}

constexpr Toy toys[] = {
    {"bars-and-stripes", " size", [](const ToyOptions& o, Random&) { return bars_and_stripes(o.size.value_or(4)); }},
    {"shifter", " size", [](const ToyOptions& o, Random&) { return shifter(o.size.value_or(8)); }},
    {"labelled-shifter", " size", [](const ToyOptions& o, Random&) { return labelled_shifter(o.size.value_or(8)); }},
    {"shifting-bar", " size bar",
     [](const ToyOptions& o, Random&) {
         const std::size_t cells = o.size.value_or(16);
         return shifting_bar(cells, o.bar.value_or(std::max<std::size_t>(1, cells / 4)));
     }},
    {"independent-bits", " size rows",
     [](const ToyOptions& o, Random& random) {
         const std::size_t cols = o.size.value_or(16);
         return independent_bits(drawn(o, cols), cols, random);
     }},
    {"laplace-sources", " rows",
     [](const ToyOptions& o, Random& random) { return laplace_sources(drawn(o, 2), random); }},
    {"ising-ring", " size rows coupling",
     [](const ToyOptions& o, Random& random) {
         const std::size_t spins = o.size.value_or(16);
         return ising_ring(drawn(o, spins), spins, o.coupling.value_or(0.5), random);
     }},
};

}  // namespace

std::vector<std::string> toy_names() {
    std::vector<std::string> names;
    for (const Toy& toy : toys) names.emplace_back(toy.name);
    return names;
}

std::string toy_name_list() {
    std::string list;
    for (const Toy& toy : toys) {
        if (!list.empty()) list += ", ";
        list += toy.name;
    }
    return list;
}

bool is_toy(const std::string& name) {
    return std::any_of(std::begin(toys), std::end(toys), [&](const Toy& toy) { return name == toy.name; });
}

ToySet make_toy(const std::string& name, const ToyOptions& options, std::uint64_t seed) {
    const std::pair<const char*, bool> given[] = {{"size", options.size.has_value()},
                                                  {"bar", options.bar.has_value()},
                                                  {"rows", options.rows.has_value()},
                                                  {"coupling", options.coupling.has_value()}};
    for (const Toy& toy : toys) {
        if (name != toy.name) continue;
        for (const auto& [option, is_given] : given)
            if (is_given && toy.options.find(fmt::format(" {}", option)) == std::string_view::npos)
                throw UsageError(
                    fmt::format("--{}: {} has no such option; its options are:{}", option, name, toy.options));
        Random random(seed);
        return toy.make(options, random);
    }
    throw std::logic_error("make_toy: there is no set " + name);
}

}  // namespace rbm::app
