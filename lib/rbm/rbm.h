// SPDX-License-Identifier: MIT
// Everything a program needs: include this and link `rbm`.
#pragma once

#include "rbm/io/generate.h"
#include "rbm/kernels/dataset.h"
#include "rbm/kernels/error.h"
#include "rbm/kernels/matrix.h"
#include "rbm/kernels/random.h"
