// The histogram of weights or biases, of the layer or of all layers together.

import { css, element, frameOf, line, outline, upright } from "weightreel/charts.js";
import { shortCount, significant, twoDigits, whole } from "weightreel/numbers.js";
import { DATA, PAGE, place, readingOf, state, words } from "weightreel/state.js";

const PLURALS = { weight: "weights", bias: "biases" };

export function describeParameters() {
  const { labels } = PAGE;
  const found = (state.whole ? state.run : state.layer).parameters[state.parameter];
  const readings = state.whole ? words().parameters.all : words().parameters.layers[state.layer.name];
  const name = labels[state.parameter];
  const plural = labels[PLURALS[state.parameter]];
  const told = readingOf(readings[state.parameter]);
  const colour = css(PLURALS[state.parameter]);
  if (!found) {
    const empty = frameOf({ x: { name, low: -1, high: 1 }, y: { name: plural, low: 0, high: 1 }, series: [] });
    return { charts: [empty], words: told, legend: [], head: [], rows: [] };
  }
  const mean = found.mean[place()];
  const counts = found.counts[state.frame];
  const highest = 1.05 * Math.max(...found.counts.flat(), 1);
  const [low, high] = [found.edges[0], found.edges.at(-1)];
  return {
    charts: [
      frameOf({
        x: { name, low, high, ends: false, grid: false, format: twoDigits },
        y: { name: plural, low: 0, high: highest, ends: false, format: shortCount },
        series: [
          line(outline(found.edges, counts, 0), colour, { width: 1.5, areaStyle: { color: colour, opacity: 0.55, origin: "start" } }),
          ...(mean > low && mean < high ? [upright(mean, 0, highest, css("text"), "dotted")] : []),
        ],
      }),
    ],
    words: told,
    legend: [
      { colour, words: plural, area: true },
      { colour: css("text"), words: PAGE.legend.mean, type: "dotted" },
    ],
    head: [...PAGE.heads.parameters, plural],
    rows: counts.map((count, bin) => [significant(found.edges[bin]), significant(found.edges[bin + 1]), whole(count)]),
  };
}

export function parameterTools(redraw) {
  const { labels } = PAGE;
  const names = Object.keys(PLURALS).filter((name) => DATA.runs.some((run) => run.layers.some((layer) => layer.parameters[name])));
  const which = element("select", { id: "parameter" }, ...names.map((name) => element("option", { value: name }, labels[PLURALS[name]])));
  const all = element("input", { type: "checkbox", id: "all-layers" });
  which.addEventListener("change", () => { state.parameter = which.value; redraw(); });
  all.addEventListener("change", () => { state.whole = all.checked; redraw(); });
  return [...(names.length > 1 ? [element("label", {}, `${labels.show} `, which)] : []), element("label", {}, all, ` ${labels.all}`)];
}
