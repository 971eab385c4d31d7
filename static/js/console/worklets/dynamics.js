// The console's compressors, with what follows them, as AudioWorklets.
//
// After mixing/audio/compressor.py: peak detector, quadratic soft knee, attack and release on the
// reduction in dB (Giannoulis, Massberg, Reiss, JAES 60(6), 2012, equations 4 and 16). The louder
// side of a stereo signal steers both.
//
// Worklets know no import map, so a file of theirs imports nothing.

const HARDEST_KNEE_DB = 1e-3;
const DB_OF_LN = 20 / Math.LN10;
const GLIDE_S = 0.012;
const METER_FRAMES = 2048;
const ARRIVED = 1e-5;
const EMPTY = new Float32Array(4096);

class Compressor {
  #reduction = 0;

  /** Times in ms, levels in dB; a ratio of 1 is off. */
  set({ threshold_db, ratio, attack_ms, release_ms, knee_db }) {
    this.knee = Math.max(knee_db, HARDEST_KNEE_DB);
    this.threshold = threshold_db;
    this.slope = 1 - 1 / ratio;
    this.quiet = 10 ** ((threshold_db - this.knee / 2) / 20);
    this.attack = Math.exp(-1000 / (attack_ms * sampleRate));
    this.release = Math.exp(-1000 / (release_ms * sampleRate));
    if (ratio <= 1) this.#reduction = 0;
  }

  get isOff() { return this.slope <= 0; }

  /** How far it turns down now, in dB. */
  get reduction() { return this.#reduction; }

  #wanted(level) {
    const over = DB_OF_LN * Math.log(level) - this.threshold + this.knee / 2;
    const inside = Math.min(Math.max(over, 0), this.knee);
    return this.slope * ((inside * inside) / (2 * this.knee) + Math.max(over - this.knee, 0));
  }

  /** The factor for a sample whose louder side has this absolute value. */
  next(level) {
    const goal = level > this.quiet ? this.#wanted(level) : 0;
    const pole = goal > this.#reduction ? this.attack : this.release;
    this.#reduction = goal + pole * (this.#reduction - goal);
    return this.#reduction > 1e-7 ? Math.exp(-this.#reduction / DB_OF_LN) : 1;
  }
}

// Values that follow what is asked of them without a click.
class Glide {
  #pole = Math.exp(-1 / (GLIDE_S * sampleRate));
  #goal;

  constructor(values) {
    this.#goal = Float64Array.from(values);
    this.now = this.#goal.slice();
    this.moves = false;
  }

  set(values) {
    this.#goal.set(values);
    this.moves = true;
  }

  step() {
    const { now } = this;
    for (let i = 0; i < now.length; i++) now[i] = this.#goal[i] + this.#pole * (now[i] - this.#goal[i]);
  }

  /** Arrive where next to nothing is missing; asked once a block. */
  settle() {
    if (!this.moves || this.now.some((value, i) => Math.abs(value - this.#goal[i]) > ARRIVED)) return;
    this.now.set(this.#goal);
    this.moves = false;
  }
}

class Strip {
  constructor(knobs, channels) {
    this.isMono = channels === 1;
    this.compressor = new Compressor();
    this.compressor.set(knobs.compressor);
    this.gains = new Glide([...knobs.matrix, ...knobs.sends]);
    this.peak = 0;
  }

  set(knobs) {
    this.compressor.set(knobs.compressor);
    this.gains.set([...knobs.matrix, ...knobs.sends]);
  }
}

// All strips behind their equalisers: one input each; outputs are the mix, the reverb's and the
// delay's bus. `matrix` goes from left and right to left and right and holds make-up, width, pan,
// fader and mute; `sends` are amplitudes behind it.
class StripBank extends AudioWorkletProcessor {
  #strips;
  #meters;
  #frames = 0;

  constructor({ processorOptions: { strips, channels, meters } }) {
    super();
    this.#strips = strips.map((knobs, i) => new Strip(knobs, channels[i]));
    this.#meters = meters;
    this.port.onmessage = ({ data: { index, knobs } }) => this.#strips[index].set(knobs);
  }

  process(inputs, outputs) {
    for (let i = 0; i < this.#strips.length; i++) this.#mix(this.#strips[i], inputs[i], outputs);
    if (this.#meters) this.#tell(outputs[0][0].length);
    return true;
  }

  #mix(strip, input, outputs) {
    const silent = input.length === 0;
    if (silent && strip.compressor.reduction < 1e-6) return;
    const [[mixLeft, mixRight], [roomLeft, roomRight], [echoLeft, echoRight]] = outputs;
    const { compressor, gains, isMono } = strip;
    const g = gains.now;
    const frames = mixLeft.length;
    const a = silent ? EMPTY : input[0];
    const b = silent || isMono ? EMPTY : input[1] ?? input[0];
    const squeezes = !compressor.isOff;
    gains.settle();
    let { peak } = strip;
    for (let t = 0; t < frames; t++) {
      if (gains.moves) gains.step();
      let left = a[t];
      let right = b[t];
      if (squeezes) {
        const factor = compressor.next(Math.max(Math.abs(left), Math.abs(right)));
        left *= factor;
        right *= factor;
      }
      const l = g[0] * left + g[1] * right;
      const r = g[2] * left + g[3] * right;
      mixLeft[t] += l;
      mixRight[t] += r;
      roomLeft[t] += g[4] * l;
      roomRight[t] += g[4] * r;
      echoLeft[t] += g[5] * l;
      echoRight[t] += g[5] * r;
      peak = Math.max(peak, Math.abs(l), Math.abs(r));
    }
    strip.peak = peak;
  }

  #tell(frames) {
    this.#frames += frames;
    if (this.#frames < METER_FRAMES) return;
    this.#frames = 0;
    const peaks = this.#strips.map((strip) => strip.peak);
    const reductions = this.#strips.map((strip) => strip.compressor.reduction);
    this.port.postMessage({ peaks, reductions });
    for (const strip of this.#strips) strip.peak = 0;
  }
}

// The master behind its equaliser: compressor, make-up and width.
class MasterDynamics extends AudioWorkletProcessor {
  #compressor = new Compressor();
  #gains;
  #meters;
  #frames = 0;

  constructor({ processorOptions: { knobs, meters } }) {
    super();
    this.#compressor.set(knobs.compressor);
    this.#gains = new Glide(knobs.matrix);
    this.#meters = meters;
    this.port.onmessage = ({ data }) => {
      this.#compressor.set(data.compressor);
      this.#gains.set(data.matrix);
    };
  }

  process([input], [output]) {
    const frames = output[0].length;
    const g = this.#gains.now;
    this.#gains.settle();
    for (let t = 0; t < frames; t++) {
      if (this.#gains.moves) this.#gains.step();
      let left = input.length ? input[0][t] : 0;
      let right = input.length ? (input[1] ?? input[0])[t] : 0;
      if (!this.#compressor.isOff) {
        const factor = this.#compressor.next(Math.max(Math.abs(left), Math.abs(right)));
        left *= factor;
        right *= factor;
      }
      output[0][t] = g[0] * left + g[1] * right;
      output[1][t] = g[2] * left + g[3] * right;
    }
    this.#frames += frames;
    if (this.#meters && this.#frames >= METER_FRAMES) {
      this.#frames = 0;
      this.port.postMessage({ reduction: this.#compressor.reduction });
    }
    return true;
  }
}

registerProcessor("console-strips", StripBank);
registerProcessor("console-master", MasterDynamics);
