// SPDX-License-Identifier: MIT
// L-BFGS: a smooth function's minimum from its gradients, within bounds.
//
// Our own, because of where likelihoods lead: to suprema that lie at infinity, where steps must stay monotone until the
// last digit of a double, and to sigmas that have a bound.  The line search brackets a step that meets the weak Wolfe
// conditions by bisection (Lewis & Overton, "Nonsmooth optimization via quasi-Newton methods", Math. Programming 2013,
// section 3); bounds are kept by projection (Bertsekas, SIAM J. Control 1982).
// Source: Nocedal & Wright, "Numerical Optimization", 2006, algorithm 7.4.
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <vector>

namespace rbm {

struct LbfgsSettings {
    std::size_t iterations = 1000;
    std::size_t memory = 20;           ///< pairs of steps and gradient changes
    double gradient_tolerance = 1e-9;  ///< ends when no component is larger
    double change_tolerance = 1e-12;   ///< ends when `patience` iterations together bring less than this
    std::size_t patience = 10;
    std::vector<double> low, high;  ///< bounds of each variable, or none
};

enum class LbfgsEnd { gradient, change, iterations, stuck, stopped };

struct LbfgsStep {
    std::size_t iteration = 0;  ///< from 1
    double value = 0;
    double gradient = 0;  ///< the largest component that does not push against a bound
    std::span<const double> x;
};

/// Value of the function at x; gradient, of the same length, is overwritten.
using LbfgsFunction = std::function<double(std::span<const double> x, std::span<double> gradient)>;

/// x moves to a local minimum; its value never rises.  on_step may return false to stop.  `function` may return
/// infinity or NaN where it has no value, but not at the start.
LbfgsEnd minimize(std::vector<double>& x, const LbfgsFunction& function, const LbfgsSettings& settings,
                  const std::function<bool(const LbfgsStep&)>& on_step = {});

}  // namespace rbm
