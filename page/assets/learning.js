// Accuracy and loss over the epochs, those of them that were measured: of recipes in evaluation mode.

const PARTS = ["train", "validation"];
const measuredIn = (run, key) => PARTS.filter((part) => run[part][key]?.some((value) => value !== null));
const QUANTITIES = ["accuracy", "loss"].filter((key) => DATA.runs.some((run) => measuredIn(run, key).length));
const LEARNING_LABELS = QUANTITIES.map((key) => `${key[0].toUpperCase()}${key.slice(1)} over the ${TIMES}`);

function describeLearning() {
  const { run } = state;
  const at = place();
  const colour = runColour(run);
  const finite = PARTS.flatMap((part) => run[part].loss ?? []).filter((value) => value !== null);
  const looks = { accuracy: { high: 1, format: inPercent, ticks: QUARTERS } };
  looks.loss = { high: 1.05 * Math.max(...finite, 0.1), format: (value) => String(Number(value.toPrecision(2))) };
  const chart = (key) => {
    const { high, format, ticks } = looks[key];
    const parts = measuredIn(run, key);
    return frameOf({
      x: epochAxis(run),
      y: { name: key === "loss" && !run.source ? "loss (nat)" : key, low: 0, high, format, ticks, ends: Boolean(ticks) },
      series: [
        ...parts.map((part) => line(points(run, run[part][key]), colour, part === "train" && parts.length > 1 ? { type: "dashed" } : { width: 2.5 })),
        ...cursor(0, high, parts.map((part) => [run[part][key][at], colour])),
      ],
    });
  };
  const columns = PARTS.flatMap((part) => ["accuracy", "loss"].map((key) => ({ part, key }))).filter(({ part, key }) => measuredIn(run, key).includes(part));
  const written = ({ part, key }, i) => (key === "accuracy" ? percent : significant)(run[part][key][i]);
  return {
    charts: QUANTITIES.map((key) => (measuredIn(run, key).length ? chart(key) : null)),
    words: run.source ? measuredInWords(run, columns, written, at) : learningInWords(run, at),
    legend: [
      { part: "validation", words: run.source ? "in validation" : "images that it has not seen (validation)" },
      { part: "train", words: run.source ? "in training" : "images that it is trained on", type: columns.some((column) => column.part === "validation") ? "dashed" : "solid" },
    ].filter(({ part }) => columns.some((column) => column.part === part)).map((entry) => ({ ...entry, colour })),
    head: [run.clock, ...columns.map(({ part, key }) => `${part} ${key}`), ...(run.phase ? ["phase"] : [])],
    rows: run.epoch.map((epoch, i) => [String(epoch), ...columns.map((column) => written(column, i)), ...(run.phase ? [run.phase[i]] : [])]),
  };
}

const learningInWords = (run, at) =>
  `${runTitle(run)}, epoch ${epochNow()}: it answers ${percent(run.train.accuracy[at])} of the training images ` +
  `rightly and ${percent(run.validation.accuracy[at])} of those it has not seen; its losses are ` +
  `${significant(run.train.loss[at])} and ${significant(run.validation.loss[at])}. By its losses it is ${run.phase[at]}.`;

function measuredInWords(run, columns, written, at) {
  const names = { train: "training", validation: "validation" };
  const told = columns.filter(({ part, key }) => run[part][key][at] !== null).map((column) => `${names[column.part]} ${column.key} ${written(column, at)}`);
  return `${runTitle(run)}, ${run.clock} ${epochNow()}: ${told.join(", ") || "nothing was measured here"}.`;
}
