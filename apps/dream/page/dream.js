// SPDX-License-Identifier: MIT
// The page of rbm-dream: chains that run, and a brush that holds pixels.
'use strict';

const described = JSON.parse(document.getElementById('machine').textContent);
const machine = new Machine(described);
const picture = new Picture(described);
const random = new Random(described.seed);
const chains = Array.from({length: described.chains}, () => new Chain(machine, random));
const held = new Map();       // value of each visible unit that is held, in all chains
const speeds = [1 / 8, 1 / 4, 1 / 2, 1, 2, 5, 10, 20, 50];  // sweeps in each frame
const page = (id) => document.getElementById(id);
const trace = new Trace(page('trace'), chains.length);

let running = false;
let beta = described.beta;
let speed = 1;
let showsMeans = described.show === 'means';
let chosen = 0;               // the chain on the board
let brush = 'on';
let sweeps = 0;
let due = 0;                  // sweeps of single chains that are to be made
let next = 0;                 // the chain whose turn it is
let frames = [];              // when the last ones were drawn
const longestWork = 22;       // milliseconds of each frame, so that there are 30 in a second

/** A number with a true minus sign. */
const shown = (value, digits) => value.toFixed(digits).replace('-', '\u2212');

function restart(fromData) {
  const start = fromData ? floatsIn(described.start) : null;
  chains.forEach((chain, c) => {
    if (start) chain.startAt(start.subarray(c * machine.visible.count, (c + 1) * machine.visible.count));
    else chain.startAtNoise(beta);
    chain.hold(held);
  });
  sweeps = due = next = 0;
  trace.clear();
  record();
  drawAll();
}

// Time.

function frame(now) {
  if (!running) return;
  due = Math.min(due + speed * chains.length, 2 * Math.max(speed, 1) * chains.length);
  const end = performance.now() + longestWork;
  const before = sweeps;
  while (due >= 1 && performance.now() < end) {
    chains[next].sweep(beta, held);
    --due;
    if (++next === chains.length) {
      next = 0;
      ++sweeps;
    }
  }
  if (sweeps > before) record();
  drawAll();
  frames = frames.filter((time) => now - time < 1000);
  frames.push(now);
  requestAnimationFrame(frame);
}

function run(on) {
  running = on;
  frames = [];
  page('run').textContent = on ? 'Stop' : 'Start';
  if (on) requestAnimationFrame(frame);
}

// What is seen.

function record() {
  trace.add(sweeps, chains.map((chain) => machine.freeEnergy(chain.visible)));
}

const stateOf = (chain) => showsMeans ? chain.visibleMeans : chain.visible;

/** The label whose unit is most likely to be on, and its mean. */
function labelOf(chain) {
  const first = machine.visible.count - described.labels.length;
  let best = first;
  for (let unit = first; unit < machine.visible.count; ++unit)
    if (chain.visibleMeans[unit] > chain.visibleMeans[best]) best = unit;
  return described.labels[best - first];
}

/** The sequence that a chain is at. */
function lettersOf(chain) {
  let text = '';
  for (let first = 0; first < picture.drawn; first += machine.visible.states) {
    let state = 0;
    while (state < machine.visible.states - 1 && chain.visible[first + state] !== 1) ++state;
    text += described.letters[state];
  }
  return text;
}

function drawAll() {
  picture.follow(chains.map(stateOf));
  const energies = trace.energies[trace.energies.length - 1];
  chains.forEach((chain, c) => {
    picture.draw(tiles[c].canvas, stateOf(chain), null);
    tiles[c].energy.textContent = shown(energies[c], 1);
    if (described.labels.length) tiles[c].label.textContent = labelOf(chain);
  });
  picture.draw(page('board'), stateOf(chains[chosen]), held);
  if (described.letters) page('letters').textContent = chains.map(lettersOf).join('\n');
  trace.draw(chosen);
  const mean = energies.reduce((sum, energy) => sum + energy, 0) / energies.length;
  const rate = running && frames.length > 5 ? `  ·  ${frames.length} frames a second` : '';
  page('status').textContent = `${sweeps} sweeps  ·  mean free energy ${shown(mean, 2)} nats  ·  ` +
      `${held.size} of ${machine.visible.count} units held${rate}`;
}

// Holding.

/** Holds a pixel of all chains as the brush says, or releases it. */
function touch(y, x) {
  const first = picture.unit(y, x);
  if (first < 0) return;
  const states = machine.visible.states;
  const group = picture.sites ? first - first % states : first;  // all states of a site are held together
  const size = picture.sites ? states : picture.planes;
  for (let unit = group; unit < group + size; ++unit) {
    if (brush === 'release') held.delete(unit);
    else if (brush === 'keep') held.set(unit, chains[chosen].visible[unit]);
    else if (picture.sites) held.set(unit, unit === first ? 1 : 0);
    else held.set(unit, picture.stateOf(unit, brush === 'on' ? 1 : 0));
  }
}

function changed() {
  for (const chain of chains) chain.hold(held);
  if (!running) drawAll();
}

