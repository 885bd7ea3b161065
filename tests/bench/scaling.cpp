// SPDX-License-Identifier: MIT
// How the cost of one sample grows with the numbers of units, the batch, the density of ones, chains and threads.
#include <initializer_list>

#include "floor.h"

namespace rbm::bench {
namespace {

constexpr int rounds = 7;
using Sizes = std::initializer_list<std::size_t>;

/// Small and large machines have targets of their own.
Target target_of(std::string_view sweep, double x) {
    if (sweep == "hidden" && x <= 64) return x <= 16 ? Target{1.2, 1.5} : Target{0.8, 1.0};
    if (sweep == "visible" && x <= 49) return x <= 16 ? Target{1.2, 1.5} : Target{0.9, 1.0};
    if ((sweep == "visible" && x >= 3000) || (sweep == "hidden" && x >= 4000)) return {0.75, 0.85};
    return {};
}

void tell(const char* sweep, double x, double samples, const Ratio& result) {
    fmt::print(
        "{{\"sweep\": \"{}\", \"x\": {}, \"nanoseconds\": {:.1f}, \"floor_nanoseconds\": {:.1f}, \"ratio\": {:.3f}, "
        "\"target\": {}, \"threads\": {}, \"core\": \"{}\", \"instructions\": \"{}\"}}\n",
        sweep, x, 1e9 * result.work / samples, 1e9 * result.floor / samples, result.ratio, target_of(sweep, x).here(),
        threads(), blas_info().core, vectorized::target_name());
    std::fflush(stdout);
}

Dataset random_bits_of(std::size_t rows, std::size_t cols, double density) {
    std::vector<std::uint8_t> bytes(rows * cols);
    for (std::size_t i = 0; i < bytes.size(); ++i)
        bytes[i] = static_cast<double>(uniform_from_bits(random_bits({1, 0, 0}, i / cols, i % cols))) < density;
    return Dataset::from_bytes(rows, cols, std::move(bytes), 1)
        .prepared({Binarize::threshold, 0.5F, {}, {}}, StateForm::bits());
}

/// Enough updates that a round takes some tens of milliseconds.
std::size_t updates_of(const Shape& shape) {
    const double flops = 10 * static_cast<double>(shape.visible * shape.hidden * shape.batch);
    return std::clamp<std::size_t>(static_cast<std::size_t>(6e9 / flops), 2, 20000 / shape.batch + 1);
}

void training(const char* sweep, double x, const Shape& shape, double density = 0.132) {
    const std::size_t updates = updates_of(shape);
    const Dataset data = random_bits_of(updates * shape.batch, shape.visible, density);
    Machine machine(Bernoulli(shape.visible), Bernoulli(shape.hidden));
    Random random(1);
    initialize(machine, data, random);
    TrainSettings settings;
    settings.batch_size = shape.batch;
    settings.learning_rate = 0.01F;
    settings.schedule = Schedule::constant;
    TrainState state = start_training(machine, data, settings, 0, 1);
    TrainingFloor floor(shape);
    const Ratio result = compare(
        [&] {
            settings.epochs = state.epoch + 1;
            train(state, ContrastiveDivergence{1}, data, settings);
        },
        [&] { floor.run(updates); }, rounds);
    tell(sweep, x, static_cast<double>(updates * shape.batch), result);
}

/// `count` chains of a machine that has learned MNIST's digits a little, per chain and sweep.
void gibbs(std::size_t count) {
    static const Dataset data = binary_images(5000);
    static const Machine machine = [] {
        Random random(1);
        return learned_machine(data, 5, random);
    }();
    Matrix v(count, 784), after(count, 784), h(count, 500);
    for (std::size_t row = 0; row < count; ++row) {
        const std::uint32_t rows[] = {static_cast<std::uint32_t>(row % data.rows())};
        data.fill(rows, {}, v.rows_from(row, 1));
    }
    Random random(2);
    Chains chains = Chains::from_data(machine, v, random);
    const std::size_t sweeps = std::max<std::size_t>(2, 3000 / count);
    const Ratio result = compare([&] { BlockGibbs{sweeps}.step(machine, chains, random); },
                                 [&] {
                                     const Sgemm sgemm(threads());
                                     for (std::size_t sweep = 0; sweep < sweeps; ++sweep) {
                                         sgemm.multiply(v, machine.weights, h);
                                         sgemm.multiply_transposed(h, machine.weights, after);
                                     }
                                 },
                                 rounds);
    tell("chains", static_cast<double>(count), static_cast<double>(count * sweeps), result);
}

}  // namespace
}  // namespace rbm::bench

int main(int, char** argv) {
    using namespace rbm;
    using namespace rbm::bench;
    app::choose_blas_core(argv);
    const auto number = [](std::size_t value) { return static_cast<double>(value); };
    for (const std::size_t visible : Sizes{16, 49, 196, 784, 3136}) training("visible", number(visible), {visible});
    for (const std::size_t hidden : Sizes{16, 64, 250, 1000, 4000}) training("hidden", number(hidden), {784, hidden});
    for (const std::size_t batch : Sizes{1, 3, 10, 32, 100, 316, 1000})
        training("batch", number(batch), {784, 500, batch});
    for (const double density : {0.0, 0.01, 0.05, 0.13, 0.25, 0.5, 0.75, 1.0})
        training("density", density, {}, density);
    for (const std::size_t count : Sizes{1, 10, 100, 1000, 5000}) gibbs(count);
    const std::size_t all = threads();
    for (std::size_t count = 1; count <= all; count = count < all ? std::min(2 * count, all) : all + 1) {
        set_threads(count);
        training("threads", number(count), {});
    }
}
