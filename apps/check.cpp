// SPDX-License-Identifier: MIT
// rbm-check: proves the mathematics on this computer and this model.
#include <nlohmann/json.hpp>

#include "apps/cli/command.h"
#include "apps/files/prepare.h"
#include "apps/files/read_data.h"
#include "apps/files/table.h"
#include "rbm/check/self_check.h"
#include "rbm/kernels/blas_info.h"
#include "rbm/kernels/threads.h"
#include "rbm/kernels/vector_kernels.h"
#include "rbm/method/proofs.h"

namespace {

using namespace rbm;
using namespace rbm::app;

/// The checks of one machine.
struct Subject {
    std::string name;
    std::vector<CheckResult> results;
};

using Environment = std::vector<std::pair<std::string, std::string>>;

Environment environment() {
    return {{"blas", describe(blas_info())},
            {"instructions", vectorized::target_name()},
            {"backend", std::string(backend().name())},
            {"threads", fmt::format("{}", threads())}};
}

std::size_t failures(const std::vector<Subject>& subjects) {
    std::size_t count = 0;
    for (const Subject& subject : subjects)
        for (const CheckResult& result : subject.results) count += result.passed() ? 0 : 1;
    return count;
}

std::string number(double value) {
    return value == 0 ? "0" : value >= 0.1 && value < 1e6 ? fmt::format("{:.4g}", value) : fmt::format("{:.1e}", value);
}

/// With `only_failed`, nothing but what did not hold.
std::string report(const std::vector<Subject>& subjects, bool only_failed) {
    std::vector<std::vector<std::string>> rows;
    for (const Subject& subject : subjects) {
        const std::size_t before = rows.size();
        for (const CheckResult& result : subject.results)
            if (!result.passed() || !only_failed)
                rows.push_back({result.name, result.compared, number(result.difference), number(result.bound),
                                result.passed() ? "ok" : "FAILED"});
        if (rows.size() == before) continue;
        const auto at = rows.begin() + static_cast<std::ptrdiff_t>(before);
        rows.insert(at, {{subject.name}, {"check", "compared", "worst", "bound", ""}});
        if (before > 0) rows.insert(rows.begin() + static_cast<std::ptrdiff_t>(before), {""});
    }
    return table({Align::left, Align::left, Align::right, Align::right, Align::left}, rows);
}

std::string as_json(const std::vector<Subject>& subjects, const Environment& facts) {
    nlohmann::ordered_json object;
    object["passed"] = failures(subjects) == 0;
    object["failed"] = failures(subjects);
    for (const auto& [name, value] : facts) object["environment"][name] = value;
    object["checks"] = nlohmann::ordered_json::array();
    for (const Subject& subject : subjects)
        for (const CheckResult& result : subject.results)
            object["checks"].push_back({{"subject", subject.name},
                                        {"check", result.name},
                                        {"compared", result.compared},
                                        {"worst_difference", result.difference},
                                        {"bound", result.bound},
                                        {"passed", result.passed()}});
    return object.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

/// The machine's identities, and what the rows of all samplers and objectives claim: those need a machine whose chains
/// mix, which a trained one need not be.
std::vector<CheckResult> all_checks(const Machine& machine, std::uint64_t seed) {
    std::vector<CheckResult> results = self_check(machine, seed, {}, until_stopped());
    for (CheckResult& one : method_checks(machine, seed, until_stopped())) results.push_back(std::move(one));
    return results;
}

std::vector<Subject> check_examples(std::uint64_t seed) {
    std::vector<Subject> subjects;
    for (const auto& [visible, hidden] : machine_kinds()) {
        const Machine machine = example_machine(visible, 150, hidden, 130, seed);
        subjects.push_back({fmt::format("random machine, {} visible and {} hidden units", visible, hidden),
                            all_checks(machine, seed)});
    }
    return subjects;
}

std::vector<Subject> check_model(const std::string& path, const std::string& data_path, const Program& program,
                                 const CommonSettings& common) {
    Model model = load_model(path);
    std::optional<Dataset> data;
    if (!data_path.empty()) data = prepare_for(model, load_for(model, data_path, program, common), program, common);
    require_memory(40.0 * static_cast<double>(model.machine.weights.values().size()), "checking the model");
    std::vector<Subject> subjects = {{path, self_check(model.machine, common.seed, {}, until_stopped())}};
    if (data)
        subjects.push_back(
            {data_path, self_check_data(model.machine, *data, data_stream(common), {}, until_stopped())});
    return subjects;
}

}  // namespace

int main(int argc, char** argv) {
    CommonSettings common;
    std::string model, data;
    Program program("rbm-check", "Check the mathematics on this computer and, if you name one, on a model.");
    program.example("rbm-check", "check random machines of every pair of unit kinds")
        .example("rbm-check run/model.safetensors test.idx.gz", "check this model, and whether the data suit it")
        .optional_argument("MODEL", &model, "model file; without it, random machines are checked")
        .optional_argument("DATA", &data, "samples, one per row: check that they fit the model and are finite")
        .common(common, {"seed", "threads", "binarize", "threshold", "channels", "header", "keep", "drop",
                         "decimal-comma", "json", "force"});
    return run_command(program, argc, argv, [&] {
        const Environment facts = environment();
        const auto subjects = model.empty() ? check_examples(common.seed) : check_model(model, data, program, common);
        if (common.json) {
            write_output(as_json(subjects, facts));
        } else {
            std::vector<std::vector<std::string>> lines;
            for (const auto& [name, value] : facts) lines.push_back({name, value});
            if (!common.quiet) write_output(table({Align::left, Align::left}, lines) + "\n");
            write_output(report(subjects, common.quiet));
        }
        const std::size_t failed = failures(subjects);
        std::size_t all = 0;
        for (const Subject& subject : subjects) all += subject.results.size();
        if (failed > 0)
            say(fmt::format("{} of {} checks FAILED: do not trust results from this {}", failed, all,
                            model.empty() ? "build on this computer" : "model here"));
        else
            note("all {} checks passed", all);
        return failed > 0 ? 1 : 0;
    });
}
