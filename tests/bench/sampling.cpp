// SPDX-License-Identifier: MIT
// Gibbs chains and scoring against the SGEMMs alone: two products per sweep, one per score.
#include "bench.h"

int main(int, char** argv) {
    using namespace rbm;
    using namespace rbm::bench;
    app::choose_blas_core(argv);
    const Dataset data = binary_images(5000);
    Random random(1);
    const Machine machine = learned_machine(data, 20, random);

    Matrix rows(1000, 784);
    data.fill(0, {}, rows);
    Chains chains = Chains::from_data(machine, rows, random);
    Matrix v = rows, h(1000, 500);
    report("1000 Gibbs chains 784-500, 5 sweeps",
           compare([&] { BlockGibbs{5}.step(machine, chains, random); },
                   [&] {
                       const Sgemm sgemm(threads());
                       for (int sweep = 0; sweep < 5; ++sweep) {
                           sgemm.multiply(rows, machine.weights, h);
                           sgemm.multiply_transposed(h, machine.weights, v);
                       }
                   }),
           {0.70, 0.80});

    const Dataset digits = all_digits();
    std::vector<double> scores;
    report("scoring 60,000 digits 784-500",
           compare([&] { scores = free_energies(machine, digits); },
                   [&] {
                       const Sgemm sgemm(threads());
                       for (int block = 0; block < 60; ++block) sgemm.multiply(rows, machine.weights, h);
                   }),
           {0.40, 0.55});
}
