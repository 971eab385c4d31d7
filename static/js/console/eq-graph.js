// The equaliser as a curve whose bands can be dragged, over the live spectrum of the mix.
//
// Each band is a slider for keys and screen readers: left and right move its frequency, up and down its
// gain, Page Up and Page Down its width, Delete makes it flat.
import { BANDS, filtersOf, responseDb } from "mixarena/console/filters";

const WIDTH = 640;
const HEIGHT = 220;
const LOWEST_HZ = 20;
const HIGHEST_HZ = 20000;
const POINTS = 161;
const FREQUENCIES = Float64Array.from({ length: POINTS }, (_, i) => LOWEST_HZ * (HIGHEST_HZ / LOWEST_HZ) ** (i / (POINTS - 1)));
const GRID_HZ = [50, 100, 200, 500, 1000, 2000, 5000, 10000];
const SPECTRUM_DB = [-100, -20];
const KEYS = {
  ArrowLeft: ["hz", -1], ArrowRight: ["hz", 1], ArrowDown: ["gain_db", -1], ArrowUp: ["gain_db", 1],
  PageDown: ["q", -1], PageUp: ["q", 1],
};
const KEY_STEP = 0.02;

const shareOf = (hz) => Math.log(hz / LOWEST_HZ) / Math.log(HIGHEST_HZ / LOWEST_HZ);

export class EqGraph {
  #table;
  #section;
  #onMove;
  #handles = new Map();
  #curve;
  #values = {};
  #range;

