// SPDX-License-Identifier: MIT
// The kernels alone, in nanoseconds per element on one thread; the products also against their SGEMM.
#include "bench.h"
#include "rbm/kernels/ops.h"

int main(int, char** argv) {
    using namespace rbm;
    using namespace rbm::bench;
    app::choose_blas_core(argv);
    const std::size_t all = threads();
    const Dataset data = binary_images(5000);
    Matrix v(200, 784), weights(784, 500), h(200, 500), slopes(784, 500), out(200, 500);
    data.fill(0, {}, v);
    for (std::size_t i = 0; i < weights.values().size(); ++i)
        weights.values()[i] = 0.01F * normal_at({3, 0, 0}, i / 500, i % 500);
    multiply(v, weights, h);
    const std::vector<float> bias(784, -0.5F);
    const Floats hidden_bias = Floats(bias).first(500);

    set_threads(1);
    const auto per_element = [&](const char* name, std::size_t elements, Target target,
                                 const std::function<void()>& work) {
        work();
        std::vector<double> times;
        for (int round = 0; round < 25; ++round) times.push_back(seconds(work));
        fmt::print(
            "{{\"name\": \"{}\", \"nanoseconds_per_element\": {:.3f}, \"target\": {}, \"instructions\": \"{}\"}}\n",
            name, undisturbed(times) / static_cast<double>(elements) * 1e9, target.here(), vectorized::target_name());
    };
    per_element("logistic + Philox + compare", h.values().size(), {0.6, 1.4}, [&] {
        sample_logistic(h.view(), hidden_bias, {}, Stream{1, 2, 0}, out.view());
    });
    per_element("logistic", h.values().size(), {}, [&] { logistic(h.view(), hidden_bias, {}, out.view()); });
    std::vector<double> sums(200);
    per_element("softplus row sums", h.values().size(), {},
                [&] { add_softplus_sums(h.view(), hidden_bias, {}, sums); });
    per_element("normal draws", h.values().size(), {}, [&] {
        sample_normal(h.view(), hidden_bias, {}, Stream{1, 2, 0}, out.view());
    });
    set_threads(all);
    const std::vector<float> center(784, 0.1F);
    std::vector<float> row_shift(784), column_shift(500);
    WeightUpdate update;
    update.row_center = update.row_slope = center;
    update.column_center = update.column_slope = Floats(center).first(500);
    update.rate = 1e-9F;
    report("v -> h, 200 binary rows",
           compare([&] { multiply(v, weights, h); }, [&] { Sgemm(all).multiply(v, weights, out); }), {});
    report("outer product, 200 binary rows",
           compare(
               [&] {
                   add_outer({1e-6F, v, h}, slopes);
               },
               [&] { Sgemm(all).add_outer(v, out, slopes); }),
           {});
    report("update of 784 x 500 weights",
           compare(
               [&] {
                   backend().update_weights(slopes, update, {weights, {}, {}, row_shift, column_shift});
               },
               [&] { Sgemm(all).multiply(v, weights, out); }),
           {});
}
