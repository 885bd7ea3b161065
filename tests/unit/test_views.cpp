// SPDX-License-Identifier: MIT
// Data and parameters in memory of the caller's: nothing is copied, and results are the bytes that memory of their own
// gives.
#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <map>
#include <memory>
#include <string>

#include "rbm/data/column_moments.h"
#include "rbm/data/standardisation.h"
#include "rbm/model/borrow.h"
#include "rbm/sampler/block_gibbs.h"
#include "rbm/trainer/objectives/contrastive_divergence.h"
#include "rbm/trainer/train.h"
#include "tests/support/small_machines.h"

namespace rbm::views_test {
namespace {

constexpr std::size_t rows = 37, cols = 11;
constexpr StateForm spins{.discrete = true, .low = -1};

std::vector<float> greys() {
    std::vector<float> values(rows * cols);
    for (std::size_t i = 0; i < values.size(); ++i)
        values[i] = uniform_from_bits(random_bits({17, 1, 0}, i / cols, i % cols));
    return values;
}

std::vector<std::uint8_t> grey_bytes() {
    std::vector<std::uint8_t> bytes;
    for (const float value : greys()) bytes.push_back(static_cast<std::uint8_t>(255 * value));
    return bytes;
}

bool same_bits(std::span<const float> a, std::span<const float> b) {
    return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size_bytes()) == 0;
}

Matrix rows_of(const Dataset& data) {
    Matrix all(data.rows(), data.cols());
    data.fill(0, Stream{18, 1, 0}, all);
    return all;
}

bool same_rows(const Dataset& a, const Dataset& b) {
    return a.has_missing() == b.has_missing() && same_bits(rows_of(a).values(), rows_of(b).values());
}

template <class Rows>
const auto* memory_of(const Dataset& data) {
    return std::get<Rows>(data.storage()).rows.values().data();
}

/// A copy of values that begins one float behind a cache line's start: any alignment will do.
struct Elsewhere {
    explicit Elsewhere(std::span<const float> values) : floats(values.size() + 1) {
        std::copy(values.begin(), values.end(), floats.begin() + 1);
    }
    std::span<float> span() { return std::span<float>(floats.begin() + 1, floats.end()); }
    Buffer<float> floats;
};

/// The same machine, with its parameters there.
struct Lent {
    explicit Lent(const Machine& own) : machine(own) {
        own.each_parameter(
            [&](std::string_view name, std::span<const float> values) { places.emplace(name, Elsewhere(values)); });
        borrow_parameters(machine,
                          [&](std::string_view name, std::size_t) { return places.at(std::string(name)).span(); });
    }
    /// Whether the parameters of `other` lie there, and are the values of `expected`.
    bool holds(const Machine& other, const Machine& expected) {
        bool all = true;
        other.each_parameter([&](std::string_view name, std::span<const float> values) {
            all = all && values.data() == places.at(std::string(name)).span().data();
        });
        expected.each_parameter([&](std::string_view name, std::span<const float> values) {
            all = all && same_bits(values, places.at(std::string(name)).span());
        });
        return all;
    }
    std::map<std::string, Elsewhere> places;
    Machine machine;
};

}  // namespace

TEST_SUITE_BEGIN("views");

TEST_CASE("data in the caller's memory are read there, and give the rows of data in their own") {
    const std::vector<float> floats = greys();
    const std::vector<std::uint8_t> bytes = grey_bytes();
    const Dataset own_floats = Dataset::from_floats(rows, cols, floats),
                  own_bytes = Dataset::from_bytes(rows, cols, bytes, 255);
    const Dataset float_view = Dataset::view_floats(rows, cols, floats),
                  byte_view = Dataset::view_bytes(rows, cols, bytes, 255);
    REQUIRE(memory_of<FloatRows>(own_floats) != floats.data());
    CHECK(memory_of<FloatRows>(float_view) == floats.data());
    CHECK(memory_of<ByteRows>(byte_view) == bytes.data());
    CHECK(float_view.fingerprint() == own_floats.fingerprint());
    CHECK(byte_view.fingerprint() == own_bytes.fingerprint());

    const Standardisation columns = standardise(float_view);
    CHECK(columns.mean == standardise(own_floats).mean);
    struct Case {
        Preparation preparation;
        StateForm form;
    };
    const Case cases[] = {{{}, StateForm::numbers()},
                          {{Binarize::none, 0.5F, columns.mean, columns.scale}, StateForm::numbers()},
                          {{Binarize::sample, 0.5F, {}, {}}, StateForm::bits()},
                          {{Binarize::sample, 0.5F, {}, {}}, spins},
                          {{Binarize::threshold, 0.4F, {}, {}}, StateForm::bits()},
                          {{Binarize::threshold, 0.4F, {}, {}}, spins}};
    for (const auto& [preparation, form] : cases) {
        const Dataset floats_there = float_view.prepared(preparation, form),
                      bytes_there = byte_view.prepared(preparation, form);
        CHECK(same_rows(floats_there, own_floats.prepared(preparation, form)));
        CHECK(same_rows(bytes_there, own_bytes.prepared(preparation, form)));
        CHECK(same_rows(floats_there.slice(3, 20), own_floats.prepared(preparation, form).slice(3, 20)));
        CHECK(same_rows(bytes_there.spread(9), own_bytes.prepared(preparation, form).spread(9)));
        CHECK(column_means(floats_there) == column_means(own_floats.prepared(preparation, form)));
        if (preparation.binarize == Binarize::threshold) continue;  // bits are not the caller's floats
        CHECK(memory_of<FloatRows>(floats_there) == floats.data());
        CHECK(memory_of<ByteRows>(bytes_there) == bytes.data());
        CHECK(memory_of<FloatRows>(floats_there.slice(3, 20)) == floats.data() + 3 * cols);
        CHECK(memory_of<FloatRows>(Dataset(floats_there)) == floats.data());
    }
    CHECK(floats == greys());
}

