// SPDX-License-Identifier: MIT
#include "apps/train/run_report.h"

#include <filesystem>

#include "apps/files/table.h"
#include "apps/report/plot.h"
#include "apps/report/report.h"
#include "apps/report/words.h"
#include "rbm/io/atomic_file.h"

namespace rbm::app {
namespace {

constexpr std::size_t reload_seconds = 5;

std::string done_text(const RunSettings& run, const Checkpoint& checkpoint, const std::string& counted, bool at_work) {
    const std::size_t wanted = run.method().makes_updates() ? run.train.epochs : run.settings.count("restarts");
    const std::uint64_t done = checkpoint.state.epoch;
    if (at_work) return fmt::format("At work: {} of {} {}s are done.", done, wanted, counted);
    if (checkpoint.best && checkpoint.best->stopped)
        return fmt::format("Stopped after {} {}s: none since {} {} was better.", done, counted, counted,
                           checkpoint.best->epoch);
    if (done < wanted) return fmt::format("Stopped after {} of {} {}s; --resume goes on.", done, wanted, counted);
    return fmt::format("All {} {}s are done.", done, counted);
}

std::string data_text(const std::string& path, const Dataset& data) {
    return fmt::format("{} ({} samples are watched)", path, grouped(data.rows()));
}

}  // namespace

void write_report(const RunSettings& run, const RunFolder& folder, const Checkpoint& checkpoint, const Dataset& data,
                  const Dataset* held_out, const History* history, bool at_work) {
    const Machine& machine = checkpoint.state.machine;
    const bool updates = run.method().makes_updates();
    const std::string counted = updates ? "epoch" : "restart";
    const std::filesystem::path path = std::filesystem::path(run.output + "/").lexically_normal().parent_path();
    ReportSource source{
        .title = path.filename().string(),
        .summary = fmt::format("{}, trained by {}", machine_text(machine), run.algorithm),
        .model = checkpoint.model,
        .machine = machine,
        .data = data,
        .held_out = held_out,
        .chains = checkpoint.state.chains,
        .seed = checkpoint.state.seed,
        .metrics = Metrics(folder.file("metrics.jsonl"), counted, updates ? "free_energy" : "best_log_likelihood"),
        .counted = counted,
        .history = history,
        .epoch = checkpoint.state.epoch,
        .command = run.command,
        .options = checkpoint.options};
    source.sentences = {{Weight::good, done_text(run, checkpoint, counted, at_work)}};
    if (checkpoint.best)
        source.sentences.push_back(
            {Weight::good, fmt::format("model.safetensors is that of epoch {}, the best{}; what follows shows the last "
                                       "weights.",
                                       checkpoint.best->epoch,
                                       checkpoint.best->epoch == 0 ? ": nothing that was learned helped" : "")});
    const auto recorded = checkpoint.options.find("data.path");
    source.facts.push_back(
        {"data", data_text(recorded == checkpoint.options.end() ? run.data : recorded->second, data)});
    if (held_out != nullptr)
        source.facts.push_back(
            {"held-out data", data_text(run.validation.empty() ? "a share of the data" : run.validation, *held_out)});
    if (const auto seconds = source.metrics.last("seconds"))
        source.facts.push_back({"time", fmt::format("{} seconds", number_text(*seconds, *seconds < 10 ? 1 : 0))});
    if (const auto rate = source.metrics.last("examples_per_second"))
        source.facts.push_back(
            {"speed", fmt::format("{} samples a second in the last epoch", grouped(static_cast<std::size_t>(*rate)))});
    if (at_work) source.reload = reload_seconds;
    const std::string page = report_page(source, {});
    write_file(folder.file("report.html"), std::as_bytes(std::span(page)), IfExists::replace);
}

}  // namespace rbm::app
