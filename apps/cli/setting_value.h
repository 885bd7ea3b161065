// SPDX-License-Identifier: MIT
// A method's setting as an option of a program.
#pragma once

#include "apps/cli/program.h"
#include "rbm/method/setting.h"

namespace rbm::app {

/// Its value goes to `values`.
Value setting_value(const Setting& setting, SettingValues* values);

/// Declares an option for each setting of a table's rows; its help says which rows have it.
template <class Row>
void declare_settings(Program& program, const std::vector<Row>& rows, SettingValues* values) {
    for (const Setting& one : settings_of(rows)) {
        program.option(one.name, setting_value(one, values),
                       fmt::format("{} ({})", one.help, rows_with(rows, one.name)));
    }
}

/// Throws UsageError for the setting of another row: given, and not at its default.  `option` chooses the row.
template <class Row>
void refuse_idle_settings(const Program& program, const std::vector<Row>& rows, const Row& chosen,
                          const std::string& option) {
    for (const Setting& one : settings_of(rows))
        if (!has_setting(chosen, one.name) && program.given(one.name) && program.text(one.name) != one.fallback)
            throw UsageError(fmt::format("option --{}: has no effect with --{} {}, only with {}; leave it out",
                                         one.name, option, chosen.name, rows_with(rows, one.name)));
}

/// A line per setting, as --help shows options; "" for none.
std::string settings_page(const std::vector<Setting>& settings);

}  // namespace rbm::app
