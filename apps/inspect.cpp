// SPDX-License-Identifier: MIT
// rbm-inspect: what is in a model file.
#include <filesystem>

#include "apps/cli/command.h"
#include "apps/files/arrays.h"
#include "apps/files/model_facts.h"
#include "apps/files/prepare.h"
#include "apps/files/read_data.h"
#include "apps/files/table.h"
#include "apps/report/report.h"
#include "apps/report/words.h"
#include "rbm/io/atomic_file.h"
#include "rbm/io/sheet.h"

namespace {

using namespace rbm;
using namespace rbm::app;

struct Settings {
    CommonSettings common;
    std::string model, data, picture, report;
    std::vector<std::string> more;
    bool compare = false;
};

void check_options(const Program& program, const Settings& settings) {
    const CommonSettings& common = settings.common;
    if (settings.picture == "-" && common.json)
        throw UsageError("--picture: is -, but standard output already carries the object of --json");
    if (!settings.report.empty()) {
        check_output(settings.report, {"html"}, common.if_exists());
        if (settings.report == "-" && (common.json || settings.picture == "-"))
            throw UsageError("--report: is -, but standard output already carries something else");
    }
    if (settings.compare) {
        if (settings.report.empty()) throw UsageError("option --compare: needs --report FILE.html");
        if (common.json || !settings.picture.empty())
            throw UsageError("option --compare: writes a page and nothing else; leave out --json and --picture");
        return;
    }
    if (!settings.more.empty())
        throw UsageError(
            fmt::format("found '{}' behind MODEL and DATA; several runs need --compare", settings.more[0]));
    if (settings.data.empty() && !settings.report.empty())
        throw UsageError("option --report: needs DATA, to see what the machine makes of them; " + program.usage());
    if (!settings.data.empty() && settings.report.empty())
        throw UsageError("DATA is only for a report: give --report FILE.html too");
    if (!settings.picture.empty()) check_picture(settings.picture, common.if_exists());
}

void draw_filters(const Settings& settings, const ModelFacts& facts) {
    const Machine& machine = facts.model.machine;
    Matrix filters(machine.hidden_count(), machine.visible_count());
    for (std::size_t i = 0; i < machine.visible_count(); ++i)
        for (std::size_t j = 0; j < machine.hidden_count(); ++j) filters(j, i) = machine.weights(i, j);
    save_sheet(settings.picture, filters, facts.model.image, {.shades = Shades::diverging},
               settings.common.if_exists());
    note("{}: {} filters, one per hidden unit: blue is negative, white zero, red positive", settings.picture,
         machine.hidden_count());
}

void write_page(const Settings& settings, const std::string& page) {
    write_file(settings.report, std::as_bytes(std::span(page)), settings.common.if_exists());
}

void report_on(const Program& program, const Settings& settings, const ModelFacts& facts) {
    Model model = facts.model;
    const Dataset data =
        prepare_for(model, load_for(model, settings.data, program, settings.common), program, settings.common);
    const std::filesystem::path path = settings.model;
    const Chains none;
    ReportSource source{.title = (path.parent_path().filename() / path.filename()).string(),
                        .summary = machine_text(model.machine),
                        .model = model,
                        .machine = model.machine,
                        .data = data,
                        .chains = facts.checkpoint ? facts.checkpoint->state.chains : none,
                        .data_name = "data",
                        .seed = settings.common.seed,
                        .command = program.command()};
    if (facts.checkpoint) source.options = facts.checkpoint->options;
    source.facts.push_back({"data", fmt::format("{} ({} samples)", settings.data, grouped(data.rows()))});
    if (const auto& z = model.log_partition)
        source.facts.push_back({"log Z", fmt::format("{:.4f} nats, from {:.4f} to {:.4f}", z->value, z->low, z->high)});
    write_page(settings, report_page(source, until_stopped()));
}

int inspect(const Program& program, const Settings& settings) {
    check_options(program, settings);
    if (settings.compare) {
        std::vector<std::string> folders = {settings.model};
        if (!settings.data.empty()) folders.push_back(settings.data);
        folders.insert(folders.end(), settings.more.begin(), settings.more.end());
        write_page(settings, comparison_page(folders));
        return 0;
    }
    const ModelFacts facts = read_facts(settings.model);
    if (!settings.picture.empty()) draw_filters(settings, facts);
    if (!settings.report.empty()) report_on(program, settings, facts);
    if (settings.picture != "-" && settings.report != "-")
        write_output(settings.common.json ? as_json(facts) : as_table(facts));
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    Settings settings;
    Program program("rbm-inspect", "Show what is in a model file or a checkpoint, or in several runs.");
    program
        .example("rbm-inspect run/model.safetensors", "units, energy, preparation of data, weights and their spectrum")
        .example("rbm-inspect run/model.safetensors --picture filters.png", "draw the weights of each hidden unit")
        .example("rbm-inspect run/model.safetensors test.npy --report report.html",
                 "a page with filters, dreams, free energies and moments")
        .example("rbm-inspect --compare run-a run-b --report both.html", "runs side by side")
        .argument("MODEL", &settings.model, "model file or checkpoint")
        .optional_argument("DATA", &settings.data, "samples for the report, one per row")
        .more_arguments("RUN", &settings.more, "with --compare: more folders of runs")
        .option("picture", path(&settings.picture).transient(),
                "draw the filters into this .png: blue is negative, white zero, red positive")
        .option("report", path(&settings.report).transient(), "write a page about the machine and DATA into this .html")
        .option("compare", flag(&settings.compare),
                fmt::format("take all arguments for folders of runs, from 2 to {}, and report on them side by side",
                            most_compared))
        .common(settings.common, {"seed", "threads", "binarize", "threshold", "channels", "header", "keep", "drop",
                                  "decimal-comma", "json", "force"});
    return run_command(program, argc, argv, [&] { return inspect(program, settings); });
}
