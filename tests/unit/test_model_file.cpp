// SPDX-License-Identifier: MIT
// Model and checkpoint files: what is saved comes back bit for bit, and what is no model is refused by name.
#include <doctest/doctest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <limits>
#include <stdexcept>

#include "rbm/io/atomic_file.h"
#include "rbm/io/bytes.h"
#include "rbm/io/checkpoint_file.h"
#include "rbm/io/model_file.h"
#include "rbm/kernels/error.h"
#include "tests/support/small_machines.h"
#include "tests/support/temporary_file.h"

using namespace rbm;
using namespace rbm::test;

namespace {

Model model_of(const std::string& visible_kind, const std::string& hidden_kind, std::uint64_t seed) {
    Model model;
    model.machine = random_machine<float>(visible_kind, 6, hidden_kind, 4, seed);
    model.preparation = default_preparation(model.machine.visible);
    return model;
}

/// Every optional thing at once.
Model full_model(const std::string& visible_kind, const std::string& hidden_kind) {
    Model model = model_of(visible_kind, hidden_kind, 170);
    model.machine.weights(0, 0) = std::numeric_limits<float>::denorm_min();
    model.machine.weights(1, 1) = -0.0F;
    model.machine.weights(2, 2) = std::numeric_limits<float>::max();
    if (visible_kind == "gaussian") {
        model.preparation.mean = {0.1F, 0.2F, -3, 4, 0, 1e-20F};
        model.preparation.scale = {1, 2, 0.3F, 1e-6F, 5, 1e10F};
    } else {
        model.preparation.threshold = 0.3F;
    }
    model.image = {2, 3};
    model.rates = {0, 0.1F, 0.25F, 1.0F / 3, 0.5F, 1};
    if (visible_kind == "potts") {
        model.image = {3, 6};
        model.rates.resize(model.machine.visible_count(), 0.25F);
    }
    model.log_partition = LogPartition{451.28000000000003, 450.1, 452.9999999999999, "ais"};
    model.anomaly = AnomalyThreshold{-93.100000000000009, 0.99, 60000};
    return model;
}

bool same_bits(const Machine& a, const Machine& b) {
    bool same = a.visible_count() == b.visible_count() && a.hidden_count() == b.hidden_count() &&
                kind(a.visible) == kind(b.visible) && kind(a.hidden) == kind(b.hidden);
    if (same)
        each_pair(a, b, [&](std::string_view, std::span<const float> x, std::span<const float> y) {
            same = same && x.size() == y.size() && std::memcmp(x.data(), y.data(), x.size_bytes()) == 0;
        });
    return same;
}

/// What model_from() says of the tensors after `change`; "" when it takes them.
template <class Change>
std::string fault(Change change, const std::string& visible_kind = "bernoulli") {
    Tensors file = model_tensors(full_model(visible_kind, "bernoulli"));
    file.source = "m.safetensors";
    change(file);
    try {
        (void)model_from(parse_safetensors(encode_safetensors(file), file.source));
    } catch (const DataError& error) {
        return error.what();
    }
    return "";
}

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

Tensor floats(std::vector<std::size_t> shape, float value = 0.5F) {
    std::size_t count = 1;
    for (const std::size_t length : shape) count *= length;
    return make_tensor(std::move(shape), std::span<const float>(std::vector<float>(count, value)));
}

Checkpoint small_checkpoint() {
    Checkpoint checkpoint;
    checkpoint.model = full_model("bernoulli", "bernoulli");
    TrainState& state = checkpoint.state;
    state.machine = checkpoint.model.machine;
    state.update.velocity = random_machine<float>("bernoulli", 6, "bernoulli", 4, 171);
    state.update.second_moment = random_machine<float>("bernoulli", 6, "bernoulli", 4, 172);
    state.update.average = random_machine<float>("bernoulli", 6, "bernoulli", 4, 174);
    state.update.visible_offset = {1, 2, 3, 4, 5, 6};
    state.update.hidden_offset = {1, 2, 3, 4};
    state.update.hidden_activity = {4, 3, 2, 1};
    state.update.updates = 1234567890123;
    Random random(173);
    static_cast<Chains&>(state.chains) = Chains::from_noise(state.machine, 3, random);
    state.chains.fast = random_machine<float>("bernoulli", 6, "bernoulli", 4, 175);
    const Bridge bridge(state.machine, state.machine.visible);
    state.chains.tempered = TemperedChains::start(bridge, std::vector<float>{0, 0.25F, 1}, 2, random);
    Tempering{.steps = 9}.step(bridge, state.chains.tempered, random);
    checkpoint.best = BestEpoch{5, -80.25, true};
    state.random = {~0ULL, 5, 3};
    state.seed = 0x8000000000000001ULL;
    state.epoch = 7;
    state.batch = 3;
    state.gradient_norms = 0.1;
    state.steps_to_weights = 1.0 / 3;
    checkpoint.options = {{"hidden", "4"}, {"note", "a \"quoted\"\nline"}};
    return checkpoint;
}

/// What load_checkpoint() says of a small checkpoint after `change`.
template <class Change>
std::string checkpoint_fault(Change change) {
    const TemporaryFile file("model");
    save_checkpoint(file.path(), small_checkpoint());
    Tensors content = parse_safetensors(read_bytes(file.path()), file.path());
    change(content);
    write_file(file.path(), encode_safetensors(content), IfExists::replace);
    try {
        (void)load_checkpoint(file.path());
    } catch (const DataError& error) {
        return error.what();
    }
    return "";
}

}  // namespace

