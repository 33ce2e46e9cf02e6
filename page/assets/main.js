// Everything begins here.

pickRun(DATA.runs[0].name);
state.noise = DATA.runs[0].noise[0]?.name ?? null;
state.frame = state.run.frames.length - 1;

// What the reader sees is drawn at once, so that the slider follows the finger; the rest when it rests for a moment.
const MOMENT = 120; // milliseconds
const drawers = [];
let waiting = null;
const inSight = ({ figure }) => {
  const { top, bottom } = figure.getBoundingClientRect();
  return bottom > -200 && top < innerHeight + 200;
};
const redraw = () => {
  const main = document.getElementById("main");
  clearTimeout(waiting);
  main.dataset.drawn = "some";
  const later = drawers.filter((drawer) => !inSight(drawer));
  for (const drawer of drawers) if (!later.includes(drawer)) drawer.draw();
  waiting = setTimeout(() => {
    for (const drawer of later) drawer.draw();
    main.dataset.drawn = "all";
  }, MOMENT);
};
// A page has no place for what its store does not hold.
const isThere = (id) => document.getElementById(id) !== null;
for (const [id, labels, describe, tools] of [
  ["learning", LEARNING_LABELS, describeLearning],
  ["parameters", ["Histogram of weights or biases"], describeParameters, parameterTools(redraw)],
  ["esd", ["Empirical spectral density of the layer"], describeEsd],
  ["alpha", [`Alpha of every layer over the ${TIMES}`], describeAlpha],
  ["noise", [`Success rate of noise over the ${TIMES}`], describeNoise, noiseTools(redraw)],
]) {
  if (isThere(id)) drawers.push(mount(id, labels, describe, tools));
}
if (isThere("gallery")) drawers.push({ figure: document.getElementById("gallery"), draw: drawGallery });
const goTo = startControls(redraw);
for (const id of ["learning", "alpha", "noise"]) followClicks(id, goTo);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
startFilms();
