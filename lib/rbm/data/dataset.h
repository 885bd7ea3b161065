// SPDX-License-Identifier: MIT
// Data as they lie in memory, expanded to floats batch by batch.
//
// Shapes: rows are samples, columns are visible units.  `io/` produces a Dataset with the values of the file;
// prepared() turns it into one that yields what a machine sees.  Values are never changed: copies, slices and prepared
// data sets share them as far as they can.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "rbm/data/column.h"
#include "rbm/data/preparation.h"
#include "rbm/data/storage.h"
#include "rbm/kernels/matrix.h"
#include "rbm/kernels/random.h"

namespace rbm {

/// What of a picture is in a sample: its lightness, its red, green and blue, or its opacity.
enum class Channels { grey, rgb, alpha };

/// Height and width of the samples when they are pictures, else 0 and 0.  A row holds pixel by pixel, line by line; of
/// rgb a pixel is three values.
struct ImageShape {
    std::size_t height = 0;
    std::size_t width = 0;
    Channels channels = Channels::grey;
    /// Values of a pixel.
    std::size_t planes() const { return channels == Channels::rgb ? 3 : 1; }
    std::size_t values() const { return height * width * planes(); }
    bool operator==(const ImageShape&) const = default;
};

/// Values between 0 and 1 that a threshold turned into either.
struct CutValues {
    std::size_t to_zero = 0;
    std::size_t to_one = 0;
    std::size_t count() const { return to_zero + to_one; }
};

class Dataset {
  public:
    Dataset() = default;
    /// Values are bytes / divisor (255 for pictures, 1 for counts).  bytes has rows * cols elements.
    static Dataset from_bytes(std::size_t rows, std::size_t cols, std::vector<std::uint8_t> bytes, float divisor);
    /// Values as they are.  values has rows * cols elements; so has rest, where it is not empty: what floats leave out
    /// of values of higher precision.
    static Dataset from_floats(std::size_t rows, std::size_t cols, std::vector<float> values,
                               std::vector<float> rest = {});
    /// Bit c % 64 of a row's word c / 64 is column c; each row starts a new word.
    static Dataset from_bits(std::size_t rows, std::size_t cols, std::vector<std::uint64_t> words);
    /// Only what is not 0.  With open_width, more columns of 0 may be added: see with_columns().
    static Dataset from_sparse(std::size_t cols, SharedEntries entries, bool open_width = false);

    // The same values in memory of the caller's, which is read and never written.  It must stay where it is for as long
    // as this data set, or one made from it, is in use: `owner`, where there is one, is held until then.  The caller
    // may write there between calls, and later ones then see it; has_missing() and what prepared() found good are not
    // looked at again, and bits that a threshold made are copies.
    static Dataset view_bytes(std::size_t rows, std::size_t cols, std::span<const std::uint8_t> bytes, float divisor,
                              std::shared_ptr<const void> owner = nullptr);
    static Dataset view_floats(std::size_t rows, std::size_t cols, std::span<const float> values,
                               std::shared_ptr<const void> owner = nullptr);

    std::size_t rows() const { return rows_; }
    std::size_t cols() const { return cols_; }

    ImageShape image;             ///< of one row
    std::string name;             ///< for messages: the file it came from
    std::vector<Column> columns;  ///< one for each, or none: nothing is known of them
    Column key;                   ///< of a table: the column that names its rows, one word for each row; else empty
    std::string letters;          ///< of sequences, whose values are codes: the letter of each code; else empty
    /// For messages: "column 3", or "column 3 (age)" where its name is known.
    std::string column_text(std::size_t col) const;

    /// From here on NaN stands for a value that is not known: prepared() lets it pass and fill() gives it.
    void allow_missing();
    bool allows_missing() const { return allows_missing_; }
    /// Whether that was allowed and there is any such value.
    bool has_missing() const { return missing_; }
    /// The same data with filling[col] in place of each value that is missing.
    Dataset without_missing(std::span<const float> filling) const;

    /// The value at (row, col) before sampling and standardisation; of bits, 0 or 1.
    float value(std::size_t row, std::size_t col) const;
    /// The same with what floats leave out, where that is known: of data that are precise().
    double exact_value(std::size_t row, std::size_t col) const;
    bool precise() const;
    const Storage& storage() const { return storage_; }
    /// The entries of data that are kept without their zeros, else nothing.
    const SharedEntries* sparse() const {
        const auto* rows = std::get_if<SparseRows>(&storage_);
        return rows == nullptr ? nullptr : &rows->rows;
    }
    /// Whether the file did not say how many columns there are.
    bool open_width() const {
        const auto* rows = std::get_if<SparseRows>(&storage_);
        return rows != nullptr && rows->open_width;
    }
    /// The same data with columns of 0 behind the last.  Throws InvalidArgument unless sparse() and at least cols().
    Dataset with_columns(std::size_t cols) const;

    /// The dataset that a machine sees under `preparation`.  Throws DataError naming the first row and column (counted
    /// from 1) that is not finite or, for discrete units, outside [0, 1] (from `low` on unless values are
    /// probabilities), and how many such there are: MissingValue for NaN, ValueOutOfRange for what is finite.  For
    /// units of -1 and 1, a threshold cuts values from 0 to 1 only: ValueOutOfRange for what lies between -1 and 0,
    /// between 0 and 1 in data that hold -1 too, or at 0 in a column that does.  Throws InvalidArgument for a
    /// preparation that both binarises and standardises, and for one that does either to sites of several columns.
    /// Those must be one-hot: see one_hot.h.
    Dataset prepared(const Preparation& preparation, const StateForm& form) const&;
    Dataset prepared(const Preparation& preparation, const StateForm& form) &&;
    /// What Binarize::threshold changed that was neither 0 nor 1 (nor -1), in all rows that were prepared.
    const CutValues& cut() const { return cut_; }
    /// Whether rows are the values themselves, neither sampled nor standardised.
    bool plain() const { return !sampled_ && mean_.empty(); }
    /// Whether the machine sees the values as they lie: plain(), and bits are 0 and 1.
    bool as_stored() const { return plain() && low_ == 0 && high_ == 1; }

    /// Rows first, ..., first + count - 1.  Throws InvalidArgument when there are not so many.
    Dataset slice(std::size_t first, std::size_t count) const;
    /// At most `count` rows, evenly spread over all: a sample to watch that no order of the file can bias.  With
    /// weights of the rows, which are as for column_means(), evenly spread over these: a row comes as often as it
    /// weighs.
    Dataset spread(std::size_t count, std::span<const float> row_weights = {}) const;
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
    Dataset(std::size_t rows, std::size_t cols, Storage storage)
        : rows_(rows), cols_(cols), storage_(std::move(storage)) {}
    /// All but the number of rows and their values.
    Dataset with_rows(std::size_t rows, Storage storage) const;
    void fill_row(std::size_t row, const Stream& stream, std::span<float> out) const;
    void check(const StateForm& form, bool probabilities) const;

    std::size_t rows_ = 0;
    std::size_t cols_ = 0;
    Storage storage_;
    bool sampled_ = false;
    bool allows_missing_ = false;
    bool missing_ = false;
    float low_ = 0, high_ = 1;  ///< what bits become
    CutValues cut_;
    std::vector<float> mean_, mean_rest_, scale_;
};

}  // namespace rbm