TEST_SUITE_BEGIN("model_file");

TEST_CASE("models of every kind, with and without what is optional, come back bit for bit") {
    const TemporaryFile file("model");
    for (const auto& [visible_kind, hidden_kind] : unit_pairs)
        for (const bool full : {false, true}) {
            const std::string kinds = visible_kind + "-" + hidden_kind;
            CAPTURE(kinds);
            const Model model = full ? full_model(visible_kind, hidden_kind) : model_of(visible_kind, hidden_kind, 174);
            save_model(file.path(), model, IfExists::replace);
            const Model back = load_model(file.path());
            CHECK(same_bits(back.machine, model.machine));
            if (visible_kind == "potts") CHECK(site_width(back.machine.visible) == potts_states);
            CHECK(back.preparation == model.preparation);
            CHECK(back.image == model.image);
            CHECK(back.rates == model.rates);
            CHECK(back.log_partition == model.log_partition);
            CHECK(back.anomaly == model.anomaly);
            CHECK(back.labels == model.labels);
            const auto bytes = read_bytes(file.path());
            save_model(file.path(), back, IfExists::replace);
            CHECK(read_bytes(file.path()) == bytes);
        }
    Model labelled = full_model("spin", "bernoulli");
    labelled.labels = {3, 700};
    labelled.image = {4, 1};  // of what is no label
    save_model(file.path(), labelled, IfExists::replace);
    CHECK(load_model(file.path()).labels == labelled.labels);
    CHECK(load_model(file.path()).image == labelled.image);
    for (const Binarize binarize : {Binarize::threshold, Binarize::sample, Binarize::none}) {
        Model model = model_of("bernoulli", "bernoulli", 175);
        model.preparation.binarize = binarize;
        model.preparation.threshold = 0.3F;  // in the file only where it is used, and equal all the same
        save_model(file.path(), model, IfExists::replace);
        const Preparation back = load_model(file.path()).preparation;
        CHECK(back.binarize == binarize);
        CHECK(back == model.preparation);
        CHECK(back.threshold == (binarize == Binarize::threshold ? 0.3F : 0.5F));
    }
    CHECK(Preparation{Binarize::threshold, 0.3F, {}, {}} != Preparation{Binarize::threshold, 0.5F, {}, {}});
    CHECK(Preparation{Binarize::none, 0.3F, {}, {}} != Preparation{Binarize::sample, 0.3F, {}, {}});
    CHECK(Preparation{Binarize::none, 0.5F, {1}, {2}} != Preparation{Binarize::none, 0.5F, {1}, {3}});
    CHECK(Preparation{Binarize::none, 0.5F, {1}, {2}} != Preparation{Binarize::none, 0.5F, {0}, {2}});
}

