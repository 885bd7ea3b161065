// SPDX-License-Identifier: MIT
// A restricted Boltzmann machine and its block Gibbs chains.
//
//   E(v, h)  =  E_visible(v) + E_hidden(h) - statistic(v) . weights . statistic(h)      in nats
//   F(v)     =  -log sum_h exp(-E(v, h))
//
// The statistic of a unit is the unit, but for Gaussian ones.  V visible and H hidden units.  Numbers that change are in
// double precision, parameters in the float32 of the model file.
'use strict';

/** What is special about each kind of units, by its name in model files; the files in units/ fill it. */
const kinds = {};

const logistic = (x) => 1 / (1 + Math.exp(-x));

/** log(1 + exp(x)) */
const softplus = (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));

function dot(a, b) {
  let sum = 0;
  for (let i = 0; i < a.length; ++i) sum += a[i] * b[i];
  return sum;
}

/** The float32 numbers, in little-endian order, behind a text in base64. */
function floatsIn(base64) {
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < bytes.length; ++i) bytes[i] = text.charCodeAt(i);
  return new Float32Array(bytes.buffer);
}

/** Random numbers that follow from a seed: the generator sfc32 of PractRand by Chris Doty-Humphrey. */
class Random {
  constructor(seed) {
    this.state = new Uint32Array([0, seed >>> 0, Math.floor(seed / 2 ** 32) >>> 0, 1]);
    for (let i = 0; i < 12; ++i) this.bits();
  }

  /** A whole number of 32 bits. */
  bits() {
    const s = this.state;
    const sum = (s[0] + s[1] + s[3]++) >>> 0;
    s[0] = s[1] ^ (s[1] >>> 9);
    s[1] = s[2] + (s[2] << 3);
    s[2] = ((s[2] << 21) | (s[2] >>> 11)) + sum;
    return sum;
  }

  /** From 0 on, and below 1. */
  uniform() {
    return this.bits() / 2 ** 32;
  }

  /** Mean 0, deviation 1: Box and Muller. */
  normal() {
    return Math.sqrt(-2 * Math.log(1 - this.uniform())) * Math.cos(2 * Math.PI * this.uniform());
  }
}

/** Units of one side: their kind, their number, and their parameters by name. */
function makeBank(described) {
  const bank = {kind: kinds[described.kind], count: described.count, states: described.states};
  for (const [name, values] of Object.entries(described.parameters)) bank[name] = floatsIn(values);
  bank.factors = bank.kind.factors ? bank.kind.factors(bank) : null;
  return bank;
}

/** out[k] = sum_i statistic(state)_i rows[i][k]; rows [N x out.length]. */
function addUp(bank, state, rows, out) {
  const width = out.length;
  out.fill(0);
  for (let i = 0; i < state.length; ++i) {
    const x = bank.factors ? bank.factors[i] * state[i] : state[i];
    if (x === 0) continue;
    const first = i * width;
    for (let k = 0; k < width; ++k) out[k] += x * rows[first + k];
  }
}

class Machine {
  constructor(described) {
    this.visible = makeBank(described.visible);
    this.hidden = makeBank(described.hidden);
    const V = this.visible.count, H = this.hidden.count;
    this.weights = floatsIn(described.weights);       // [V x H]
    this.transposed = new Float32Array(V * H);        // [H x V]: both products read rows from left to right
    for (let i = 0; i < V; ++i)
      for (let j = 0; j < H; ++j) this.transposed[j * V + i] = this.weights[i * H + j];
    this.visibleField = new Float64Array(V);
    this.hiddenField = new Float64Array(H);
  }

  /** out [H] = the means of the hidden units, such as p(h = 1 | v), at this inverse temperature. */
  hiddenMeans(v, beta, out = new Float64Array(this.hidden.count)) {
    addUp(this.visible, v, this.weights, this.hiddenField);
    this.hidden.kind.means(this.hidden, this.hiddenField, beta, out);
    return out;
  }

  /** out [V] = the means of the visible units, such as p(v = 1 | h). */
  visibleMeans(h, beta, out = new Float64Array(this.visible.count)) {
    addUp(this.hidden, h, this.transposed, this.visibleField);
    this.visible.kind.means(this.visible, this.visibleField, beta, out);
    return out;
  }

  /** F(v) at temperature 1, as rbm-score has it. */
  freeEnergy(v) {
    addUp(this.visible, v, this.weights, this.hiddenField);
    return this.visible.kind.energy(this.visible, v) - this.hidden.kind.logNormalizer(this.hidden, this.hiddenField);
  }
}

/** One Markov chain: a state of all units, and the means from which the visible ones were drawn. */
class Chain {
  constructor(machine, random) {
    this.machine = machine;
    this.random = random;
    this.visible = new Float64Array(machine.visible.count);
    this.visibleMeans = new Float64Array(machine.visible.count);
    this.hidden = new Float64Array(machine.hidden.count);
    this.hiddenMeans = new Float64Array(machine.hidden.count);
  }

  /** Every visible unit drawn by itself, as if there were no weights. */
  startAtNoise(beta) {
    const {visible} = this.machine;
    visible.kind.means(visible, new Float64Array(visible.count), beta, this.visibleMeans);
    visible.kind.draw(visible, this.visibleMeans, beta, this.random, this.visible);
  }

  startAt(state) {
    this.visible.set(state);
    this.visibleMeans.set(state);
  }

  /** All hidden units given the visible ones, then all visible ones given the hidden; held units stay as they are. */
  sweep(beta, held) {
    const {machine, random} = this;
    machine.hiddenMeans(this.visible, beta, this.hiddenMeans);
    machine.hidden.kind.draw(machine.hidden, this.hiddenMeans, beta, random, this.hidden);
    machine.visibleMeans(this.hidden, beta, this.visibleMeans);
    machine.visible.kind.draw(machine.visible, this.visibleMeans, beta, random, this.visible);
    this.hold(held);
  }

  /** Puts held units to their values. */
  hold(held) {
    for (const [unit, value] of held) this.visible[unit] = this.visibleMeans[unit] = value;
  }
}
