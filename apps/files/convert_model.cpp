// SPDX-License-Identifier: MIT
#include "apps/files/convert_model.h"

#include "apps/cli/messages.h"
#include "apps/cli/program.h"
#include "apps/files/arrays.h"
#include "rbm/io/atomic_file.h"
#include "rbm/io/rbms.h"
#include "rbm/kernels/error.h"

namespace rbm::app {
namespace {

/// Of a model, what its machine alone does not say.
std::string beside_machine(const Model& model) {
    std::string text;
    const auto add = [&](bool has, const char* what) {
        if (has) text += fmt::format("{}{}", text.empty() ? "" : ", ", what);
    };
    add(model.image.height > 0, "the shape of pictures");
    add(!model.labels.empty(), "labels");
    add(!model.columns.empty(), "names of columns");
    add(!model.letters.empty(), "letters");
    add(model.log_partition.has_value(), "log Z");
    add(model.anomaly.has_value(), "the threshold of anomalies");
    return text;
}

}  // namespace

bool is_model_name(const std::string& path) {
    const std::string ending = ending_of(path);
    return ending == "safetensors" || ending == "h5" || ending == "hdf5";
}

int convert_model(const std::string& source, const std::string& output, IfExists if_exists) {
    check_writable(output, if_exists);
    Model model;
    if (const auto part = hdf5_in_path(source)) {
        RbmsMachine found = read_rbms(*open_hdf5(part->file));
        note("{}: {} of the package rbms, update {}{}", source, found.type, found.update,
             found.updates > 1 ? fmt::format(", the last of {}", found.updates) : "");
        model = std::move(found.model);
    } else {
        try {
            model = load_model(source);
        } catch (const DataError& error) {
            throw DataError(fmt::format("{} ({} is the name of a model; data are written as .npy, .npz or .csv)",
                                        error.what(), output));
        }
    }
    if (ending_of(output) == "safetensors") {
        save_model(output, model, if_exists);
    } else {
        const std::string lost = beside_machine(model);
        write_file(output, encode_rbms(model.machine), if_exists);
        if (!lost.empty()) warn("{}: keeps weights and biases; what it cannot keep: {}", output, lost);
    }
    note("{} visible and {} hidden units", model.machine.visible_count(), model.machine.hidden_count());
    return 0;
}

}  // namespace rbm::app
