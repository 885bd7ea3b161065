// SPDX-License-Identifier: MIT
// Data as rbm-data changes, describes and writes them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "rbm/data/dataset.h"

namespace rbm::app {

enum class Container { npy, npz, csv, svmlight, idx, png, fasta };

struct DataFormat {
    Container container = Container::csv;
    bool gzip = false;
};

/// By the ending: .npy, .npz, .csv, .svm and .svmlight, .idx and -ubyte as IDX, .fasta or .fa, .png; all but .npz
/// and .png with .gz behind; "-" is CSV.  Throws UsageError for anything else.
DataFormat format_of(const std::string& path);

/// What a file may hold of each row beside its data; both may be empty.
struct BesideData {
    std::vector<std::string> row_names;  ///< .npz keeps them
    std::vector<double> labels;          ///< .svm keeps them
    /// Of rows first, ..., first + count - 1.
    void keep_rows(std::size_t first, std::size_t count);
};

/// The file.  Throws DataError for values that do not fit: IDX takes multiples of 1/255 from 0 to 1, FASTA sequences.
std::vector<std::byte> encode_data(const Dataset& data, const DataFormat& format, const BesideData& beside = {});

/// `data` that are sparse, divided; or as one reading of them is drawn from the stream, sparse again.
Dataset divided_sparse(const Dataset& data, double divisor);
Dataset drawn_sparse(const Dataset& data, const Stream& stream);

/// `data` with independent draws uniform on [0, width) added to each value: densities of data that come in steps of
/// `width` are bounded by the probabilities of the steps.
Dataset dequantized(const Dataset& data, double width, const Stream& stream);

struct DataSummary {
    std::size_t rows = 0, columns = 0;
    ImageShape image;
    double minimum = 0, maximum = 0, mean = 0;
    double zeros = 0, ones = 0;         ///< shares of the values
    std::vector<std::size_t> constant;  ///< columns with one value only, from 0
};
DataSummary summarise(const Dataset& data);

/// One line, or two when there are constant columns.
std::string text_of(const DataSummary& summary);

struct DataOrigin {
    std::string source;
    bool is_set = false;  ///< made here, not read
    std::string output;
    std::optional<double> log_likelihood_bound;
};
/// One object, stable keys; null for what there is not.
std::string as_json(const DataSummary& summary, const DataOrigin& origin);

}  // namespace rbm::app
