// All channels, one a row: name, mute and solo, fader, level. On a narrow window only the chosen one is
// shown, and a list to choose from.
import { Slider } from "mixarena/console/knob";

const METER_FLOOR_DB = -48;
const ROW_KNOBS = { strip: "fader_db", reverb: "return_db", delay: "return_db", master: "target_lufs" };

export const sectionOf = (place) => (typeof place === "number" ? "strip" : place);

/** Share of a meter that a level fills. */
export const meterShare = (amplitude) => {
  const db = 20 * Math.log10(Math.max(amplitude, 1e-6));
  return Math.min(Math.max(1 - db / METER_FLOOR_DB, 0), 1);
};

/** Fires "choose" ({place}), "move" ({place, name, value}) and "listen" (mute or solo changed). */
export class ChannelList extends EventTarget {
  #table;
  #rows = new Map();
  #muted = new Set();
  #soloed = new Set();
  #select;

  constructor(table, channels, { list, select }) {
    super();
    this.#table = table;
    this.#select = select;
    for (const channel of channels) {
      list.append(this.#row(channel));
      select.append(new Option(channel.role ? `${channel.name} (${channel.role})` : channel.name, channel.place));
    }
    select.addEventListener("change", () => this.#choose(channels[select.selectedIndex].place));
  }

  /** Whether a strip sounds: not muted, and if any is soloed, soloed. */
  heard = (strip) => !this.#muted.has(strip) && (this.#soloed.size === 0 || this.#soloed.has(strip));

  show(settings, current) {
    for (const [place, row] of this.#rows) {
      const values = typeof place === "number" ? settings.strips[place] : settings[place];
      const value = values[row.parameter.name];
      row.slider.show(value);
      row.output.textContent = row.parameter.text(value);
      row.element.toggleAttribute("data-current", place === current);
      row.name.setAttribute("aria-current", String(place === current));
    }
    this.#select.value = current;
  }

  /** Fill the strips' meters; amplitudes by strip. */
  showPeaks(peaks) {
    peaks.forEach((peak, strip) => this.#fill(strip, peak));
  }

  showMasterPeak(peak) { this.#fill("master", peak); }

  /** All meters empty. */
  silence() {
    for (const place of this.#rows.keys()) this.#fill(place, 0);
  }

  showLoaded(strip) { this.#rows.get(strip).element.removeAttribute("data-loading"); }

  #fill(place, peak) {
    this.#rows.get(place).meter.style.scale = `${meterShare(peak).toFixed(3)} 1`;
  }

  #choose(place) { this.dispatchEvent(new CustomEvent("choose", { detail: { place } })); }

  #row({ place, name, role }) {
    const element = document.createElement("li");
    element.className = "channel";
    element.dataset.place = place;
    const parameter = this.#table.get(sectionOf(place), ROW_KNOBS[sectionOf(place)]);
    const slider = new Slider(parameter, `${name}, ${parameter.label}`, (value) => {
      this.dispatchEvent(new CustomEvent("move", { detail: { place, name: parameter.name, value } }));
    });
    const button = make("button", "channel-name");
    button.type = "button";
    button.append(make("strong", "clip", name), make("span", "muted small clip", role ?? ""));
    button.addEventListener("click", () => this.#choose(place));
    const output = make("output", "figure small");
    const meter = make("span", "channel-meter");
    meter.setAttribute("aria-hidden", "true");
    const fill = make("span");
    meter.append(fill);
    element.append(button, this.#switches(place, name), slider.element, output, meter);
    if (typeof place === "number") element.dataset.loading = "";
    this.#rows.set(place, { element, parameter, slider, output, meter: fill, name: button });
    return element;
  }

  #switches(place, name) {
    const box = make("span", "channel-switches");
    if (typeof place !== "number") return box;
    box.append(this.#switch("M", `Mute ${name}`, this.#muted, place), this.#switch("S", `Solo ${name}`, this.#soloed, place));
    return box;
  }

  #switch(letter, label, set, place) {
    const button = make("button", "channel-switch", letter);
    button.type = "button";
    button.title = label;
    button.dataset.switch = letter;
    button.setAttribute("aria-label", label);
    button.setAttribute("aria-pressed", "false");
    button.addEventListener("click", () => {
      const on = !set.has(place);
      if (on) set.add(place);
      else set.delete(place);
      button.setAttribute("aria-pressed", String(on));
      this.dispatchEvent(new Event("listen"));
    });
    return button;
  }
}

function make(tag, name = "", text = "") {
  const element = document.createElement(tag);
  element.className = name;
  element.textContent = text;
  return element;
}