TEST_CASE("a log Z that no file can hold is refused at saving, and leaves the old file alone") {
    const TemporaryFile file("model");
    Model model = model_of("bernoulli", "bernoulli", 176);
    model.log_partition = LogPartition{1, 0, 2, "ais"};
    save_model(file.path(), model, IfExists::replace);
    const auto bytes = read_bytes(file.path());
    for (const double bad :
         {std::numeric_limits<double>::infinity(), -std::numeric_limits<double>::infinity(), std::nan("")})
        for (double LogPartition::*const member : {&LogPartition::value, &LogPartition::low, &LogPartition::high}) {
            Model broken = model;
            (*broken.log_partition).*member = bad;
            CHECK_THROWS_AS(save_model(file.path(), broken, IfExists::replace), InvalidArgument);
        }
    CHECK(read_bytes(file.path()) == bytes);
}

TEST_CASE("a file that says to binarise and to standardise is bad data") {
    Model model = full_model("gaussian", "bernoulli");
    for (const Binarize binarize : {Binarize::threshold, Binarize::sample, Binarize::none}) {
        Tensors file = model_tensors(model);
        file.metadata["data.binarize"] = name_of(binarize);
        if (binarize == Binarize::none)
            CHECK_NOTHROW(model_from(file));
        else
            CHECK_THROWS_AS(model_from(file), DataError);
    }
    Model bits = full_model("bernoulli", "bernoulli");
    bits.preparation.binarize = Binarize::none;
    bits.preparation.mean = model.preparation.mean;
    bits.preparation.scale = model.preparation.scale;
    Tensors unsaid = model_tensors(bits);
    CHECK_NOTHROW(model_from(unsaid));
    unsaid.metadata.erase("data.binarize");  // Bernoulli units are binarised unless the file says otherwise
    CHECK_THROWS_AS(model_from(unsaid), DataError);
}

TEST_CASE("names, shapes and metadata are those of the format") {
    const Tensors bits = model_tensors(full_model("bernoulli", "bernoulli"));
    CHECK(bits.at("weights").shape == std::vector<std::size_t>{6, 4});
    CHECK(bits.at("weights").dtype == "F32");
    CHECK(bits.at("visible.bias").shape == std::vector<std::size_t>{6});
    CHECK(bits.at("hidden.bias").shape == std::vector<std::size_t>{4});
    CHECK(bits.at("data.rates").shape == std::vector<std::size_t>{6});
    CHECK(bits.tensors.size() == 4);
    const std::map<std::string, std::string> expected = {{"rbm.format", "1"},
                                                         {"visible.units", "bernoulli"},
                                                         {"hidden.units", "bernoulli"},
                                                         {"data.binarize", "threshold"},
                                                         {"data.threshold", "0.3"},
                                                         {"image.height", "2"},
                                                         {"image.width", "3"},
                                                         {"anomaly.free_energy", "-93.10000000000001"},
                                                         {"anomaly.quantile", "0.99"},
                                                         {"anomaly.samples", "60000"},
                                                         {"log_partition", "451.28000000000003"},
                                                         {"log_partition_low", "450.1"},
                                                         {"log_partition_high", "452.9999999999999"},
                                                         {"log_partition_method", "ais"}};
    CHECK(bits.metadata == expected);
    const Tensors reals = model_tensors(full_model("gaussian", "bernoulli"));
    CHECK(reals.contains("visible.center"));
    CHECK(reals.contains("visible.log_sigma"));
    CHECK(reals.contains("data.mean"));
    CHECK(reals.contains("data.scale"));
    CHECK_FALSE(reals.contains("visible.bias"));
    CHECK(reals.metadata.at("visible.units") == "gaussian");
    CHECK(reals.metadata.at("data.binarize") == "none");
    CHECK(parse_safetensors(encode_safetensors(bits), "m").metadata.contains("rbm.crc32"));
    // Row-major: element (v, h) of the machine is element v * H + h of the tensor.
    const Model model = full_model("bernoulli", "bernoulli");
    CHECK(bits.f32("weights")[4 * 3 + 2] == model.machine.weights(3, 2));
}

