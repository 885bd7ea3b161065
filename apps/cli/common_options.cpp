// SPDX-License-Identifier: MIT
#include "apps/cli/common_options.h"

#include <stdexcept>

namespace rbm::app {

CommonOption common_option(std::string_view name, CommonSettings& settings) {
    if (name == "seed")
        return {seed(&settings.seed), 0, "seed of the random numbers; the same seed gives the same results"};
    if (name == "threads")
        return {count(&settings.threads, 1, most_threads).transient().shown_default("all that this process may use"), 0,
                "number of threads; results do not depend on it"};
    if (name == "beta")
        return {real(&settings.beta).named("B"), 0,
                "inverse temperature: multiplies the energy; above 0 for Gaussian units"};
    if (name == "binarize")
        return {choice(&settings.binarize,
                       {{"threshold", Binarize::threshold}, {"sample", Binarize::sample}, {"none", Binarize::none}})
                    .shown_default("what the model records, else threshold"),
                0,
                "how grey values become bits: by --threshold, by sampling with the grey value as the probability, or "
                "not at all"};
    if (name == "threshold")
        return {real(&settings.threshold, between(0, 1)).named("T").shown_default("what the model records, else 0.5"),
                0, "values above it become 1 under --binarize threshold"};
    if (name == "header")
        return {choice(&settings.header,
                       {{"auto", TableHeader::automatic}, {"yes", TableHeader::yes}, {"no", TableHeader::no}}),
                0, "whether the first line of tables names the columns; auto compares it with the lines below"};
    if (name == "keep")
        return {path(&settings.keep).named("NAMES"), 0,
                "read only these columns of DATA: names or numbers, with commas between; * stands for any letters"};
    if (name == "drop")
        return {path(&settings.drop).named("NAMES"), 0, "leave out these columns of DATA, named likewise"};
    if (name == "decimal-comma") return {flag(&settings.decimal_comma), 0, "numbers in tables have decimal commas"};
    if (name == "channels")
        return {
            choice(&settings.channels, {{"grey", Channels::grey}, {"rgb", Channels::rgb}, {"alpha", Channels::alpha}})
                .transient()
                .shown_default("grey, or what the model records"),
            0, "what to read of PNG pictures: their lightness, red, green and blue, or how opaque they are"};
    if (name == "json") return {flag(&settings.json).transient(), 0, "print one JSON object on standard output"};
    if (name == "force")
        return {flag(&settings.force).transient(), 0, "overwrite existing output; override what the model records"};
    if (name == "config")
        return {input(&settings.config).transient(), 0,
                "read options from lines NAME = VALUE; the command line overrides them"};
    if (name == "quiet") return {flag(&settings.quiet).transient(), 'q', "print only errors"};
    if (name == "verbose") return {flag(&settings.verbose).transient(), 'v', "print more"};
    if (name == "no-progress") return {flag(&settings.no_progress).transient(), 0, "do not show progress"};
    throw std::logic_error("there is no common option --" + std::string(name));
}

}  // namespace rbm::app
