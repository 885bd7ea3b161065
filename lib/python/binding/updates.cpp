// SPDX-License-Identifier: MIT
#include "updates.h"

#include <fmt/format.h>

#include <algorithm>

#include "rbm/kernels/ops.h"
#include "rbm/trainer/objectives/both_phases.h"

namespace rbm::python {

Updates::Updates(PyMachine& machine, Array chains, bool centering, std::vector<double> visible_means)
    : machine_(machine.machine), chains_(std::move(chains)), gradient_(machine.machine.zeros_like()) {
    if (chains_.ndim() != 2 || static_cast<std::size_t>(chains_.shape(1)) != machine_.hidden_count())
        throw InvalidArgument(fmt::format("Updates: expected chains of {} hidden units", machine_.hidden_count()));
    if (visible_means.size() != machine_.visible_count())
        throw InvalidArgument(
            fmt::format("Updates: {} visible means, expected {}", visible_means.size(), machine_.visible_count()));
    hidden_ = view_of(chains_);
    settings_.centering = centering;
    bound_log_sigma(machine_, settings_);
    state_ = UpdateState::start(machine_, settings_, visible_means);
    workspace_.defer_weights = true;
    batch_visible_.resize(machine_.visible_count());
    batch_hidden_.resize(machine_.hidden_count());
}

void Updates::draw(const Units& units, View field, ConstView means, MersenneTwister* numpy, Random& random, View out) {
    if (numpy != nullptr)
        numpy->flip(means, out);
    else
        sample(units, ConstView(field), {}, random.next(), out);
}

void Updates::step(const Dataset& data, std::span<const std::uint32_t> rows, float learning_rate,
                   MersenneTwister* numpy, Random& random) {
    const std::size_t batch = rows.size(), chains = hidden_.rows;
    workspace_.resize(machine_, batch, chains);
    data.fill(rows, {}, workspace_.visible.rows_from(0, batch));
    machine_.visible_field(hidden_, workspace_.machine, workspace_.visible_field);
    if (numpy != nullptr) {
        visible_mean_.resize(chains, machine_.visible_count());
        mean(machine_.visible, ConstView(workspace_.visible_field), {}, visible_mean_.view());
    }
    draw(machine_.visible, workspace_.visible_field, visible_mean_, numpy, random,
         workspace_.visible.rows_from(batch, chains));
    detail::field_and_mean(machine_, workspace_, 0, batch + chains);

    const float share = 1.0F / static_cast<float>(batch);
    const auto weights = std::span(workspace_.row_weights);
    std::fill(weights.begin(), weights.end(), share);
    std::fill(batch_visible_.begin(), batch_visible_.end(), 0.0F);
    std::fill(batch_hidden_.begin(), batch_hidden_.end(), 0.0F);
    add_column_sums(1.0, workspace_.visible.rows_from(0, batch), weights.first(batch), batch_visible_);
    add_column_sums(1.0, workspace_.hidden_mean.rows_from(0, batch), weights.first(batch), batch_hidden_);
    for (float& weight : weights.subspan(batch)) weight = -share;
    gradient_.each_parameter([](std::string_view name, std::span<float> values) {
        if (name != "weights") std::fill(values.begin(), values.end(), 0.0F);
    });
    detail::add_stacked_gradient(machine_, workspace_, gradient_);
    update_workspace_.weight_product = workspace_.weight_product;

    const Uninterrupted whole;
    draw(machine_.hidden, workspace_.hidden_field.rows_from(batch, chains),
         workspace_.hidden_mean.rows_from(batch, chains), numpy, random, hidden_);
    update(machine_, gradient_, state_, settings_, learning_rate, 0, batch_visible_, batch_hidden_, update_workspace_);
}

void Updates::run(const Dataset& data, std::span<const std::uint32_t> order, std::span<const std::size_t> batch_starts,
                  float learning_rate, MersenneTwister* numpy, Random& random, const Control& control) {
    Work work(control, "training", batch_starts.size());
    std::size_t longest = 0;
    for (std::size_t b = 0; b < batch_starts.size(); ++b)
        longest =
            std::max(longest, (b + 1 < batch_starts.size() ? batch_starts[b + 1] : order.size()) - batch_starts[b]);
    // Preparing costs about as much as an update, which one update alone would not earn back.
    const PreparedMachine prepared(machine_, workspace_.machine, batch_starts.size() < 2 ? 0 : longest + hidden_.rows);
    update_workspace_.prepared =
        workspace_.machine.prepared.holds(machine_.weights.view()) ? &workspace_.machine.prepared : nullptr;
    for (std::size_t b = 0; b < batch_starts.size(); ++b) {
        const std::size_t end = b + 1 < batch_starts.size() ? batch_starts[b + 1] : order.size();
        step(data, order.subspan(batch_starts[b], end - batch_starts[b]), learning_rate, numpy, random);
        work.advance();
    }
    update_workspace_.prepared = nullptr;
}

void add_updates(py::module_& module) {
    using Indices = py::array_t<std::uint32_t, py::array::c_style | py::array::forcecast>;
    using Starts = py::array_t<std::uint64_t, py::array::c_style | py::array::forcecast>;
    py::class_<MersenneTwister>(module, "MersenneTwister", "The generator of numpy.random.RandomState.")
        .def(py::init<const std::vector<std::uint32_t>&, std::size_t>(), py::arg("key"), py::arg("pos"))
        .def("state", [](const MersenneTwister& self) {
            return py::make_tuple(py::array(static_cast<py::ssize_t>(MersenneTwister::size), self.key().data()),
                                  self.place());
        });
    py::class_<Updates>(module, "Updates", "Persistent contrastive divergence batch by batch, for the estimators.")
        .def(py::init<PyMachine&, Array, bool, std::vector<double>>(), py::arg("machine"),
             py::arg("chains").noconvert(), py::arg("centering"), py::arg("visible_means"), py::keep_alive<1, 2>())
        .def(
            "run",
            [](Updates& self, const py::object& data, const Indices& order, const Starts& batch_starts,
               float learning_rate, MersenneTwister* numpy, Random& random, const py::object& progress) {
                const Rows rows = rows_from(data, "X");
                const std::span<const std::uint32_t> chosen(order.data(), static_cast<std::size_t>(order.size()));
                const std::vector<std::size_t> starts(batch_starts.data(), batch_starts.data() + batch_starts.size());
                if (std::ranges::any_of(chosen, [&](std::uint32_t row) { return row >= rows.rows; }) ||
                    !std::ranges::is_sorted(starts) || starts.empty() || starts.back() >= chosen.size())
                    throw InvalidArgument("Updates: batches do not lie within the data");
                const Dataset set = rows.dataset();
                unlocked(progress, [&](const Control& control) {
                    self.run(set, chosen, starts, learning_rate, numpy, random, control);
                });
            },
            py::arg("data"), py::arg("order"), py::arg("batch_starts"), py::arg("learning_rate"),
            py::arg("numpy").none(true), py::arg("random"), py::arg("progress") = py::none());
}

}  // namespace rbm::python
