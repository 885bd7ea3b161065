// SPDX-License-Identifier: MIT
#include "apps/estimate/observable_options.h"

#include <cmath>

#include "apps/cli/setting_value.h"

namespace rbm::app {

void add_observable_options(Program& program, ObservableOptions& options) {
    program
        .option("observables", flag(&options.observables),
                "instead of log Z alone a table over inverse temperatures: energy, free energy, entropy, heat "
                "capacity, magnetisation, susceptibility and overlaps of replicas, by tempering with --chains ladders "
                "of --steps sweeps; --beta defaults to 0.1, 0.2, ..., 1")
        .option("relaxation", count(&options.relaxation, 1, 1'000'000'000).named("N"),
                "instead of log Z: do Gibbs chains that start at DATA and chains that start at noise meet within N "
                "sweeps? Of either as many as --chains, by default at most 500");
}

void check_observable_options(const ObservableOptions& options, const Program& program,
                              const PartitionOptions& partition, bool with_data) {
    if (!options.asked()) return;
    if (options.observables && options.relaxation)
        throw UsageError("options --observables and --relaxation: expected one of them");
    const std::string name = options.observables ? "--observables" : "--relaxation";
    if (program.given("save"))
        throw UsageError(fmt::format("options --save and {}: only log Z alone can be written into a model", name));
    const PartitionMethod& tempering = partition_method("tempering");
    for (const Setting& one : settings_of(partition_methods())) {
        const bool used = options.observables ? has_setting(tempering, one.name) : one.name == "chains";
        if (!used && program.given(one.name))
            throw UsageError(fmt::format("option --{}: has no effect with {}; leave it out", one.name, name));
    }
    if (options.relaxation && program.given("method"))
        throw UsageError("option --method: has no effect with --relaxation; leave it out");
    if (options.observables && partition.method) {
        const PartitionMethod& method = partition_method(*partition.method);
        if (!method.is_exact() && &method != &tempering)
            throw UsageError(fmt::format(
                "option --method: found {}, but --observables takes log Z from exact or tempering", method.name));
    }
    if (options.relaxation && !with_data)
        throw UsageError("option --relaxation: some chains start at data; name a file of DATA after the model");
}

std::string observed(const ObservableOptions& options, const ObservableInputs& inputs) {
    return options.observables ? observables_report(inputs) : relaxation_report(inputs, *options.relaxation);
}

std::string with_error(double value, double standard_error) {
    if (!(std::isfinite(value) && std::isfinite(standard_error))) return fmt::format("{:.4g}", value);
    if (standard_error < 1e-12 * std::max(1.0, std::abs(value))) return fmt::format("{:.6g}", value);
    const int decimals = std::max(0, 1 - static_cast<int>(std::floor(std::log10(standard_error))));
    if (standard_error >= 1) return fmt::format("{:.{}f}({:.{}f})", value, decimals, standard_error, decimals);
    return fmt::format("{:.{}f}({:.0f})", value, decimals, standard_error * std::pow(10, decimals));
}

}  // namespace rbm::app
