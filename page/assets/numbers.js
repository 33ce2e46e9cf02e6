// Numbers in words and digits, as the films write them.

const MINUS = "\u2212";
const SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹";

const withMinus = (text) => text.replaceAll("-", MINUS);

const whole = (value) => withMinus(value.toLocaleString("en-GB"));

// Three significant digits; an en dash where nothing was measured.
function significant(value, digits = 3) {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  const size = Math.abs(value);
  if (size !== 0 && size < 1e-4) return withMinus(value.toExponential(Math.max(digits - 2, 0)));
  const places = size === 0 ? 0 : Math.max(digits - 1 - Math.floor(Math.log10(size)), 0);
  const options = { minimumFractionDigits: places, maximumFractionDigits: places };
  return withMinus(value.toLocaleString("en-GB", options));
}

// A share in percent.
function percent(share, places = 1) {
  if (share === null || share === undefined) return "–";
  return `${withMinus((100 * share).toFixed(share === 0 || share === 1 ? 0 : places))} %`;
}

// 0.01, 1, 100, and 10⁻⁴ beyond: a number at a tick of an axis that counts powers of ten.
function atTick(exponent) {
  const power = Math.round(exponent);
  if (Math.abs(exponent - power) > 1e-6 || Math.abs(power) <= 3) return String(Number((10 ** exponent).toPrecision(3)));
  return `10${power < 0 ? "⁻" : ""}${[...String(Math.abs(power))].map((digit) => SUPERSCRIPTS[digit]).join("")}`;
}

// A layer within a sentence, where those of nn.Sequential are called by bare numbers.
const layerWords = (name) => (/^\d+$/.test(name) ? `layer ${name}` : name);

// Ticks of a logarithmic axis from 10^low to 10^high: whole decades, 1, 2 and 5 of them where there are few.
function decades(low, high) {
  const between = (values) => values.filter((value) => value >= low - 1e-9 && value <= high + 1e-9);
  const powers = Array.from({ length: Math.ceil(high) - Math.floor(low) + 1 }, (_, i) => Math.floor(low) + i);
  const step = Math.ceil(powers.length / 9);
  const found = between(powers.filter((power) => power % step === 0));
  if (found.length >= 3) return found;
  return between(powers.flatMap((power) => [1, 2, 5].map((digit) => power + Math.log10(digit))));
}

const statusInWords = (status, count) =>
  ({
    failed: "the power law could not be fitted, so there is no alpha",
    "not measured": "its spectrum is not measured yet",
    "few eigenvalues": `only ${whole(count)} eigenvalues, too few for a fit to be trusted`,
  })[status] ?? "";