  /** `onMove(changes, key)` hears the knobs that a drag or key moves. */
  constructor(table, section, place, onMove) {
    this.#table = table;
    this.#section = section;
    this.#onMove = onMove;
    this.#range = table.get(section, "peak1_gain_db").maximum + 3;
    this.element = document.createElement("div");
    this.element.className = "eq-graph";
    this.canvas = document.createElement("canvas");
    this.element.append(this.canvas, this.#picture());
    if (table.has(section, "highpass_hz")) this.#addHandle("highpass", place);
    for (const { name } of BANDS) this.#addHandle(name, place);
  }

  show(values) {
    this.#values = values;
    const level = responseDb(values, FREQUENCIES);
    const points = Array.from(level, (db, i) => `${((i / (POINTS - 1)) * WIDTH).toFixed(1)},${this.#y(db).toFixed(1)}`);
    this.#curve.setAttribute("d", `M${points.join(" ")}`);
    const active = new Set(filtersOf(values).map(({ key }) => key));
    for (const [name, handle] of this.#handles) this.#place(name, handle, active.has(name));
  }

  /** Draw levels (dB, evenly spaced up to `highest` Hz) behind the curve; an empty list clears it. */
  drawSpectrum(levels, highest) {
    const { canvas } = this;
    const context = canvas.getContext("2d");
    const [width, height] = [canvas.clientWidth, canvas.clientHeight];
    if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
    context.clearRect(0, 0, width, height);
    if (!highest) return;
    context.fillStyle = getComputedStyle(canvas).color;
    context.beginPath();
    context.moveTo(0, height);
    for (let x = 0; x <= width; x += 2) {
      const hz = LOWEST_HZ * (HIGHEST_HZ / LOWEST_HZ) ** (x / width);
      const next = LOWEST_HZ * (HIGHEST_HZ / LOWEST_HZ) ** ((x + 2) / width);
      const from = Math.floor((hz / highest) * levels.length);
      const to = Math.max(from + 1, Math.floor((next / highest) * levels.length));
      let db = SPECTRUM_DB[0];
      for (let i = from; i < Math.min(to, levels.length); i++) db = Math.max(db, levels[i]);
      // Tilted by 4.5 dB an octave, about what music falls by: a balanced mix looks level.
      const shown = db + 4.5 * Math.log2(hz / 1000);
      const share = (shown - SPECTRUM_DB[0]) / (SPECTRUM_DB[1] - SPECTRUM_DB[0]);
      context.lineTo(x, height * (1 - Math.min(Math.max(share, 0), 1)));
    }
    context.lineTo(width, height);
    context.fill();
  }

  #y(db) {
    const inside = Math.min(Math.max(db, -this.#range), this.#range);
    return (HEIGHT / 2) * (1 - inside / this.#range);
  }

  #picture() {
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    svg.setAttribute("viewBox", `0 0 ${WIDTH} ${HEIGHT}`);
    svg.setAttribute("preserveAspectRatio", "none");
    svg.setAttribute("aria-hidden", "true");
    const line = (name, d) => {
      const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
      path.setAttribute("class", name);
      path.setAttribute("d", d);
      svg.append(path);
      return path;
    };
    const columns = GRID_HZ.map((hz) => `M${(shareOf(hz) * WIDTH).toFixed(1)} 0V${HEIGHT}`);
    const rows = [-6, 6].map((db) => `M0 ${this.#y(db).toFixed(1)}H${WIDTH}`);
    line("eq-grid", [...columns, ...rows].join(""));
    line("eq-zero", `M0 ${HEIGHT / 2}H${WIDTH}`);
    this.#curve = line("eq-line", "");
    return svg;
  }

  #addHandle(name, place) {
    const handle = document.createElement("button");
    handle.type = "button";
    handle.className = "eq-handle";
    handle.textContent = name === "highpass" ? "H" : String(BANDS.findIndex((band) => band.name === name) + 1);
    handle.setAttribute("role", "slider");
    const label = name === "highpass" ? "high-pass" : this.#table.get(this.#section, `${name}_gain_db`).label.replace(" gain", "");
    handle.setAttribute("aria-label", `${place}, equaliser, ${label}`);
    handle.setAttribute("aria-describedby", "eq-keys");
    handle.addEventListener("pointerdown", (event) => this.#drag(name, handle, event));
    handle.addEventListener("keydown", (event) => this.#onKey(name, event));
    handle.addEventListener("dblclick", () => this.#flatten(name));
    this.#handles.set(name, handle);
    this.element.append(handle);
  }

  #knob(name, what) {
    const full = name === "highpass" ? "highpass_hz" : `${name}_${what}`;
    const exists = this.#table.has(this.#section, full) && (name !== "highpass" || what === "hz");
    return exists ? this.#table.get(this.#section, full) : null;
  }

  #place(name, handle, active) {
    const hz = this.#knob(name, "hz");
    const gain = this.#knob(name, "gain_db");
    const q = this.#knob(name, "q");
    const texts = [hz, gain, q].filter(Boolean).map((knob) => `${knob === q ? "Q " : ""}${knob.text(this.#values[knob.name])}`);
    const db = gain ? this.#values[gain.name] : 0;
    const main = gain ?? hz;
    handle.style.insetInlineStart = `${100 * shareOf(this.#values[hz.name])}%`;
    handle.style.insetBlockStart = `${(100 * this.#y(db)) / HEIGHT}%`;
    handle.toggleAttribute("data-flat", !active);
    handle.setAttribute("aria-valuemin", main.minimum);
    handle.setAttribute("aria-valuemax", main.maximum);
    handle.setAttribute("aria-valuenow", this.#values[main.name]);
    handle.setAttribute("aria-valuetext", texts.join(", "));
    handle.title = texts.join(", ");
  }

  #drag(name, handle, event) {
    if (event.button !== 0) return;
    event.preventDefault();
    handle.focus();
    handle.setPointerCapture(event.pointerId);
    const move = ({ clientX, clientY }) => {
      const box = this.element.getBoundingClientRect();
      const share = Math.min(Math.max((clientX - box.left) / box.width, 0), 1);
      const hz = this.#knob(name, "hz");
      const gain = this.#knob(name, "gain_db");
      const changes = { [hz.name]: hz.rounded(hz.clamp(LOWEST_HZ * (HIGHEST_HZ / LOWEST_HZ) ** share)) };
      if (gain) changes[gain.name] = gain.rounded(gain.clamp(this.#range * (1 - (2 * (clientY - box.top)) / box.height)));
      this.#onMove(changes, name);
    };
    const end = () => {
      handle.removeEventListener("pointermove", move);
      handle.removeEventListener("lostpointercapture", end);
    };
    handle.addEventListener("pointermove", move);
    handle.addEventListener("lostpointercapture", end);
  }

  #onKey(name, event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Delete" || event.key === "Backspace") this.#flatten(name);
    const [what, direction] = KEYS[event.key] ?? [];
    const knob = what && this.#knob(name, what);
    if (!knob) return;
    event.preventDefault();
    const step = (event.shiftKey ? KEY_STEP / 4 : KEY_STEP) * direction;
    const moved = knob.denormalise(knob.normalise(this.#values[knob.name]) + step);
    this.#onMove({ [knob.name]: knob.rounded(moved) }, name);
  }

  #flatten(name) {
    const knob = this.#knob(name, "gain_db") ?? this.#knob(name, "hz");
    this.#onMove({ [knob.name]: knob.default }, name);
  }
}
