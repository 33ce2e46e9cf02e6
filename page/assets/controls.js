// The slider, the play button and the choices of network and layer.

import { element } from "weightreel/charts.js";
import { DATA, PAGE, goToTime, pickLayer, pickRun, said, state, words, wordsOf } from "weightreel/state.js";

const EPOCHS_A_SECOND = 5;
const CALM_EPOCHS_A_SECOND = 1; // where the reader's system asks for less motion

export function startControls(redraw) {
  const [slider, clock, now, play, runs, layers] = ["epoch", "clock", "epoch-now", "play", "run", "layer"].map((id) => document.getElementById(id));
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  let timer = null;

  const fillLayers = () => {
    layers.replaceChildren(...words().layers.map(({ name, label }) => element("option", { value: name }, label)));
    layers.value = state.layer?.name ?? "";
  };
  const show = () => {
    slider.max = String(state.run.frames.length - 1);
    slider.value = String(state.frame);
    slider.setAttribute("aria-valuetext", said(words().now.heard[state.frame]));
    clock.textContent = words().Clock;
    now.textContent = said(words().now.seen[state.frame]);
    redraw();
  };
  const stop = () => {
    clearInterval(timer);
    timer = null;
    play.textContent = PAGE.labels.play;
    play.setAttribute("aria-pressed", "false");
  };
  const step = () => {
    if (state.frame >= state.run.frames.length - 1) return stop();
    state.frame += 1;
    return show();
  };
  const start = () => {
    if (state.frame >= state.run.frames.length - 1) state.frame = 0;
    play.textContent = PAGE.labels.pause;
    play.setAttribute("aria-pressed", "true");
    timer = setInterval(step, 1000 / (calm.matches ? CALM_EPOCHS_A_SECOND : EPOCHS_A_SECOND));
    show();
  };

  runs.replaceChildren(...DATA.runs.map((run) => element("option", { value: run.name }, wordsOf(run).title)));
  runs.addEventListener("change", () => { pickRun(runs.value); fillLayers(); show(); });
  layers.addEventListener("change", () => { pickLayer(layers.value); show(); });
  slider.addEventListener("input", () => { stop(); state.frame = Number(slider.value); show(); });
  play.addEventListener("click", () => (timer === null ? start() : stop()));

  fillLayers();
  show();
  return (x) => {
    stop();
    goToTime(x);
    show();
  };
}

// A click on a chapter starts the film there.
export function startFilms() {
  for (const film of document.querySelectorAll(".film")) {
    const video = film.querySelector("video");
    video.addEventListener("error", () => { film.querySelector(".gone").hidden = false; });
    for (const button of film.querySelectorAll("[data-seek]")) {
      button.addEventListener("click", () => {
        video.currentTime = Number(button.dataset.seek);
        video.play().catch(() => { film.querySelector(".gone").hidden = video.error === null; });
      });
    }
  }
}
