// Numbers on axes and in the cells of histograms' tables, as the films write them in the page's language. All others
// come written in the data.

import { PAGE } from "weightreel/state.js";

const MINUS = "\u2212";
const SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹";
const THREE_DIGITS = { minimumSignificantDigits: 3, maximumSignificantDigits: 3 };
const LEAST = 1e-4; // below it powers of ten are easier to read

// A number as the language writes it; `text` is as English does, with whatever sign, power or unit.
function written(text) {
  const { decimal, group, sizes } = PAGE.digits;
  const signs = { "-": MINUS, ",": group, ".": decimal };
  const grouped = sizes[1] === 3 ? text : text.replace(/\d+(,\d+)+/, (digits) => regrouped(digits.replaceAll(",", ""), sizes));
  return grouped.replace(/[-,.]/g, (sign) => signs[sign]);
}

function regrouped(digits, [last, others]) {
  const rest = digits.slice(0, -last);
  return `${rest.replace(new RegExp(`\\B(?=(\\d{${others}})+$)`, "g"), ",")},${digits.slice(-last)}`;
}

export const whole = (value) => written(value.toLocaleString("en-GB"));

// Three significant digits; an en dash where there is no number.
export function significant(value) {
  if (value === null) return "–";
  const small = value !== 0 && Math.abs(value) < LEAST;
  return written(small ? value.toExponential(1) : value.toLocaleString("en-GB", THREE_DIGITS));
}

export function inPercent(share) {
  const number = Math.round(100 * share);
  return PAGE.digits.percentFirst ? `%${number}` : `${number} %`;
}

export const twoDigits = (value) => written(String(Number(value.toPrecision(2))));

export function shortCount(value) {
  if (value >= 1e6) return written(`${Number((value / 1e6).toPrecision(3))} M`);
  return value >= 1e4 ? written(`${Number((value / 1e3).toPrecision(3))} k`) : String(Math.round(value));
}

// 0.01, 1, 100, and 10⁻⁴ beyond: a number at a tick of an axis that counts powers of ten.
export function atTick(exponent) {
  const power = Math.round(exponent);
  if (Math.abs(exponent - power) > 1e-6 || Math.abs(power) <= 3) return written(String(Number((10 ** exponent).toPrecision(3))));
  return `10${power < 0 ? "⁻" : ""}${[...String(Math.abs(power))].map((digit) => SUPERSCRIPTS[digit]).join("")}`;
}

// Ticks of a logarithmic axis from 10^low to 10^high: whole decades, 1, 2 and 5 of them where there are few.
export function decades(low, high) {
  const between = (values) => values.filter((value) => value >= low - 1e-9 && value <= high + 1e-9);
  const powers = Array.from({ length: Math.ceil(high) - Math.floor(low) + 1 }, (_, i) => Math.floor(low) + i);
  const step = Math.ceil(powers.length / 9);
  const found = between(powers.filter((power) => power % step === 0));
  if (found.length >= 3) return found;
  return between(powers.flatMap((power) => [1, 2, 5].map((digit) => power + Math.log10(digit))));
}