function paintAt(event, from) {
  const board = page('board'), box = board.getBoundingClientRect();
  const x = (event.clientX - box.left) / box.width * picture.width;
  const y = (event.clientY - box.top) / box.height * picture.height;
  // Pointers jump: all pixels on the way, with a brush as wide as a stroke of a digit.
  const steps = from ? Math.ceil(2 * Math.hypot(x - from.x, y - from.y)) : 0;
  const radius = picture.sites || brush === 'on' && picture.width < 16 ? 0.5 : picture.width / 28;
  for (let s = 0; s <= steps; ++s) {
    const cx = steps ? from.x + (x - from.x) * s / steps : x, cy = steps ? from.y + (y - from.y) * s / steps : y;
    for (let py = 0; py < picture.height; ++py)
      for (let px = 0; px < picture.width; ++px)
        if (Math.floor(cy) === py && Math.floor(cx) === px || Math.hypot(px + 0.5 - cx, py + 0.5 - cy) <= radius)
          touch(py, px);
  }
  changed();
  return {x, y};
}

function holdLabel(place) {
  const first = machine.visible.count - described.labels.length;
  described.labels.forEach((_, c) => {
    if (place === null) held.delete(first + c);
    else held.set(first + c, described.label_values[c === place ? 1 : 0]);
  });
}

function releaseAll() {
  held.clear();
  const any = document.querySelector('#labels input');
  if (any) any.checked = true;
  changed();
}

// Controls.

/** Buttons of which one is chosen: [value, text] each. */
function choices(row, name, values, now, choose) {
  for (const [value, text] of values) {
    const label = document.createElement('label'), input = document.createElement('input');
    label.className = 'choice';
    input.type = 'radio';
    input.name = name;
    input.checked = value === now;
    input.addEventListener('change', () => choose(value));
    label.append(input, Object.assign(document.createElement('span'), {textContent: text}));
    row.append(label);
  }
}

const tiles = chains.map((_, c) => {
  const button = document.createElement('button'), canvas = document.createElement('canvas');
  const item = document.createElement('li'), words = document.createElement('small');
  const energy = document.createElement('span'), label = document.createElement('b');
  button.setAttribute('aria-label', `Chain ${c + 1}`);
  button.setAttribute('aria-pressed', c === 0);
  button.addEventListener('click', () => {
    tiles[chosen].button.setAttribute('aria-pressed', false);
    chosen = c;
    button.setAttribute('aria-pressed', true);
    drawAll();
  });
  words.append(label, energy);
  button.append(canvas);
  item.append(button, words);
  page('chains').append(item);
  return {button, canvas, energy, label};
});

function setUp() {
  const board = page('board');
  let last = null;
  board.addEventListener('pointerdown', (event) => {
    board.setPointerCapture(event.pointerId);
    last = paintAt(event, null);
  });
  board.addEventListener('pointermove', (event) => {
    if (last) last = paintAt(event, last);
  });
  for (const end of ['pointerup', 'pointercancel']) board.addEventListener(end, () => last = null);

  const thing = picture.sites ? 'sites' : 'pixels';
  page('hint').textContent = `Paint here: painted ${thing} are held in every chain, and the machine fills in the rest.`;
  const brushes = picture.sites ? [['on', 'Set']] : [['on', 'White'], ['off', 'Black']];
  choices(page('brushes'), 'brush', [...brushes, ['keep', 'As it is'], ['release', 'Release']], brush,
          (value) => brush = value);
  choices(page('shown').querySelector('.row'), 'shown', [[true, 'Means'], [false, 'States']], showsMeans, (value) => {
    showsMeans = value;
    if (!running) drawAll();
  });
  if (picture.sites) page('keep').textContent = 'Keep the left half';
  page('keep').addEventListener('click', () => {
    const before = brush;
    brush = 'keep';
    const high = picture.sites ? 1 : Math.floor(picture.height / 2);
    const wide = picture.sites ? Math.floor(picture.width / 2) : picture.width;
    for (let y = 0; y < high; ++y)
      for (let x = 0; x < wide; ++x) touch(y, x);
    brush = before;
    changed();
  });
  page('release').addEventListener('click', releaseAll);
  page('run').addEventListener('click', () => run(!running));
  page('noise').addEventListener('click', () => restart(false));
  page('data').addEventListener('click', () => restart(true));
  page('data').hidden = !described.start;
  page('letters').hidden = !described.letters;
  if (described.labels.length) {
    page('labels').hidden = false;
    choices(page('labels').querySelector('.row'), 'label', [[null, 'any'], ...described.labels.map((text, c) => [c, text])],
            described.label, (place) => {
              holdLabel(place);
              changed();
            });
    if (described.label !== null) holdLabel(described.label);
  }
  const temperature = page('temperature'), speedDial = page('speed');
  const setTemperature = () => {
    beta = 2 ** -temperature.value;
    page('temperature-shown').textContent = `T = ${(1 / beta).toFixed(2)}`;
  };
  const setSpeed = () => {
    speed = speeds[speedDial.value];
    page('speed-shown').textContent = speed < 1 ? `one sweep in ${1 / speed} frames`
                                                : `${speed} ${speed === 1 ? 'sweep' : 'sweeps'} in each frame`;
  };
  temperature.value = -Math.log2(beta);
  page('temperature-shown').textContent = `T = ${(1 / beta).toFixed(2)}`;
  temperature.addEventListener('input', setTemperature);
  speedDial.addEventListener('input', setSpeed);
  setSpeed();
  const shape = picture.width / picture.height;
  const tile = chains.length > 36 || shape < 0.67 ? '4.2rem' : shape > 2 ? '11rem' : '6.5rem';
  page('chains').style.setProperty('--tile', tile);
}

setUp();
restart(Boolean(described.start));
run(!matchMedia('(prefers-reduced-motion: reduce)').matches);
