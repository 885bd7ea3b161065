// SPDX-License-Identifier: MIT
// Spin units: x is -1 or 1.

kinds.spin = {
  means(bank, field, beta, out) {
    for (let i = 0; i < out.length; ++i) out[i] = Math.tanh(beta * (bank.bias[i] + field[i]));
  },

  draw(bank, means, beta, random, out) {
    for (let i = 0; i < out.length; ++i) out[i] = random.uniform() < (1 + means[i]) / 2 ? 1 : -1;
  },

  energy(bank, state) {
    return -dot(bank.bias, state);
  },

  /** sum of log 2 cosh x, which is softplus(2 x) - x. */
  logNormalizer(bank, field) {
    let sum = 0;
    for (let i = 0; i < field.length; ++i) {
      const x = bank.bias[i] + field[i];
      sum += softplus(2 * x) - x;
    }
    return sum;
  },
};