TEST_CASE("what pictures hold of colours is kept, where they are not grey") {
    Model model = full_model("bernoulli", "bernoulli");  // 6 units
    CHECK_FALSE(model_tensors(model).metadata.contains("image.channels"));
    for (const auto& [shape, name] :
         {std::pair{ImageShape{1, 2, Channels::rgb}, "rgb"}, std::pair{ImageShape{2, 3, Channels::alpha}, "alpha"}}) {
        model.image = shape;
        const Tensors file = model_tensors(model);
        CHECK(file.metadata.at("image.channels") == name);
        CHECK(model_from(file).image == shape);
    }
    Tensors file = model_tensors(model);
    file.metadata["image.channels"] = "rgb";
    CHECK_THROWS_WITH_AS((void)model_from(file),
                         doctest::Contains("image.height x image.width is 2 x 3, expected a product of 6 / 3"),
                         DataError);
    file.metadata["image.channels"] = "RGB";
    CHECK_THROWS_WITH_AS((void)model_from(file), doctest::Contains("expected grey, rgb or alpha"), DataError);
}

TEST_CASE("a stranger's file of weights and two biases is a Bernoulli machine with threshold 0.5") {
    Tensors file;
    file.tensors["weights"] = floats({3, 2});
    file.tensors["visible.bias"] = floats({3}, 1);
    file.tensors["hidden.bias"] = floats({2}, -1);
    const Model model = model_from(file);
    CHECK(kind(model.machine.visible) == "bernoulli");
    CHECK(kind(model.machine.hidden) == "bernoulli");
    CHECK(model.machine.visible_count() == 3);
    CHECK(model.machine.weights(2, 1) == 0.5F);
    CHECK(location(model.machine.hidden)[1] == -1);
    CHECK(model.preparation == Preparation{Binarize::threshold, 0.5F, {}, {}});
    CHECK(model.image == ImageShape{});
    CHECK(model.rates.empty());
    CHECK_FALSE(model.log_partition.has_value());
    // log Z without an interval is its own interval; unknown tensors and keys do not matter.
    file.metadata["log_partition"] = "12.5";
    file.metadata["someone"] = "else";
    file.tensors["extra"] = floats({7});
    CHECK(model_from(file).log_partition == LogPartition{12.5, 12.5, 12.5, ""});
    // Gaussian units without a record: nothing happens to the data.
    file.metadata["visible.units"] = "gaussian";
    file.tensors["visible.center"] = floats({3});
    file.tensors["visible.log_sigma"] = floats({3}, 0);
    CHECK(model_from(file).preparation == Preparation{Binarize::none, 0.5F, {}, {}});
}

