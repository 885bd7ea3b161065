// SPDX-License-Identifier: MIT
// What to type where values do not suit the units: by the values themselves, and only options that a program has.
#pragma once

#include <string>

#include "apps/cli/program.h"
#include "rbm/data/dataset.h"

namespace rbm::app {

/// For the end of an error about values that units called `units` cannot take: " (...)" with options that this program
/// has, or with the command of another.
std::string advice(const Dataset& raw, const Program& program, const std::string& units);

/// What body() returns; an error of values out of range gets the advice for `raw` added.
template <class Body>
auto with_advice(const Dataset& raw, const Program& program, const std::string& units, Body body) {
    try {
        return body();
    } catch (const ValueOutOfRange& error) {
        throw DataError(error.what() + advice(raw, program, units));
    }
}

}  // namespace rbm::app
