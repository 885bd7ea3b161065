// SPDX-License-Identifier: MIT
#include "apps/files/data_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "apps/cli/program.h"
#include "apps/cli/resources.h"
#include "apps/files/pictures.h"
#include "apps/files/table.h"
#include "rbm/io/csv.h"
#include "rbm/io/fasta.h"
#include "rbm/io/gzip.h"
#include "rbm/io/idx.h"
#include "rbm/io/model_file.h"
#include "rbm/io/npy.h"
#include "rbm/io/npz.h"
#include "rbm/io/png.h"
#include "rbm/io/sheet.h"
#include "rbm/io/svmlight.h"
#include "rbm/kernels/error.h"

namespace rbm::app {
namespace {

void require_dense_memory(const Dataset& data) {
    require_memory(static_cast<double>(data.rows()) * static_cast<double>(data.cols()) * sizeof(float),
                   data.sparse() != nullptr ? "writing all zeros (.npz and .svm leave them out)" : "the data");
}

std::vector<float> values_of(const Dataset& data) {
    require_dense_memory(data);
    std::vector<float> values(data.rows() * data.cols());
    data.fill(0, Stream{}, View(values.data(), data.rows(), data.cols()));
    return values;
}

std::vector<std::byte> as_npy(const Dataset& data) {
    const bool pictures = data.image != ImageShape{};
    std::vector<std::size_t> shape = pictures ? std::vector{data.rows(), data.image.height, data.image.width}
                                              : std::vector{data.rows(), data.cols()};
    if (data.image.planes() > 1) shape.push_back(data.image.planes());
    return encode_npy(shape, std::span<const float>(values_of(data)));
}

std::vector<std::byte> as_csv(const Dataset& data) {
    std::vector<Column> columns = data.columns;
    columns.resize(data.cols());
    if (!data.precise()) return encode_table(columns, std::span<const float>(values_of(data)));
    std::vector<double> values;
    for (std::size_t row = 0; row < data.rows(); ++row)
        for (std::size_t col = 0; col < data.cols(); ++col) values.push_back(data.exact_value(row, col));
    return encode_table(columns, std::span<const double>(values));
}

std::vector<std::byte> as_idx(const Dataset& data) {
    require_dense_memory(data);
    for (std::size_t row = 0; row < data.rows(); ++row)
        for (std::size_t col = 0; col < data.cols(); ++col) {
            const float value = data.value(row, col), steps = 255 * value;
            if (value >= 0 && value <= 1 && std::abs(steps - std::round(steps)) > 1e-3F)
                throw DataError(
                    fmt::format("{}: row {}, column {}: found {}, expected a multiple of 1/255, since IDX stores "
                                "bytes; write .npy instead",
                                data.name, row + 1, col + 1, value));
        }
    return encode_idx(data);
}

std::vector<std::byte> as_fasta(const Dataset& data) {
    if (data.letters.empty())
        throw DataError(fmt::format("{}: holds no sequences, which FASTA is for; write .npy or .csv", data.name));
    std::vector<Sequence> sequences(data.rows());
    std::vector<float> codes(data.cols());
    for (std::size_t row = 0; row < data.rows(); ++row) {
        for (std::size_t col = 0; col < data.cols(); ++col) codes[col] = data.value(row, col);
        sequences[row] = {fmt::format("sequence{}", row + 1), sequence_of_codes(codes, data.letters)};
    }
    return encode_fasta(sequences);
}

void require_known(const Dataset& data) {
    if (data.has_missing())
        throw DataError(
            fmt::format("{}: values are missing, and sparse files know none; write .npy or .csv", data.name));
}

std::vector<std::byte> as_png(const Dataset& data) {
    if (data.has_missing())
        throw DataError(
            fmt::format("{}: values are missing, and a picture cannot show that; write .npy or .csv", data.name));
    const std::vector<float> values = values_of(data);
    const auto [low, high] = std::minmax_element(values.begin(), values.end());
    const SheetOptions options{.shades = *low >= 0 && *high <= 1 ? Shades::unit : Shades::fitted};
    return encode_png(sheet(ConstView(values.data(), data.rows(), data.cols()), data.image, options));
}

}  // namespace

DataFormat format_of(const std::string& path) {
    if (path == "-") return {};
    std::string name = path;
    std::transform(name.begin(), name.end(), name.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    DataFormat format;
    if (name.ends_with(".gz")) {
        format.gzip = true;
        name.resize(name.size() - 3);
    }
    constexpr std::pair<const char*, Container> endings[] = {
        {".npy", Container::npy},      {".npz", Container::npz},
        {".svm", Container::svmlight}, {".svmlight", Container::svmlight},
        {".csv", Container::csv},      {".idx", Container::idx},
        {"-ubyte", Container::idx},    {".fasta", Container::fasta},
        {".fa", Container::fasta},     {".png", Container::png}};
    for (const auto& [ending, container] : endings)
        if (name.ends_with(ending) && !(format.gzip && (container == Container::png || container == Container::npz))) {
            format.container = container;
            return format;
        }
    throw UsageError(
        fmt::format("--output: found '{}', expected a name that ends in .npy, .csv, .svm, .idx, -ubyte, .fasta (each "
                    "also with .gz), .npz or .png",
                    path));
}

void BesideData::keep_rows(std::size_t first, std::size_t count) {
    const auto keep = [&](auto& all) {
        if (all.empty()) return;
        const auto start = all.begin() + static_cast<std::ptrdiff_t>(first);
        all = {start, start + static_cast<std::ptrdiff_t>(count)};
    };
    keep(row_names);
    keep(labels);
}

std::vector<std::byte> encode_data(const Dataset& data, const DataFormat& format, const BesideData& beside) {
    std::vector<std::byte> bytes;
    switch (format.container) {
        case Container::npy:
            bytes = as_npy(data);
            break;
        case Container::npz:
            require_known(data);
            return encode_npz(data, beside.row_names);
        case Container::svmlight:
            require_known(data);
            bytes = encode_svmlight(data, beside.labels);
            break;
        case Container::csv:
            bytes = as_csv(data);
            break;
        case Container::idx:
            bytes = as_idx(data);
            break;
        case Container::fasta:
            bytes = as_fasta(data);
            break;
        case Container::png:
            bytes = as_png(data);
            break;
    }
    return format.gzip ? encode_gzip(bytes) : bytes;
}

Dataset dequantized(const Dataset& data, double width, const Stream& stream) {
    std::vector<float> values = values_of(data);
    for (std::size_t i = 0; i < values.size(); ++i) {
        const std::size_t row = i / data.cols(), col = i % data.cols();
        const double share = static_cast<double>(uniform_from_bits(random_bits(stream, row, col)));
        values[i] = static_cast<float>(static_cast<double>(values[i]) + width * share);
    }
    Dataset result = Dataset::from_floats(data.rows(), data.cols(), std::move(values));
    result.image = data.image;
    result.name = data.name;
    result.columns = data.columns;
    if (data.has_missing()) result.allow_missing();
    return result;
}

Dataset divided_sparse(const Dataset& data, double divisor) {
    const SharedEntries& entries = *data.sparse();
    std::vector<std::uint64_t> offsets(1);
    std::vector<std::uint32_t> columns;
    std::vector<float> values;
    for (std::size_t row = 0; row < data.rows(); ++row) {
        entries.for_each(row, [&](std::size_t col, float value) {
            columns.push_back(static_cast<std::uint32_t>(col));
            values.push_back(static_cast<float>(static_cast<double>(value) / divisor));
        });
        offsets.push_back(columns.size());
    }
    Dataset result = Dataset::from_sparse(data.cols(), {std::move(offsets), std::move(columns), std::move(values)},
                                          data.open_width());
    result.name = data.name;
    result.columns = data.columns;
    return result;
}

Dataset drawn_sparse(const Dataset& data, const Stream& stream) {
    std::vector<std::uint64_t> offsets(1);
    std::vector<std::uint32_t> columns;
    Matrix row(1, data.cols());
    for (std::size_t r = 0; r < data.rows(); ++r) {
        data.fill(r, stream, row);
        data.sparse()->for_each(r, [&](std::size_t col, float) {
            if (row(0, col) != 0) columns.push_back(static_cast<std::uint32_t>(col));
        });
        offsets.push_back(columns.size());
    }
    Dataset result = Dataset::from_sparse(data.cols(), {std::move(offsets), std::move(columns)}, data.open_width());
    result.name = data.name;
    result.columns = data.columns;
    return result;
}

namespace {

/// Adds the entries; `low` and `high` get each column's range.
void summarise_sparse(const SharedEntries& entries, std::vector<float>& low, std::vector<float>& high, DataSummary& s) {
    std::vector<std::size_t> known(low.size());
    for (std::size_t row = 0; row < s.rows; ++row)
        entries.for_each(row, [&](std::size_t col, float value) {
            low[col] = std::min(low[col], value);
            high[col] = std::max(high[col], value);
            ++known[col];
            s.mean += static_cast<double>(value);
            s.ones += value == 1 ? 1 : 0;
        });
    for (std::size_t col = 0; col < low.size(); ++col)
        if (known[col] < s.rows) {
            low[col] = std::min(low[col], 0.0F);
            high[col] = std::max(high[col], 0.0F);
        }
    s.zeros = static_cast<double>(s.rows) * static_cast<double>(s.columns) - static_cast<double>(entries.count());
}

}  // namespace

DataSummary summarise(const Dataset& data) {
    DataSummary s;
    s.rows = data.rows();
    s.columns = data.cols();
    s.image = data.image;
    if (data.rows() == 0 || data.cols() == 0) return s;
    constexpr float far = std::numeric_limits<float>::infinity();
    std::vector<float> low(data.cols(), far), high(data.cols(), -far);
    std::size_t known = data.sparse() != nullptr ? data.rows() * data.cols() : 0;
    if (data.sparse() != nullptr) summarise_sparse(*data.sparse(), low, high, s);
    for (std::size_t row = 0; row < data.rows() && data.sparse() == nullptr; ++row)
        for (std::size_t col = 0; col < data.cols(); ++col) {
            const float value = data.value(row, col);
            if (data.has_missing() && std::isnan(value)) continue;
            low[col] = std::min(low[col], value);
            high[col] = std::max(high[col], value);
            ++known;
            s.mean += static_cast<double>(value);
            s.zeros += value == 0 ? 1 : 0;
            s.ones += value == 1 ? 1 : 0;
        }
    s.minimum = static_cast<double>(*std::min_element(low.begin(), low.end()));
    s.maximum = static_cast<double>(*std::max_element(high.begin(), high.end()));
    const double count = static_cast<double>(std::max<std::size_t>(known, 1));
    for (double* sum : {&s.mean, &s.zeros, &s.ones}) *sum /= count;
    for (std::size_t col = 0; col < data.cols(); ++col)
        if (low[col] == high[col]) s.constant.push_back(col);
    return s;
}

std::string text_of(const DataSummary& s) {
    std::string text = fmt::format("{} rows of {} columns", grouped(s.rows), grouped(s.columns));
    if (s.image != ImageShape{}) text += fmt::format(" (pictures, {})", image_text(s.image));
    text += fmt::format("; values {:.4g} to {:.4g}, mean {:.4g}, {:.1f} % are 0, {:.1f} % are 1", s.minimum, s.maximum,
                        s.mean, 100 * s.zeros, 100 * s.ones);
    if (s.constant.empty()) return text;
    constexpr std::size_t most = 8;
    text += fmt::format("\n{} of the columns hold only one value: ", s.constant.size());
    for (std::size_t i = 0; i < std::min(most, s.constant.size()); ++i)
        text += fmt::format("{}{}", i == 0 ? "" : ", ", s.constant[i] + 1);
    return s.constant.size() > most ? text + ", ..." : text;
}

std::string as_json(const DataSummary& s, const DataOrigin& origin) {
    const auto or_null = [](bool known, nlohmann::ordered_json value) { return known ? value : nullptr; };
    const bool pictures = s.image != ImageShape{};
    const nlohmann::ordered_json object = {{"source", origin.source},
                                           {"kind", origin.is_set ? "set" : "file"},
                                           {"output", origin.output},
                                           {"rows", s.rows},
                                           {"columns", s.columns},
                                           {"image_height", or_null(pictures, s.image.height)},
                                           {"image_width", or_null(pictures, s.image.width)},
                                           {"image_channels", or_null(pictures, name_of(s.image.channels))},
                                           {"minimum", s.minimum},
                                           {"maximum", s.maximum},
                                           {"mean", s.mean},
                                           {"share_zero", s.zeros},
                                           {"share_one", s.ones},
                                           {"constant_columns", s.constant},
                                           {"log_likelihood_bound", or_null(origin.log_likelihood_bound.has_value(),
                                                                            origin.log_likelihood_bound.value_or(0))}};
    return object.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

}  // namespace rbm::app
