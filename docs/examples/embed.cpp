// SPDX-License-Identifier: MIT
// Score samples with a model that somebody else has trained.  usage: embed MODEL DATA
#include <rbm/rbm.h>

#include <cstdio>

int main(int, char** argv) {
    const rbm::Model model = rbm::load_model(argv[1]);
    const rbm::StateForm form = rbm::state_form(model.machine.visible);
    const rbm::Dataset samples = rbm::load_data(argv[2]).prepared(model.preparation, form);
    for (const double nats : rbm::free_energies(model.machine, samples)) std::printf("%.6f\n", nats);
}
