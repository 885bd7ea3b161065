// SPDX-License-Identifier: MIT
#include "rbm/trainer/exact_training.h"

#include <fmt/format.h>

#include <atomic>
#include <boost/random/normal_distribution.hpp>
#include <chrono>
#include <cmath>
#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>
#include <utility>

#include "rbm/data/column_moments.h"
#include "rbm/kernels/error.h"
#include "rbm/kernels/ops.h"
#include "rbm/kernels/threads.h"
#include "rbm/trainer/train.h"

namespace rbm {
namespace {

// start.cpp has 3 and 4, train.cpp 1 and 2.
constexpr std::uint64_t restart_purpose = 5;
/// Standard deviations of the hidden fields at the start: the best optimum of bars and stripes of 3 x 3 pixels by 4
/// hidden units is found by 1, 16, 25 and 32 % of such restarts.
constexpr double field_spreads[] = {0.5, 1.5, 3, 4.5};
/// Evaluations above this are worth their threads; below, restarts are.
constexpr double cost_of_many_threads = 3e5;
constexpr double at_the_bound = 1e-9;

std::vector<double> flat(const PreciseMachine& machine) {
    std::vector<double> values;
    machine.each_parameter(
        [&](std::string_view, std::span<const double> part) { values.insert(values.end(), part.begin(), part.end()); });
    return values;
}

void unflatten(std::span<const double> values, PreciseMachine& machine) {
    std::size_t next = 0;
    machine.each_parameter([&](std::string_view, std::span<double> part) {
        std::copy_n(values.begin() + static_cast<std::ptrdiff_t>(next), part.size(), part.begin());
        next += part.size();
    });
}

/// Log scales have bounds, all else none.
void set_bounds(const PreciseMachine& machine, const ExactSettings& settings, LbfgsSettings& search) {
    bool any = false;
    machine.each_parameter([&](const Parameter& parameter, std::span<const double> part) {
        const bool bounded = parameter.role == Role::log_scale;
        any = any || bounded;
        for (std::size_t i = 0; i < part.size(); ++i) {
            if (!bounded) {
                search.low.push_back(-std::numeric_limits<double>::infinity());
                search.high.push_back(std::numeric_limits<double>::infinity());
                continue;
            }
            const float low = settings.minimum_sigma[settings.minimum_sigma.size() == 1 ? 0 : i];
            search.low.push_back(std::log(static_cast<double>(low)));
            search.high.push_back(std::log(static_cast<double>(settings.maximum_sigma)));
        }
    });
    if (!any) search.low.clear(), search.high.clear();
}

Machine rounded(const PreciseMachine& machine) {
    Machine result(similar_units<float>(machine.visible), similar_units<float>(machine.hidden));
    each_pair(result, machine, [](std::string_view, std::span<float> out, std::span<const double> values) {
        for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<float>(values[i]);
    });
    return result;
}

/// What all restarts begin with, before the draws.
struct Start {
    PreciseMachine marginals;     ///< the best machine with W = 0
    std::vector<double> means;    ///< [V] of the data
    double statistic_spread = 1;  ///< square root of the visible statistics' total variance

    Start(const Machine& shape, const Dataset& data, std::span<const float> sample_weights)
        : means(column_means(data, sample_weights)) {
        Machine machine = shape;
        Random unused;
        initialize(machine, data, unused, sample_weights);
        marginals = precise(machine);
        Matrix row(1, data.cols());
        BasicMatrix<double> scratch;
        const BasicMatrix<double> center = statistic_of(ConstDoubleView(means.data(), 1, means.size()));
        double squares = 0, total = 0;
        for (std::size_t r = 0; r < data.rows(); ++r) {
            const double weight = sample_weights.empty() ? 1 : static_cast<double>(sample_weights[r]);
            data.fill(r, Stream{}, row);
            const BasicMatrix<double> values = statistic_of(precise(row));
            for (std::size_t i = 0; i < data.cols(); ++i) {
                const double distance = values(0, i) - center(0, i);
                squares += weight * distance * distance;
            }
            total += weight;
        }
        if (squares > 0) statistic_spread = std::sqrt(squares / total);
    }

    PreciseMachine draw(std::uint64_t seed, std::size_t number) const {
        Random random = Random(seed).fork(restart_purpose).fork(number);
        PreciseMachine machine = marginals;
        const double spread = field_spreads[number % std::size(field_spreads)] / statistic_spread;
        boost::random::normal_distribution<double> normal(0, spread);
        for (double& weight : machine.weights.values()) weight = normal(random);
        PreciseMachine::Workspace workspace;
        BasicMatrix<double> field(1, machine.hidden_count()), hidden_means(1, machine.hidden_count()),
            visible_field(1, machine.visible_count());
        mean(machine.hidden, field, {}, hidden_means.view());
        machine.hidden_field(ConstDoubleView(means.data(), 1, means.size()), workspace, field.view());
        machine.visible_field(hidden_means, workspace, visible_field.view());
        subtract(field.row(0), location(machine.hidden));
        subtract(visible_field.row(0), location(machine.visible));
        return machine;
    }

