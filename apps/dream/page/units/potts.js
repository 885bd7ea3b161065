// SPDX-License-Identifier: MIT
// Potts units: sites of several columns, one of which is 1 and the others are 0.

kinds.potts = {
  /** The probability of each state of each site. */
  means(bank, field, beta, out) {
    for (let first = 0; first < out.length; first += bank.states) {
      const end = first + bank.states;
      let highest = -Infinity, sum = 0;
      for (let k = first; k < end; ++k) highest = Math.max(highest, bank.bias[k] + field[k]);
      for (let k = first; k < end; ++k) sum += out[k] = Math.exp(beta * (bank.bias[k] + field[k] - highest));
      for (let k = first; k < end; ++k) out[k] /= sum;
    }
  },

  draw(bank, means, beta, random, out) {
    out.fill(0);
    for (let first = 0; first < out.length; first += bank.states) {
      let rest = random.uniform(), state = first, last = first;
      for (let k = first; k < first + bank.states; ++k)
        if (means[k] > 0) last = k;  // what rounding leaves over is its
      while (state < last && (rest -= means[state]) >= 0) ++state;
      out[state] = 1;
    }
  },

  energy(bank, state) {
    return -dot(bank.bias, state);
  },

  logNormalizer(bank, field) {
    let sum = 0;
    for (let first = 0; first < field.length; first += bank.states) {
      const end = first + bank.states;
      let highest = -Infinity, terms = 0;
      for (let k = first; k < end; ++k) highest = Math.max(highest, bank.bias[k] + field[k]);
      for (let k = first; k < end; ++k) terms += Math.exp(bank.bias[k] + field[k] - highest);
      sum += highest + Math.log(terms);
    }
    return sum;
  },
};
