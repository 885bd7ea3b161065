// SPDX-License-Identifier: MIT
// Everything a program needs: include this and link `rbm`.
#pragma once

#include "rbm/estimate/exact.h"
#include "rbm/estimate/monitor.h"
#include "rbm/kernels/backend.h"
#include "rbm/kernels/blas_info.h"
#include "rbm/io/checkpoint_file.h"
#include "rbm/io/data.h"
#include "rbm/io/film.h"
#include "rbm/io/generate.h"
#include "rbm/io/model_file.h"
#include "rbm/io/npy.h"
#include "rbm/io/sheet.h"
#include "rbm/kernels/dataset.h"
#include "rbm/kernels/error.h"
#include "rbm/kernels/threads.h"
#include "rbm/model/enumerate.h"
#include "rbm/model/machine.h"
#include "rbm/sampler/block_gibbs.h"
#include "rbm/sampler/chains.h"
#include "rbm/trainer/contrastive_divergence.h"
#include "rbm/trainer/train.h"
