// Alpha of every layer over the epochs, the picked layer in front, above the ranges of both readings.

import { css, cursor, epochAxis, faded, frameOf, line } from "weightreel/charts.js";
import { atTick, whole } from "weightreel/numbers.js";
import { PAGE, layerWords, place, points, readingOf, state, words } from "weightreel/state.js";

const TICKS = [1, 2, 4, 6, 10, 20, 50, 100, 200, 500, 1000];
const log10 = (value) => (value > 0 ? Math.log10(value) : null);

export function describeAlpha() {
  const { run, layer } = state;
  const { labels, legend: names, heads, status } = PAGE;
  const at = place();
  const fitted = run.layers.filter((found) => found.spectrum);
  const values = fitted.flatMap((found) => found.spectrum.alpha).filter((value) => value !== null);
  const low = log10(Math.min(1.5, ...values));
  const high = log10(1.1 * values.reduce((most, value) => Math.max(most, value), 7));
  const shades = PAGE.shades.map((shade) => ({ ...shade, colour: css(shade.colour) }));
  const { few } = words();
  const curve = ({ name, spectrum }, { colour, width, z }) =>
    line(points(run, spectrum.alpha.map(log10)), colour, { width, type: few[name] ? "dotted" : "solid", z });
  const others = fitted.filter((found) => found !== layer);
  const shadeArea = ({ low: from, high: to, colour, opacity }) => [
    { yAxis: log10(Math.max(from, 10 ** low)), itemStyle: { color: colour, opacity } }, { yAxis: log10(to) },
  ];
  const point = log10(layer.spectrum?.alpha[at] ?? 0);
  const ticks = TICKS.map(log10).filter((tick) => tick >= low && tick <= high);
  return {
    charts: [
      frameOf({
        x: epochAxis(run),
        y: { name: labels.alpha, low, high, ticks, format: atTick, grid: false },
        series: [
          { type: "line", data: [], silent: true, markArea: { silent: true, data: shades.map(shadeArea) } },
          ...others.map((found) => curve(found, { colour: faded(css("muted"), 0.6), width: 1.2, z: 3 })),
          ...(layer.spectrum ? [curve(layer, { colour: css("esd"), width: 3.5, z: 5 })] : []),
          ...cursor(low, high, [[point, css("esd")]]),
        ],
      }),
    ],
    words: readingOf(words().alpha[layer.name]),
    legend: [
      ...(layer.spectrum ? [{ colour: css("esd"), words: layerWords().words }] : []),
      ...(others.length ? [{ colour: css("muted"), words: names.others }] : []),
      ...shades.map((shade) => ({ colour: shade.colour, words: shade.words, area: shade.opacity + 0.1 })),
    ],
    head: heads.alpha,
    rows: fitted.map(({ name, spectrum }) => [
      name, whole(spectrum.n_eigenvalues), ...words().alphas[name][state.frame], status[spectrum.status[at]],
    ]),
  };
}
