// What moves while it sounds: position, meters, spectrum. Where people asked for less motion it moves
// twice a second, which still tells the levels.
import { meterShare } from "mixarena/console/channel-list";
import { clock } from "mixarena/durations";

const FRAME_MS = 33;
const CALM_FRAME_MS = 500;
const SPECTRUM_BINS = 2048;
const MOST_HELD_DB = 12;

export class Displays {
  #engine;
  #list;
  #editor;
  #part;
  #drawn = {};
  #spectrum = new Float32Array(SPECTRUM_BINS);
  #calm = matchMedia("(prefers-reduced-motion: reduce)");

  /** `part(name)` finds the page's elements. */
  constructor({ engine, list, editor, part }) {
    this.#engine = engine;
    this.#list = list;
    this.#editor = editor;
    this.#part = part;
    engine.addEventListener("meters", ({ detail }) => this.#onMeters(detail));
    engine.addEventListener("change", () => this.#onTransport());
    engine.addEventListener("loaded", () => this.#onTransport());
  }

  #onTransport() {
    const { playing, duration } = this.#engine;
    const button = this.#part("play");
    button.setAttribute("aria-label", playing ? "Pause" : "Play");
    button.dataset.playing = String(playing);
    this.#part("position").max = duration.toFixed(2);
    this.#showPosition();
    if (playing) requestAnimationFrame(this.#draw);
    else this.#rest();
  }

  #draw = () => {
    if (!this.#engine.playing) return;
    requestAnimationFrame(this.#draw);
    if (this.#isEarly("frame")) return;
    this.#showPosition();
    const peaks = this.#engine.peaks();
    peaks.forEach((peak, side) => this.#showSide(side, meterShare(peak)));
    this.#list.showMasterPeak(Math.max(...peaks));
    const { graph } = this.#editor;
    if (graph) graph.drawSpectrum(this.#spectrum, this.#engine.spectrum(this.#spectrum));
  };

  #onMeters({ place, peaks, reductions, reduction }) {
    if (!this.#engine.playing || this.#isEarly(place)) return;
    if (place === "limiter") this.#part("limiter").value = Math.min(reduction, MOST_HELD_DB);
    if (place === "master" && this.#editor.place === "master") this.#editor.showReduction(reduction);
    if (place !== "strips") return;
    this.#list.showPeaks(peaks);
    const own = reductions[this.#editor.place];
    if (own !== undefined) this.#editor.showReduction(own);
  }

  #isEarly(what) {
    const now = performance.now();
    const pause = this.#calm.matches ? CALM_FRAME_MS : FRAME_MS;
    if (now - (this.#drawn[what] ?? -pause) < pause) return true;
    this.#drawn[what] = now;
    return false;
  }

  #showPosition() {
    const { position, duration } = this.#engine;
    const slider = this.#part("position");
    slider.value = position.toFixed(2);
    slider.setAttribute("aria-valuetext", `${clock(position)} of ${clock(duration)}`);
    this.#part("time").textContent = `${clock(position)} / ${clock(duration)}`;
  }

  #showSide(side, share) {
    this.#part(`level-${side}`).style.scale = `${share.toFixed(3)} 1`;
  }

  #rest() {
    this.#list.silence();
    for (const side of [0, 1]) this.#showSide(side, 0);
    this.#part("limiter").value = 0;
    this.#editor.graph?.drawSpectrum([], 0);
    this.#editor.showReduction(0);
  }
}
