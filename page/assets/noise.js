// Noise: how often the network is sure of it, over the epochs, and the pictures it is surest of.

const noiseOf = (run) => run.noise.find((found) => found.name === state.noise) ?? run.noise[0];
const noiseWords = (name) => name.replaceAll("-", " ");

function describeNoise() {
  const { run } = state;
  const found = noiseOf(run);
  const axes = { x: epochAxis(run), y: { name: "success rate", low: 0, high: 1, ticks: QUARTERS, format: inPercent } };
  if (!found?.history.trials) {
    return { charts: [frameOf({ ...axes, series: [] })], words: "The store holds no answers to noise over the epochs.", legend: [], head: [], rows: [] };
  }
  const at = place();
  const { history } = found;
  const colour = runColour(run);
  const others = DATA.runs.filter((other) => other !== run && noiseOf(other)?.name === found.name && noiseOf(other).history.trials);
  return {
    charts: [
      frameOf({
        ...axes,
        series: [
          ...others.map((other) => line(points(other, noiseOf(other).history.value), faded(runColour(other), 0.6), { width: 1.3 })),
          ...band(run.epoch.map((epoch) => placed(run, epoch)), history.low, history.high, colour, "interval"),
          line(points(run, history.value), colour, { width: 3, z: 4 }),
          ...cursor(0, 1, [[history.value[at], colour]]),
        ],
      }),
    ],
    words:
      `${runTitle(run)}, ${run.clock} ${epochNow()}: ${whole(history.successes[at])} of ${whole(history.trials)} pictures of ${noiseWords(found.name)} ` +
      `are answered with a confidence of at least ${percent(found.threshold, 0)}: ${percent(history.value[at])}, ` +
      `95 % interval ${percent(history.low[at])} to ${percent(history.high[at])}.`,
    legend: [
      { colour, words: runTitle(run) },
      { colour, words: "Wilson’s 95 % interval, over these pictures alone", area: 0.4 },
      ...(others.length > 3
        ? [{ colour: css("muted"), words: `the ${others.length} other trainings` }]
        : others.map((other) => ({ colour: runColour(other), words: `${runTitle(other)} (thin)` }))),
    ],
    head: [run.clock, "successes", "rate", "from", "to"],
    rows: run.epoch.map((epoch, i) => [String(epoch), whole(history.successes[i]), percent(history.value[i]), percent(history.low[i]), percent(history.high[i])]),
  };
}

function noiseTools(redraw) {
  const names = [...new Set(DATA.runs.flatMap((run) => run.noise.map((found) => found.name)))];
  if (names.length < 2) return [];
  const which = element("select", { id: "noise-kind" }, ...names.map((name) => element("option", { value: name }, noiseWords(name))));
  which.addEventListener("change", () => { state.noise = which.value; redraw(); });
  return [element("label", {}, "Kind of noise ", which)];
}

function drawGallery() {
  const { run } = state;
  const found = noiseOf(run);
  const words = document.getElementById("gallery-words");
  const pictures = found?.gallery ?? [];
  const key = `${run.name} ${found?.name}`;
  const list = document.getElementById("gallery");
  if (list.dataset.key === key) return;
  list.dataset.key = key;
  const { final } = found ?? {};
  words.textContent = pictures.length
    ? `${noiseWords(found.name)[0].toUpperCase()}${noiseWords(found.name).slice(1)} at the last epoch: ${runTitle(run)} is sure of ${whole(final.successes)} of ${whole(final.trials)} pictures (${percent(final.value)}). These are the surest, with its answer and confidence.`
    : "The store keeps no pictures of noise for this network.";
  list.replaceChildren(...pictures.map((shown) => {
    const answer = DATA.classes[shown.class] ?? "nothing";
    return element("li", {},
      element("img", { src: shown.picture, alt: `Noise that is answered with ${answer}`, width: "96", height: "96" }),
      element("b", {}, answer), percent(shown.confidence, 2));
  }));
}
