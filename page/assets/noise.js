// Noise: how often the network is sure of it, over the epochs, and the pictures it is surest of.

import { QUARTERS, band, css, cursor, element, epochAxis, faded, frameOf, line, runColour } from "weightreel/charts.js";
import { inPercent } from "weightreel/numbers.js";
import { DATA, PAGE, place, points, readingOf, state, words, wordsOf } from "weightreel/state.js";

const MOST_NAMED = 3; // other trainings in the legend

const noiseOf = (run) => run.noise.find((found) => found.name === state.noise) ?? run.noise[0];

export function describeNoise() {
  const { run } = state;
  const { labels, legend: names, heads } = PAGE;
  const found = noiseOf(run);
  const axes = { x: epochAxis(run), y: { name: labels.rate, low: 0, high: 1, ticks: QUARTERS, format: inPercent } };
  const told = found && words().noise[found.name];
  if (!told?.said) return { charts: [frameOf({ ...axes, series: [] })], words: labels.noNoise, legend: [], head: [], rows: [] };
  const { history } = found;
  const colour = runColour(run);
  const beside = (other) => other !== run && other.clock === run.clock && noiseOf(other)?.name === found.name && noiseOf(other).history.trials;
  const others = DATA.runs.filter(beside);
  return {
    charts: [
      frameOf({
        ...axes,
        series: [
          ...others.map((other) => line(points(other, noiseOf(other).history.value), faded(runColour(other), 0.6), { width: 1.3 })),
          ...band(words().time.at, history.low, history.high, colour, "interval"),
          line(points(run, history.value), colour, { width: 3, z: 4 }),
          ...cursor(0, 1, [[history.value[place()], colour]]),
        ],
      }),
    ],
    words: readingOf(told.said),
    legend: [
      { colour, words: words().title },
      { colour, words: names.interval, area: 0.4 },
      ...(others.length > MOST_NAMED
        ? [{ colour: css("muted"), words: names.runs }]
        : others.map((other) => ({ colour: runColour(other), words: wordsOf(other).title, width: 1.3 }))),
    ],
    head: [words().clock, ...heads.noise],
    rows: told.rows,
  };
}

export function noiseTools(redraw) {
  const names = Object.entries(PAGE.kinds);
  if (names.length < 2) return [];
  const which = element("select", { id: "noise-kind" }, ...names.map(([name, text]) => element("option", { value: name }, text)));
  which.addEventListener("change", () => { state.noise = which.value; redraw(); });
  return [element("label", {}, `${PAGE.labels.kind} `, which)];
}

export function drawGallery() {
  const found = noiseOf(state.run);
  const key = `${state.run.name} ${found?.name}`;
  const list = document.getElementById("gallery");
  if (list.dataset.key === key) return;
  list.dataset.key = key;
  const told = found && words().gallery[found.name];
  document.getElementById("gallery-words").textContent = told?.words ?? PAGE.labels.noNoise;
  list.replaceChildren(...(told?.pictures ?? []).map(({ answer, confidence, alt }, i) =>
    element("li", {},
      element("img", { src: found.gallery[i].picture, alt, width: "96", height: "96" }),
      element("b", {}, answer), confidence)));
}
