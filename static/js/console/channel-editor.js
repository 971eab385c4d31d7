// Everything about the chosen channel: its equaliser's curve and a knob for each parameter of the
// table, group by group. Parameters that the page cannot play are put last, under a heading that
// says so.
import { sectionOf } from "mixarena/console/channel-list";
import { EqGraph } from "mixarena/console/eq-graph";
import { MIRRORED } from "mixarena/console/graph";
import { Knob } from "mixarena/console/knob";

const CURVE_FROM_DB = -60;
const CURVE_POINTS = 61;

/** Fires "moves" ({changes, key}) and "problem" ({message}). */
export class ChannelEditor extends EventTarget {
  #table;
  #place;
  #knobs = [];
  #graph = null;
  #curve = null;
  #reduction = null;

  constructor(table) {
    super();
    this.#table = table;
  }

  get graph() { return this.#graph; }
  get place() { return this.#place; }

  /** Build the controls of a channel into `host`. */
  open(host, { place, name }) {
    this.#place = place;
    this.#knobs = [];
    this.#graph = this.#curve = this.#reduction = null;
    const section = sectionOf(place);
    const mirrored = MIRRORED[section];
    const parameters = this.#table.of(section);
    const groups = grouped(parameters, ({ name: knob, group }) => (mirrored.has(knob) ? group : null));
    const parts = [];
    for (const [group, members] of groups) {
      if (group !== null) parts.push(this.#group(group, members, section, name));
    }
    if (groups.has(null)) parts.push(this.#later(groups.get(null), name));
    host.replaceChildren(...parts);
  }

  show(values) {
    this.#graph?.show(values);
    for (const knob of this.#knobs) knob.show(values[knob.name]);
    this.#curve?.setAttribute("d", compressorPath(values));
  }

  /** How far the channel's compressor turns down, in dB. */
  showReduction(db) {
    if (!this.#reduction) return;
    this.#reduction.bar.value = Math.min(db, 24);
    const text = db < 0.05 ? "0.0 dB" : `\u2212${db.toFixed(1)} dB`;
    if (this.#reduction.text.textContent !== text) this.#reduction.text.textContent = text;
  }

  #group(title, parameters, section, place) {
    const box = part("fieldset", "knobs");
    box.append(part("legend", "label", title));
    if (title === "Equaliser") {
      this.#graph = new EqGraph(this.#table, section, place, (changes, key) => this.#tell(changes, `eq.${key}`));
      const values = part("details", "more eq-values");
      values.append(part("summary", "small", "Type the values"), this.#grid(parameters, place));
      box.append(this.#graph.element, values);
      return box;
    }
    if (title === "Compressor") box.append(this.#compressor());
    box.append(this.#grid(parameters, place));
    return box;
  }

  #later(parameters, place) {
    const box = part("details", "knobs more heard-later");
    box.append(
      part("summary", "label", "Advanced: heard after Render"),
      part("p", "muted small", "The server renders these; this page does not play them."),
      this.#grid(parameters, place),
    );
    return box;
  }

  #grid(parameters, place) {
    const grid = part("div", "knob-grid");
    for (const parameter of parameters) {
      const knob = new Knob(parameter, place, {
        onMove: (value) => this.#tell({ [parameter.name]: value }, parameter.name),
        onProblem: (message) => this.dispatchEvent(new CustomEvent("problem", { detail: { message } })),
      });
      this.#knobs.push(knob);
      grid.append(knob.element);
    }
    return grid;
  }

  #compressor() {
    const box = part("div", "compressor-picture");
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    svg.setAttribute("viewBox", "0 0 60 60");
    svg.setAttribute("aria-hidden", "true");
    const path = (name, d) => {
      const line = document.createElementNS("http://www.w3.org/2000/svg", "path");
      line.setAttribute("class", name);
      line.setAttribute("d", d);
      svg.append(line);
      return line;
    };
    path("eq-grid", "M0 60L60 0");
    this.#curve = path("eq-line", "");
    const meter = part("div", "reduction");
    const bar = document.createElement("meter");
    Object.assign(bar, { min: 0, max: 24, value: 0 });
    bar.setAttribute("aria-label", "Gain reduction in dB");
    const text = part("span", "figure small", "0.0 dB");
    meter.append(part("span", "small muted", "Turns down"), bar, text);
    this.#reduction = { bar, text };
    box.append(svg, meter);
    return box;
  }

  #tell(changes, key) {
    this.dispatchEvent(new CustomEvent("moves", { detail: { place: this.#place, changes, key } }));
  }
}

// Level out over level in, -60 to 0 dBFS, without make-up.
function compressorPath(values) {
  const knee = Math.max(values.comp_knee_db, 1e-3);
  const points = [];
  for (let i = 0; i < CURVE_POINTS; i++) {
    const level = CURVE_FROM_DB * (1 - i / (CURVE_POINTS - 1));
    const over = level - values.comp_threshold_db + knee / 2;
    const inside = Math.min(Math.max(over, 0), knee);
    const down = (1 - 1 / values.comp_ratio) * ((inside * inside) / (2 * knee) + Math.max(over - knee, 0));
    points.push(`${(60 + level).toFixed(1)},${(down - level).toFixed(1)}`);
  }
  return `M${points.join(" ")}`;
}

function part(tag, name, text = "") {
  const element = document.createElement(tag);
  element.className = name;
  element.textContent = text;
  return element;
}

function grouped(items, keyOf) {
  const groups = new Map();
  for (const item of items) {
    const key = keyOf(item);
    if (!groups.has(key)) groups.set(key, []);
    groups.get(key).push(item);
  }
  return groups;
}