TEST_CASE("data share their memory with what is made from them, whosever it is") {
    const Dataset data = Dataset::from_floats(rows, cols, greys());
    const auto [first, rest] = data.split(10);
    CHECK(memory_of<FloatRows>(first) == memory_of<FloatRows>(data));
    CHECK(memory_of<FloatRows>(rest) == memory_of<FloatRows>(data) + 10 * cols);
    CHECK(rest.fingerprint() != data.fingerprint());
    const Dataset bits = data.prepared({Binarize::threshold, 0.5F, {}, {}}, StateForm::bits());
    CHECK(memory_of<BitRows>(bits.slice(1, 4)) == memory_of<BitRows>(bits) + 1);
}

TEST_CASE("missing values in the caller's memory stay there") {
    std::vector<float> floats = greys();
    for (const std::size_t i : {3U, 40U, 41U, 99U}) floats[i] = std::nanf("");
    const std::vector<float> before = floats;
    Dataset own = Dataset::from_floats(rows, cols, floats), view = Dataset::view_floats(rows, cols, floats);
    own.allow_missing();
    view.allow_missing();
    REQUIRE(view.has_missing());
    const std::vector<float> filling(cols, 0.75F);
    CHECK(same_rows(view.without_missing(filling), own.without_missing(filling)));
    const Preparation halves{Binarize::threshold, 0.5F, {}, {}};
    CHECK(same_rows(view.prepared(halves, spins), own.prepared(halves, spins)));
    CHECK(memory_of<FloatRows>(view.prepared({}, StateForm::bits())) == floats.data());
    CHECK(same_bits(floats, before));
}

TEST_CASE("the owner of the memory is held until the last data set that looks at it is gone") {
    const auto owner = std::make_shared<const std::vector<float>>(greys());
    {
        Dataset part;
        {
            const Dataset data = Dataset::view_floats(rows, cols, *owner, owner);
            part = data.slice(1, 2).prepared({}, StateForm::numbers());
        }
        CHECK(owner.use_count() == 2);
        CHECK(part.value(0, 0) == (*owner)[cols]);
    }
    CHECK(owner.use_count() == 1);
}

TEST_CASE("what the caller writes between calls is seen") {
    std::vector<float> floats = greys();
    const Dataset view = Dataset::view_floats(rows, cols, floats).prepared({}, StateForm::bits());
    floats[2 * cols + 1] = 0.25F;
    CHECK(view.value(2, 1) == 0.25F);
    CHECK(rows_of(view)(2, 1) == 0.25F);
}

TEST_CASE("memory of another size is refused") {
    const std::vector<float> floats(12);
    const std::vector<std::uint8_t> bytes(12);
    CHECK_NOTHROW((void)Dataset::view_floats(3, 4, floats));
    CHECK_THROWS((void)Dataset::view_floats(3, 5, floats));
    CHECK_THROWS((void)Dataset::view_bytes(2, 5, bytes, 255));
    CHECK_THROWS((void)Dataset::from_bits(3, 65, std::vector<std::uint64_t>(3)));
    std::vector<float> memory(12);
    CHECK_THROWS((void)Matrix::borrowing(memory, 3, 5));
    Matrix lent = Matrix::borrowing(memory, 3, 4);
    CHECK_NOTHROW(lent.resize(4, 3));
    CHECK_THROWS(lent.resize(5, 3));
    CHECK_THROWS(lent = Matrix(2, 2));
}

