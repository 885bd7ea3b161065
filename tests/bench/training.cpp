// SPDX-License-Identifier: MIT
// Training against the SGEMMs alone: 5 + 2 (k - 1) products per update of CD-k and PCD-k.
#include "floor.h"

namespace rbm::bench {
namespace {

constexpr std::size_t rows = 5000;

struct Case {
    const char* name;
    const char* algorithm;
    std::size_t hidden, batch, steps;
    Target target;
};

void run(const Case& one) {
    const bool gaussian = std::string_view(one.algorithm) == "gaussian";
    Dataset data = binary_images(rows);
    if (gaussian) {
        std::vector<float> values(rows * 784);
        for (std::size_t i = 0; i < values.size(); ++i) values[i] = normal_at({2, 0, 0}, i / 784, i % 784);
        data = Dataset::from_floats(rows, 784, std::move(values));
    }
    Machine machine(make_units<float>(gaussian ? "gaussian" : "bernoulli", 784), Bernoulli(one.hidden));
    Random random(1);
    initialize(machine, data, random);
    TrainSettings settings;
    settings.batch_size = one.batch;
    settings.learning_rate = gaussian ? 0.01F : 0.05F;
    settings.schedule = Schedule::constant;
    const bool persistent = std::string_view(one.algorithm) == "pcd";
    TrainState state = start_training(machine, data, settings, persistent ? one.batch : 0, 1);
    std::size_t epochs = 0;
    const auto train_epochs = [&](std::size_t count) {
        settings.epochs = epochs += count;
        if (persistent)
            train(state, PersistentContrastiveDivergence{one.steps, one.batch}, data, settings);
        else
            train(state, ContrastiveDivergence{one.steps}, data, settings);
    };
    train_epochs(10);  // hidden states as dense as those of a machine that has learned something
    TrainingFloor floor({784, one.hidden, one.batch, one.steps});
    report(one.name, compare([&] { train_epochs(1); }, [&] { floor.run(rows / one.batch); }), one.target);
}

}  // namespace
}  // namespace rbm::bench

int main(int argc, char** argv) {
    rbm::app::choose_blas_core(argv);
    using rbm::bench::Case;
    for (const Case& one :
         {Case{"CD-1 784-500 batch 100", "cd", 500, 100, 1, {0.50, 0.70}},
          Case{"PCD-1 784-500 batch 100", "pcd", 500, 100, 1, {0.50, 0.70}},
          Case{"CD-10 784-500 batch 100", "cd", 500, 100, 10, {0.55, 0.75}},
          Case{"CD-1 784-1024 batch 128", "cd", 1024, 128, 1, {0.50, 0.70}},
          Case{"PCD-1 784-1024 batch 128", "pcd", 1024, 128, 1, {}},
          Case{"CD-10 784-1024 batch 128", "cd", 1024, 128, 10, {}},
          Case{"CD-1 784-500 batch 10", "cd", 500, 10, 1, {0.70, 0.70}},
          Case{"PCD-1 784-500 batch 10", "pcd", 500, 10, 1, {}}, Case{"CD-10 784-500 batch 10", "cd", 500, 10, 10, {}},
          Case{"Gaussian CD-1 784-500 batch 100", "gaussian", 500, 100, 1, {1.15, 1.15}}})
        if (argc < 2 || std::string_view(one.name).find(argv[1]) != std::string_view::npos) rbm::bench::run(one);
}
