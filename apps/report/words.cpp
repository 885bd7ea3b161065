// SPDX-License-Identifier: MIT
#include "apps/report/words.h"

#include <fmt/format.h>

#include "apps/files/table.h"

namespace rbm::app {
namespace {

std::string bank_text(const Units& units, std::string_view side) {
    const std::string name = fmt::format("{} {} {} unit{}", grouped(site_count(units)), kind(units), side,
                                         site_count(units) == 1 ? "" : "s");
    return site_width(units) == 1 ? name : fmt::format("{} of {} states", name, site_width(units));
}

}  // namespace

std::string machine_text(const Machine& machine) {
    return fmt::format("{} and {}", bank_text(machine.visible, "visible"), bank_text(machine.hidden, "hidden"));
}

}  // namespace rbm::app
