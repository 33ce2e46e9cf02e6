// What all charts share: colours from the style sheet, axes, and a figure with its words and numbers beside it.

import { PAGE, timeNow, wordsOf } from "weightreel/state.js";

const BODY_SIZE = 16;
export const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
export const QUARTERS = [0, 0.25, 0.5, 0.75, 1];
export const runColour = (run) => css(PAGE.colours[run.name]);
export const faded = (colour, share) => `${colour}${Math.round(255 * share).toString(16).padStart(2, "0")}`;

// Options of a chart on two axes that stand still; both are plain numbers, of which a logarithmic one shows powers.
export function frameOf({ x, y, series }) {
  return {
    animation: false,
    grid: { left: 66, right: 20, top: 34, bottom: 52 },
    textStyle: { fontFamily: "system-ui, sans-serif", fontSize: BODY_SIZE, color: css("muted") },
    xAxis: { ...axisOf(x), nameLocation: "middle", nameGap: 30 },
    yAxis: { ...axisOf(y), nameLocation: "end", nameTextStyle: { align: "left", padding: [0, 0, 4, -56] } },
    series,
  };
}

// `ends`: whether the axis names its own ends, which may be no round numbers; zero it always names.
function axisOf({ name, low, high, ticks, format, grid = true, ends = true }) {
  const custom = ticks ? { customValues: ticks } : {};
  return {
    type: "value",
    name,
    min: low,
    max: high,
    nameTextStyle: { color: css("muted"), fontSize: BODY_SIZE },
    axisLine: { show: true, onZero: false, lineStyle: { color: css("muted") } },
    axisTick: { show: true, ...custom },
    axisLabel: { color: css("muted"), fontSize: BODY_SIZE, hideOverlap: true, formatter: format, showMinLabel: ends || low === 0, showMaxLabel: ends, ...custom },
    splitLine: { show: grid, lineStyle: { color: css("grid"), opacity: 0.6 } },
    splitNumber: 4,
  };
}

// An axis of epochs, or what else the run's clock counts, from the initialisation to the run's last.
export function epochAxis(run) {
  const { clock, time } = wordsOf(run);
  const axis = { name: clock, low: 0, high: time.at.at(-1) || 1, grid: false };
  if (time.ticks === null) return { ...axis, format: String };
  const ticks = time.ticks.filter(([x]) => x <= axis.high);
  const nearest = (x) => ticks.reduce((best, tick) => (Math.abs(tick[0] - x) < Math.abs(best[0] - x) ? tick : best));
  return { ...axis, ticks: ticks.map(([x]) => x), format: (x) => nearest(x)[1] };
}

// A line through points; null leaves a gap.
export function line(data, colour, more = {}) {
  const { width = 2, type = "solid", ...rest } = more;
  return { type: "line", data, showSymbol: false, silent: true, color: colour, lineStyle: { width, type, color: colour }, ...rest };
}

// A vertical line over the height of the chart.
export const upright = (x, low, high, colour, type = "dashed") => line([[x, low], [x, high]], colour, { width: 1.5, type, z: 5 });

// The line at the epoch that is shown, and points on the curves there.
export function cursor(low, high, points) {
  return [
    upright(timeNow(), low, high, css("text"), "solid"),
    ...points
      .filter(([value]) => value !== null && value !== undefined)
      .map(([value, colour]) => ({
        type: "scatter", data: [[timeNow(), value]], symbolSize: 10, silent: true, z: 6,
        itemStyle: { color: colour, borderColor: css("background"), borderWidth: 2 },
      })),
  ];
}

// A histogram as the outline of its bars, which stand on `floor`.
export function outline(edges, heights, floor) {
  const points = [[edges[0], floor]];
  heights.forEach((height, bin) => {
    const top = height === null ? floor : Math.max(height, floor);
    points.push([edges[bin], top], [edges[bin + 1], top]);
  });
  points.push([edges.at(-1), floor]);
  return points;
}