  private:
    BasicMatrix<double> statistic_of(ConstDoubleView state) const {
        BasicMatrix<double> result(state.rows, state.cols), scratch;
        const ConstDoubleView values = statistic(marginals.visible, state, scratch);
        for (std::size_t r = 0; r < state.rows; ++r)
            std::copy(values.row(r).begin(), values.row(r).end(), result.row(r).begin());
        return result;
    }
    static void subtract(std::span<const double> values, std::span<double> from) {
        for (std::size_t i = 0; i < from.size(); ++i) from[i] -= values[i];
    }
};

using OnStep = std::function<void(const ExactStep&)>;

ExactRestart run_restart(const ExactLikelihood& likelihood, PreciseMachine machine, const ExactSettings& settings,
                         std::size_t number, const OnStep& on_step, const Control& control) {
    ExactRestart result;
    result.number = number;
    PreciseMachine gradient;
    const auto penalty_of = [&](std::span<const double> values) {
        double sum = 0;  // the weights come first
        for (std::size_t i = 0; i < machine.weights.values().size(); ++i) sum += values[i] * values[i];
        return 0.5 * settings.weight_decay * sum;
    };
    const LbfgsFunction loss = [&](std::span<const double> x, std::span<double> out) {
        unflatten(x, machine);
        const double value = likelihood(machine, &gradient, control);
        const auto slopes = gradient.weights.values();
        for (std::size_t i = 0; i < slopes.size(); ++i) slopes[i] -= settings.weight_decay * x[i];
        std::size_t next = 0;
        gradient.each_parameter([&](std::string_view, std::span<const double> part) {
            for (const double slope : part) out[next++] = -slope;
        });
        return penalty_of(x) - value;
    };
    LbfgsSettings search;
    search.iterations = settings.iterations;
    set_bounds(machine, settings, search);
    std::vector<double> x = flat(machine);
    result.end = minimize(x, loss, search, [&](const LbfgsStep& step) {
        result.steps.push_back({step.iteration, penalty_of(step.x) - step.value, step.gradient});
        on_step(result.steps.back());
        return likelihood.bound() - result.steps.back().log_likelihood > at_the_bound;
    });
    unflatten(x, machine);
    result.machine = rounded(machine);
    result.log_likelihood = likelihood(precise(result.machine), nullptr, control);
    if (!std::isfinite(result.log_likelihood))
        throw Diverged(fmt::format("restart {}: the log-likelihood is {}; check the scale of the data", number + 1,
                                   result.log_likelihood));
    result.reached_bound = likelihood.bound() - result.log_likelihood <= near_the_bound;
    return result;
}

void check_settings(const ExactSettings& settings, std::size_t columns) {
    if (settings.restarts == 0) throw InvalidArgument("train_exactly: restarts is 0, expected at least 1");
    if (!(settings.weight_decay >= 0))
        throw InvalidArgument(
            fmt::format("train_exactly: weight_decay is {}, expected at least 0", settings.weight_decay));
    if (settings.minimum_sigma.size() != 1 && settings.minimum_sigma.size() != columns)
        throw InvalidArgument(fmt::format("train_exactly: {} values of minimum_sigma, expected 1 or {}",
                                          settings.minimum_sigma.size(), columns));
    for (const float low : settings.minimum_sigma)
        if (!(low > 0) || !(low <= settings.maximum_sigma))
            throw InvalidArgument(
                fmt::format("train_exactly: minimum_sigma is {}, expected a number above 0, and at most the {} of "
                            "maximum_sigma",
                            low, settings.maximum_sigma));
}

/// Lets threads take restarts by their numbers.  What they did waits until the caller's thread hands it on, in that
/// order.
class Restarts {
  public:
    Restarts(std::size_t first, std::size_t end, const ExactObserver& observer, const Control& control)
        : next_(first), end_(end), delivered_(first), observer_(observer), work_(control, "restarts", end, first) {}

    /// Runs restarts until there are no more; `run` makes one of its number.  On several threads at once.
    template <class Run>
    void work(const Run& run) {
        try {
            for (auto number = take(); number; number = take()) {
                const Running running(*this);
                hand_in(run(*number));
            }
            if (on_callers_thread()) wait_for_others();
        } catch (const Cancelled&) {
            if (work_.cancelled()) throw;  // otherwise a restart before this one reached the bound
        } catch (...) {
            abandoned_ = true;
            throw;
        }
    }

