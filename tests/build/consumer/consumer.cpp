// SPDX-License-Identifier: MIT
// A stranger's program: it knows the installed headers and the library, nothing of the source tree.
#include <rbm/rbm.h>

#include <cmath>
#include <cstdio>

int main() {
    using namespace rbm;
    const Dataset data = bars_and_stripes(3).data.prepared({Binarize::threshold, 0.5F, {}, {}}, StateForm::bits());
    Machine machine(Bernoulli(9), Bernoulli(4));
    Random random(2024);
    initialize(machine, data, random);
    train(machine, PersistentContrastiveDivergence{.steps = 1, .chains = 16}, data, {}, random);
    const double log_partition = exact_log_partition(machine);
    double log_likelihood = 0;
    for (const double free_energy : free_energies(machine, data)) log_likelihood -= free_energy + log_partition;
    std::printf("%zu samples, a likelihood %s\n", data.rows(),
                std::isfinite(log_likelihood) && log_likelihood < 0 ? "below 1" : "that cannot be");
    return 0;
}