TEST_CASE("each fault of a model is refused with a message that names it") {
    const float nan = std::numeric_limits<float>::quiet_NaN(), inf = std::numeric_limits<float>::infinity();
    CHECK(fault([](Tensors&) {}).empty());
    CHECK(fault([](Tensors&) {}, "gaussian").empty());
    const auto drop = [](const char* name) { return [=](Tensors& file) { file.tensors.erase(name); }; };
    const auto put = [](const char* name, Tensor tensor) {
        return [=](Tensors& file) { file.tensors[name] = tensor; };
    };
    const auto say = [](const char* key, const char* value) {
        return [=](Tensors& file) { file.metadata[key] = value; };
    };

    for (const char* name : {"weights", "visible.bias", "hidden.bias"}) {
        const std::string text = fault(drop(name));
        CHECK(text.find("m.safetensors: ") == 0);
        CHECK(contains(text, std::string(name)));
        CHECK(contains(text, "is missing"));
    }
    for (const char* name : {"visible.center", "visible.log_sigma"})
        CHECK(contains(fault(drop(name), "gaussian"), name));
    CHECK(contains(fault(drop("data.scale"), "gaussian"), "only one of the tensors data.mean and data.scale"));
    CHECK(contains(fault(drop("data.mean"), "gaussian"), "only one of the tensors data.mean and data.scale"));

    CHECK(contains(fault(put("visible.bias", floats({5}))), "shape [5], expected [6]"));
    CHECK(contains(fault(put("hidden.bias", floats({6}))), "shape [6], expected [4]"));
    CHECK(contains(fault(put("hidden.bias", floats({4, 1}))), "shape [4, 1], expected [4]"));
    CHECK(contains(fault(put("weights", floats({4, 6}))), "shape [6], expected [4]"));  // transposed: a bias disagrees
    CHECK(contains(fault(put("weights", floats({24}))), "expected [visible, hidden]"));
    CHECK(contains(fault(put("weights", floats({}))), "expected [visible, hidden]"));
    CHECK(contains(fault(put("weights", floats({6, 4, 1}))), "expected [visible, hidden]"));
    CHECK(contains(fault(put("weights", floats({0, 4}))), "expected [visible, hidden]"));
    CHECK(contains(fault(put("weights", floats({6, 0}))), "expected [visible, hidden]"));
    CHECK(contains(fault(put("data.rates", floats({4}))), "data.rates"));
    CHECK(contains(fault(put("data.scale", floats({7})), "gaussian"), "shape [7], expected [6]"));
    CHECK(contains(fault(put("data.mean", floats({})), "gaussian"), "shape [], expected [6]"));
    CHECK(contains(fault(put("weights", make_tensor({6, 4}, std::vector<double>(24)))), "dtype \"F64\", expected F32"));
    CHECK(contains(fault(put("weights", Tensor{"F16", {6, 4}, std::vector<std::byte>(48)})), "\"F16\", expected F32"));

    for (const float bad : {nan, inf, -inf}) {
        const auto spoil = [&](const char* name, std::size_t length) {
            return [=](Tensors& file) {
                auto values = file.f32(name);
                values[length - 1] = bad;
                file.tensors[name] = make_tensor(file.at(name).shape, std::span<const float>(values));
            };
        };
        CHECK(contains(fault(spoil("weights", 24)), "tensor weights, element 23: found"));
        CHECK(contains(fault(spoil("visible.bias", 6)), "tensor visible.bias, element 5: found"));
        CHECK(contains(fault(spoil("hidden.bias", 4)), "tensor hidden.bias, element 3: found"));
        CHECK(contains(fault(spoil("data.rates", 6)), "tensor data.rates, element 5: found"));
        for (const char* name : {"visible.center", "visible.log_sigma", "data.mean", "data.scale"})
            CHECK(contains(fault(spoil(name, 6), "gaussian"), std::string(name) + ", element 5: found"));
    }
    CHECK(contains(fault(put("visible.log_sigma", floats({6}, 41)), "gaussian"), "expected a value in [-40, 40]"));
    CHECK(contains(fault(put("visible.log_sigma", floats({6}, -41)), "gaussian"), "expected a value in [-40, 40]"));
    CHECK(contains(fault(put("data.scale", floats({6}, 0)), "gaussian"),
                   "data.scale, element 0: found 0, expected a positive"));
    CHECK(contains(fault(put("data.scale", floats({6}, -1)), "gaussian"), "expected a positive number"));

    CHECK(contains(fault(say("rbm.format", "99")), "rbm.format is '99', expected 1; written by a newer version"));
    CHECK(contains(fault(say("rbm.format", "")), "rbm.format"));
    CHECK(contains(fault(say("visible.units", "potato")), "unit kind 'potato': expected bernoulli, gaussian, spin"));
    CHECK(contains(fault(say("hidden.units", "")), "hidden.units"));
    CHECK(contains(fault(say("hidden.units", "potts")), "metadata hidden.units: potts units: found 0 states"));
    CHECK(contains(fault(say("visible.states", "1"), "potts"), "potts units: found 1 states of a site"));
    CHECK(contains(fault(say("visible.states", "5"), "potts"), "visible.states is 5, but the tensor weights has 18"));
    CHECK(contains(fault(say("visible.states", "19"), "potts"), "visible.states is 19, expected at most 18"));
    CHECK(contains(fault(say("visible.states", "3x"), "potts"), "metadata visible.states is '3x', expected a number"));
    CHECK(contains(fault(say("data.binarize", "sample"), "potts"), "potts units take one-hot columns"));
    CHECK(contains(fault(say("hidden.units", "gaussian"), "gaussian"), "no lower bound"));
    CHECK(contains(fault(say("data.binarize", "maybe")), "expected threshold, sample or none"));
    for (const char* bad : {"", "x", "0.5 ", " 0.5", "0,5", "nan", "inf", "1e400", "0x1p-1"}) {
        CAPTURE(bad);
        CHECK(contains(fault(say("data.threshold", bad)), "metadata data.threshold is '"));
        CHECK(contains(fault(say("log_partition", bad)), "metadata log_partition is '"));
        CHECK(contains(fault(say("log_partition_low", bad)), "metadata log_partition_low is '"));
        CHECK(contains(fault(say("log_partition_high", bad)), "metadata log_partition_high is '"));
    }
    for (const char* bad : {"", "-2", "2.0", "2x", " 2", "99999999999999999999"})
        CHECK(contains(fault(say("image.height", bad)), "metadata image.height is '"));
    for (const char* bad : {"", "3", "3,", "3,x", "3,3", "4,3", "0,1,2,3,4,5", "3, 4"}) {
        CAPTURE(bad);
        CHECK(contains(fault(say("labels", bad)), "metadata labels is '"));
    }
    CHECK(contains(fault(say("labels", "0,1"), "potts"), "metadata labels is '0,1', expected"));
    CHECK(contains(fault(say("labels", "0,1")), "expected a product of 4, the visible units without the labels"));
    CHECK(contains(fault(say("image.height", "3")), "expected a product of 6"));
    CHECK(contains(fault(say("image.width", "0")), "expected a product of 6"));
    CHECK(contains(fault(say("image.height", "0")), "expected a product of 6"));
    CHECK(contains(fault([](Tensors& file) { file.metadata.erase("image.width"); }), "expected a product of 6"));
    // 2^63 * 12 wraps to 0 in 64 bits, and 2^63 + 3 times 2 to 6.
    CHECK(contains(fault([](Tensors& file) {
                       file.metadata["image.height"] = "2";
                       file.metadata["image.width"] = "9223372036854775811";
                   }),
                   "expected a product of 6"));
}

