// SPDX-License-Identifier: MIT
// The free energies of the chains against time, drawn anew for every frame.
'use strict';

/** 1, 2 or 5 times a power of ten, such that about `count` of them make the span. */
function niceStep(span, count) {
  const power = 10 ** Math.floor(Math.log10(span / count));
  return power * [1, 2, 5, 10].find((factor) => factor * power >= span / count);
}

class Trace {
  constructor(canvas, chains) {
    this.canvas = canvas;
    this.chains = chains;
    this.clear();
  }

  clear() {
    this.sweeps = [];    // of each moment
    this.energies = [];  // [moments][chains]
  }

  add(sweep, energies) {
    this.sweeps.push(sweep);
    this.energies.push(energies);
    if (this.sweeps.length > 400) {
      this.sweeps.shift();
      this.energies.shift();
    }
  }

  draw(chosen) {
    const {canvas} = this, ratio = window.devicePixelRatio || 1;
    const width = canvas.clientWidth, height = canvas.clientHeight;
    if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
      canvas.width = Math.round(width * ratio);
      canvas.height = Math.round(height * ratio);
    }
    const context = canvas.getContext('2d'), style = getComputedStyle(document.documentElement);
    const colour = (name) => style.getPropertyValue('--' + name);
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, height);
    if (this.sweeps.length < 2) return;

    const left = 56, right = width - 8, top = 18, bottom = height - 34;
    const first = this.sweeps[0], last = this.sweeps[this.sweeps.length - 1];
    let low = Infinity, high = -Infinity;
    for (const moment of this.energies)
      for (const energy of moment) {
        low = Math.min(low, energy);
        high = Math.max(high, energy);
      }
    if (high - low < 1) [low, high] = [low - 0.5, high + 0.5];
    const x = (sweep) => left + (right - left) * (sweep - first) / Math.max(last - first, 1);
    const y = (energy) => bottom - (bottom - top) * (energy - low) / (high - low);

    context.font = '12px system-ui, "DejaVu Sans", sans-serif';
    context.fillStyle = colour('soft');
    context.strokeStyle = colour('rule');
    context.lineWidth = 1;
    context.textAlign = 'right';
    context.textBaseline = 'middle';
    const step = niceStep(high - low, 4), digits = Math.max(0, -Math.floor(Math.log10(step)));
    for (let tick = Math.ceil(low / step) * step; tick <= high; tick += step) {
      context.beginPath();
      context.moveTo(left, y(tick));
      context.lineTo(right, y(tick));
      context.stroke();
      context.fillText(tick.toFixed(digits).replace('-', '\u2212'), left - 6, y(tick));
    }
    context.textBaseline = 'alphabetic';
    context.fillText(`sweep ${last}`, right, height - 14);
    context.textAlign = 'left';
    context.fillText(String(first), left, height - 14);
    context.fillText('F(v), nats', 0, 11);

    const line = (chain, name, thickness, alpha) => {
      context.strokeStyle = colour(name);
      context.lineWidth = thickness;
      context.globalAlpha = alpha;
      context.beginPath();
      this.sweeps.forEach((sweep, t) => context.lineTo(x(sweep), y(this.energies[t][chain])));
      context.stroke();
      context.globalAlpha = 1;
    };
    for (let chain = 0; chain < this.chains; ++chain)
      if (chain !== chosen) line(chain, 'blue', 1, 0.45);
    line(chosen, 'orange', 2, 1);
  }
}
