// SPDX-License-Identifier: MIT
#include "apps/report/report.h"

#include <fmt/format.h>

#include "apps/cli/version.h"
#include "apps/files/model_facts.h"
#include "apps/files/table.h"
#include "apps/report/assets.h"
#include "apps/report/plot.h"
#include "apps/report/words.h"

namespace rbm::app {
namespace {

/// Final numbers, training and held out beside each other.
std::string numbers_table(const Metrics& metrics) {
    struct Row {
        const char* name;
        const char* key;
        int digits;
    };
    constexpr Row rows[] = {{"log-likelihood, nats", "log_likelihood", 3},
                            {"pseudo-likelihood, nats", "pseudo_likelihood", 3},
                            {"free energy, nats", "free_energy", 3},
                            {"reconstruction error", "reconstruction_error", 5},
                            {"share of wrong labels", "error", 4}};
    const bool held_out = metrics.has("held_out_free_energy") || metrics.has("held_out_log_likelihood");
    HtmlTable table{.head = {"mean per sample", "training"}, .rows = {}};
    if (held_out) table.head.emplace_back("held out");
    for (const Row& row : rows) {
        const auto value = metrics.last(row.key), other = metrics.last(std::string("held_out_") + row.key);
        if (!value && !other) continue;
        table.rows.push_back({row.name, value ? number_text(*value, row.digits) : ""});
        if (held_out) table.rows.back().push_back(other ? number_text(*other, row.digits) : "");
    }
    return html_table(table);
}

}  // namespace

std::string origin_section(const ReportSource& source) {
    std::string html;
    if (!source.command.empty()) html += fmt::format("<pre>{}</pre>\n", escaped(source.command));
    HtmlTable facts{.head = {}, .rows = {}, .words = true};
    facts.rows.push_back({"machine", machine_text(source.machine)});
    facts.rows.push_back({"energy", energy_text(source.machine)});
    facts.rows.insert(facts.rows.end(), source.facts.begin(), source.facts.end());
    html += html_table(facts);
    if (!source.options.empty()) {
        HtmlTable options{.head = {"option", "value"}, .rows = {}, .words = true};
        for (const auto& [name, value] : source.options) options.rows.push_back({name, value});
        html += fmt::format("<details><summary>All {} options</summary>\n{}</details>\n", source.options.size(),
                            html_table(options));
    }
    HtmlTable versions{.head = {}, .rows = {{"rbm", version_number()}}, .words = true};
    for (const auto& [name, value] : version_details()) versions.rows.push_back({name, value});
    html += fmt::format("<details><summary>Versions</summary>\n{}</details>\n", html_table(versions));
    return section("Where it comes from", html);
}

std::string report_page(const ReportSource& source, const Control& control) {
    ReportSource shown = source;
    std::optional<History> history;  // and how it looks now
    if (source.history != nullptr) {
        history = *source.history;
        if (history->snapshots.empty() || history->snapshots.back().epoch < source.epoch)
            history->snapshots.push_back(history->taken(source.machine, source.chains, source.epoch, source.seed));
        shown.history = &*history;
    }
    const Measured measured =
        measure(source.machine, source.data, source.held_out, source.chains, source.seed, control);
    std::string html = sentences(verdicts(source, measured));
    html += numbers_table(source.metrics);
    html += learning_section(source.metrics, source.counted);
    html += picture_section(shown, measured);
    html += weight_section(shown, measured);
    html += energy_section(source, measured);
    html += origin_section(source);
    return document(source.title, source.summary, html, source.reload);
}

}  // namespace rbm::app
