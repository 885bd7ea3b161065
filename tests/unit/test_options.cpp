// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>
#include <unistd.h>

#include <clocale>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <stdexcept>

#include "apps/cli/command.h"
#include "apps/cli/config_file.h"
#include "apps/cli/suggest.h"
#include "rbm/kernels/error.h"

namespace options_test {
namespace {

using namespace rbm::app;

/// A program with an option of each type.
struct Trial {
    CommonSettings common;
    std::string data, model, output = "-";
    std::uint64_t epochs = 20;
    std::uint32_t hidden = 64;
    std::optional<std::size_t> chains;
    float learning_rate = 0.05F;
    double weight_decay = 0;
    float momentum = 0;
    std::string algorithm = "pcd";
    bool centering = true;
    bool save = false;
    std::string mask;
    Program program{"rbm-trial", "Try the options."};

    Trial() {
        program.argument("MODEL", &model, "a model")
            .optional_argument("DATA", &data, "samples")
            .option("output", path(&output).transient(), "where it goes")
            .option("epochs", count(&epochs, 1, 1'000'000), "passes over the data")
            .option("hidden", count(&hidden, 1), "hidden units")
            .option("chains", count(&chains, 1).shown_default("the batch size"), "chains")
            .option("learning-rate", real(&learning_rate, above(0)), "step size")
            .option("learning-rate-schedule", choice(&schedule, {"linear", "constant"}), "how the rate falls")
            .option("weight-decay", real(&weight_decay, at_least(0)), "decay")
            .option("momentum", real(&momentum, below_and_at_least(0, 1)), "momentum")
            .option("keep", probability(&keep), "share of units kept")
            .option("algorithm", choice(&algorithm, {"cd", "pcd"}), "how gradients are estimated")
            .option("centering", on_off(&centering), "centre the units")
            .option("mask", input(&mask), "which pixels are known")
            .option("save", flag(&save), "write the result into the model")
            .common(common, {"seed", "threads", "beta", "binarize", "threshold", "json", "force"});
    }
    Program::Request parse(std::vector<std::string> words) { return program.parse(words); }
    /// What a command line with a model is told, "" when it is obeyed.
    std::string fault(std::vector<std::string> words, bool with_model = true) {
        if (with_model) words.insert(words.begin(), "model");
        try {
            program.parse(words);
        } catch (const UsageError& error) {
            return error.what();
        }
        return "";
    }
    std::string schedule = "linear";
    double keep = 0.5;
};

std::string fault(const std::vector<std::string>& words, bool with_model = true) {
    return Trial().fault(words, with_model);
}

/// A file with this content, gone at the end.
struct ConfigFile {
    explicit ConfigFile(const std::string& content) {
        const int file = mkstemp(name.data());
        REQUIRE(file >= 0);
        REQUIRE(write(file, content.data(), content.size()) == static_cast<ssize_t>(content.size()));
        close(file);
    }
    ~ConfigFile() { std::remove(name.c_str()); }
    ConfigFile(const ConfigFile&) = delete;
    ConfigFile& operator=(const ConfigFile&) = delete;
    std::string name = "/tmp/rbm-options-XXXXXX";
};

#define CHECK_SAYS(message, part) CHECK_MESSAGE((message).find(part) != std::string::npos, (message))

}  // namespace

TEST_SUITE_BEGIN("options");

TEST_CASE("values arrive, by = and by blank, in any order") {
    Trial trial;
    trial.parse({"--epochs=3",
                 "m.safetensors",
                 "--hidden",
                 "4294967295",
                 "--learning_rate",
                 "1e-3",
                 "d.npy",
                 "--save",
                 "--algorithm",
                 "cd",
                 "--centering=off",
                 "--chains",
                 "7",
                 "--seed",
                 "18446744073709551615",
                 "-q",
                 "--binarize",
                 "sample",
                 "--beta",
                 "-0.5",
                 "--momentum",
                 "0.5"});
    CHECK(trial.epochs == 3);
    CHECK(trial.hidden == 4294967295U);
    CHECK(trial.chains == 7U);
    CHECK(trial.learning_rate == 1e-3F);
    CHECK(trial.algorithm == "cd");
    CHECK_FALSE(trial.centering);
    CHECK(trial.save);
    CHECK(trial.common.seed == ~0ULL);
    CHECK(trial.common.quiet);
    CHECK(trial.common.binarize == rbm::Binarize::sample);
    CHECK(trial.common.beta == -0.5);
    CHECK(trial.model == "m.safetensors");
    CHECK(trial.data == "d.npy");
    CHECK(trial.program.given("learning-rate"));
    CHECK_FALSE(trial.program.given("weight-decay"));
    CHECK(trial.program.text("learning-rate") == "0.001");
    CHECK_THROWS_AS(trial.program.given("learning_rate"), std::logic_error);
}

TEST_CASE("defaults stay, and optional values stay empty") {
    Trial trial;
    CHECK(trial.parse({"m"}) == Program::Request::run);
    CHECK(trial.epochs == 20);
    CHECK_FALSE(trial.chains.has_value());
    CHECK(trial.data.empty());
    CHECK_FALSE(trial.program.given("epochs"));
}

TEST_CASE("whole numbers are whole and within their range") {
    for (const char* text : {"-1", "0", "1000001", "4294967296", "18446744073709551616", "1e3", "1.0", "+1", " 1", "1 ",
                             "0x10", "nan", "1,000", "1k", "--", "\n"}) {
        const std::string message = fault({"--epochs", text});
        CHECK_SAYS(message, "--epochs: found");
        CHECK_SAYS(message, "expected a whole number from 1 to 1000000");
        if (std::string(text) != "--") CHECK_SAYS(fault({std::string("--epochs=") + text}), "--epochs: found \"");
    }
    CHECK_SAYS(fault({"--epochs=-1"}), "--epochs: found \"-1\", expected a whole number from 1 to 1000000");
    CHECK_SAYS(fault({"--hidden=-1"}), "expected a whole number from 1 to 4294967295");
    CHECK_SAYS(fault({"--hidden", "4294967296"}), "--hidden: found \"4294967296\"");
    CHECK_SAYS(fault({"--seed", "-1"}), "expected a whole number from 0 to 18446744073709551615");
    CHECK_SAYS(fault({"--seed", "18446744073709551616"}), "--seed: found");
    for (const char* text : {"0", "-1", "99999"})
        CHECK_SAYS(fault({"--threads", text}), "expected a whole number from 1 to 1024");
    CHECK(fault({"--epochs", "1000000"}).empty());
    CHECK(fault({"--epochs", "007"}).empty());
}

TEST_CASE("numbers are finite, without a locale, and within their interval") {
    for (const char* text : {"nan", "-nan", "inf", "-inf", "infinity", "-0.1", "0", "-0", "0,1", "1e400", "1e39",
                             "1e-99", "0x1p3", "0.1f", "0.1 ", "1e", "."})
        CHECK_SAYS(fault({"--learning-rate", text}), "expected a finite number above 0");
    CHECK_SAYS(fault({"--weight-decay", "-1e-9"}), "expected a finite number of at least 0");
    CHECK(fault({"--weight-decay", "0"}).empty());
    CHECK_SAYS(fault({"--momentum", "1"}), "expected a finite number of at least 0 and below 1");
    CHECK_SAYS(fault({"--keep", "1.1"}), "expected a number from 0 to 1");
    CHECK(fault({"--keep", "1"}).empty());
    CHECK_SAYS(fault({"--beta", "inf"}), "--beta: found \"inf\", expected a finite number");
    if (std::setlocale(LC_ALL, "de_DE.UTF-8") != nullptr) {
        CHECK(fault({"--learning-rate", "0.5"}).empty());
        std::setlocale(LC_ALL, "C");
    }
}

TEST_CASE("words, names and flags") {
    CHECK_SAYS(fault({"--algorithm", "pdc"}), "--algorithm: found \"pdc\", expected one of cd, pcd; did you mean pcd?");
    CHECK_SAYS(fault({"--centering", "yes"}), "expected one of on, off");
    CHECK_SAYS(fault({"--output", ""}), "--output: found \"\", expected a name");
    CHECK_SAYS(fault({"--output="}), "--output: found no value");
    CHECK_SAYS(fault({"--output"}), "--output: found no value, expected a name");
    CHECK_SAYS(fault({"--output", "--json"}), "--output: found no value");
    CHECK_SAYS(fault({"--output", "--my_file"}), "(write --output=VALUE if the value begins with --)");
    CHECK_SAYS(fault({"--output", "--"}), "--output: found no value");
    CHECK_SAYS(fault({"--save=on"}), "--save: found a value, expected none");
    CHECK(fault({"--save", "--save", "-v", "-v"}).empty());
    CHECK_SAYS(fault({"-q", "-v"}), "exclude each other");
    Trial trial;
    trial.parse({"--output=--my_file", "a\xff\n b"});
    CHECK(trial.output == "--my_file");
    CHECK(trial.model == "a\xff\n b");
}

TEST_CASE("an option comes once and by its whole name") {
    CHECK_SAYS(fault({"--epochs", "1", "--epochs", "1"}), "--epochs: given twice");
    CHECK_SAYS(fault({"--learning-rate=1", "--learning_rate=2"}), "--learning-rate: given twice");
    CHECK_SAYS(fault({"--ep", "1"}), "unknown option \"--ep\"; did you mean --epochs?");
    CHECK_SAYS(fault({"--lr", "1"}), "unknown option \"--lr\"; did you mean --learning-rate?");
    CHECK_SAYS(fault({"--learning", "1"}), "did you mean --learning-rate or --learning-rate-schedule?");
    CHECK_SAYS(fault({"--epohcs=1"}), "did you mean --epochs?");
    CHECK_SAYS(fault({"--Epochs=1"}), "did you mean --epochs?");
    CHECK_SAYS(fault({"--xyzzy"}), "unknown option \"--xyzzy\"\n");
    CHECK_SAYS(fault({"-epochs", "1"}), "unknown option \"-e");
    CHECK_SAYS(fault({"-x"}), "unknown option \"-x\"");
    CHECK_SAYS(fault({"-qx"}), "unknown option \"-");
    CHECK_SAYS(fault({"--MODEL", "x"}), "unknown option \"--MODEL\"");
    CHECK_SAYS(fault({"--"}, false), "MODEL is missing");
    CHECK_SAYS(fault({"--=1"}), "found \"--=1\", expected --NAME=VALUE");
    for (const char* text : {"--ep", "--xyzzy", "--epochs"}) CHECK_SAYS(fault({text}), "Try 'rbm-trial --help'");
}

TEST_CASE("arguments: as many as expected, none empty, behind -- anything") {
    CHECK_SAYS(fault({}, false), "MODEL is missing\nUsage: rbm-trial [OPTION]... MODEL [DATA]\nTry");
    CHECK_SAYS(fault({"a", "b", "c"}, false), "found the argument \"c\", expected no more than 2");
    CHECK_SAYS(fault({""}, false), "MODEL: found \"\", expected a name");
    Trial trial;
    trial.parse({"--", "-model", "--epochs"});
    CHECK(trial.model == "-model");
    CHECK(trial.data == "--epochs");
    CHECK_SAYS(fault({"-", "-"}, false), "MODEL and DATA are both -");
    CHECK_SAYS(fault({"-", "--mask", "-"}, false), "MODEL and --mask are both -");
    CHECK(fault({"--output", "-"}).empty());
}

TEST_CASE("lists of numbers, and any number of arguments behind the first") {
    std::string first;
    std::vector<std::string> more;
    std::vector<double> shares;
    CommonSettings common;
    Program program("rbm-list", "Try lists.");
    program.argument("KIND", &first, "what")
        .more_arguments("MODEL", &more, "models")
        .option("shares", numbers(&shares, above(0)), "one for each")
        .common(common, {"seed"});
    CHECK(program.usage() == "Usage: rbm-list [OPTION]... KIND [MODEL]...");
    program.parse({"compose", "a", "--shares", "1,0.5,2e1", "b"});
    CHECK((first == "compose" && more == std::vector<std::string>{"a", "b"}));
    CHECK((shares == std::vector<double>{1, 0.5, 20}));
    CHECK(program.text("shares") == "1,0.5,20");
    for (const char* bad : {"", ",", "1,", "1,,2", "1 2", "1,0", "1,x", "nan"}) {
        CAPTURE(bad);
        CHECK_THROWS_AS(Program(program).parse({"compose", "--shares", bad}), UsageError);
    }
}

TEST_CASE("help and version come first, whatever else stands there") {
    CHECK(Trial().parse({"--bogus", "--help"}) == Program::Request::help);
    CHECK(Trial().parse({"-h"}) == Program::Request::help);
    CHECK(Trial().parse({"-qh"}) == Program::Request::help);
    CHECK(Trial().parse({"--version"}) == Program::Request::version);
    Trial trial;
    CHECK(trial.parse({"--", "--help"}) == Program::Request::run);
    CHECK(trial.model == "--help");
}

TEST_CASE("help is short, and leaves rare options and long texts to help-all") {
    bool common = false, rare = false;
    Program program("rbm-long", "Has many options.");
    program.option("often", flag(&common), "what most want; told at length").group("Options", Audience::rare);
    for (int i = 0; i < 60; ++i) program.option("rare-" + std::to_string(i), flag(&rare), "what few want");
    program.pages("method", "Methods (more on each: --help-method NAME)", {{"one", "the first"}, {"two", "the second"}},
                  [](const std::string& name) { return "page of " + name + "\n"; });
    const std::string help = program.help(), all = program.help_all();
    CHECK(std::count(help.begin(), help.end(), '\n') <= static_cast<std::ptrdiff_t>(most_help_lines));
    CHECK_SAYS(help, "--often                 what most want\n");
    CHECK(help.find("rare-7") == std::string::npos);
    CHECK_SAYS(help, "Methods (more on each: --help-method NAME):\n  one                   the first\n");
    CHECK_SAYS(help, "--help-all shows the other options");
    CHECK_SAYS(all, "--often                 what most want; told at length\n");
    CHECK_SAYS(all, "rare-7");
    CHECK_SAYS(all, "143  stopped by SIGTERM\n");

    CHECK(program.parse({"--help"}) == Program::Request::help);
    CHECK(program.asked_help() == help);
    CHECK(program.parse({"--bogus", "--help-all"}) == Program::Request::help);
    CHECK(program.asked_help() == all);
    CHECK(program.parse({"--help-method", "two"}) == Program::Request::help);
    CHECK(program.asked_help() == "page of two\n");
    CHECK(program.parse({"--help-method=one"}) == Program::Request::help);
    CHECK(program.asked_help() == "page of one\n");
    for (const auto& words : std::vector<std::vector<std::string>>{{"--help-method"}, {"--help-method", "three"}})
        CHECK_THROWS_WITH_AS(program.parse(words), doctest::Contains("expected one of one, two"), UsageError);
}

TEST_CASE("help shows usage, options with defaults, and exit codes, within 80 columns") {
    Trial trial;
    trial.program.example("rbm-trial m", "try");
    const std::string help = trial.program.help_all();
    CHECK(help.starts_with("Usage: rbm-trial [OPTION]... MODEL [DATA]\nTry the options.\n\nExamples:\n"));
    CHECK_SAYS(help, "      --epochs N              passes over the data (default: 20)\n");
    CHECK_SAYS(help, "--chains N              chains (default: the batch size)\n");
    CHECK_SAYS(help, "--algorithm cd|pcd      how gradients are estimated (default: pcd)");
    CHECK_SAYS(help, "--learning-rate-schedule linear|constant\n                              how the rate falls");
    CHECK_SAYS(help, "  -q, --quiet  ");
    CHECK_SAYS(help, "  143  stopped by SIGTERM\n");
    CHECK(help.find("\nOptions:\n") < help.find("\nCommon options:\n"));
    CHECK(help.find("\nCommon options:\n") < help.find("--seed N"));
    for (std::size_t begin = 0; begin < help.size();) {
        const std::size_t end = help.find('\n', begin);
        CHECK_MESSAGE(end - begin <= 80, help.substr(begin, end - begin));
        begin = end + 1;
    }
}

TEST_CASE("a required option must come") {
    std::string output;
    Program program("rbm-trial", "Try.");
    program.option("output", path(&output).required().named("DIR"), "folder of the run");
    CHECK_THROWS_WITH_AS(program.parse({}),
                         "--output is missing: folder of the run\nUsage: rbm-trial [OPTION]...\n"
                         "Try 'rbm-trial --help' for the options.",
                         UsageError);
    CHECK_SAYS(program.help_all(), "--output DIR            folder of the run (required)\n");
    program.parse({"--output", "run"});
    CHECK(output == "run");
    CHECK_THROWS_AS(program.option("output", path(&output), ""), std::logic_error);
    CommonSettings common;
    CHECK_THROWS_AS(program.common(common, {"sede"}), std::logic_error);
}

TEST_CASE("a configuration file sets options; the command line wins") {
    const ConfigFile file(
        "\xef\xbb\xbf# comment\r\n\r\n  epochs = 5   # five\r\nlearning_rate=0.25\noutput = run#1\nsave = on\n"
        "threshold = 0.25");
    Trial trial;
    trial.parse({"m", "--config", file.name, "--epochs", "6"});
    CHECK(trial.epochs == 6);
    CHECK(trial.learning_rate == 0.25F);
    CHECK(trial.output == "run#1");
    CHECK(trial.save);
    CHECK(trial.common.threshold == 0.25F);
    CHECK(trial.program.given("learning-rate"));
}

TEST_CASE("a wrong configuration is refused with file and line") {
    const auto config_fault = [](const std::string& content) {
        const ConfigFile file(content);
        const std::string message = fault({"--config", file.name});
        CHECK(message.starts_with(file.name + ":"));
        return message;
    };
    CHECK_SAYS(config_fault("epochs = 1\nepohcs = 2\n"), ":2: unknown option \"epohcs\"; did you mean --epochs?");
    CHECK_SAYS(config_fault("\n\n[train]\nepochs = 1\n"), ":3: found the section \"[train]\"");
    CHECK_SAYS(config_fault("epochs = 1\nseed=2\nepochs = 1\n"), ":3: \"epochs\" is given twice, first in line 1");
    CHECK_SAYS(config_fault("learning-rate = 1\nlearning_rate = 1\n"), ":2: \"learning-rate\" is given twice");
    CHECK_SAYS(config_fault("epochs 5\n"), ":1: found \"epochs 5\", expected NAME = VALUE");
    CHECK_SAYS(config_fault("= 5\n"), ":1: found \"= 5\", expected NAME = VALUE");
    CHECK_SAYS(config_fault(std::string("seed = 5\0", 9)), ":1: found \"seed = 5\\x00\", expected");
    CHECK_SAYS(config_fault("\x7f\x45LF\x01"), ":1: found");
    CHECK_SAYS(config_fault("epochs = 1e3\n"),
               ":1: --epochs: found \"1e3\", expected a whole number from 1 to 1000000");
    CHECK_SAYS(config_fault("epochs =\n"), ":1: --epochs: found \"\"");
    CHECK_SAYS(config_fault("save = maybe\n"), ":1: --save: found \"maybe\", expected on or off");
    CHECK_SAYS(config_fault("config = other.ini\n"), "unknown option \"config\"");
    CHECK_SAYS(config_fault("help = on\n"), "unknown option \"help\"");
    CHECK_SAYS(config_fault("MODEL = m\n"), "unknown option \"MODEL\"");
    CHECK_SAYS(fault({"--config", "/"}), "--config: / is a folder");
    CHECK_THROWS_WITH_AS(Trial().parse({"m", "--config", "/nonexistent.ini"}),
                         "/nonexistent.ini: cannot open the configuration: No such file or directory", rbm::FileError);
    CHECK_SAYS(fault({"--config", "-", "--mask", "-"}), "--config");
}

TEST_CASE("a record brings options back, and disagreement is refused") {
    Trial first;
    first.parse({"m", "--epochs", "5", "--learning-rate", "0.10", "--seed", "9", "--output", "run", "--threads", "1"});
    const auto record = first.program.record();
    CHECK(record.at("learning-rate") == "0.1");
    CHECK_FALSE(record.contains("output"));
    CHECK_FALSE(record.contains("threads"));
    CHECK_FALSE(record.contains("chains"));

    Trial second;
    second.parse({"m", "--learning-rate", "1e-1", "--epochs", "8"});
    second.program.restore(record, "run/checkpoint", {"epochs"});
    CHECK(second.epochs == 8);
    CHECK(second.common.seed == 9);
    CHECK(second.learning_rate == 0.1F);
    CHECK(second.program.record() != record);
    CHECK_FALSE(second.program.given("seed"));

    const auto disagreement = [&](const std::vector<std::string>& words) -> std::string {
        Trial trial;
        trial.parse(words);
        try {
            trial.program.restore(record, "run/checkpoint");
        } catch (const UsageError& error) {
            return error.what();
        }
        return "";
    };
    CHECK_SAYS(disagreement({"m", "--seed", "8"}), "--seed: found \"8\", but run/checkpoint was made with \"9\"");
    CHECK_SAYS(disagreement({"m", "--chains", "8"}), "--chains: found \"8\", but run/checkpoint was made without it");
    CHECK(disagreement({"m", "--seed", "9", "--threads", "2", "--json"}).empty());

    Trial third;
    third.parse({"m"});
    CHECK_THROWS_AS(third.program.restore({{"warp", "9"}}, "c"), rbm::DataError);
    CHECK_THROWS_AS(third.program.restore({{"epochs", "0"}}, "c"), rbm::DataError);
    CHECK_THROWS_AS(third.program.restore({{"config", "x"}}, "c"), rbm::DataError);
}

TEST_CASE("an option that differs from the model's record needs --force") {
    const auto trial_of = [](const std::vector<std::string>& words) {
        auto trial = std::make_unique<Trial>();
        trial->parse(words);
        return trial;
    };
    CHECK_THROWS_WITH_AS(
        trial_of({"m", "--binarize", "none"})->program.require_agreement("binarize", "threshold", "m"),
        "--binarize: found \"none\", but m records \"threshold\": leave the option out, or add --force\n"
        "Try 'rbm-trial --help' for the options.",
        UsageError);
    CHECK_NOTHROW(trial_of({"m"})->program.require_agreement("binarize", "none", "m"));
    CHECK_NOTHROW(trial_of({"m", "--binarize", "none"})->program.require_agreement("binarize", "none", "m"));
    CHECK_NOTHROW(
        trial_of({"m", "--binarize", "none", "--force"})->program.require_agreement("binarize", "sample", "m"));
}

TEST_CASE("suggestions are near") {
    const std::vector<std::string> words{"epochs", "chains", "learning-rate", "seed"};
    CHECK(suggestions("seeed", words) == std::vector<std::string>{"seed"});
    CHECK(suggestions("sed", words) == std::vector<std::string>{"seed"});
    CHECK(suggestions("esed", words) == std::vector<std::string>{"seed"});
    CHECK(suggestions("cab", words).empty());
    CHECK(suggestions("", words).empty());
    CHECK(suggestions(std::string(100'000, 'x'), words).empty());
    CHECK(did_you_mean("chain", words, "--") == "; did you mean --chains?");
}

TEST_CASE("memory and time are told in human sizes") {
    CHECK(bytes_text(512) == "512 bytes");
    CHECK(bytes_text(3.1 * 1024 * 1024 * 1024 * 1024) == "3.1 TiB");
    CHECK(bytes_text(19.2 * 1024 * 1024 * 1024) == "19 GiB");
    CHECK_NOTHROW(require_memory(1000, "this"));
    CHECK_THROWS_AS(require_memory(1e30, "this"), std::runtime_error);
    CHECK_THROWS_AS(require_memory(std::numeric_limits<double>::quiet_NaN(), "this"), std::runtime_error);
    CHECK(rbm::app::memory_limit() > 1e6);
    CHECK(default_threads() >= 1);
}

TEST_CASE("a line of progress keeps its percentage and its time within any width") {
    const std::string text = "epoch 3/4  80000 examples/s  free-energy gap +4.70 nats  reconstruction error 0.0123";
    CHECK(progress_line("training", 300, 400, "updates", "gap 4.7", 90, 200) ==
          "training  300/400 updates  75 %  0:30 left  gap 4.7");
    CHECK(progress_line("training", 300, 400, "updates", text, 90, 79) ==
          "training  75 %  0:30 left  epoch 3/4  80000 examples/s");
    CHECK(progress_line("training", 300, 400, "updates", text, 90, 82) ==
          "training  75 %  0:30 left  epoch 3/4  80000 examples/s  free-energy gap +4.70 nats");
    CHECK(progress_line("training", 1, 4, "updates", "", 3600, 200) == "training  1/4 updates  25 %  3:00:00 left");
    CHECK(progress_line("training", 400, 400, "updates", "", 90, 200) == "training  400/400 updates  100 %  took 1:30");
    CHECK(progress_line("training", 400, 400, "updates", "", 90, 12) == "training  40");
    CHECK(progress_line("reading", 7, 0, "rows", "", 90, 200) == "reading  7 rows");
}

TEST_SUITE_END();

}  // namespace options_test