TEST_CASE("of a matrix on the caller's memory copies are their own, moves hand it on, assignments write into it") {
    std::vector<float> memory{1, 2, 3, 4, 5, 6};
    Matrix lent = Matrix::borrowing(memory, 2, 3);
    CHECK(lent.data() == memory.data());
    CHECK(lent(1, 0) == 4);

    Matrix copy = lent;
    CHECK(copy == lent);
    CHECK(copy.data() != memory.data());
    copy(1, 0) = 40;
    CHECK(memory[3] == 4);

    lent = copy;
    CHECK(lent.data() == memory.data());
    CHECK(memory[3] == 40);
    lent = Matrix(2, 3);
    CHECK(lent.data() == memory.data());
    CHECK(memory == std::vector<float>(6));

    Matrix moved = std::move(lent);
    CHECK(moved.data() == memory.data());
    copy = std::move(moved);
    CHECK(copy.data() == memory.data());
}

TEST_CASE("a machine on the caller's memory scores, samples and learns there, in the bytes of one with its own") {
    for (const auto& pair : test::unit_pairs) {
        const auto& visible = pair.first;
        const auto& hidden = pair.second;
        CAPTURE(visible);
        CAPTURE(hidden);
        const Machine own = test::random_machine<float>(visible, 7, hidden, 5, 21, 0.3);
        Lent lent(own);
        CHECK(lent.holds(lent.machine, own));
        CHECK(lent.machine == own);

        const Matrix states = test::random_states(own.visible, 64, 22);
        CHECK(lent.machine.free_energy(states) == own.free_energy(states));
        const auto sampled = [&](const Machine& machine) {
            Random random(23);
            Chains chains = Chains::from_data(machine, states, random);
            BlockGibbs{.steps = 3}.step(machine, chains, random);
            return chains.visible;
        };
        CHECK(same_bits(sampled(lent.machine).values(), sampled(own).values()));

        const Dataset data =
            Dataset::from_floats(states.rows(), states.cols(), {states.values().begin(), states.values().end()});
        TrainSettings settings;
        settings.epochs = 2;
        settings.batch_size = 10;
        settings.momentum = 0.5F;
        const auto trained = [&](Machine machine) {
            TrainState state = start_training(std::move(machine), data, settings, 0, 24);
            train(state, ContrastiveDivergence{2}, data, settings);
            return std::move(state.machine);
        };
        const Machine expected = trained(own);
        REQUIRE(!same_bits(expected.weights.values(), own.weights.values()));
        Machine copy = lent.machine;
        const Machine found = trained(std::move(lent.machine));
        CHECK(found == expected);
        CHECK(lent.holds(found, expected));
        CHECK(copy == own);
    }
}

TEST_CASE("the short way to train writes into the caller's memory too") {
    const Machine own = test::random_machine<float>("bernoulli", 7, "bernoulli", 5, 31, 0.3);
    const Matrix states = test::random_states(own.visible, 64, 32);
    const Dataset data =
        Dataset::from_floats(states.rows(), states.cols(), {states.values().begin(), states.values().end()});
    TrainSettings settings;
    settings.epochs = 2;
    Machine expected = own;
    Lent lent(own);
    Random random(33), again(33);
    train(expected, ContrastiveDivergence{1}, data, settings, random);
    train(lent.machine, ContrastiveDivergence{1}, data, settings, again);
    CHECK(lent.holds(lent.machine, expected));
}

TEST_CASE("places of another size are refused, and then nothing has changed; empty ones leave a parameter alone") {
    const Machine own = test::random_machine<float>("gaussian", 7, "bernoulli", 5, 41, 0.3);
    Machine machine = own;
    std::vector<float> memory(7 * 5, 1.0F);
    const auto place = [&](std::string_view name, std::size_t count) {
        CHECK(count == (name == "weights" ? 35 : name == "hidden.bias" ? 5 : 7));
        return name == "hidden.bias" ? std::span(memory).first(6)
               : name == "weights"   ? std::span(memory)
                                     : std::span<float>();
    };
    CHECK_THROWS(borrow_parameters(machine, place));
    CHECK(machine == own);
    borrow_parameters(machine, [&](std::string_view name, std::size_t count) {
        return name == "hidden.bias" ? std::span<float>() : place(name, count);
    });
    CHECK(machine.weights.data() == memory.data());
    CHECK(machine.weights(6, 4) == 1);
    CHECK(machine.hidden == own.hidden);
    CHECK(machine.visible == own.visible);
}

TEST_SUITE_END();
}  // namespace rbm::views_test
