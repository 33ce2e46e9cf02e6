// What the page shows: the store's data, what is said of it, and the epoch, run and layer that the reader picked.

export const DATA = JSON.parse(document.getElementById("data").textContent);
export const PAGE = DATA.page;

export const state = { run: null, layer: null, frame: 0, parameter: "weight", whole: false, noise: PAGE.kind };

// Sentences, each as the number of its form and what fills the gaps, of which numbers stand for words; or plain text.
const gapOf = (gap) => (typeof gap === "number" ? PAGE.words[gap] : gap);
const filled = ([form, ...gaps]) => PAGE.forms[form].replace(/\{(\d+)\}/g, (_, place) => gapOf(gaps[place]));
export const said = (sentences) => (typeof sentences === "string" ? sentences : sentences.map(filled).join(" "));

// What is said of a run, and of the layer within it.
export const wordsOf = (run) => PAGE.runs[run.name];
export const words = () => wordsOf(state.run);
export const layerWords = () => words().layers.find((found) => found.name === state.layer.name);
// Readings at what is shown; those of what the store does not hold are the same at every frame.
export const readingOf = (readings) => said(typeof readings === "string" ? readings : readings[state.frame]);

// A history of a run as points on the axis of time.
export const points = (run, values) => wordsOf(run).time.at.map((x, i) => [x, values[i]]);

// Place among the epochs of what is shown, and on the axis of time.
export const place = () => state.run.frames[state.frame];
export const timeNow = () => words().time.at[place()];

// The frame that lies nearest to a value, of those that the epochs have.
function nearestFrame(values, wanted) {
  const distance = (frame) => Math.abs(values[state.run.frames[frame]] - wanted);
  return [...state.run.frames.keys()].reduce((best, frame) => (distance(frame) < distance(best) ? frame : best), 0);
}

export function goToTime(x) {
  state.frame = nearestFrame(words().time.at, x);
}

export function pickRun(name) {
  const epoch = state.run ? state.run.epoch[place()] : 0;
  const layer = state.layer?.name;
  state.run = DATA.runs.find((run) => run.name === name);
  pickLayer(words().layers.some((found) => found.name === layer) ? layer : words().layer);
  state.frame = nearestFrame(state.run.epoch, epoch);
}

export function pickLayer(name) {
  state.layer = state.run.layers.find((layer) => layer.name === name);
}
