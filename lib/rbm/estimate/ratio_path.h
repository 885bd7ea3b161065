// SPDX-License-Identifier: MIT
// The way from one machine to another over the same visible units, along which annealing goes:
//
//   E_beta(v, h)  =  (1 - beta) E_from(v, h) + beta E_to(v, h)
//
// Both share their hidden units, in order; the smaller machine gets free ones behind its own, whose factor of Z is
// known.  So a machine and what becomes of it in some more training are a short way apart.  Of machines that learned
// apart, unit j of the one has nothing to do with unit j of the other, and half way stands a machine of averaged
// filters that looks like neither.  (Hidden units side by side, each machine's own, help little: of MNIST's machines of
// 784 x 500 units, two seeds are then 8 deviations of log weights apart instead of 12, and so are a machine and itself,
// nearly.)
#pragma once

#include <memory>

#include "rbm/estimate/annealing.h"
#include "rbm/kernels/control.h"
#include "rbm/model/machine.h"

namespace rbm {

/// Throws InvalidArgument when visible units differ in kind or number.
void check_visible_units(const Machine& from, const Machine& to);

/// Whether there is such a way: hidden units are discrete and of one kind.
bool share_hidden_units(const Machine& from, const Machine& to);

class RatioPath : public AnnealingRecord {
  public:
    /// Throws InvalidArgument when visible units differ in kind or number, and Unsupported unless hidden units
    /// are discrete and of one kind.
    RatioPath(const Machine& from, const Machine& to, std::size_t chains);
    ~RatioPath();
    RatioPath(const RatioPath&) = delete;
    RatioPath& operator=(const RatioPath&) = delete;

    /// [C x V]: where the chains are; fill it before run().
    Matrix visible;

    /// betas.size() - 1 steps along rising or falling betas.  Each draw takes a fresh random.next().
    void run(std::span<const float> betas, Random& random, const Control& control = {});

    /// log Z_to - log Z_from is the log of the mean weight from beta 0 to 1, and this, of the free hidden
    /// units.
    double log_free_units() const { return log_free_units_; }

  private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
    double log_free_units_ = 0;
};

}  // namespace rbm
