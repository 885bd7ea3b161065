// SPDX-License-Identifier: MIT
// Bernoulli units: x is 0 or 1.

kinds.bernoulli = {
  /** out = p(x = 1 | field). */
  means(bank, field, beta, out) {
    for (let i = 0; i < out.length; ++i) out[i] = logistic(beta * (bank.bias[i] + field[i]));
  },

  /** out ~ p(x | field), of which these are the means. */
  draw(bank, means, beta, random, out) {
    for (let i = 0; i < out.length; ++i) out[i] = random.uniform() < means[i] ? 1 : 0;
  },

  /** -sum_i bias_i x_i */
  energy(bank, state) {
    return -dot(bank.bias, state);
  },

  /** log of the sum of exp(sum_i (bias_i + field_i) x_i) over all states. */
  logNormalizer(bank, field) {
    let sum = 0;
    for (let i = 0; i < field.length; ++i) sum += softplus(bank.bias[i] + field[i]);
    return sum;
  },
};
