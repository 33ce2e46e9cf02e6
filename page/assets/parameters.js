// The histogram of weights or biases, of the layer or of all layers together.

function describeParameters() {
  const of = state.whole ? state.run : state.layer;
  const found = of.parameters[state.parameter];
  const plural = state.parameter === "weight" ? "weights" : "biases";
  const whose = state.whole ? "all convolution and linear layers" : layerWords(state.layer.name);
  const colour = css(state.parameter === "weight" ? "weights" : "biases");
  if (!found) {
    const empty = frameOf({ x: { name: state.parameter, low: -1, high: 1 }, y: { name: plural, low: 0, high: 1 }, series: [] });
    return { charts: [empty], words: `The store holds no ${plural} of ${whose}.`, legend: [], head: [], rows: [] };
  }
  const at = place();
  const counts = found.counts[state.frame];
  const highest = 1.05 * Math.max(...found.counts.flat(), 1);
  const outside = found.below[state.frame] + found.above[state.frame];
  const total = outside + counts.reduce((sum, count) => sum + count, 0);
  const [low, high] = [found.edges[0], found.edges.at(-1)];
  return {
    charts: [
      frameOf({
        x: { name: state.parameter, low, high, ends: false, grid: false, format: (value) => withMinus(String(Number(value.toPrecision(2)))) },
        y: { name: plural, low: 0, high: highest, ends: false, format: shortCount },
        series: [
          line(outline(found.edges, counts, 0), colour, { width: 1.5, areaStyle: { color: colour, opacity: 0.55, origin: "start" } }),
          ...(found.mean[at] > low && found.mean[at] < high ? [upright(found.mean[at], 0, highest, css("text"), "dotted")] : []),
        ],
      }),
    ],
    words:
      `${runTitle(state.run)}, ${whose}, ${state.run.clock} ${epochNow()}: ${whole(total)} ${plural} with mean ${significant(found.mean[at], 2)} ` +
      `and standard deviation ${significant(found.std[at])}, from ${significant(found.minimum[at])} to ${significant(found.maximum[at])}` +
      `${outside ? `; ${whole(outside)} of them lie beyond the axis` : ""}.`,
    legend: [
      { colour, words: plural, area: true },
      { colour: css("text"), words: "their mean", type: "dotted" },
    ],
    head: ["from", "to", plural],
    rows: counts.map((count, bin) => [significant(found.edges[bin]), significant(found.edges[bin + 1]), whole(count)]),
  };
}

function shortCount(value) {
  if (value >= 1e6) return `${Number((value / 1e6).toPrecision(3))} M`;
  return value >= 1e4 ? `${Number((value / 1e3).toPrecision(3))} k` : String(Math.round(value));
}

function parameterTools(redraw) {
  const names = ["weight", "bias"].filter((name) => DATA.runs.some((run) => run.layers.some((layer) => layer.parameters[name])));
  const which = element("select", { id: "parameter" }, ...names.map((name) =>
    element("option", { value: name }, name === "weight" ? "weights" : "biases")));
  const all = element("input", { type: "checkbox", id: "all-layers" });
  which.addEventListener("change", () => { state.parameter = which.value; redraw(); });
  all.addEventListener("change", () => { state.whole = all.checked; redraw(); });
  return [...(names.length > 1 ? [element("label", {}, "Show ", which)] : []), element("label", {}, all, " all layers together")];
}