// The area between two curves: a line at the lower one, and one for what is above it.
export function band(x, low, high, colour, stack) {
  const hidden = { lineStyle: { opacity: 0 }, showSymbol: false, silent: true, type: "line", stack, stackStrategy: "all" };
  return [
    { ...hidden, data: x.map((at, i) => [at, low[i]]) },
    { ...hidden, data: x.map((at, i) => [at, high[i] - low[i]]), areaStyle: { color: colour, opacity: 0.3 } },
  ];
}

export const element = (tag, attributes = {}, ...children) => {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
};

// One entry of a legend: a line, a dashed line or a box, and its words.
function legendEntry({ colour, words, type = "solid", area = false, width = 3 }) {
  const dashes = { dashed: "6 4", dotted: "2 4" }[type] ?? "none";
  const shape = area
    ? `<rect width="22" height="12" rx="2" fill="${colour}" opacity="${area === true ? 0.6 : area}"/>`
    : `<line x1="0" x2="22" y1="6" y2="6" stroke="${colour}" stroke-width="${width}" stroke-dasharray="${dashes}"/>`;
  const item = element("li");
  item.innerHTML = `<svg width="22" height="12" aria-hidden="true">${shape}</svg>`;
  item.append(words);
  return item;
}

// Put charts, a legend, a reading in words and a table of numbers into the figure of that name.
// `describe()` gives { charts: [options], words, legend, head, rows } of what is shown now; a chart that is null is not shown.
export function mount(id, describe, tools = []) {
  const labels = Object.values(PAGE.figures[id].charts);
  const figure = document.getElementById(id);
  const plots = labels.map((label) => element("div", { class: "plot", role: "img", "aria-label": label }));
  const reading = element("p", { class: "reading" });
  const legend = element("ul", { class: "legend" });
  const table = element("table");
  const scroll = element("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": PAGE.figures[id].numbers }, table);
  const details = element("details", {}, element("summary", {}, PAGE.labels.table), scroll);
  if (tools.length) figure.append(element("div", { class: "tools" }, ...tools));
  figure.append(element("div", { class: plots.length > 1 ? "two" : "one" }, ...plots));
  figure.append(element("figcaption", {}, reading, legend, details));
  const charts = plots.map((plot) => echarts.init(plot, null, { renderer: "svg" }));
  new ResizeObserver(() => charts.forEach((chart) => chart.resize())).observe(figure);

  const fillTable = ({ head, rows }) => {
    const cells = (tag, scope) => (text, i) => element(i ? tag : "th", { scope: i && tag === "td" ? "" : scope }, text);
    const headRow = element("tr", {}, ...head.map((text) => element("th", { scope: "col" }, text)));
    const body = rows.map((row) => element("tr", {}, ...row.map(cells("td", "row"))));
    table.replaceChildren(element("thead", {}, headRow), element("tbody", {}, ...body));
  };
  const draw = () => {
    const told = describe();
    charts.forEach((chart, i) => {
      const appears = plots[i].hidden && told.charts[i] !== null;
      plots[i].hidden = told.charts[i] === null;
      if (plots[i].hidden) return;
      if (appears) chart.resize();
      chart.setOption(told.charts[i], { notMerge: true });
      plots[i].setAttribute("aria-label", `${labels[i]}. ${told.words}`);
    });
    reading.textContent = told.words;
    const key = JSON.stringify(told.legend);
    if (legend.dataset.key !== key) legend.replaceChildren(...told.legend.map(legendEntry));
    legend.dataset.key = key;
    if (details.open) fillTable(told);
  };
  details.addEventListener("toggle", draw);
  return { figure, draw };
}

// A click into a chart of histories goes to the time there.
export function followClicks(id, goTo) {
  if (!document.getElementById(id)) return;
  for (const plot of document.querySelectorAll(`#${id} .plot`)) {
    const chart = echarts.getInstanceByDom(plot);
    chart.getZr().on("click", ({ offsetX, offsetY }) => {
      if (chart.containPixel("grid", [offsetX, offsetY])) goTo(chart.convertFromPixel({ xAxisIndex: 0 }, offsetX));
    });
  }
}
