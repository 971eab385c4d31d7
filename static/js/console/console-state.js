// The console's settings while somebody works on them: moves, undo and redo, the starting point.

const SAME_GESTURE_MS = 700;
const LONGEST_HISTORY = 200;
const BUSES = ["reverb", "delay", "master"];

const equal = (a, b) => JSON.stringify(a) === JSON.stringify(b);

/** Fires "change" after every move, undo or new start. Settings are never changed in place. */
export class ConsoleState extends EventTarget {
  #table;
  #settings;
  #start;
  #past = [];
  #future = [];
  #gesture = { key: null, at: -Infinity };

  constructor(table, settings) {
    super();
    this.#table = table;
    this.#settings = this.#start = settings;
  }

  get settings() { return this.#settings; }
  get start() { return this.#start; }
  get canUndo() { return this.#past.length > 0; }
  get canRedo() { return this.#future.length > 0; }
  get isChanged() { return !equal(this.#settings, this.#start); }

  /** The values of a place: a strip's number, "reverb", "delay" or "master". */
  at(place) { return valuesAt(this.#settings, place); }
  startAt(place) { return valuesAt(this.#start, place); }

  /** Set one knob; moves of the same knob that follow each other closely are undone together. */
  set(place, name, value) {
    const section = BUSES.includes(place) ? place : "strip";
    const inside = this.#table.get(section, name).clamp(value);
    if (!Number.isFinite(inside) || this.at(place)[name] === inside) return;
    const values = { ...this.at(place), [name]: inside };
    this.#take(withValues(this.#settings, place, values), `${place}.${name}`);
  }

  /** Set several knobs of a place as one move. */
  setAll(place, changes, key) {
    const values = { ...this.at(place), ...changes };
    if (!equal(values, this.at(place))) this.#take(withValues(this.#settings, place, values), key);
  }

  /** New settings as one move that can be undone. */
  replace(settings) {
    if (!equal(settings, this.#settings)) this.#take(settings, null);
  }

  /** Begin anew from these settings, which become the starting point; the history is kept. */
  beginWith(settings) {
    this.#start = settings;
    if (equal(settings, this.#settings)) this.#tell();
    else this.#take(settings, null);
  }

  reset() { this.replace(this.#start); }

  resetPlace(place) { this.setAll(place, this.startAt(place), null); }

  undo() { this.#travel(this.#past, this.#future); }
  redo() { this.#travel(this.#future, this.#past); }

  #take(settings, key) {
    const now = performance.now();
    const goesOn = key !== null && key === this.#gesture.key && now - this.#gesture.at < SAME_GESTURE_MS;
    if (!goesOn) this.#past.push(this.#settings);
    if (this.#past.length > LONGEST_HISTORY) this.#past.shift();
    this.#gesture = { key, at: now };
    this.#future.length = 0;
    this.#settings = settings;
    this.#tell();
  }

  #travel(from, to) {
    if (!from.length) return;
    to.push(this.#settings);
    this.#settings = from.pop();
    this.#gesture = { key: null, at: -Infinity };
    this.#tell();
  }

  #tell() { this.dispatchEvent(new Event("change")); }
}

function valuesAt(settings, place) {
  return BUSES.includes(place) ? settings[place] : settings.strips[place];
}

function withValues(settings, place, values) {
  if (BUSES.includes(place)) return { ...settings, [place]: values };
  return { ...settings, strips: settings.strips.map((strip, i) => (i === place ? values : strip)) };
}
