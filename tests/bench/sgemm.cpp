// SPDX-License-Identifier: MIT
// GFLOP/s of one product of training's shape on the core that a program ends up with.
#include "bench.h"

int main(int, char** argv) {
    using namespace rbm;
    using namespace rbm::bench;
    app::choose_blas_core(argv);
    Matrix a(100, 784), w(784, 500), out(100, 500);
    a.fill(1);
    w.fill(0.5F);
    const Sgemm sgemm(1);
    std::vector<double> times;
    for (int round = 0; round < 200; ++round) times.push_back(seconds([&] { sgemm.multiply(a, w, out); }));
    fmt::print("{{\"gflops\": {:.1f}, \"core\": \"{}\"}}\n", 2e-9 * 100 * 784 * 500 / undisturbed(times),
               blas_info().core);
}
