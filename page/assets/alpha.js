// Alpha of every layer over the epochs, the picked layer in front, above the ranges of both readings.

const READING_TICKS = [1, 2, 4, 6, 10, 20, 50, 100, 200, 500, 1000];

const bandOf = (reading, alpha) =>
  reading.bands.find((found) => (found.low ?? -Infinity) <= alpha && alpha < (found.high ?? Infinity));

function describeAlpha() {
  const { run, layer } = state;
  const at = place();
  const fitted = run.layers.filter((found) => found.spectrum);
  const values = fitted.flatMap((found) => found.spectrum.alpha).filter((value) => value !== null);
  const low = log10(Math.min(1.5, ...values));
  const high = log10(1.1 * values.reduce((most, value) => Math.max(most, value), 7));
  const own = layer.spectrum?.alpha ?? [];
  const [report, authors] = DATA.readings;
  const trained = authors.bands.find((found) => found.low !== null && found.high !== null);
  const shades = [
    { ...trained, colour: css("muted"), opacity: 0.22 },
    ...report.bands.map((found, i) => ({ ...found, colour: css(i ? "generalising" : "over-fitting"), opacity: 0.3 })),
  ];
  const curve = (found, more) => {
    const few = found.spectrum.status.includes("few eigenvalues");
    const values = found.spectrum.alpha.map((alpha) => (alpha > 0 ? log10(alpha) : null));
    return line(points(run, values), more.colour, { width: more.width, type: few ? "dotted" : "solid", z: more.z });
  };
  const others = fitted.filter((found) => found !== layer);
  const shadeArea = ({ low: from, high: to, colour, opacity }) => [
    { yAxis: log10(Math.max(from, 10 ** low)), itemStyle: { color: colour, opacity } }, { yAxis: log10(to) },
  ];
  const point = own[at] > 0 ? log10(own[at]) : null;
  return {
    charts: [
      frameOf({
        x: epochAxis(run),
        y: { name: "alpha (logarithmic)", low, high, ticks: READING_TICKS.map(log10).filter((tick) => tick >= low && tick <= high), format: atTick, grid: false },
        series: [
          { type: "line", data: [], silent: true, markArea: { silent: true, data: shades.map(shadeArea) } },
          ...others.map((found) => curve(found, { colour: faded(css("muted"), 0.6), width: 1.2, z: 3 })),
          ...(layer.spectrum ? [curve(layer, { colour: css("esd"), width: 3.5, z: 5 })] : []),
          ...cursor(low, high, [[point, css("esd")]]),
        ],
      }),
    ],
    words: alphaWords(layer, at),
    legend: [
      ...(layer.spectrum ? [{ colour: css("esd"), words: layerWords(layer.name) }] : []),
      ...(others.length ? [{ colour: css("muted"), words: "the other layers; dotted: too few eigenvalues" }] : []),
      ...shades.map((shade, i) => ({ colour: shade.colour, words: `${shade.low}–${shade.high}: “${shade.words}” to ${i ? report.source : authors.source}`, area: shade.opacity + 0.1 })),
    ],
    head: ["layer", "eigenvalues", "alpha", "its error", "fit"],
    rows: fitted.map(({ name, spectrum }) => [
      name, whole(spectrum.n_eigenvalues), significant(spectrum.alpha[at]), significant(spectrum.alpha_error[at], 2), spectrum.status[at],
    ]),
  };
}

function alphaWords(layer, at) {
  const { spectrum } = layer;
  if (!spectrum) return `The store holds no spectrum of ${layer.name}.`;
  const alpha = spectrum.alpha[at];
  const start = `${runTitle(state.run)}, ${layerWords(layer.name)}, ${state.run.clock} ${epochNow()}: `;
  if (alpha === null) return `${start}${statusInWords(spectrum.status[at], spectrum.n_eigenvalues)}.`;
  const [report, authors] = DATA.readings.map((reading) => bandOf(reading, alpha)?.words);
  const care = spectrum.status[at] === "ok" ? "" : ` Take care: ${statusInWords(spectrum.status[at], spectrum.n_eigenvalues)}.`;
  return (
    `${start}α = ${alpha.toFixed(2)} ± ${significant(spectrum.alpha_error[at], 2)}: ` +
    `${report ? `“${report}” to the report` : "in neither of the report’s ranges"}, “${authors}” to WeightWatcher’s authors.${care}`
  );
}
