// The empirical spectral density of the layer, with its fitted tail, its bulk's edge and its shuffled baseline.

import { css, frameOf, line, outline, upright } from "weightreel/charts.js";
import { atTick, decades, significant, whole } from "weightreel/numbers.js";
import { PAGE, layerWords, place, readingOf, state, words } from "weightreel/state.js";

const log10 = (value) => (value > 0 ? Math.log10(value) : null);
// Density per unit of λ in each bin.
const densityOf = (esd, counts) => counts.map((count, bin) => count * esd.density_of_one[bin]);

// Axes, as powers of ten, that hold every epoch of this layer.
function esdRange({ esd, bulk }) {
  const used = (values) => values.filter((value) => value > 0);
  const all = used(esd.counts.flatMap((row) => densityOf(esd, row)));
  const x = [esd.edges[0], esd.edges.at(-1), ...used(bulk?.edge ?? [])];
  return {
    low: Math.log10(Math.min(...x)), high: Math.log10(1.05 * Math.max(...x)),
    floor: Math.log10(0.5 * all.reduce((least, value) => Math.min(least, value), Infinity)),
    top: Math.log10(3 * all.reduce((most, value) => Math.max(most, value), 0)),
  };
}

export function describeEsd() {
  const { labels, legend: names, heads } = PAGE;
  const { spectrum } = state.layer;
  const told = readingOf(words().esd[state.layer.name]);
  if (!spectrum?.esd) {
    const empty = frameOf({ x: { name: labels.eigenvalue, low: 0, high: 1 }, y: { name: labels.density, low: 0, high: 1 }, series: [] });
    return { charts: [empty], words: told, legend: [], head: [], rows: [] };
  }
  const at = place();
  const range = esdRange(spectrum);
  const { edges } = spectrum.esd;
  const counts = spectrum.esd.counts[state.frame];
  const density = densityOf(spectrum.esd, counts);
  const [esd, tail, random, ink] = ["esd", "tail", "random", "text"].map(css);
  const series = [
    line(outline(edges.map(log10), density.map(log10), range.floor), esd, { width: 1, areaStyle: { color: esd, opacity: 0.55, origin: "start" } }),
  ];
  const legend = [{ colour: esd, words: layerWords().esd, area: true }];
  if (spectrum.shuffled) {
    series.push(shuffledLine(spectrum.shuffled, range, ink));
    legend.push({ colour: ink, words: names.shuffled });
  }
  const edge = spectrum.bulk?.edge[at] ?? null;
  if (edge !== null) {
    series.push(upright(log10(edge), range.floor, range.top, random));
    legend.push({ colour: random, words: names.bulk, type: "dashed" });
  }
  const heights = spectrum.tail;
  if (heights.at_xmin[at] !== null) {
    // A power law is a straight line here; below the floor the chart cuts it off.
    const [from, to] = [[spectrum.xmin[at], heights.at_xmin[at]], [spectrum.lambda_max[at], heights.at_xmax[at]]];
    series.push(line([from.map(log10), to.map(log10)], tail, { width: 4, z: 6, clip: true }));
    series.push(upright(log10(from[0]), range.floor, range.top, tail, "dotted"));
    legend.push({ colour: tail, words: names.tail }, { colour: tail, words: names.xmin, type: "dotted" });
  }
  return {
    charts: [
      frameOf({
        x: { name: labels.eigenvalue, low: range.low, high: range.high, ticks: decades(range.low, range.high), format: atTick, grid: false },
        y: { name: labels.density, low: range.floor, high: range.top, ticks: decades(range.floor, range.top), format: atTick },
        series,
      }),
    ],
    words: told,
    legend,
    head: heads.esd,
    rows: counts.map((count, bin) => [significant(edges[bin]), significant(edges[bin + 1]), whole(count), count ? significant(density[bin]) : "–"]),
  };
}

// The outline of the shuffled weights' density, as far as the axis goes.
function shuffledLine(shuffled, range, colour) {
  const heights = shuffled.density[state.frame].map(log10);
  const edges = shuffled.edges.map((value) => Math.log10(Math.max(value, 1e-30)));
  const inside = heights.map((height, bin) => (edges[bin + 1] > range.low && edges[bin] < range.high ? height : null));
  const points = outline(edges.map((value) => Math.min(Math.max(value, range.low), range.high)), inside, range.floor);
  return line(points, colour, { width: 1.5, z: 4 });
}
