// SPDX-License-Identifier: MIT
#include "apps/files/sequence_weights.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <numeric>

#include "apps/cli/command.h"
#include "apps/files/data_file.h"
#include "rbm/data/identity_weights.h"
#include "rbm/io/atomic_file.h"
#include "rbm/io/csv.h"
#include "rbm/io/gzip.h"
#include "rbm/io/npy.h"

namespace rbm::app {

void write_sequence_weights(const Dataset& data, double identity, const std::string& output, IfExists if_exists,
                            bool json) {
    const DataFormat format = format_of(output);
    if (format.container != Container::npy && format.container != Container::csv)
        throw UsageError(
            fmt::format("--output: found '{}', expected a name that ends in .npy or .csv for weights", output));
    std::vector<double> weights;
    {
        Progress progress("comparing", 0, "pairs of blocks");
        weights = identity_weights(data, identity, shown_by(progress));
    }
    const double sum = std::accumulate(weights.begin(), weights.end(), 0.0);
    const std::vector<std::size_t> shape = {weights.size()};
    const std::vector<std::string> names = {"weight"};
    std::vector<std::byte> bytes = format.container == Container::npy
                                       ? encode_npy(shape, std::span<const double>(weights))
                                       : encode_csv(names, weights);
    write_file(output, format.gzip ? encode_gzip(bytes) : bytes, if_exists);
    note(
        "effective number of sequences: {:.2f} of {} (those that agree in at least {} of the {} sites share one vote; "
        "gaps count as letters)",
        sum, weights.size(), identity, data.cols());
    if (json)
        write_output(nlohmann::ordered_json({{"rows", weights.size()},
                                             {"columns", data.cols()},
                                             {"identity", identity},
                                             {"effective_rows", sum},
                                             {"output", output}})
                         .dump() +
                     "\n");
}

}  // namespace rbm::app