TEST_CASE("a damaged or cut file is refused, and one that is not there says why") {
    const TemporaryFile file("model");
    save_model(file.path(), full_model("bernoulli", "bernoulli"));
    const auto bytes = read_bytes(file.path());
    CHECK_THROWS_AS(save_model(file.path(), full_model("bernoulli", "bernoulli")), FileError);  // no overwriting
    CHECK(read_bytes(file.path()) == bytes);
    auto damaged = bytes;
    damaged[damaged.size() - 5] ^= std::byte{1};
    write_file(file.path(), damaged, IfExists::replace);
    CHECK_THROWS_WITH_AS((void)load_model(file.path()), doctest::Contains("crc32"), DataError);
    write_file(file.path(), std::span(bytes).first(bytes.size() - 1), IfExists::replace);
    CHECK_THROWS_WITH_AS((void)load_model(file.path()), doctest::Contains("cut off"), DataError);
    write_file(file.path(), {}, IfExists::replace);
    CHECK_THROWS_AS((void)load_model(file.path()), DataError);
    CHECK_THROWS_AS((void)load_model("/no/such/model.safetensors"), FileError);
    // Without a checksum nobody notices a flipped bit, but a stranger's file needs none.
    Tensors plain = model_tensors(model_of("bernoulli", "bernoulli", 176));
    CHECK_NOTHROW((void)model_from(plain));
}

