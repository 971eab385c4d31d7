// Keeps what is heard at its loudness: settings that rest for a moment are measured as the server would,
// and the gain is remembered, so that comparing does not measure again.

const REST_MS = 500;
const REMEMBERED = 50;

/** Fires "known" when a measurement came for the settings that are wanted. */
export class Loudness extends EventTarget {
  #engine;
  #known = new Map();
  #wanted = null;
  #timer = 0;
  #isMeasuring = false;

  constructor(engine) {
    super();
    this.#engine = engine;
  }

  /** What was measured of the wanted settings: {gainDb, lufs, peakDb}, or undefined. */
  get known() { return this.#known.get(JSON.stringify(this.#wanted)); }

  /** Bring these settings to their loudness, at once if that is known, else soon. */
  want(settings, { soon = REST_MS } = {}) {
    this.#wanted = settings;
    clearTimeout(this.#timer);
    if (this.known) this.#apply();
    else this.#timer = setTimeout(() => this.#measure(), soon);
  }

  destroy() { clearTimeout(this.#timer); }

  // One measurement at a time; what was wanted meanwhile comes next.
  async #measure() {
    if (this.#isMeasuring) return;
    this.#isMeasuring = true;
    const settings = this.#wanted;
    const measured = await this.#engine.measure(settings).catch(() => null);
    this.#isMeasuring = false;
    if (!measured) return;
    if (this.#known.size >= REMEMBERED) this.#known.clear();
    this.#known.set(JSON.stringify(settings), measured);
    if (this.known) this.#apply();
    else this.want(this.#wanted, { soon: 0 });
  }

  #apply() {
    this.#engine.setLoudness(this.known.gainDb, this.#wanted.master.ceiling_dbtp);
    this.dispatchEvent(new Event("known"));
  }
}
