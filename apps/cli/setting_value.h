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

/// For Program::pages(): the name and the help of each row.
template <class Row>
std::vector<std::pair<std::string, std::string>> lines_of(const std::vector<Row>& rows) {
    std::vector<std::pair<std::string, std::string>> lines;
    for (const Row& row : rows) lines.emplace_back(row.name, row.help);
    return lines;
}

/// The beginning of a row's page: what it is, its source and its options.  `option` chooses the row.
template <class Row>
std::string page_head(const std::string& option, const Row& row) {
    return wrapped(fmt::format("--{} {}: {}.", option, row.name, row.help)) + wrapped("Source: " + row.source + ".") +
           (row.settings.empty() ? "\nIt has no options of its own.\n"
                                 : "\nIts options:\n" + settings_page(row.settings)) +
           "\n";
}

}  // namespace rbm::app