TEST_CASE("log_scale_sum turns densities of prepared data into those of raw data") {
    CHECK(log_scale_sum({}) == 0);
    Preparation preparation;
    preparation.mean = {0, 0, 0};
    preparation.scale = {2, 0.5F, 3};
    CHECK(log_scale_sum(preparation) == doctest::Approx(std::log(3.0)).epsilon(1e-12));
}

TEST_CASE("a checkpoint comes back whole, saves to the same bytes, and is a model file too") {
    const TemporaryFile file("model");
    const Checkpoint checkpoint = small_checkpoint();
    save_checkpoint(file.path(), checkpoint);
    const auto bytes = read_bytes(file.path());
    const Checkpoint back = load_checkpoint(file.path());
    CHECK(same_bits(back.state.machine, checkpoint.state.machine));
    CHECK(same_bits(back.model.machine, checkpoint.state.machine));
    CHECK(back.model.preparation == checkpoint.model.preparation);
    CHECK(same_bits(back.state.update.velocity, checkpoint.state.update.velocity));
    CHECK(same_bits(back.state.update.second_moment, checkpoint.state.update.second_moment));
    CHECK(back.state.update.visible_offset == checkpoint.state.update.visible_offset);
    CHECK(back.state.update.hidden_offset == checkpoint.state.update.hidden_offset);
    CHECK(back.state.update.hidden_activity == checkpoint.state.update.hidden_activity);
    CHECK(back.state.update.updates == 1234567890123);
    CHECK(back.state.chains.visible == checkpoint.state.chains.visible);
    CHECK(back.state.chains.hidden == checkpoint.state.chains.hidden);
    CHECK(same_bits(back.state.update.average, checkpoint.state.update.average));
    CHECK(same_bits(back.state.chains.fast, checkpoint.state.chains.fast));
    CHECK(back.state.chains.tempered == checkpoint.state.chains.tempered);
    REQUIRE(back.best.has_value());
    CHECK(back.best->epoch == 5);
    CHECK(back.best->score == -80.25);
    CHECK(back.best->stopped);
    CHECK(back.state.random == checkpoint.state.random);
    CHECK(back.state.seed == checkpoint.state.seed);
    CHECK(back.state.epoch == 7);
    CHECK(back.state.batch == 3);
    CHECK(back.state.gradient_norms == 0.1);
    CHECK(back.state.steps_to_weights == 1.0 / 3);
    CHECK(back.options == checkpoint.options);
    save_checkpoint(file.path(), back);
    CHECK(read_bytes(file.path()) == bytes);
    CHECK(same_bits(load_model(file.path()).machine, checkpoint.state.machine));
    // Without Adam and without chains there is nothing of them.
    Checkpoint lean = checkpoint;
    lean.state.update.second_moment = {};
    lean.state.update.average = {};
    lean.state.chains = {};
    lean.best.reset();
    save_checkpoint(file.path(), lean);
    const Checkpoint lean_back = load_checkpoint(file.path());
    CHECK(lean_back.state.update.second_moment.visible_count() == 0);
    CHECK(lean_back.state.chains.count() == 0);
    CHECK(lean_back.state.chains.fast.visible_count() == 0);
    CHECK(lean_back.state.chains.tempered.rungs() == 0);
    CHECK(lean_back.state.update.average.visible_count() == 0);
    CHECK_FALSE(lean_back.best.has_value());
}

