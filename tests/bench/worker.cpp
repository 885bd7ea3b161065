// SPDX-License-Identifier: MIT
// The library and the floor for the scripts that alternate them with whole programs and with other software.
//
// usage: bench_worker IMAGES     784-500 units, batch 100, values above one half are 1
// First prints one JSON line about itself; then answers each request on standard input with the seconds it took:
//   floor K UPDATES    the SGEMMs of that many updates of CD-K
//   cd K, pcd K        one epoch of training; the machine goes on learning
//   floor-score        the SGEMM of scoring all images, in blocks of 1000
//   score              free energies of all images
#include <iostream>
#include <map>
#include <stdexcept>
#include <thread>

#include "floor.h"

namespace rbm::bench {
namespace {

class Worker {
  public:
    explicit Worker(const char* images)
        : data_(load_data(images).prepared({Binarize::threshold, 0.5F, {}, {}}, StateForm::bits())) {
        settings_.learning_rate = 0.05F;
        settings_.schedule = Schedule::constant;
    }

    std::size_t rows() const { return data_.rows(); }

    double answer(const std::string& request, std::size_t steps, std::size_t updates) {
        if (request == "floor") {
            TrainingFloor floor({data_.cols(), hidden, batch, steps});
            floor.run(5);
            return seconds([&] { floor.run(updates); });
        }
        if (request == "cd" || request == "pcd") {
            TrainState& state = state_of(request);
            return seconds([&] { epoch(state, request == "pcd", steps); });
        }
        if (request == "floor-score") return floor_score();
        if (request == "score") {
            const TrainState& state = state_of("cd");
            std::vector<double> scores;
            return seconds([&] { scores = free_energies(state.machine, data_); });
        }
        throw std::invalid_argument("unknown request: " + request);
    }

  private:
    static constexpr std::size_t hidden = 500, batch = 100;

    TrainState& state_of(const std::string& algorithm) {
        const auto found = states_.find(algorithm);
        return found != states_.end() ? found->second
                                      : states_.emplace(algorithm, start(algorithm == "pcd")).first->second;
    }

    TrainState start(bool persistent) {
        Machine machine(Bernoulli(data_.cols()), Bernoulli(hidden));
        Random random(1);
        initialize(machine, data_, random);
        return start_training(machine, data_, settings_, persistent ? batch : 0, 1);
    }

    void epoch(TrainState& state, bool persistent, std::size_t steps) {
        settings_.epochs = state.epoch + 1;
        if (persistent)
            train(state, PersistentContrastiveDivergence{steps, batch}, data_, settings_);
        else
            train(state, ContrastiveDivergence{steps}, data_, settings_);
    }

    double floor_score() {
        Matrix v(1000, data_.cols()), weights(data_.cols(), hidden), h(1000, hidden);
        data_.fill(0, {}, v);
        weights.fill(0.01F);
        const Sgemm sgemm(threads());
        sgemm.multiply(v, weights, h);
        return seconds([&] {
            for (std::size_t row = 0; row < data_.rows(); row += 1000) sgemm.multiply(v, weights, h);
        });
    }

    Dataset data_;
    TrainSettings settings_;
    std::map<std::string, TrainState> states_;
};

}  // namespace
}  // namespace rbm::bench

int main(int argc, char** argv) {
    using namespace rbm;
    using namespace rbm::bench;
    app::choose_blas_core(argv);
    if (argc != 2) {
        fmt::print(stderr, "usage: bench_worker IMAGES\n");
        return 2;
    }
    Worker worker(argv[1]);
    fmt::print("{{\"rows\": {}, \"threads\": {}, \"core\": \"{}\", \"instructions\": \"{}\"}}\n", worker.rows(),
               threads(), blas_info().core, vectorized::target_name());
    std::fflush(stdout);
    std::string request;
    while (std::cin >> request) {
        std::size_t steps = 0, updates = 0;
        if (request == "floor" || request == "cd" || request == "pcd") std::cin >> steps;
        if (request == "floor") std::cin >> updates;
        const double taken = worker.answer(request, steps, updates);
        if (request.starts_with("floor"))
            std::this_thread::sleep_for(std::chrono::duration<double>(openblas_awake_seconds));
        fmt::print("{:.6f}\n", taken);
        std::fflush(stdout);
    }
}
