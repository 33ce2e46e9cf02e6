// Accuracy and loss over the epochs, those of them that were measured: of recipes in evaluation mode.

import { QUARTERS, cursor, epochAxis, frameOf, line, runColour } from "weightreel/charts.js";
import { inPercent, twoDigits } from "weightreel/numbers.js";
import { PAGE, place, points, readingOf, state, words } from "weightreel/state.js";

const PARTS = ["train", "validation"];
const isNumber = (value) => value !== null;

export function describeLearning() {
  const { run } = state;
  const { axes, head, legend, rows, said } = words().learning;
  const at = place();
  const colour = runColour(run);
  const losses = PARTS.flatMap((part) => run[part].loss ?? []).filter(isNumber);
  const looks = {
    accuracy: { high: 1, format: inPercent, ticks: QUARTERS },
    loss: { high: 1.05 * Math.max(...losses, 0.1), format: twoDigits },
  };
  const style = (part) => (part === "train" && legend.validation ? "dashed" : "solid");
  const chart = (key) => {
    const { high, format, ticks } = looks[key];
    const parts = PARTS.filter((part) => run[part][key]?.some(isNumber));
    return frameOf({
      x: epochAxis(run),
      y: { name: axes[key], low: 0, high, format, ticks, ends: Boolean(ticks) },
      series: [
        ...parts.map((part) => line(points(run, run[part][key]), colour, { type: style(part), width: style(part) === "dashed" ? 2 : 2.5 })),
        ...cursor(0, high, parts.map((part) => [run[part][key][at], colour])),
      ],
    });
  };
  return {
    charts: Object.keys(PAGE.figures.learning.charts).map((key) => (axes[key] ? chart(key) : null)),
    words: readingOf(said),
    legend: Object.entries(legend).map(([part, text]) => ({ colour, words: text, type: style(part) })),
    head,
    rows,
  };
}