TEST_CASE("each fault of a checkpoint is refused with a message that names it") {
    CHECK(checkpoint_fault([](Tensors&) {}).empty());
    for (const char* name :
         {"weights", "visible.offset", "hidden.offset", "hidden.activity", "velocity.weights", "velocity.hidden.bias",
          "second_moment.visible.bias", "chains.hidden", "average.visible.bias", "fast.hidden.bias", "tempered.visible",
          "tempered.places", "tempered.counts", "tempered.swap_rates", "train.position", "train.sums"}) {
        const std::string text = checkpoint_fault([&](Tensors& file) { file.tensors.erase(name); });
        CHECK(contains(text, std::string("\"") + name + "\" is missing"));
    }
    const auto put = [](const char* name, Tensor tensor) {
        return [=](Tensors& file) { file.tensors[name] = tensor; };
    };
    CHECK(contains(checkpoint_fault(put("visible.offset", floats({4}))), "visible.offset"));
    CHECK(contains(checkpoint_fault(put("velocity.weights", floats({4, 6}))), "shape [4, 6], expected [6, 4]"));
    CHECK(contains(checkpoint_fault(put("chains.visible", floats({3, 5}))), "shape [3, 5], expected [3, 6]"));
    CHECK(contains(checkpoint_fault(put("chains.visible", floats({}))), "chains.visible"));
    CHECK(contains(checkpoint_fault(put("chains.hidden", floats({2, 4}))), "shape [2, 4], expected [3, 4]"));
    CHECK(contains(checkpoint_fault(put("train.position", make_tensor({6}, std::vector<std::uint64_t>(6)))),
                   "shape [6], expected [7]"));
    CHECK(contains(checkpoint_fault(put("train.position", make_tensor({7}, std::vector<std::int64_t>(7)))), "I64"));
    CHECK(contains(
        checkpoint_fault(put("train.position", make_tensor({7}, std::vector<std::uint64_t>{0, 0, 0, 0, 0, 0, 5}))),
        "element 6: found 5, expected at most 4"));
    CHECK(contains(checkpoint_fault(put("train.sums", make_tensor({1}, std::vector<double>(1)))), "train.sums"));
    CHECK(contains(checkpoint_fault(put("train.best", make_tensor({1}, std::vector<double>(1)))), "train.best"));
    CHECK(contains(checkpoint_fault(put("tempered.betas", floats({3}))), "values that rise from 0 to 1"));
    CHECK(contains(checkpoint_fault(put("tempered.visible", floats({5, 6}))), "shape [5, 6], expected [6, 6]"));
    for (const auto& places : std::vector<std::vector<std::uint64_t>>{
             {}, {0, 3}, {0, 3, 6, 0, 3, 3}, {0, 3, 9, 0, 3, 6}, {0, 3, ~0ULL, 0, 3, 6}})
        CHECK(contains(checkpoint_fault(put("tempered.places", make_tensor({places.size()}, std::span(places)))),
                       "tempered.places: expected"));
    const float nan = std::numeric_limits<float>::quiet_NaN();
    CHECK(
        contains(checkpoint_fault(put("chains.visible", floats({3, 6}, nan))), "chains.visible, element 0: found nan"));
    CHECK(contains(checkpoint_fault(put("chains.hidden", floats({3, 4}, nan))), "chains.hidden, element 0: found nan"));
    CHECK(contains(checkpoint_fault(put("hidden.offset", floats({4}, nan))), "hidden.offset, element 0: found nan"));
    CHECK(contains(checkpoint_fault(put("velocity.weights", floats({6, 4}, nan))), "velocity.weights, element 0"));
    const TemporaryFile file("model");
    save_model(file.path(), full_model("bernoulli", "bernoulli"));
    CHECK_THROWS_AS((void)load_checkpoint(file.path()), DataError);  // a model is no checkpoint
}

TEST_SUITE_END();
