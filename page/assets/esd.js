// The empirical spectral density of the layer, with its fitted tail, its bulk's edge and its shuffled baseline.

const log10 = (value) => Math.log10(value);

// Density per unit of λ in each bin; null where it holds no eigenvalue.
const densityOf = (esd, counts) => counts.map((count, bin) => (count ? count * esd.density_of_one[bin] : null));

// Axes, as powers of ten, that hold every epoch of this layer.
function esdRange(spectrum) {
  const { edges, counts } = spectrum.esd;
  const used = (values) => values.filter((value) => value > 0);
  const all = used(counts.flatMap((row) => densityOf(spectrum.esd, row)));
  const x = [edges[0], edges.at(-1), ...used(spectrum.bulk?.lambda_plus ?? [])];
  return {
    low: log10(Math.min(...x)), high: log10(1.05 * Math.max(...x)),
    floor: log10(0.5 * all.reduce((least, value) => Math.min(least, value), Infinity)),
    top: log10(3 * all.reduce((most, value) => Math.max(most, value), 0)),
  };
}

function describeEsd() {
  const { layer } = state;
  const spectrum = layer.spectrum;
  if (!spectrum?.esd) {
    const words = spectrum ? `The store keeps no eigenvalues of ${layerWords(layer.name)} for this seed.` : `The store holds no spectrum of ${layerWords(layer.name)}.`;
    const empty = frameOf({ x: { name: "eigenvalue λ", low: 0, high: 1 }, y: { name: "density", low: 0, high: 1 }, series: [] });
    return { charts: [empty], words, legend: [], head: [], rows: [] };
  }
  const at = place();
  const range = esdRange(spectrum);
  const { edges } = spectrum.esd;
  const counts = spectrum.esd.counts[state.frame];
  const density = densityOf(spectrum.esd, counts);
  const powers = (values) => values.map((value) => (value > 0 ? log10(value) : null));
  const [esd, tail, random, ink] = ["esd", "tail", "random", "text"].map(css);
  const series = [
    line(outline(powers(edges), powers(density), range.floor), esd, { width: 1, areaStyle: { color: esd, opacity: 0.55, origin: "start" } }),
  ];
  const legend = [{ colour: esd, words: `eigenvalues of ${layerWords(layer.name)}`, area: true }];
  if (spectrum.shuffled) {
    series.push(...shuffledLine(spectrum.shuffled, range, ink));
    legend.push({ colour: ink, words: "the same weights, shuffled" });
  }
  const edge = spectrum.bulk?.lambda_plus[at] ?? null;
  if (edge !== null) {
    series.push(upright(log10(edge), range.floor, range.top, random));
    legend.push({ colour: random, words: "λ₊, where the random bulk ends", type: "dashed" });
  }
  if (spectrum.alpha[at] !== null) {
    series.push(...tailLines(spectrum, at, range, tail));
    legend.push({ colour: tail, words: "fitted power law" }, { colour: tail, words: "xₘᵢₙ, where it starts", type: "dotted" });
  }
  return {
    charts: [
      frameOf({
        x: { name: "eigenvalue λ of WᵀW", low: range.low, high: range.high, ticks: decades(range.low, range.high), format: atTick, grid: false },
        y: { name: "density (per unit of λ)", low: range.floor, high: range.top, ticks: decades(range.floor, range.top), format: atTick },
        series,
      }),
    ],
    words: esdWords(layer, at),
    legend,
    head: ["from λ", "to λ", "eigenvalues", "density"],
    rows: counts.map((count, bin) => [significant(edges[bin]), significant(edges[bin + 1]), whole(count), significant(density[bin])]),
  };
}

// The outline of the shuffled weights' density, one line for each stretch without a gap.
function shuffledLine(shuffled, range, colour) {
  const heights = shuffled.density[state.frame].map((value) => (value > 0 ? log10(value) : null));
  const edges = shuffled.edges.map((value) => log10(Math.max(value, 1e-30)));
  const inside = heights.map((height, bin) => (edges[bin + 1] > range.low && edges[bin] < range.high ? height : null));
  const points = outline(edges.map((value) => Math.min(Math.max(value, range.low), range.high)), inside, range.floor);
  return [line(points, colour, { width: 1.5, z: 4 })];
}

// The fitted power law, straight on these axes, from x_min to x_max or to the floor.
function tailLines(spectrum, at, range, colour) {
  const [low, high] = [log10(spectrum.xmin[at]), log10(spectrum.xmax[at])];
  const [first, last] = [log10(spectrum.tail.at_xmin[at]), log10(spectrum.tail.at_xmax[at])];
  const seen = last < range.floor ? (first - range.floor) / (first - last) : 1;
  const end = [low + seen * (high - low), first + seen * (last - first)];
  return [
    line([[low, first], end], colour, { width: 4, z: 6 }),
    upright(low, range.floor, range.top, colour, "dotted"),
  ];
}

function esdWords(layer, at) {
  const { spectrum } = layer;
  const said = [`${runTitle(state.run)}, ${layerWords(layer.name)}, ${state.run.clock} ${epochNow()}: ${whole(spectrum.n_eigenvalues)} eigenvalues, the largest ${significant(spectrum.lambda_max?.[at])}.`];
  const spikes = spectrum.bulk?.n_spikes[at];
  if (spectrum.n_known < spectrum.n_eigenvalues) said.push(`The ${whole(spectrum.n_known)} largest alone are known.`);
  else if (spikes !== undefined) said.push(spikes === null ? "No random bulk could be fitted." : `${whole(spikes)} of them lie above the random bulk.`);
  const status = spectrum.status[at];
  if (spectrum.alpha[at] !== null) {
    said.push(`The tail begins at ${significant(spectrum.xmin[at])} and holds ${whole(spectrum.n_tail[at])}; α = ${spectrum.alpha[at].toFixed(2)} ± ${significant(spectrum.alpha_error[at], 2)}, distance D = ${significant(spectrum.ks_distance[at], 2)}.`);
  }
  if (status !== "ok") said.push(`Take care: ${statusInWords(status, spectrum.n_eigenvalues)}.`);
  return said.join(" ");
}
