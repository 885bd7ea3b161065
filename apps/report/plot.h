// SPDX-License-Identifier: MIT
// Plots as inline SVG: lines with bands, steps of a histogram, points.  Colours are classes that the page's style fills
// in for light and dark; values that are not finite are left out.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace rbm::app {

struct Series {
    enum class Form { line, steps, points };
    std::string name;  ///< in the legend; none: not there
    std::vector<double> x, y;
    std::vector<double> low = {}, high = {};  ///< a band around y, or none
    Form form = Form::line;                   ///< of steps, x has one value more than y
    std::size_t colour = 0;
    bool dashed = false;
};

struct Axis {
    std::string label;  ///< with its unit
    bool logarithmic = false;
};

struct Plot {
    std::string title;
    Axis x, y;
    std::vector<Series> series;
    std::optional<double> level = {};  ///< of a horizontal line to compare with
    bool diagonal = false;             ///< points where x is y are on a line; both axes have the same range
};

inline constexpr std::size_t plot_colours = 6;

/// "" when no series has two values.
std::string drawn(const Plot& plot);

/// The counts of `values` in `bins` equal bins as shares of all per unit of x; `low` to `high` is the range.
Series histogram(const std::string& name, const std::vector<double>& values, double low, double high, std::size_t bins);

/// "-0.25" with a true minus sign.
std::string number_text(double value, int digits);
/// With as many digits as tell it from its neighbours at this distance.
std::string number_text(double value, double step);

}  // namespace rbm::app
