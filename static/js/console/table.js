// The console's parameter table as the server gives it: ranges, curves, and how values are written.

const MINUS = "\u2212";
const OFF_DB = -48;

/** One knob; `position` is 0..1 along its curve. */
export class Parameter {
  constructor(row) {
    Object.assign(this, row);
  }

  normalise(value) {
    const { minimum: low, maximum: high } = this;
    const inside = this.clamp(value);
    if (this.curve === "log") return Math.log(inside / low) / Math.log(high / low);
    return (inside - low) / (high - low);
  }

  denormalise(position) {
    const { minimum: low, maximum: high } = this;
    const at = Math.min(Math.max(position, 0), 1);
    return this.clamp(this.curve === "log" ? low * (high / low) ** at : low + (high - low) * at);
  }

  clamp(value) {
    return Math.min(Math.max(value, this.minimum), this.maximum);
  }

  /** Decimals that are worth showing. */
  get decimals() {
    if (this.unit === "Hz" || (this.unit === "ms" && this.maximum > 200)) return 0;
    return this.unit === "" || this.unit === "s" ? 2 : 1;
  }

  /** The value rounded as it is shown, inside the range. */
  rounded(value) {
    return this.clamp(Number(value.toFixed(this.decimals)));
  }

  /** "250 Hz", "\u22123.0 dB", "off" for a fader at its bottom. */
  text(value) {
    if (this.isOff(value)) return "off";
    // Adding nothing makes an ordinary zero of a negative one.
    const number = (Number(value.toFixed(this.decimals)) + 0).toFixed(this.decimals).replace("-", MINUS);
    return this.unit === ":1" ? `${number}:1` : `${number} ${this.unit}`.trim();
  }

  /** Sends, faders and returns are silent at the bottom; the high-pass and a ratio of 1 do nothing. */
  isOff(value) {
    if (value > this.minimum) return false;
    return (this.unit === "dB" && this.minimum === OFF_DB) || this.name === "highpass_hz" || this.name === "comp_ratio";
  }

  /** A value typed by a person: "2,5", "\u22123", "1.2k"; null when it is none or outside the range. */
  parse(text) {
    const match = /^([+-]?\d*\.?\d+)\s*(k?)\D*$/i.exec(text.trim().replace(MINUS, "-").replace(",", "."));
    if (!match) return /^off$/i.test(text.trim()) ? this.minimum : null;
    const value = Number(match[1]) * (match[2] ? 1000 : 1);
    return value >= this.minimum && value <= this.maximum ? value : null;
  }
}

/** Parameters by section ("strip", "reverb", "delay", "master") and name. */
export class Table {
  #sections = new Map();

  constructor(rows) {
    for (const row of rows) {
      if (!this.#sections.has(row.section)) this.#sections.set(row.section, new Map());
      this.#sections.get(row.section).set(row.name, new Parameter(row));
    }
  }

  of(section) { return [...this.#sections.get(section).values()]; }
  get(section, name) { return this.#sections.get(section).get(name); }
  has(section, name) { return this.#sections.get(section).has(name); }
}

/** Amplitude of a fader, send or return, which is silent at its bottom. */
export const gain = (db) => (db > OFF_DB ? 10 ** (db / 20) : 0);

/** Amplitude of a level in dB. */
export const amplitude = (db) => 10 ** (db / 20);
