// SPDX-License-Identifier: MIT
#include "apps/report/plot.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "apps/report/assets.h"

namespace rbm::app {
namespace {

// In the units of the view box, which are about pixels: a column of the page is so wide, and so is a telephone.
constexpr double plot_width = 370, plot_height = 240, edge = 2, left = 54, right = 356, bottom = 196;

/// Values to places on paper.
struct Scale {
    double low, high, from, to;
    bool logarithmic;
    double inner(double value) const { return logarithmic ? std::log10(value) : value; }
    double operator()(double value) const { return from + (to - from) * (inner(value) - low) / (high - low); }
    bool shows(double value) const { return std::isfinite(value) && (!logarithmic || value > 0); }
};

struct Range {
    double low = std::numeric_limits<double>::infinity(), high = -low;
    void add(double value) {
        low = std::min(low, value);
        high = std::max(high, value);
    }
};

Scale scale_of(Range range, const Axis& axis, double from, double to, double margin) {
    Scale scale{0, 1, from, to, axis.logarithmic};
    scale.low = scale.inner(range.low);
    scale.high = scale.inner(range.high);
    if (!(scale.high - scale.low > 1e-12 * std::max(std::abs(scale.low), std::abs(scale.high)))) {
        const double around = std::max(0.5, 0.01 * std::abs(scale.low));
        scale.low -= around;
        scale.high += around;
    }
    const double more = margin * (scale.high - scale.low);
    scale.low -= more;
    scale.high += more;
    return scale;
}

/// 1, 2 or 5 times a power of ten, such that about `count` of them make the span.
double nice_step(double span, double count) {
    const double power = std::pow(10, std::floor(std::log10(span / count)));
    for (const double factor : {1.0, 2.0, 5.0})
        if (factor * power >= span / count) return factor * power;
    return 10 * power;
}

std::vector<double> ticks(const Scale& scale, double count, double& step) {
    std::vector<double> places;
    if (!scale.logarithmic) {
        step = nice_step(scale.high - scale.low, count);
        for (double k = std::ceil(scale.low / step); k * step <= scale.high + 1e-9 * step; ++k)
            places.push_back(k * step);
        return places;
    }
    step = 0;
    const bool between = scale.high - scale.low < 2;
    for (double power = std::floor(scale.low); power <= scale.high; ++power)
        for (const double factor : {1.0, 2.0, 5.0}) {
            const double inner = power + std::log10(factor);
            if ((between || factor == 1) && inner >= scale.low - 1e-9 && inner <= scale.high + 1e-9)
                places.push_back(factor * std::pow(10, power));
        }
    return places;
}

std::string tick_text(double value, double step) {
    if (step > 0) return number_text(value, step);
    if (value >= 1e5 || value < 1e-3) return fmt::format("1e{:.0f}", std::log10(value));
    return number_text(value, value >= 1 ? 1.0 : value);
}

std::string text_at(double x, double y, const char* anchor, const std::string& text) {
    return fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"{}\">{}</text>\n", x, y, anchor, escaped(text));
}

std::string axes(const Plot& plot, const Scale& x, const Scale& y, double top) {
    std::string svg;
    double step = 0;
    for (const double tick : ticks(y, 4, step)) {
        svg += fmt::format("<path class=\"grid\" d=\"M{:.1f} {:.1f}H{:.1f}\"/>\n", left, y(tick), right);
        svg += text_at(left - 7, y(tick) + 4, "end", tick_text(tick, step));
    }
    for (const double tick : ticks(x, 5, step)) {
        svg += fmt::format("<path class=\"axis\" d=\"M{:.1f} {:.1f}v4\"/>\n", x(tick), bottom);
        svg += text_at(x(tick), bottom + 17, "middle", tick_text(tick, step));
    }
    svg += fmt::format("<path class=\"axis\" d=\"M{:.1f} {:.1f}H{:.1f}\"/>\n", left, bottom, right);
    svg += text_at((left + right) / 2, bottom + 36, "middle", plot.x.label);
    svg += text_at(edge, top - 10, "start", plot.y.label);
    if (plot.level && y.shows(*plot.level))
        svg += fmt::format("<path class=\"level\" d=\"M{:.1f} {:.1f}H{:.1f}\"/>\n", left, y(*plot.level), right);
    return svg;
}

std::string legend(const Plot& plot, double& top) {
    std::string svg;
    double x = edge;
    top = 14;
    for (const Series& one : plot.series) {
        if (one.name.empty()) continue;
        const double wide = 34 + 6.6 * static_cast<double>(one.name.size());
        if (x > edge && x + wide > right + 10) x = edge, top += 18;
        svg += one.form == Series::Form::points
                   ? fmt::format("<circle class=\"p{}\" cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"3\"/>\n", one.colour, x + 9,
                                 top - 4)
                   : fmt::format("<path class=\"l{}{}\" d=\"M{:.1f} {:.1f}h18\"/>\n", one.colour,
                                 one.dashed ? " dashed" : "", x, top - 4);
        svg += text_at(x + 23, top, "start", one.name);
        x += wide;
    }
    top += svg.empty() ? 10 : 34;
    return svg;
}

std::string band(const Series& one, const Scale& x, const Scale& y) {
    std::string forth, back;
    for (std::size_t i = 0; i < one.x.size() && i < one.low.size(); ++i) {
        if (!x.shows(one.x[i]) || !y.shows(one.low[i]) || !y.shows(one.high[i])) continue;
        forth += fmt::format("{}{:.1f} {:.1f}", forth.empty() ? "M" : "L", x(one.x[i]), y(one.high[i]));
        back.insert(0, fmt::format("L{:.1f} {:.1f}", x(one.x[i]), y(one.low[i])));
    }
    return forth.empty() ? "" : fmt::format("<path class=\"b{}\" d=\"{}{}Z\"/>\n", one.colour, forth, back);
}

std::string line(const Series& one, const Scale& x, const Scale& y) {
    std::string path;
    bool pen_down = false;
    for (std::size_t i = 0; i < std::min(one.x.size(), one.y.size()); ++i) {
        const bool known = x.shows(one.x[i]) && y.shows(one.y[i]);
        if (known) path += fmt::format("{}{:.1f} {:.1f}", pen_down ? "L" : "M", x(one.x[i]), y(one.y[i]));
        pen_down = known;
    }
    return fmt::format("<path class=\"l{}{}\" d=\"{}\"/>\n", one.colour, one.dashed ? " dashed" : "", path);
}

std::string steps(const Series& one, const Scale& x, const Scale& y) {
    if (one.x.size() < 2) return "";
    std::string path = fmt::format("M{:.1f} {:.1f}", x(one.x[0]), bottom);
    for (std::size_t i = 0; i + 1 < one.x.size(); ++i)
        path += fmt::format("V{:.1f}H{:.1f}", y.shows(one.y[i]) ? y(one.y[i]) : bottom, x(one.x[i + 1]));
    path += fmt::format("V{:.1f}", bottom);
    return fmt::format("<path class=\"b{0}\" d=\"{1}Z\"/>\n<path class=\"l{0}{2}\" d=\"{1}\"/>\n", one.colour, path,
                       one.dashed ? " dashed" : "");
}

std::string points(const Series& one, const Scale& x, const Scale& y) {
    // One path of dots: thousands of circles would triple the page.
    std::string path;
    for (std::size_t i = 0; i < one.x.size(); ++i)
        if (x.shows(one.x[i]) && y.shows(one.y[i])) path += fmt::format("M{:.1f} {:.1f}h0", x(one.x[i]), y(one.y[i]));
    return fmt::format("<path class=\"d{}\" d=\"{}\"/>\n", one.colour, path);
}

}  // namespace