    void note(std::size_t number, const ExactStep& step) {
        if (!observer_.on_step) return;
        const std::lock_guard lock(mutex_);
        steps_.emplace_back(number, step);
    }

    /// For what a restart calls: it ends when it has become useless.
    Control control() {
        return {{}, [this] {
                    if (on_callers_thread()) deliver();
                    return abandoned_ || finished_ || work_.cancelled();
                }};
    }

  private:
    /// From take() until the restart is handed in or given up.
    class Running {
      public:
        explicit Running(Restarts& all) : all_(all) {}
        ~Running() {
            const std::lock_guard lock(all_.mutex_);
            --all_.running_;
            all_.changed_.notify_all();
        }
        Running(const Running&) = delete;
        Running& operator=(const Running&) = delete;

      private:
        Restarts& all_;
    };

    bool on_callers_thread() const { return std::this_thread::get_id() == owner_; }

    std::optional<std::size_t> take() {
        const std::lock_guard lock(mutex_);
        if (abandoned_ || finished_ || next_ >= end_) return std::nullopt;
        ++running_;
        return next_++;
    }

    void hand_in(ExactRestart&& result) {
        const std::lock_guard lock(mutex_);
        const std::size_t number = result.number;
        waiting_.emplace(number, std::move(result));
    }

    void deliver() {
        const Uninterrupted callbacks;
        std::unique_lock lock(mutex_);
        if (!steps_.empty()) {
            const auto steps = std::exchange(steps_, {});
            lock.unlock();
            for (const auto& [number, step] : steps) observer_.on_step(number, step);
            lock.lock();
        }
        for (auto at = waiting_.find(delivered_); at != waiting_.end() && !finished_; at = waiting_.find(delivered_)) {
            ExactRestart restart = std::move(at->second);
            waiting_.erase(at);
            ++delivered_;
            lock.unlock();
            const bool reached_bound = restart.reached_bound;
            if (observer_.on_restart) observer_.on_restart(restart);
            if (reached_bound)
                finished_ = true;
            else
                work_.advance();
            lock.lock();
        }
    }

    /// Asks and hands on meanwhile, which waiting for the threads would not.
    void wait_for_others() {
        constexpr auto between_asks = std::chrono::milliseconds(20);
        for (bool done = false; !done;) {
            deliver();
            if (!finished_) work_.ask();
            std::unique_lock lock(mutex_);
            done = running_ == 0 || finished_;
            if (!done) changed_.wait_for(lock, between_asks);
        }
        deliver();
    }

    std::mutex mutex_;
    std::condition_variable changed_;
    std::size_t next_, end_, delivered_, running_ = 0;
    std::map<std::size_t, ExactRestart> waiting_;
    std::vector<std::pair<std::size_t, ExactStep>> steps_;
    std::atomic<bool> abandoned_{false}, finished_{false};
    const ExactObserver& observer_;
    const std::thread::id owner_ = std::this_thread::get_id();
    Work work_;
};

}  // namespace

void exact_restarts(const Machine& machine, const Dataset& data, std::span<const float> sample_weights,
                    const ExactSettings& settings, std::uint64_t seed, std::size_t first, const ExactObserver& observer,
                    const Control& control) {
    check_settings(settings, data.cols());
    const ExactLikelihood likelihood(machine, data, sample_weights);
    const Start start(machine, data, sample_weights);
    Restarts restarts(first, settings.restarts, observer, control);
    const Control each = restarts.control();
    const auto run = [&](std::size_t number) {
        const OnStep on_step = [&](const ExactStep& step) { restarts.note(number, step); };
        return run_restart(likelihood, start.draw(seed, number), settings, number, on_step, each);
    };
    if (likelihood.cost() > cost_of_many_threads)
        restarts.work(run);
    else
        parallel_for(std::min(threads(), settings.restarts), [&](std::size_t) { restarts.work(run); });
}

ExactRestart train_exactly(const Machine& machine, const Dataset& data, const ExactSettings& settings,
                           std::uint64_t seed, std::span<const float> sample_weights, const Control& control) {
    ExactRestart best;
    best.log_likelihood = -std::numeric_limits<double>::infinity();
    ExactObserver observer;
    observer.on_restart = [&](ExactRestart& restart) {
        if (restart.log_likelihood > best.log_likelihood) best = std::move(restart);
    };
    exact_restarts(machine, data, sample_weights, settings, seed, 0, observer, control);
    return best;
}

}  // namespace rbm
