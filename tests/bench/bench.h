// SPDX-License-Identifier: MIT
// What the benchmarks share: lower quartiles of interleaved rounds, the SGEMM floor, and one JSON line per result.
//
// These machines are noisy, so a time means little: each result is a ratio to the floor measured in the same rounds,
// the SGEMMs that the work seems to need, through OpenBLAS's own threads and nothing else.
#pragma once

#include <cblas.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <functional>
#include <string>
#include <vector>

#include "apps/cli/blas_core.h"
#include "rbm/kernels/blas_info.h"
#include "rbm/kernels/threads.h"
#include "rbm/kernels/vector_kernels.h"
#include "rbm/rbm.h"

namespace rbm::bench {

inline double seconds(const std::function<void()>& work) {
    const auto start = std::chrono::steady_clock::now();
    work();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// The lower quartile: what disturbs a shared computer only ever adds time, and on some for half of the rounds.
inline double undisturbed(std::vector<double> values) {
    const auto quartile = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 4);
    std::nth_element(values.begin(), quartile, values.end());
    return *quartile;
}

struct Ratio {
    double work, floor, ratio;
};

/// OpenBLAS's own threads go on looking for work for some 25 ms after a product (2^26 ticks of the clock) and share the
/// processors with whatever comes next.  So work is done untimed until they sleep.  A pause would do as well, but not
/// on virtual machines: their processors, once idle, may come back as two halves of one core.
constexpr double openblas_awake_seconds = 0.05;
inline void outlast_openblas(const std::function<void()>& work) {
    for (double spent = 0; spent < openblas_awake_seconds;) spent += seconds(work);
}

/// Lower quartiles over rounds of floor, work, floor, work, ... and their ratio.
inline Ratio compare(const std::function<void()>& work, const std::function<void()>& floor, int rounds = 11) {
    work();
    floor();
    std::vector<double> works, floors;
    for (int round = 0; round < rounds; ++round) {
        floors.push_back(seconds(floor));
        outlast_openblas(work);
        works.push_back(seconds(work));
    }
    const double taken = undisturbed(works), least = undisturbed(floors);
    return {taken, least, taken / least};
}

/// The target of each class of instructions; 0: none.
struct Target {
    double avx512 = 0, avx2 = 0;
    double here() const { return vectorized::target_name() == "AVX2" ? avx2 : avx512; }
};

inline void report(const std::string& name, const Ratio& result, Target target) {
    fmt::print(
        "{{\"name\": \"{}\", \"ratio\": {:.3f}, \"target\": {}, \"seconds\": {:.6f}, \"floor_seconds\": {:.6f}, "
        "\"threads\": {}, \"core\": \"{}\", \"instructions\": \"{}\"}}\n",
        name, result.ratio, target.here(), result.work, result.floor, threads(), blas_info().core,
        vectorized::target_name());
    std::fflush(stdout);
}

/// out = a b, through OpenBLAS on as many threads as the library uses.
struct Sgemm {
    explicit Sgemm(std::size_t count) { openblas_set_num_threads(static_cast<int>(count)); }
    ~Sgemm() { openblas_set_num_threads(1); }
    Sgemm(const Sgemm&) = delete;
    Sgemm& operator=(const Sgemm&) = delete;

    static int size(std::size_t value) { return static_cast<int>(value); }
    void multiply(const Matrix& a, const Matrix& w, Matrix& out) const {
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, size(a.rows()), size(w.cols()), size(a.cols()), 1,
                    a.data(), size(a.cols()), w.data(), size(w.cols()), 0, out.data(), size(out.cols()));
    }
    void multiply_transposed(const Matrix& a, const Matrix& w, Matrix& out) const {
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, size(a.rows()), size(w.rows()), size(a.cols()), 1,
                    a.data(), size(a.cols()), w.data(), size(w.cols()), 0, out.data(), size(out.cols()));
    }
    void add_outer(const Matrix& a, const Matrix& b, Matrix& out) const {
        cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, size(a.cols()), size(b.cols()), size(a.rows()), 1e-6F,
                    a.data(), size(a.cols()), b.data(), size(b.cols()), 1, out.data(), size(out.cols()));
    }
};

/// Binarised MNIST from RBM_DATA, or bits of the same density where it is missing.
inline Dataset binary_images(std::size_t rows) {
    if (const char* folder = std::getenv("RBM_DATA"); folder != nullptr && *folder != '\0')
        return load_data(std::string(folder) + "/mnist-binarized/train-images-idx3-ubyte.gz")
            .prepared({Binarize::threshold, 0.5F, {}, {}}, StateForm::bits())
            .slice(0, rows);
    std::vector<std::uint8_t> bytes(rows * 784);
    for (std::size_t i = 0; i < bytes.size(); ++i)
        bytes[i] = uniform_from_bits(random_bits({1, 0, 0}, i / 784, i % 784)) < 0.132F ? 1 : 0;
    return Dataset::from_bytes(rows, 784, std::move(bytes), 1)
        .prepared({Binarize::threshold, 0.5F, {}, {}}, StateForm::bits());
}

/// All 60,000 thresholded digits of MNIST from RBM_DATA, or as many rows of bits of the same density.
inline Dataset all_digits() {
    if (const char* folder = std::getenv("RBM_DATA"); folder != nullptr && *folder != '\0')
        return load_data(std::string(folder) + "/mnist/train-images-idx3-ubyte.gz")
            .prepared({Binarize::threshold, 0.5F, {}, {}}, StateForm::bits());
    return binary_images(60000);
}

/// 784-500 after some epochs of PCD-1; `base` gets the visible units as initialize() leaves them: the data's rates.
inline Machine learned_machine(const Dataset& data, std::size_t epochs, Random& random, Units* base = nullptr) {
    Machine machine(Bernoulli(784), Bernoulli(500));
    initialize(machine, data, random);
    if (base != nullptr) *base = machine.visible;
    TrainSettings settings;
    settings.epochs = epochs;
    train(machine, PersistentContrastiveDivergence{1, 100}, data, settings, random);
    return machine;
}

}  // namespace rbm::bench
