// SPDX-License-Identifier: MIT
// The floor of training: the SGEMMs that an update of CD-k or PCD-k seems to need, and nothing else.
#pragma once

#include "bench.h"

namespace rbm::bench {

struct Shape {
    std::size_t visible = 784, hidden = 500, batch = 100, steps = 1;
};

/// 5 + 2 (k - 1) products per update of CD-k: v -> h, k times h -> v -> h, and two outer products.
class TrainingFloor {
  public:
    explicit TrainingFloor(const Shape& shape)
        : steps_(shape.steps),
          v_(shape.batch, shape.visible),
          h_(shape.batch, shape.hidden),
          weights_(shape.visible, shape.hidden),
          gradient_(shape.visible, shape.hidden),
          v_after_(shape.batch, shape.visible),
          h_after_(shape.batch, shape.hidden) {
        // Values as in training: products that decay to denormals would cost far more.
        for (std::size_t i = 0; i < v_.values().size(); ++i) v_.values()[i] = i % 8 == 0 ? 1.0F : 0.0F;
        for (std::size_t i = 0; i < weights_.values().size(); ++i)
            weights_.values()[i] = 0.001F * static_cast<float>(i % 17);
    }

    void run(std::size_t updates) {
        const Sgemm sgemm(threads());
        for (std::size_t update = 0; update < updates; ++update) {
            sgemm.multiply(v_, weights_, h_);
            for (std::size_t step = 0; step < steps_; ++step) {
                sgemm.multiply_transposed(h_, weights_, v_after_);
                sgemm.multiply(v_, weights_, h_after_);
            }
            sgemm.add_outer(v_, h_, gradient_);
            sgemm.add_outer(v_, h_after_, gradient_);
        }
    }

  private:
    std::size_t steps_;
    Matrix v_, h_, weights_, gradient_, v_after_, h_after_;
};

}  // namespace rbm::bench
