// SPDX-License-Identifier: MIT
// Visible states as pictures.
'use strict';

/** Where each unit is in a picture. */
class Picture {
  constructor(described) {
    const {visible, image, labels, mean, scale} = described;
    this.mean = mean ? floatsIn(mean) : null;     // of standardised data: pictures show the data's own units
    this.scale = scale ? floatsIn(scale) : null;
    this.drawn = visible.count - labels.length;
    this.sites = visible.states > 1;              // a column for each site, a line for each of its states
    this.planes = this.sites ? 1 : image.planes;
    this.height = this.sites ? visible.states : image.height;
    this.width = this.sites ? this.drawn / visible.states : image.width;
    this.range = described.range;                 // what is black and what white; null: as the chains have it
    this.fixed = described.range !== null;
  }

  /** The first of the pixel's units, one for each plane; -1 for none. */
  unit(y, x) {
    const at = this.sites ? x * this.height + y : (y * this.width + x) * this.planes;
    return at + this.planes <= this.drawn ? at : -1;
  }

  restored(unit, value) {
    return this.scale ? this.mean[unit] + this.scale[unit] * value : value;
  }

  /** The state that looks like this: 0 black, 1 white. */
  stateOf(unit, shade) {
    const [black, white] = this.range;
    const value = black + shade * (white - black);
    return this.scale ? (value - this.mean[unit]) / this.scale[unit] : value;
  }

  /** Real numbers have no limits: black and white follow the 1st and the 99th percentile of all chains, slowly. */
  follow(states) {
    if (this.fixed) return;
    const values = [];
    for (const state of states)
      for (let unit = 0; unit < this.drawn; ++unit) values.push(this.restored(unit, state[unit]));
    values.sort((a, b) => a - b);
    const black = values[Math.floor(0.01 * (values.length - 1))], white = values[Math.floor(0.99 * (values.length - 1))];
    if (this.range === null) this.range = [black, white > black ? white : black + 1];
    this.range[0] += 0.1 * (black - this.range[0]);
    this.range[1] += 0.1 * (Math.max(white, black + 1e-6) - this.range[1]);
  }

  /** Draws onto a canvas, one pixel for each; held ones in shades of orange. */
  draw(canvas, state, held) {
    if (canvas.width !== this.width || canvas.height !== this.height) {
      canvas.width = this.width;
      canvas.height = this.height;
    }
    const context = canvas.getContext('2d');
    const pixels = context.createImageData(this.width, this.height);
    const [black, white] = this.range;
    for (let y = 0; y < this.height; ++y)
      for (let x = 0; x < this.width; ++x) {
        const at = 4 * (y * this.width + x), unit = this.unit(y, x);
        if (unit < 0) continue;
        for (let c = 0; c < 3; ++c) {
          const own = unit + (this.planes === 3 ? c : 0);
          pixels.data[at + c] = 255 * (this.restored(own, state[own]) - black) / (white - black);
        }
        if (held && held.has(unit)) {
          pixels.data[at] = 90 + 0.65 * pixels.data[at];
          pixels.data[at + 1] = 40 + 0.55 * pixels.data[at + 1];
          pixels.data[at + 2] *= 0.3;
        }
        pixels.data[at + 3] = 255;
      }
    context.putImageData(pixels, 0, 0);
  }
}
