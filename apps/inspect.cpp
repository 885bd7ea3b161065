// SPDX-License-Identifier: MIT
// rbm-inspect: what is in a model file.
#include "apps/cli/command.h"
#include "apps/files/model_facts.h"
#include "rbm/io/atomic_file.h"
#include "rbm/io/sheet.h"

int main(int argc, char** argv) {
    using namespace rbm;
    using namespace rbm::app;
    CommonSettings common;
    std::string path_of_model, picture;
    Program program("rbm-inspect", "Show what is in a model file or a checkpoint.");
    program
        .example("rbm-inspect run/model.safetensors", "units, energy, preparation of data, weights and their spectrum")
        .example("rbm-inspect run/model.safetensors --picture filters.png", "draw the weights of each hidden unit")
        .argument("MODEL", &path_of_model, "model file or checkpoint")
        .option("picture", path(&picture).transient(),
                "draw the filters into this .png: blue is negative, white zero, red positive")
        .common(common, {"threads", "json", "force"});
    return run_command(program, argc, argv, [&] {
        if (picture == "-" && common.json)
            throw UsageError("--picture: is -, but standard output already carries the object of --json");
        if (!picture.empty()) check_picture(picture, common.if_exists());
        const ModelFacts facts = read_facts(path_of_model);
        if (!picture.empty()) {
            const Machine& machine = facts.model.machine;
            Matrix filters(machine.hidden_count(), machine.visible_count());
            for (std::size_t i = 0; i < machine.visible_count(); ++i)
                for (std::size_t j = 0; j < machine.hidden_count(); ++j) filters(j, i) = machine.weights(i, j);
            save_sheet(picture, filters, facts.model.image, {.shades = Shades::diverging}, common.if_exists());
            note("{}: {} filters, one per hidden unit: blue is negative, white zero, red positive", picture,
                 machine.hidden_count());
        }
        if (picture != "-") write_output(common.json ? as_json(facts) : as_table(facts));
        return 0;
    });
}
