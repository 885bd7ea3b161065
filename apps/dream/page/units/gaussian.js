// SPDX-License-Identifier: MIT
// Gaussian units: x is a real number with the mean center + field and the standard deviation sigma / sqrt(beta).

kinds.gaussian = {
  means(bank, field, beta, out) {
    for (let i = 0; i < out.length; ++i) out[i] = bank.center[i] + field[i];
  },

  draw(bank, means, beta, random, out) {
    const wider = 1 / Math.sqrt(beta);
    for (let i = 0; i < out.length; ++i) out[i] = means[i] + wider * Math.exp(bank.log_sigma[i]) * random.normal();
  },

  /** The weights see x / sigma^2. */
  factors(bank) {
    return bank.log_sigma.map((logarithm) => Math.exp(-2 * logarithm));
  },

  /** sum_i (x_i - center_i)^2 / (2 sigma_i^2) */
  energy(bank, state) {
    let sum = 0;
    for (let i = 0; i < state.length; ++i) {
      const away = (state[i] - bank.center[i]) * Math.exp(-bank.log_sigma[i]);
      sum += away * away / 2;
    }
    return sum;
  },

  logNormalizer(bank, field) {
    let sum = 0;
    for (let i = 0; i < field.length; ++i) {
      const precision = Math.exp(-2 * bank.log_sigma[i]);
      sum += Math.log(2 * Math.PI) / 2 + bank.log_sigma[i];
      sum += (bank.center[i] + field[i] / 2) * field[i] * precision;
    }
    return sum;
  },
};
