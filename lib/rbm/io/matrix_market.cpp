// SPDX-License-Identifier: MIT
#include "rbm/io/matrix_market.h"

#include <fast_float/fast_float.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <string_view>
#include <vector>

#include "rbm/io/elements.h"
#include "rbm/io/sparse_rows.h"
#include "rbm/io/utf8.h"
#include "rbm/kernels/error.h"

namespace rbm {
namespace {

constexpr std::string_view banner = "%%MatrixMarket";

std::string_view banner_of(std::span<const std::byte> bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), std::min(bytes.size(), banner.size())};
}

std::string in_lower_case(std::string_view text) {
    std::string lower(text);
    for (char& c : lower)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return lower;
}

class MatrixMarketReader {
  public:
    MatrixMarketReader(std::string_view text, const std::string& name)
        : rest_(text), name_(name), bytes_(text.size()) {}

    Dataset read() {
        const bool coordinates = read_banner();
        next_line("sizes");
        const std::size_t rows = size("the number of rows"), cols = size("the number of columns");
        const std::size_t count = coordinates ? size("the number of entries") : 0;
        end_of_line();
        Dataset data = coordinates ? read_coordinates(rows, cols, count) : read_array(rows, cols);
        while (skip_to_content())
            fail(fmt::format("found {}, expected the end of the file after all entries", rbm::quoted(line_)));
        data.name = name_;
        return data;
    }

  private:
    [[noreturn]] void fail(const std::string& what) const {
        throw DataError(fmt::format("{}:{}: {}", name_, number_, what));
    }

    /// The next line that is neither empty nor a comment.
    bool skip_to_content() {
        while (!rest_.empty()) {
            take_line();
            if (const std::size_t start = line_.find_first_not_of(" \t\r");
                start != std::string_view::npos && line_[start] != '%')
                return true;
        }
        return false;
    }
    void next_line(const char* what) {
        if (!skip_to_content()) fail(fmt::format("found the end of the file, expected {}", what));
    }
    void take_line() {
        line_ = rest_.substr(0, rest_.find('\n'));
        rest_.remove_prefix(std::min(line_.size() + 1, rest_.size()));
        ++number_;
    }
    std::string_view word() {
        const std::size_t start = std::min(line_.find_first_not_of(" \t\r"), line_.size());
        const std::size_t end = std::min(line_.find_first_of(" \t\r", start), line_.size());
        const std::string_view found = line_.substr(start, end - start);
        line_.remove_prefix(end);
        return found;
    }
    void end_of_line() {
        if (const std::string_view more = word(); !more.empty())
            fail(fmt::format("found {}, expected the end of the line", rbm::quoted(more)));
    }

    /// Whether entries come with their places.
    bool read_banner() {
        take_line();
        std::array<std::string, 5> words;
        for (std::string& one : words) one = in_lower_case(word());
        const auto& [mark, object, layout, field, symmetry] = words;
        if (object != "matrix" || (layout != "coordinate" && layout != "array"))
            fail(fmt::format("found {} {}, expected matrix coordinate or matrix array", in_quotes(object),
                             in_quotes(layout)));
        pattern_ = field == "pattern";
        if (field != "real" && field != "double" && field != "integer" && !(pattern_ && layout == "coordinate"))
            fail(fmt::format("found values of kind {}, expected real, integer or, with coordinates, pattern",
                             in_quotes(field)));
        if (symmetry != "general")
            fail(fmt::format("found a matrix that is {}, expected general: rows are samples; write the whole matrix",
                             in_quotes(symmetry)));
        return layout == "coordinate";
    }

    std::size_t size(const char* what) {
        const std::string_view text = word();
        std::size_t value = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
        if (error != std::errc() || end != text.data() + text.size())
            fail(fmt::format("found {}, expected {}", rbm::quoted(text), what));
        return value;
    }
    std::size_t index(const char* what, std::size_t most) {
        const std::string_view text = word();
        std::size_t value = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
        if (error != std::errc() || end != text.data() + text.size() || value < 1 || value > most)
            fail(fmt::format("found {}, expected {}, from 1 to {}", rbm::quoted(text), what, most));
        return value - 1;
    }
    float value() {
        std::string_view text = word();
        const std::string_view whole = text;
        if (text.starts_with('+')) text.remove_prefix(1);
        float x = 0;
        const auto [end, error] = fast_float::from_chars(text.data(), text.data() + text.size(), x);
        if (text.empty() || error != std::errc() || end != text.data() + text.size() || !std::isfinite(x))
            fail(fmt::format("found {}, expected a finite number", rbm::quoted(whole)));
        return x;
    }

    Dataset read_coordinates(std::size_t rows, std::size_t cols, std::size_t count) {
        require_sparse_shape(rows, cols, bytes_, name_);
        constexpr std::size_t shortest = 4;  // "1 1" and the end of the line
        if (count > (rest_.size() + 1) / shortest)
            fail(fmt::format("found {} entries promised, expected at most as many as the {} bytes that follow can hold",
                             count, rest_.size()));
        Coordinates all;
        all.rows.reserve(count);
        all.columns.reserve(count);
        all.values.reserve(pattern_ ? 0 : count);
        for (std::size_t i = 0; i < count; ++i) {
            next_line("another entry");
            all.rows.push_back(static_cast<std::uint32_t>(index("a row", rows)));
            all.columns.push_back(static_cast<std::uint32_t>(index("a column", cols)));
            if (!pattern_) all.values.push_back(value());
            end_of_line();
        }
        return Dataset::from_sparse(cols, in_rows(rows, all, refuse_again(name_)));
    }

    /// Column after column.
    Dataset read_array(std::size_t rows, std::size_t cols) {
        std::size_t count = 0;
        constexpr std::size_t shortest = 2;
        if (rows == 0 || cols == 0 || __builtin_mul_overflow(rows, cols, &count) ||
            count > (rest_.size() + 1) / shortest)
            fail(
                fmt::format("found an array of {} x {}, expected one value in each line and as many as the {} bytes "
                            "that follow can hold",
                            rows, cols, rest_.size()));
        std::vector<float> values(count);
        for (std::size_t col = 0; col < cols; ++col)
            for (std::size_t row = 0; row < rows; ++row) {
                next_line("another value");
                values[row * cols + col] = value();
                end_of_line();
            }
        return Dataset::from_floats(rows, cols, std::move(values));
    }

    std::string_view rest_, line_;
    const std::string& name_;
    std::size_t bytes_;  ///< of the file
    std::size_t number_ = 0;
    bool pattern_ = false;
};

}  // namespace

bool is_matrix_market(std::span<const std::byte> bytes) {
    return in_lower_case(banner_of(bytes)) == in_lower_case(banner);
}

Dataset parse_matrix_market(std::span<const std::byte> bytes, const std::string& name) {
    return MatrixMarketReader({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, name).read();
}

}  // namespace rbm
