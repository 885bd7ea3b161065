// SPDX-License-Identifier: MIT
// A machine whose score is published: 784-500, CD-25, Salakhutdinov & Murray, ICML 2008, log Z 451.28.
#include <doctest/doctest.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <numeric>
#include <string>

#include "rbm/estimate/monitor.h"
#include "rbm/io/bytes.h"
#include "rbm/io/gzip.h"
#include "rbm/io/idx.h"
#include "rbm/io/model_file.h"
#include "rbm/kernels/backend.h"
#include "rbm/kernels/context.h"
#include "tests/support/skip.h"

using namespace rbm;

TEST_SUITE_BEGIN("golden");

TEST_CASE("the published machine scores the published likelihood, on every backend") {
    const char* folder = std::getenv("RBM_DATA");
    if (folder == nullptr || *folder == '\0') return test::skip("RBM_DATA names no folder");
    const std::string root(folder), images = root + "/mnist-binarized/test-images-idx3-ubyte.gz";
    const std::string machine = root + "/golden/cd25_500.safetensors";
    for (const std::string& path : {images, machine})
        if (!std::filesystem::exists(path)) return test::skip("there is no " + path);
    const Model model = load_model(machine);
    CHECK(model.machine.visible_count() == 784);
    CHECK(model.machine.hidden_count() == 500);
    const Dataset data =
        parse_idx(gunzip(read_bytes(images), images), images).prepared(model.preparation, StateForm::bits());
    CHECK(data.rows() == 10000);
    const auto mean = [](const std::vector<double>& values) {
        return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
    };
    const auto fast = [&](const Dataset& rows) {
        const ContextScope scope({.backend = &openblas_backend()});
        return mean(free_energies(model.machine, rows));
    };
    const double score = -fast(data) - 451.28;
    CHECK(std::abs(score - -86.338) < 0.01);  // as published
    CHECK(score == doctest::Approx(-86.338).epsilon(1e-5));
    // The plain loops take their time: the others' first thousand rows tell as much.
    const Dataset first = data.slice(0, 1000);
    const double expected = fast(first);
    for (const auto name : available_backends()) {
        INFO(std::string(name));
        const ContextScope scope({.backend = &backend_named(name)});
        CHECK(mean(free_energies(model.machine, first)) == doctest::Approx(expected).epsilon(1e-6));
    }
}

TEST_SUITE_END();
