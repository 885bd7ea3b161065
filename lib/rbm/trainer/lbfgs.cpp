// SPDX-License-Identifier: MIT
#include "rbm/trainer/lbfgs.h"

#include <algorithm>
#include <cmath>
#include <deque>
#include <limits>

namespace rbm {
namespace {

using Vector = std::vector<double>;

double dot(const Vector& a, const Vector& b) {
    double sum = 0;
    for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
    return sum;
}

double largest(const Vector& values) {
    double result = 0;
    for (const double value : values) result = std::isnan(value) ? value : std::max(result, std::abs(value));
    return result;
}

struct Point {
    Vector x, gradient;
    double value = 0;
};

class Search {
  public:
    Search(const LbfgsFunction& function, const LbfgsSettings& settings) : function_(function), settings_(settings) {}

    void evaluate(Point& point) const {
        point.gradient.resize(point.x.size());
        point.value = function_(point.x, point.gradient);
    }

    void project(Vector& x) const {
        if (settings_.low.empty()) return;
        for (std::size_t i = 0; i < x.size(); ++i) x[i] = std::clamp(x[i], settings_.low[i], settings_.high[i]);
    }

    /// The gradient without what pushes against a bound.
    Vector free_gradient(const Point& at) const {
        Vector result = at.gradient;
        for (std::size_t i = 0; i < result.size(); ++i)
            if (held(at, i)) result[i] = 0;
        return result;
    }

    bool held(const Point& at, std::size_t i) const {
        return !settings_.low.empty() && ((at.x[i] <= settings_.low[i] && at.gradient[i] > 0) ||
                                          (at.x[i] >= settings_.high[i] && at.gradient[i] < 0));
    }

    /// -H gradient by the two loops over the pairs, in the free variables.
    Vector direction(const Point& at, const Vector& slope) const {
        Vector d = slope;
        std::vector<double> factors(pairs_.size());
        for (std::size_t k = pairs_.size(); k-- > 0;) {
            const auto& [step, change, curvature] = pairs_[k];
            factors[k] = dot(step, d) / curvature;
            for (std::size_t i = 0; i < d.size(); ++i) d[i] -= factors[k] * change[i];
        }
        const double scale = pairs_.empty() ? 1 / std::max(1.0, std::sqrt(dot(slope, slope)))
                                            : pairs_.back().curvature / dot(pairs_.back().change, pairs_.back().change);
        for (double& value : d) value *= scale;
        for (std::size_t k = 0; k < pairs_.size(); ++k) {
            const auto& [step, change, curvature] = pairs_[k];
            const double factor = factors[k] - dot(change, d) / curvature;
            for (std::size_t i = 0; i < d.size(); ++i) d[i] += factor * step[i];
        }
        for (std::size_t i = 0; i < d.size(); ++i) d[i] = held(at, i) ? 0 : -d[i];
        return d;
    }

    /// From `at` along d to `next`; false when no step lowers the value.
    bool line_search(const Point& at, const Vector& d, double slope, Point& next) const {
        constexpr double enough = 1e-4, flat = 0.9;
        double low = 0, high = std::numeric_limits<double>::infinity(), step = 1;
        Point best;
        best.value = at.value;
        for (int trial = 0; trial < 60; ++trial) {
            next.x = at.x;
            for (std::size_t i = 0; i < d.size(); ++i) next.x[i] += step * d[i];
            project(next.x);
            evaluate(next);
            double expected = 0;
            for (std::size_t i = 0; i < d.size(); ++i) expected += at.gradient[i] * (next.x[i] - at.x[i]);
            // In the last digits the condition drowns in rounding; what lowers the value is then good enough.
            const bool lower = next.value <= at.value + enough * expected;
            if (next.value < best.value) best = next;
            if (!lower) {
                high = step;
            } else if (dot(next.gradient, d) < flat * slope) {
                low = step;
            } else {
                return true;
            }
            step = std::isinf(high) ? 2 * step : (low + high) / 2;
            if (step == low || step == high || step > 1e10) break;
        }
        if (best.x.empty()) return false;
        next = best;
        return true;
    }

    void remember(const Point& at, const Point& next) {
        Pair pair{next.x, next.gradient, 0};
        for (std::size_t i = 0; i < pair.step.size(); ++i) {
            pair.step[i] -= at.x[i];
            pair.change[i] -= at.gradient[i];
        }
        pair.curvature = dot(pair.step, pair.change);
        const double size = dot(pair.change, pair.change);
        if (!(pair.curvature > 1e-10 * std::sqrt(size * dot(pair.step, pair.step))) || size == 0) return;
        pairs_.push_back(std::move(pair));
        if (pairs_.size() > settings_.memory) pairs_.pop_front();
    }

    bool forget() {
        const bool any = !pairs_.empty();
        pairs_.clear();
        return any;
    }

  private:
    struct Pair {
        Vector step, change;
        double curvature = 0;
    };
    const LbfgsFunction& function_;
    const LbfgsSettings& settings_;
    std::deque<Pair> pairs_;
};

}  // namespace

LbfgsEnd minimize(std::vector<double>& x, const LbfgsFunction& function, const LbfgsSettings& settings,
                  const std::function<bool(const LbfgsStep&)>& on_step) {
    Search search(function, settings);
    Point at, next;
    at.x = x;
    search.project(at.x);
    search.evaluate(at);
    std::deque<double> values{at.value};
    LbfgsEnd end = LbfgsEnd::iterations;
    for (std::size_t iteration = 1; iteration <= settings.iterations; ++iteration) {
        const Vector slope = search.free_gradient(at);
        if (largest(slope) <= settings.gradient_tolerance) {
            end = LbfgsEnd::gradient;
            break;
        }
        Vector d = search.direction(at, slope);
        double descent = dot(d, at.gradient);
        bool moved = descent < 0 && search.line_search(at, d, descent, next);
        if (!moved && search.forget()) {
            d = search.direction(at, slope);
            descent = dot(d, at.gradient);
            moved = search.line_search(at, d, descent, next);
        }
        if (!moved) {
            end = LbfgsEnd::stuck;
            break;
        }
        search.remember(at, next);
        std::swap(at, next);
        if (on_step && !on_step({iteration, at.value, largest(search.free_gradient(at)), at.x})) {
            end = LbfgsEnd::stopped;
            break;
        }
        values.push_back(at.value);
        if (values.size() > settings.patience) {
            if (values.front() - at.value <= settings.change_tolerance) {
                end = LbfgsEnd::change;
                break;
            }
            values.pop_front();
        }
    }
    x = at.x;
    return end;
}

}  // namespace rbm
