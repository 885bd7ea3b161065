// SPDX-License-Identifier: MIT
// Train a machine on handwritten digits, score digits it has never seen, and let it dream.
#include <rbm/rbm.h>

#include <cstdio>

int main() {
    using namespace rbm;
    const Dataset grey = load_data("datasets/digits-images-idx3-ubyte.gz");

    Model model;
    model.machine = Machine(Bernoulli(grey.cols()), Bernoulli(100));
    model.preparation = default_preparation(model.machine.visible);  // values above 0.5 become 1
    model.image = grey.image;
    const Dataset digits = grey.prepared(model.preparation, state_form(model.machine.visible));
    const Dataset train_set = digits.slice(0, 1500), held_out = digits.slice(1500, 297);

    Machine& machine = model.machine;
    Random random(2024);
    initialize(machine, train_set, random);  // small weights; visible biases from the pixels' log-odds
    TrainSettings settings;
    settings.epochs = 200;
    const PersistentContrastiveDivergence pcd{.steps = 1, .chains = 100};
    train(machine, pcd, train_set, settings, random, [&](const EpochReport& report) {
        const double gap = free_energy_gap(machine, train_set, held_out);
        if (report.epoch % 50 == 0) std::printf("epoch %zu: free-energy gap %+.2f nats\n", report.epoch, gap);
    });
    save_model("digits.safetensors", model, IfExists::replace);

    // Score: the lower the free energy, the more a picture looks like the training data.
    for (const double nats : free_energies(machine, held_out.slice(0, 3))) std::printf("F = %.2f nats\n", nats);

    // Dream: 64 chains leave noise and wander for 1000 sweeps.
    Chains chains = Chains::from_noise(machine, 64, random);
    BlockGibbs{.steps = 1000}.step(machine, chains, random);
    save_sheet("dream.png", chains.visible, model.image, {}, IfExists::replace);
}
