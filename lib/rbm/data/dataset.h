// SPDX-License-Identifier: MIT
// Data as it lies in memory: bytes, bits or floats, expanded to floats batch by batch.
//
// Shapes: rows are samples, columns are visible units.  `io/` produces a Dataset with the values of the file;
// prepare() turns it into one that yields what a machine sees.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "rbm/kernels/matrix.h"
#include "rbm/kernels/random.h"

namespace rbm {

/// Height and width of the samples when they are pictures, else 0 and 0.
struct ImageShape {
    std::size_t height = 0;
    std::size_t width = 0;
    bool operator==(const ImageShape&) const = default;
};

/// How grey values become states of Bernoulli and spin units: a fixed threshold, a coin per pixel and epoch, or not at
/// all.
enum class Binarize { threshold, sample, none };

/// What happens to data between the file and the machine; the model file remembers it.
struct Preparation {
    Binarize binarize = Binarize::none;
    float threshold = 0.5F;    ///< values above it are 1
    std::vector<float> mean;   ///< [V] or empty: v = (x - mean) / scale
    std::vector<float> scale;  ///< [V] or empty
    /// The same states from the same data: the threshold counts only where it is used.
    bool operator==(const Preparation& other) const {
        return binarize == other.binarize && (binarize != Binarize::threshold || threshold == other.threshold) &&
               mean == other.mean && scale == other.scale;
    }
};

/// What prepared rows hold: the states of a kind of units.
struct StateForm {
    bool discrete = false;   ///< else any finite numbers
    float low = 0;           ///< what a value that is off becomes, and
    float high = 1;          ///< one that is on
    std::size_t states = 0;  ///< of a site of that many columns, one of which is 1 and the others 0; 0: there are none
    static constexpr StateForm bits() { return {.discrete = true}; }
    static constexpr StateForm numbers() { return {}; }
};

class Dataset {
  public:
    Dataset() = default;
    /// Values are bytes / divisor (255 for pictures, 1 for counts).  bytes has rows * cols elements.
    static Dataset from_bytes(std::size_t rows, std::size_t cols, std::vector<std::uint8_t> bytes, float divisor);
    /// Values as they are.  values has rows * cols elements.
    static Dataset from_floats(std::size_t rows, std::size_t cols, std::vector<float> values);

    std::size_t rows() const { return rows_; }
    std::size_t cols() const { return cols_; }

    ImageShape image;  ///< of one row
    std::string name;  ///< for messages: the file it came from

    /// From here on NaN stands for a value that is not known: prepared() lets it pass and fill() gives it.
    void allow_missing();
    /// Whether that was allowed and there is any such value.
    bool has_missing() const { return missing_; }
    /// The same data with filling[col] in place of each value that is missing.
    Dataset without_missing(std::span<const float> filling) const;

    /// The value at (row, col) before sampling and standardisation; of bits, 0 or 1.
    float value(std::size_t row, std::size_t col) const;

    /// The dataset that a machine sees under `preparation`.  Throws DataError naming the first row and column (counted
    /// from 1) that is not finite or, for discrete units, outside [0, 1] (from `low` on unless values are
    /// probabilities), and how many such there are; InvalidArgument for a preparation that both binarises and
    /// standardises, and for one that does either to sites of several columns.  Those must be
    /// one-hot: see expanded().
    Dataset prepared(const Preparation& preparation, const StateForm& form) const&;
    Dataset prepared(const Preparation& preparation, const StateForm& form) &&;

    /// True when the columns, in groups of `states`, are one-hot in all rows, or missing as a whole.
    bool one_hot(std::size_t states) const { return find_not_one_hot(states).first == rows_; }
    /// Codes 0, ..., states - 1, one column per site, as one-hot groups of `states` columns; they have no picture's
    /// shape; where a code is missing, all columns are.  Throws DataError naming the first row and column that holds no
    /// code.
    Dataset expanded(std::size_t states) const;

    /// The same rows with `classes` more columns behind their own, of which the one numbered labels[row] is 1 and the
    /// others are `off`.  The picture's shape stays that of the columns before.  For data that are not yet prepared.
    /// Throws InvalidArgument unless there is one label below `classes` for each row.
    Dataset with_labels(std::span<const std::uint32_t> labels, std::size_t classes, float off = 0) const;

    /// Rows first, ..., first + count - 1.  Throws InvalidArgument when there are not so many.
    Dataset slice(std::size_t first, std::size_t count) const;
    /// At most `count` rows, evenly spread over all: a sample to watch that no order of the file can bias.
    Dataset spread(std::size_t count) const;
    /// The first `count` rows and the rest.
    std::pair<Dataset, Dataset> split(std::size_t count) const {
        return {slice(0, count), slice(count, rows_ - count)};
    }

    /// A hash of shape and values as they lie in memory: tells one data set from another.
    std::uint64_t fingerprint() const;

    /// True when rows differ from call to call of fill(), by the stream: Binarize::sample.
    bool sampled() const { return sampled_; }

    /// out[i] = row rows[i] as the machine sees it; out is [rows.size() x cols].  The stream matters only if sampled():
    /// it is read at the dataset's own row number, whatever the batch.
    void fill(std::span<const std::uint32_t> rows, const Stream& stream, View out) const;
    /// out[i] = row first + i.
    void fill(std::size_t first, const Stream& stream, View out) const;

  private:
    struct Bytes {
        std::vector<std::uint8_t> values;
        float divisor = 1;
    };
    struct Bits {
        std::vector<std::uint64_t> words;  ///< each row starts a new word
    };
    struct Floats {
        std::vector<float> values;
    };
    Dataset select(std::span<const std::uint32_t> rows) const;
    void fill_row(std::size_t row, const Stream& stream, std::span<float> out) const;
    void check(const StateForm& form, bool probabilities) const;
    /// Row and first column of the first site that is not one-hot; the number of rows when all are.
    std::pair<std::size_t, std::size_t> find_not_one_hot(std::size_t states) const;

    std::size_t rows_ = 0;
    std::size_t cols_ = 0;
    std::variant<Floats, Bytes, Bits> storage_;
    bool sampled_ = false;
    bool missing_ = false;
    float low_ = 0, high_ = 1;  ///< what bits become
    std::vector<float> mean_, scale_;
};

/// Mean and standard deviation of each column, of the values that are not missing; a column without spread gets scale 1
/// and is listed in `constant`.
struct Standardisation {
    std::vector<float> mean;
    std::vector<float> scale;
    std::vector<std::size_t> constant;
};
Standardisation standardise(const Dataset& data);

/// Weights of `rows` rows, or none for equal ones.  Throws InvalidArgument, naming the first, unless there are so
/// many finite ones of at least 0, not all 0.
void check_row_weights(std::span<const float> weights, std::size_t rows);

/// Mean of each column of the prepared data, in double; when sampled(), of one draw; of the values that are not
/// missing, 0.5 where all are.  Throws as check_row_weights().
std::vector<double> column_means(const Dataset& data, std::span<const float> row_weights = {});

}  // namespace rbm
