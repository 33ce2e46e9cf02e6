// Everything begins here.

pickRun(DATA.runs[0].name);
state.noise = DATA.runs[0].noise[0]?.name ?? null;
state.frame = state.run.frames.length - 1;

const drawers = [];
const redraw = () => { for (const draw of drawers) draw(); };
drawers.push(
  mount("learning", ["Accuracy over the epochs", "Loss over the epochs"], describeLearning),
  mount("parameters", ["Histogram of weights or biases"], describeParameters, parameterTools(redraw)),
  mount("esd", ["Empirical spectral density of the layer"], describeEsd),
  mount("alpha", ["Alpha of every layer over the epochs"], describeAlpha),
  mount("noise", ["Success rate of noise over the epochs"], describeNoise, noiseTools(redraw)),
  drawGallery,
);
const goTo = startControls(redraw);
for (const id of ["learning", "alpha", "noise"]) followClicks(id, goTo);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
startFilms();
