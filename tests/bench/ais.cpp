// SPDX-License-Identifier: MIT
// Annealing against the SGEMMs alone: two products per beta.
#include "rbm/estimate/ais.h"

#include "bench.h"

int main(int, char** argv) {
    using namespace rbm;
    using namespace rbm::bench;
    app::choose_blas_core(argv);
    const Dataset data = binary_images(5000);
    Random random(1);
    Units base;
    const Machine machine = learned_machine(data, 20, random, &base);

    constexpr std::size_t chains = 100, betas = 200;
    const Bridge bridge(machine, base);
    const auto path = linear_betas(betas);
    Matrix v(chains, 784), h(chains, 500);
    data.fill(0, {}, v);
    report(fmt::format("AIS 784-500, {} chains, {} betas", chains, betas),
           compare([&] { annealed_log_partition(bridge, path, chains, random); },
                   [&] {
                       const Sgemm sgemm(threads());
                       for (std::size_t step = 0; step < betas; ++step) {
                           sgemm.multiply(v, machine.weights, h);
                           sgemm.multiply_transposed(h, machine.weights, v);
                           if (step % 16 == 0) data.fill(0, {}, v);  // products must not grow without bounds
                       }
                   }),
           {0.65, 0.85});
}
