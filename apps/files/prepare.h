// SPDX-License-Identifier: MIT
// Models and data the way all programs open them: prepared as the model says, options that differ refused.
#pragma once

#include <span>
#include <string>

#include "apps/cli/command.h"
#include "rbm/io/model_file.h"

namespace rbm::app {

/// Under --missing nan: NaN is missing, and so are sites of one-hot columns without a 1, which is told.
Dataset with_missing(Dataset raw, std::size_t states);
Dataset with_missing(Dataset raw, const Units& units);
/// Tells, once for each run of a program, how many values a threshold changed that nobody asked for.
void tell_cut(const Dataset& prepared, const Preparation& preparation, float low, const Program& program);

/// One column for each of the model's visible units: codes of Potts units expanded, letters as the model has them.
/// Throws DataError when the columns do not fit.
Dataset in_columns(const Model& model, Dataset raw);

/// `raw` as the model's machine sees it.  An option --binarize or --threshold that differs from the model's record is a
/// UsageError unless --force was given, and then takes its place.  Throws DataError when the columns do not fit.
/// Rows that --binarize sample draws are to be filled from data_stream().
Dataset prepare_for(Model& model, Dataset raw, const Program& program, const CommonSettings& settings);

/// Throws UsageError for a --beta that the machine's units have no distribution at, or that is beyond the floats.
void require_betas(const Model& model, std::span<const double> betas);

/// The factorial base of the data's recorded rates, which the model must hold.
Units base_of_rates(const Model& model, const Machine& machine);

/// The stream of draws behind --binarize sample outside training: once, from --seed.
Stream data_stream(const CommonSettings& settings);

/// All rows of `data` as the machine sees them.
Matrix all_rows(const Dataset& data, const CommonSettings& settings);

/// Visible states back in the units of the data: mean + scale v, in place.
void restore_units(const Model& model, View visible_state);
/// One of them, in double.
double restored(const Preparation& preparation, std::size_t unit, float prepared);

}  // namespace rbm::app
