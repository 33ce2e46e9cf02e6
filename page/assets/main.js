// Everything begins here.

import { describeAlpha } from "weightreel/alpha.js";
import { followClicks, mount } from "weightreel/charts.js";
import { startControls, startFilms } from "weightreel/controls.js";
import { describeEsd } from "weightreel/esd.js";
import { describeLearning } from "weightreel/learning.js";
import { describeNoise, drawGallery, noiseTools } from "weightreel/noise.js";
import { describeParameters, parameterTools } from "weightreel/parameters.js";
import { DATA, pickRun, state } from "weightreel/state.js";

pickRun(DATA.runs[0].name);
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
for (const [id, describe, tools] of [
  ["learning", describeLearning],
  ["parameters", describeParameters, parameterTools],
  ["esd", describeEsd],
  ["alpha", describeAlpha],
  ["noise", describeNoise, noiseTools],
]) {
  if (isThere(id)) drawers.push(mount(id, describe, tools?.(redraw)));
}
if (isThere("gallery")) drawers.push({ figure: document.getElementById("gallery"), draw: drawGallery });
const goTo = startControls(redraw);
for (const id of ["learning", "alpha", "noise"]) followClicks(id, goTo);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
startFilms();
