// SPDX-License-Identifier: MIT
// Models as safetensors files: the machine, how its data are prepared, and what is known about log Z.
// The format is docs/file-format.md; any safetensors reader opens it, and loading one can run no code.
//
// Errors: FileError when a file cannot be opened or written; DataError naming file and tensor when it is no model.
#pragma once

#include <optional>

#include "rbm/data/dataset.h"
#include "rbm/io/if_exists.h"
#include "rbm/io/safetensors.h"
#include "rbm/model/machine.h"

namespace rbm {

/// An estimate of log Z in nats, with the method's 3-sigma interval (for "exact" all three are equal).
struct LogPartition {
    double value = 0;
    double low = 0;
    double high = 0;
    std::string method;
    bool operator==(const LogPartition&) const = default;
};

/// The free energy in nats above which a sample counts as an anomaly: the quantile of those of some samples.
struct AnomalyThreshold {
    double free_energy = 0;
    double quantile = 0;
    std::uint64_t samples = 0;
    bool operator==(const AnomalyThreshold&) const = default;
};

struct Model {
    Machine machine;
    Preparation preparation;  ///< what happens to data before the machine sees them
    ImageShape image;         ///< of a sample, when it is a picture
    /// What the last visible units stand for, one label each, ascending (rbm/model/labels.h); the data and the image
    /// are the units before.  None: no unit is a label.
    std::vector<std::uint32_t> labels;
    std::vector<std::string> label_words;  ///< what the labels are called, in their order, or none
    std::string label_column;              ///< of tables of data: the column that held them, or none
    std::vector<Column> columns;           ///< of the data, one for each site that is no label, or none
    std::string letters;                   ///< of sequences: one for each state of a site (fasta.h); else empty
    std::vector<float> rates;              ///< [V] means of the prepared training data, or empty
    std::optional<LogPartition> log_partition;
    std::optional<AnomalyThreshold> anomaly;
    bool operator==(const Model&) const = default;
};

/// How data are prepared for these units when nobody says otherwise: threshold 0.5 for units of two states, else
/// nothing.
Preparation default_preparation(const Units& visible);

/// HDF5 files of the Python package rbms too: see rbms.h.
Model load_model(const std::string& path);
/// Throws InvalidArgument when log_partition is not finite: the file would not load.
void save_model(const std::string& path, const Model& model, IfExists if_exists = IfExists::refuse);

/// Writes log Z into a model file that is there, and leaves all else in it as it is.  Throws DataError for HDF5.
void save_log_partition(const std::string& path, const LogPartition& log_partition);

/// The same with the threshold of anomalies.
void save_anomaly_threshold(const std::string& path, const AnomalyThreshold& anomaly);

Tensors model_tensors(const Model& model);
Model model_from(const Tensors& file);

/// The parameters of a machine-shaped object under `prefix` + their names, and back into an object of the right shape.
void add_parameters(Tensors& file, const Machine& machine, const std::string& prefix);
void read_parameters(const Tensors& file, Machine& machine, const std::string& prefix);

/// "threshold", "sample" or "none".
std::string_view name_of(Binarize binarize);
/// "grey", "rgb" or "alpha".
std::string_view name_of(Channels channels);

/// The sum of the log scales of standardised data: a log-likelihood of prepared data minus this is one of raw data.
double log_scale_sum(const Preparation& preparation);

}  // namespace rbm
