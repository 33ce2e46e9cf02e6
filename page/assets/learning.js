// Accuracy and loss over the epochs, in evaluation mode.

function describeLearning() {
  const { run } = state;
  const at = place();
  const colour = runColour(run);
  const finite = [...run.train.loss, ...run.validation.loss].filter((value) => value !== null);
  const highest = 1.05 * Math.max(...finite, 0.1);
  const chart = (key, name, high, format, ticks) =>
    frameOf({
      x: epochAxis(run),
      y: { name, low: 0, high, format, ticks, ends: Boolean(ticks) },
      series: [
        line(run.epoch.map((epoch, i) => [epoch, run.train[key][i]]), colour, { type: "dashed" }),
        line(run.epoch.map((epoch, i) => [epoch, run.validation[key][i]]), colour, { width: 2.5 }),
        ...cursor(0, high, [[run.train[key][at], colour], [run.validation[key][at], colour]]),
      ],
    });
  const plain = (value) => String(Number(value.toPrecision(2)));
  return {
    charts: [
      chart("accuracy", "accuracy", 1, inPercent, QUARTERS),
      chart("loss", "loss (nat)", highest, plain),
    ],
    words:
      `${runTitle(run)}, epoch ${epochNow()}: it answers ${percent(run.train.accuracy[at])} of the training images ` +
      `rightly and ${percent(run.validation.accuracy[at])} of those it has not seen; its losses are ` +
      `${significant(run.train.loss[at])} and ${significant(run.validation.loss[at])}. By its losses it is ${run.phase[at]}.`,
    legend: [
      { colour, words: "images that it has not seen (validation)" },
      { colour, words: "images that it is trained on", type: "dashed" },
    ],
    head: ["epoch", "train accuracy", "validation accuracy", "train loss", "validation loss", "phase"],
    rows: run.epoch.map((epoch, i) => [
      String(epoch), percent(run.train.accuracy[i]), percent(run.validation.accuracy[i]),
      significant(run.train.loss[i]), significant(run.validation.loss[i]), run.phase[i],
    ]),
  };
}
