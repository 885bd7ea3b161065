// SPDX-License-Identifier: MIT
#include "apps/files/data_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "apps/cli/program.h"
#include "apps/files/table.h"
#include "rbm/io/csv.h"
#include "rbm/io/gzip.h"
#include "rbm/io/idx.h"
#include "rbm/io/npy.h"
#include "rbm/io/png.h"
#include "rbm/io/sheet.h"
#include "rbm/kernels/error.h"

namespace rbm::app {
namespace {

std::vector<float> values_of(const Dataset& data) {
    std::vector<float> values(data.rows() * data.cols());
    data.fill(0, Stream{}, View(values.data(), data.rows(), data.cols()));
    return values;
}

std::vector<std::byte> as_npy(const Dataset& data) {
    const bool pictures = data.image != ImageShape{};
    const std::vector<std::size_t> shape = pictures ? std::vector{data.rows(), data.image.height, data.image.width}
                                                    : std::vector{data.rows(), data.cols()};
    return encode_npy(shape, std::span<const float>(values_of(data)));
}

std::vector<std::byte> as_csv(const Dataset& data) {
    std::vector<std::string> names;
    for (std::size_t i = 1; i <= data.cols(); ++i) names.push_back(fmt::format("v{}", i));
    return encode_float_csv(names, std::span<const float>(values_of(data)));
}

std::vector<std::byte> as_idx(const Dataset& data) {
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
    constexpr std::pair<const char*, Container> endings[] = {{".npy", Container::npy},
                                                             {".csv", Container::csv},
                                                             {".idx", Container::idx},
                                                             {"-ubyte", Container::idx},
                                                             {".png", Container::png}};
    for (const auto& [ending, container] : endings)
        if (name.ends_with(ending) && !(format.gzip && container == Container::png)) {
            format.container = container;
            return format;
        }
    throw UsageError(fmt::format(
        "--output: found '{}', expected a name that ends in .npy, .csv, .idx, -ubyte (each also with .gz) or .png",
        path));
}

std::vector<std::byte> encode_data(const Dataset& data, const DataFormat& format) {
    std::vector<std::byte> bytes;
    switch (format.container) {
        case Container::npy:
            bytes = as_npy(data);
            break;
        case Container::csv:
            bytes = as_csv(data);
            break;
        case Container::idx:
            bytes = as_idx(data);
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
    if (data.has_missing()) result.allow_missing();
    return result;
}

DataSummary summarise(const Dataset& data) {
    DataSummary s;
    s.rows = data.rows();
    s.columns = data.cols();
    s.image = data.image;
    if (data.rows() == 0 || data.cols() == 0) return s;
    constexpr float far = std::numeric_limits<float>::infinity();
    std::vector<float> low(data.cols(), far), high(data.cols(), -far);
    std::size_t known = 0;
    for (std::size_t row = 0; row < data.rows(); ++row)
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
    if (s.image != ImageShape{}) text += fmt::format(" (pictures, height {}, width {})", s.image.height, s.image.width);
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