std::string number_text(double value, int digits) {
    std::string text = fmt::format("{:.{}f}", value, digits);
    if (text.find_first_of("123456789") == std::string::npos && text.starts_with('-')) text.erase(0, 1);
    if (text.starts_with('-')) text.replace(0, 1, "\u2212");
    return text;
}

std::string number_text(double value, double step) {
    return number_text(value, std::clamp(static_cast<int>(std::ceil(-std::log10(step) - 1e-9)), 0, 9));
}

Series histogram(const std::string& name, const std::vector<double>& values, double low, double high,
                 std::size_t bins) {
    Series series{.name = name, .x = {}, .y = std::vector<double>(bins), .form = Series::Form::steps};
    const double width = (high - low) / static_cast<double>(bins);
    for (std::size_t bin = 0; bin <= bins; ++bin) series.x.push_back(low + width * static_cast<double>(bin));
    for (const double value : values)
        if (value >= low && value <= high)
            series.y[std::min(bins - 1, static_cast<std::size_t>((value - low) / width))] +=
                1 / (width * static_cast<double>(values.size()));
    return series;
}

std::string drawn(const Plot& plot) {
    Range x_range, y_range;
    std::size_t known = 0;
    const auto shows = [](const Axis& axis, double value) {
        return std::isfinite(value) && (!axis.logarithmic || value > 0);
    };
    for (const Series& one : plot.series) {
        for (std::size_t i = 0; i < one.x.size(); ++i)
            if (shows(plot.x, one.x[i])) x_range.add(one.x[i]);
        for (const auto& values : {one.y, one.low, one.high})
            for (const double value : values)
                if (shows(plot.y, value)) y_range.add(value);
        known = std::max(known, one.y.size());
        if (one.form == Series::Form::steps && !plot.y.logarithmic) y_range.add(0);
    }
    if (known < 2 || !(x_range.low <= x_range.high) || !(y_range.low <= y_range.high)) return "";
    if (plot.level && shows(plot.y, *plot.level)) y_range.add(*plot.level);
    if (plot.diagonal) {
        x_range.add(y_range.low), x_range.add(y_range.high);
        y_range = x_range;
    }
    double top = 0;
    const std::string names = legend(plot, top);
    const bool histogram_below = !plot.series.empty() && plot.series[0].form == Series::Form::steps;
    const Scale x = scale_of(x_range, plot.x, left, right, plot.diagonal ? 0.03 : 0);
    Scale y = scale_of(y_range, plot.y, bottom, top, histogram_below ? 0 : 0.04);
    std::string svg =
        fmt::format("<svg viewBox=\"0 0 {:.0f} {:.0f}\" role=\"img\" aria-label=\"{}: {} against {}\">\n{}", plot_width,
                    plot_height, escaped(plot.title), escaped(plot.y.label), escaped(plot.x.label), names);
    svg += axes(plot, x, y, top);
    if (plot.diagonal)
        svg += fmt::format("<path class=\"level\" d=\"M{:.1f} {:.1f}L{:.1f} {:.1f}\"/>\n", x(x_range.low),
                           y(x_range.low), x(x_range.high), y(x_range.high));
    for (const Series& one : plot.series) svg += band(one, x, y);
    for (const Series& one : plot.series)
        svg += one.form == Series::Form::line    ? line(one, x, y)
               : one.form == Series::Form::steps ? steps(one, x, y)
                                                 : points(one, x, y);
    return svg + "</svg>\n";
}

}  // namespace rbm::app
