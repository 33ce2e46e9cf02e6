// What the page shows: the store's data, and the epoch, run and layer that the reader picked.

const DATA = JSON.parse(document.getElementById("data").textContent);

const state = { run: null, layer: null, frame: 0, parameter: "weight", whole: false, noise: null };

const hasSpectra = (run) => run.layers.some((layer) => layer.spectrum);
// BatchNorm's scales are no matrix; they are listed only where nothing has a spectrum.
const layersOf = (run) => run.layers.filter((layer) => layer.spectrum || !hasSpectra(run));
const runTitle = (run) => `${run.title}, seed ${run.seed}`;

// What the clocks count, as many.
const TIMES = [...new Set(DATA.runs.map((run) => `${run.clock}s`))].join(" and ");
const clockOf = (run) => run.clock[0].toUpperCase() + run.clock.slice(1);
// Where an epoch stands on an axis of time, and the epoch at a place of it: records may lie close at a training's beginning.
const placed = (run, epoch) => (run.logarithmic ? Math.log10(1 + epoch) : epoch);
const epochAt = (run, x) => (run.logarithmic ? 10 ** x - 1 : x);
// A history of the run as points on that axis.
const points = (run, values) => run.epoch.map((epoch, i) => [placed(run, epoch), values[i]]);

// Place among the epochs, and the epoch, of what is shown.
const place = () => state.run.frames[state.frame];
const epochNow = () => state.run.epoch[place()];

// Begin with the first linear layer, as the films do, where there is one.
function firstLayer(run) {
  const layers = layersOf(run);
  return layers.find((layer) => layer.kind === "linear") ?? layers[0];
}

function pickRun(name) {
  const epoch = state.run ? epochNow() : 0;
  const layer = state.layer?.name;
  state.run = DATA.runs.find((run) => run.name === name);
  state.layer = layersOf(state.run).find((found) => found.name === layer) ?? firstLayer(state.run);
  const distance = (frame) => Math.abs(state.run.epoch[state.run.frames[frame]] - epoch);
  const frames = [...state.run.frames.keys()];
  state.frame = frames.reduce((best, frame) => (distance(frame) < distance(best) ? frame : best), 0);
}

function pickLayer(name) {
  state.layer = layersOf(state.run).find((layer) => layer.name === name);
}
