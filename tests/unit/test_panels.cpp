// SPDX-License-Identifier: MIT
// Packed weights, and updates that multiply their slopes out on the way, against the same work done plainly.
#include <doctest/doctest.h>

#include <cmath>
#include <optional>

#include "rbm/kernels/backend.h"
#include "rbm/kernels/context.h"
#include "rbm/kernels/ops.h"
#include "rbm/kernels/packed_weights.h"
#include "rbm/kernels/panel_products.h"
#include "rbm/kernels/threads.h"
#include "rbm/kernels/vector_kernels.h"
#include "rbm/rbm.h"
#include "tests/support/small_machines.h"

using namespace rbm;
using rbm::test::random_machine;

namespace panels_test {
namespace {

constexpr float not_a_number = std::numeric_limits<float>::quiet_NaN();

struct Shape {
    std::size_t rows, visible, hidden;
};
/// Whole panels, one more, one less, many rows to a block and a single one.
const Shape shapes[] = {{1, 1, 1}, {7, 31, 33}, {33, 32, 64}, {40, 100, 77}, {300, 45, 130}};

Matrix normals(std::size_t rows, std::size_t cols, std::uint64_t seed) {
    Matrix values(rows, cols);
    for (std::size_t r = 0; r < rows; ++r)
        for (std::size_t c = 0; c < cols; ++c) values(r, c) = normal_at(Stream{seed, 1, 0}, r, c);
    return values;
}

/// Of the elements a share `density` is not 0: ones, or values.  Rows differ in density.
Matrix states(std::size_t rows, std::size_t cols, double density, bool ones, std::uint64_t seed) {
    Matrix values = normals(rows, cols, seed);
    for (std::size_t r = 0; r < rows; ++r)
        for (std::size_t c = 0; c < cols; ++c) {
            const double u = static_cast<double>(uniform_from_bits(random_bits(Stream{seed, 2, 0}, r, c)));
            const double own = density == 0 || density == 1 ? density : density * (r % 3 == 0 ? 1.8 : 1);
            values(r, c) = u >= own ? 0 : ones ? 1 : values(r, c);
        }
    return values;
}

Matrix transposed(const Matrix& a) {
    Matrix result(a.cols(), a.rows());
    for (std::size_t r = 0; r < a.rows(); ++r)
        for (std::size_t c = 0; c < a.cols(); ++c) result(c, r) = a(r, c);
    return result;
}

void check_packed(const PreparedWeights& prepared, const Matrix& weights) {
    REQUIRE(dynamic_cast<const PackedWeights*>(prepared.form()) != nullptr);
    const auto& packed = static_cast<const PackedWeights&>(*prepared.form());
    std::size_t wrong = 0;
    for (std::size_t i = 0; i < weights.rows(); ++i)
        for (std::size_t j = 0; j < weights.cols(); ++j) {
            const auto element = [](const Panels& panels, std::size_t row, std::size_t column) {
                return panels.panel(column / panel_width)[row * panel_width + column % panel_width];
            };
            wrong += element(packed.by_hidden(), i, j) != weights(i, j);
            wrong += element(packed.by_visible(), j, i) != weights(i, j);
        }
    CHECK(wrong == 0);
}

}  // namespace

TEST_SUITE_BEGIN("panels");

TEST_CASE("packed weights are the weights in both orders, and give products the same bits") {
    for (const Shape& shape : shapes) {
        const Matrix weights = normals(shape.visible, shape.hidden, 1), turned = transposed(weights);
        const ContextScope scope({.backend = &openblas_backend()});
        PreparedWeights packed;
        packed.prepare(weights);
        CHECK(packed.holds(weights.view()));
        CHECK(!packed.holds(turned.view()));
        check_packed(packed, weights);
        for (const double density : {0.0, 0.01, 0.13, 0.5, 1.0})
            for (const bool ones : {true, false}) {
                CAPTURE(shape.visible);
                CAPTURE(density);
                CAPTURE(ones);
                const Matrix v = states(shape.rows, shape.visible, density, ones, 2);
                const Matrix h = states(shape.rows, shape.hidden, density, ones, 3);
                Matrix up(shape.rows, shape.hidden), plain_up = up;
                Matrix down(shape.rows, shape.visible), plain_down = down;
                up.fill(not_a_number), down.fill(not_a_number);
                openblas_backend().multiply_prepared(v, packed, up);
                openblas_backend().multiply(v, weights, plain_up);
                CHECK(up == plain_up);
                openblas_backend().multiply_prepared_transposed(h, packed, down);
                openblas_backend().multiply(h, turned, plain_down);
                CHECK(down == plain_down);
                reference_backend().multiply_prepared_transposed(h, packed, down);
                for (std::size_t i = 0; i < down.values().size(); ++i)
                    REQUIRE(down.values()[i] == doctest::Approx(plain_down.values()[i]).epsilon(1e-5).scale(1));
            }
        packed.release();
        CHECK(!packed.holds(weights.view()));
    }
}

TEST_CASE("no number in a state or a weight stays none") {
    Matrix weights = normals(40, 50, 1);
    weights(39, 49) = not_a_number;
    Matrix v = states(70, 40, 0.2, true, 2);
    for (std::size_t b = 0; b < 70; ++b) v(b, 39) = b % 2 == 0 ? 1.0F : 0.0F;
    v(7, 3) = not_a_number;
    PreparedWeights packed;
    packed.prepare(weights, openblas_backend());
    Matrix up(70, 50);
    openblas_backend().multiply_prepared(v, packed, up);
    // At (odd, 49) a zero meets the weight, and may be skipped or multiplied.
    for (std::size_t b = 0; b < 70; ++b)
        for (std::size_t j = 0; j < 50; ++j)
            if (j != 49 || b % 2 == 0) REQUIRE(std::isnan(up(b, j)) == (b == 7 || j == 49));
}

TEST_CASE("an outer product with row weights is the plain one, for dense and sparse columns") {
    for (const Shape& shape : shapes)
        for (const double density : {0.0, 0.01, 0.13, 0.5, 1.0})
            for (const bool ones : {true, false}) {
                const Matrix left = states(shape.rows, shape.visible, density, ones, 4);
                const Matrix right = normals(shape.rows, shape.hidden, 5);
                const Matrix row_weights = normals(1, shape.rows, 6);
                Matrix found = normals(shape.visible, shape.hidden, 7), expected = found;
                const OuterProduct product{-0.75F, left, right, row_weights.values()};
                openblas_backend().add_outer(product, found);
                reference_backend().add_outer(product, expected);
                const double scale = std::sqrt(static_cast<double>(shape.rows));
                for (std::size_t i = 0; i < found.values().size(); ++i)
                    REQUIRE(found.values()[i] == doctest::Approx(expected.values()[i]).epsilon(1e-6).scale(scale));
            }
}

TEST_CASE("an update by states is the update by their outer product, and keeps packed weights up to date") {
    for (const Shape& shape : shapes)
        for (int parts = 0; parts < 16; ++parts) {
            CAPTURE(shape.visible);
            CAPTURE(parts);
            const std::size_t rows = shape.visible, cols = shape.hidden;
            const Matrix left = states(shape.rows, rows, 0.2, (parts & 1) != 0, 4);
            const Matrix right = normals(shape.rows, cols, 5), row_weights = normals(1, shape.rows, 6);
            const Matrix of_rows = normals(3, rows, 8), of_columns = normals(3, cols, 9);
            const OuterProduct product{-0.1F, left, right, row_weights.values()};
            WeightUpdate update;
            update.rate = 0.1F;
            update.momentum = 0.6F;
            if ((parts & 2) != 0) {
                update.row_center = of_rows.row(0), update.column_center = of_columns.row(0);
                update.row_slope = of_rows.row(1), update.column_slope = of_columns.row(1);
            }
            if ((parts & 4) != 0) update.row_scale = of_rows.row(2), update.decay = 0.01F, update.shrink = 0.7F;
            update.adam = (parts & 8) != 0;
            struct Outcome {
                Matrix weights, velocity, second;
                std::vector<float> row_shift, column_shift;
                std::vector<double> coupling;
                WeightUpdateSums sums;
            };
            const auto run = [&](auto step) {
                Outcome o{normals(rows, cols, 10),
                          Matrix(rows, cols),
                          Matrix(rows, cols),
                          std::vector<float>(rows),
                          std::vector<float>(cols),
                          std::vector<double>((parts & 2) != 0 ? rows : 0),
                          {}};
                const bool keeps = update.adam || (parts & 4) != 0;
                o.sums =
                    step(WeightMemory{o.weights, keeps ? o.velocity.view() : View(),
                                      update.adam ? o.second.view() : View(), o.row_shift, o.column_shift, o.coupling});
                return o;
            };
            Matrix slopes(rows, cols);
            reference_backend().add_outer(product, slopes);
            const Outcome expected = run(
                [&](const WeightMemory& memory) { return reference_backend().update_weights(slopes, update, memory); });
            std::vector<Outcome> found;
            for (const std::size_t count : {1U, 3U}) {
                const ContextScope scope({.threads = count});
                found.push_back(run([&](WeightMemory memory) {
                    PreparedWeights packed;
                    packed.prepare(memory.weights, openblas_backend());
                    memory.prepared = &packed;
                    const auto sums = openblas_backend().update_weights_by_outer(product, update, memory);
                    Matrix now(rows, cols);
                    std::copy_n(memory.weights.data, rows * cols, now.data());
                    check_packed(packed, now);
                    return sums;
                }));
                found.push_back(run([&](const WeightMemory& memory) {
                    return openblas_backend().update_weights_by_outer(product, update, memory);
                }));
            }
            for (const Outcome& one : found) {
                CHECK(one.weights == found[0].weights);
                CHECK(one.velocity == found[0].velocity);
                CHECK(one.row_shift == found[0].row_shift);
                CHECK(one.column_shift == found[0].column_shift);
                CHECK(one.coupling == found[0].coupling);
            }
            const auto same = [](std::span<const float> one, std::span<const float> other, double scale) {
                for (std::size_t i = 0; i < one.size(); ++i)
                    REQUIRE(static_cast<double>(one[i]) ==
                            doctest::Approx(static_cast<double>(other[i])).epsilon(1e-5).scale(scale));
            };
            // Adam's first step is as long for the smallest slope as for the largest, and rounding decides its sign.
            if (!update.adam) {
                same(found[0].weights.values(), expected.weights.values(), 1);
                same(found[0].row_shift, expected.row_shift, static_cast<double>(cols));
                same(found[0].column_shift, expected.column_shift, static_cast<double>(rows));
            }
            for (std::size_t i = 0; i < expected.coupling.size(); ++i)
                CHECK(found[0].coupling[i] ==
                      doctest::Approx(expected.coupling[i]).epsilon(1e-5).scale(static_cast<double>(cols)));
            same(found[0].velocity.values(), expected.velocity.values(), 1);
            same(found[0].second.values(), expected.second.values(), 1);
            CHECK(found[0].sums.slope_squares == doctest::Approx(expected.sums.slope_squares).epsilon(1e-4));
            if (!update.adam)
                CHECK(found[0].sums.step_squares == doctest::Approx(expected.sums.step_squares).epsilon(1e-4));
        }
}

/// Packs as the fast backend does, and leaves the rest to the reference loops.
class Packing final : public Backend {
  public:
    std::string_view name() const override { return "packing"; }
    std::unique_ptr<WeightForm> prepare(ConstView weights, std::unique_ptr<WeightForm> before) const override {
        return openblas_backend().prepare(weights, std::move(before));
    }
};

TEST_CASE("a plain dense update keeps prepared weights up to date too, of a backend that does not know how") {
    const Packing plain;
    for (const Backend* backend : {&openblas_backend(), static_cast<const Backend*>(&plain)}) {
        Matrix weights = normals(70, 50, 1);
        const Matrix slopes = normals(70, 50, 2);
        PreparedWeights packed;
        packed.prepare(weights, *backend);
        WeightUpdate update;
        update.rate = 0.5F;
        backend->update_weights(slopes, update, {.weights = weights, .prepared = &packed});
        CHECK(weights(3, 4) == doctest::Approx(normals(70, 50, 1)(3, 4) - 0.5F * slopes(3, 4)));
        check_packed(packed, weights);
    }
}

TEST_CASE("weights that one backend has prepared are not held for another, nor by a copy") {
    const Matrix weights = normals(70, 50, 1), v = normals(90, 70, 2);
    const ContextScope fast({.backend = &openblas_backend()});
    PreparedWeights prepared;
    prepared.prepare(weights);
    CHECK(prepared.holds(weights.view()));
    const PreparedWeights copy(prepared);
    CHECK(!copy.holds(weights.view()));
    CHECK(copy.form() == nullptr);
    {
        const ContextScope plain({.backend = &reference_backend()});
        CHECK(!prepared.holds(weights.view()));
        Matrix found(90, 50), expected(90, 50);
        multiply(ConstView(v), ConstView(weights), prepared, found);
        reference_backend().multiply(v, weights, expected);
        CHECK(found == expected);
        prepared.prepare(weights);
        CHECK(prepared.form() == nullptr);
        CHECK(prepared.holds(weights.view()));
    }
    CHECK(!prepared.holds(weights.view()));
    prepared.prepare(weights);
    check_packed(prepared, weights);
}

TEST_CASE("weights are prepared for as long as the guard lives, where it pays") {
    const auto machine = random_machine<float>("bernoulli", 20, "bernoulli", 10, 3);
    const ContextScope scope({.backend = &openblas_backend()});
    Workspace workspace;
    {
        const PreparedMachine few(machine, workspace, 63);
        CHECK(!workspace.prepared.holds(machine.weights.view()));
        const PreparedMachine outer(machine, workspace, 64);
        CHECK(workspace.prepared.holds(machine.weights.view()));
        { const PreparedMachine inner(machine, workspace, 1000); }
        CHECK(workspace.prepared.holds(machine.weights.view()));
    }
    CHECK(!workspace.prepared.holds(machine.weights.view()));
    const ContextScope plain({.backend = &reference_backend()});
    const PreparedMachine never(machine, workspace, 1000);
    CHECK(!workspace.prepared.holds(machine.weights.view()));
}

TEST_CASE("chains whose weights change between steps follow the new ones") {
    auto machine = random_machine<float>("bernoulli", 20, "bernoulli", 10, 3);
    Random random(1);
    Chains chains = Chains::from_noise(machine, 200, random);
    BlockGibbs{2}.step(machine, chains, random);
    std::fill(machine.weights.values().begin(), machine.weights.values().end(), 0.0F);
    for (float& bias : location(machine.visible)) bias = -100;
    BlockGibbs{1}.step(machine, chains, random);
    double on = 0;
    for (const float unit : chains.visible.values()) on += static_cast<double>(unit);
    CHECK(on == 0);
}

TEST_CASE("training with the fast path on and off ends at the same exact likelihood, but for what chance does") {
    const Dataset digits = load_data(RBM_DIGITS).prepared({Binarize::threshold, 0.5F, {}, {}}, StateForm::bits());
    const auto log_likelihood = [&](std::string_view backend_name, std::uint64_t seed, bool persistent) {
        std::optional<ContextScope> scope(std::in_place, Context{.backend = &backend_named(backend_name)});
        Machine machine(Bernoulli(64), Bernoulli(12));
        Random random(seed);
        initialize(machine, digits, random);
        TrainSettings settings;
        settings.epochs = 60;
        settings.batch_size = 60;
        if (persistent)
            train(machine, PersistentContrastiveDivergence{1, 60}, digits, settings, random);
        else
            train(machine, ContrastiveDivergence{2}, digits, settings, random);
        scope.reset();  // the likelihood is the same on any
        double mean_free_energy = 0;
        for (const double value : free_energies(machine, digits, {})) mean_free_energy += value;
        return -mean_free_energy / static_cast<double>(digits.rows()) - exact_log_partition(machine);
    };
    for (const bool persistent : {false, true}) {
        double fast = 0, plain = 0;
        constexpr int seeds = 3;
        for (int seed = 1; seed <= seeds; ++seed) {
            fast += log_likelihood("openblas", static_cast<std::uint64_t>(seed), persistent) / seeds;
            plain += log_likelihood("reference", static_cast<std::uint64_t>(seed), persistent) / seeds;
        }
        CAPTURE(persistent);
        CAPTURE(fast);
        CAPTURE(plain);
        CHECK(std::abs(fast - plain) < 0.2);
        CHECK(fast > -23);  // they have learned: independent pixels have -25.1
        CHECK(fast != plain);
    }
}

TEST_SUITE_END();

}  // namespace panels_test
