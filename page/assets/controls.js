// The slider, the play button and the choices of network and layer.

const EPOCHS_A_SECOND = 5;
const CALM_EPOCHS_A_SECOND = 1; // where the reader's system asks for less motion

function startControls(redraw) {
  const [slider, now, play, runs, layers] = ["epoch", "epoch-now", "play", "run", "layer"].map((id) => document.getElementById(id));
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  let timer = null;

  const fillLayers = () => {
    layers.replaceChildren(...layersOf(state.run).map((layer) => element("option", { value: layer.name }, `${layer.name} (${layer.kind})`)));
    layers.value = state.layer?.name ?? "";
  };
  const show = () => {
    slider.max = String(state.run.frames.length - 1);
    slider.value = String(state.frame);
    slider.setAttribute("aria-valuetext", [`${state.run.clock} ${epochNow()} of ${state.run.epoch.at(-1)}`, ...(state.run.phase ? [state.run.phase[place()]] : [])].join(", "));
    now.previousSibling.textContent = `${clockOf(state.run)} `;
    now.textContent = `${epochNow()} of ${state.run.epoch.at(-1)}`;
    redraw();
  };
  const stop = () => {
    clearInterval(timer);
    timer = null;
    play.textContent = "Play";
    play.setAttribute("aria-pressed", "false");
  };
  const step = () => {
    if (state.frame >= state.run.frames.length - 1) return stop();
    state.frame += 1;
    return show();
  };
  const start = () => {
    if (state.frame >= state.run.frames.length - 1) state.frame = 0;
    play.textContent = "Pause";
    play.setAttribute("aria-pressed", "true");
    timer = setInterval(step, 1000 / (calm.matches ? CALM_EPOCHS_A_SECOND : EPOCHS_A_SECOND));
    show();
  };

  runs.replaceChildren(...DATA.runs.map((run) => element("option", { value: run.name }, runTitle(run))));
  runs.addEventListener("change", () => { pickRun(runs.value); fillLayers(); show(); });
  layers.addEventListener("change", () => { pickLayer(layers.value); show(); });
  slider.addEventListener("input", () => { stop(); state.frame = Number(slider.value); show(); });
  play.addEventListener("click", () => (timer === null ? start() : stop()));

  fillLayers();
  show();
  return (epoch) => {
    stop();
    const distance = (frame) => Math.abs(state.run.epoch[state.run.frames[frame]] - epoch);
    state.frame = [...state.run.frames.keys()].reduce((best, frame) => (distance(frame) < distance(best) ? frame : best), 0);
    show();
  };
}

// A click on a chapter starts the film there.
function startFilms() {
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
