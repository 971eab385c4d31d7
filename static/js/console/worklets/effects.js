// The console's reverb and delay as AudioWorklets, after mixing/audio/reverb.py and delay.py.
//
// Reverb: all-pass diffusers into a feedback delay network of sixteen lines whose pairs slowly turn
// into each other. Delay: echoes that swap sides, each one darker than the last.

const LINES = 16;
const STEP = 64;
const PAIRS = LINES / 2;
const DIFFUSION = 0.65;
const TINY = 1e-15;
const LENGTHS_S = Array.from({ length: LINES }, (_, i) => 0.0113 * (0.0871 / 0.0113) ** (i / (LINES - 1)));
const DIFFUSERS_S = [0.00321, 0.00497, 0.00763, 0.01171];
const DIFFUSER_SIDES = [1, 1.061];
const TURNS_HZ = Array.from({ length: PAIRS }, (_, i) => 0.5 * (1.9 / 0.5) ** (i / (PAIRS - 1)));

function nextPrime(number) {
  for (;; number++) {
    let prime = true;
    for (let f = 2; f * f <= number; f++) if (number % f === 0) { prime = false; break; }
    if (prime) return number;
  }
}

function primes(seconds) {
  const found = [];
  for (const length of seconds) {
    const least = found.length ? found[found.length - 1] + 1 : STEP;
    found.push(nextPrime(Math.max(Math.round(length * sampleRate), least)));
  }
  return found;
}

// Left lines are even, right lines odd, and both sides as long on the whole.
function lineLengths() {
  const lengths = primes(LENGTHS_S);
  for (let i = 2; i < LINES; i += 4) [lengths[i], lengths[i + 1]] = [lengths[i + 1], lengths[i]];
  return lengths;
}

class Ring {
  constructor(longest) {
    this.data = new Float32Array(1 << Math.ceil(Math.log2(longest + STEP + 1)));
    this.mask = this.data.length - 1;
  }
}

class Reverb {
  #lengths = lineLengths();
  #lines = this.#lengths.map((length) => new Ring(length));
  #diffusers = DIFFUSER_SIDES.map((side) => primes(DIFFUSERS_S.map((s) => s * side)));
  #stages = this.#diffusers.map((side) => side.map((delay) => new Ring(delay)));
  #waiting = [0, 1].map(() => new Ring(0.13 * sampleRate));
  #filtered = new Float64Array(LINES);
  #turns = TURNS_HZ.map((hz) => (2 * Math.PI * hz) / sampleRate);
  #row = new Float64Array(LINES);
  #gain = new Float64Array(LINES);
  #pole = new Float64Array(LINES);
  #now = 0;

  constructor(knobs, position) {
    this.#now = position;
    this.set(knobs);
  }

  set({ predelay_ms, decay_s, damping_hz }) {
    this.predelay = Math.round((predelay_ms * sampleRate) / 1000);
    const cos = Math.cos(2 * Math.PI * Math.min(damping_hz / sampleRate, 0.49));
    this.#lengths.forEach((length, i) => {
      const g = 10 ** ((-3 * length) / (decay_s * sampleRate));
      const p = 1 - g * g * cos;
      const q = 1 - g * g;
      const pole = (p - Math.sqrt(p * p - q * q)) / q;
      this.#gain[i] = g * (1 - pole);
      this.#pole[i] = pole;
    });
    this.scale = this.#inputScale();
  }

  // Input gain for unit power on each side from pink noise, 100 Hz to 8 kHz.
  #inputScale() {
    let sum = 0;
    for (let k = 0; k < 64; k++) {
      const w = (2 * Math.PI * 100 * 80 ** (k / 63)) / sampleRate;
      let total = 0;
      for (let i = 0; i < LINES; i++) {
        const b = this.#pole[i];
        total += this.#gain[i] ** 2 / (1 - 2 * b * Math.cos(w) + b * b);
      }
      sum += total / (1 - total / LINES) / 2;
    }
    return 1 / Math.sqrt(sum / 64);
  }

  process(input, output) {
    const frames = output[0].length;
    for (let t = 0; t < frames; t++, this.#now++) {
      const left = this.#diffuse(0, input.length ? input[0][t] : 0);
      const right = this.#diffuse(1, input.length ? (input[1] ?? input[0])[t] : 0);
      this.#network(left, right);
      output[0][t] = this.left;
      output[1][t] = this.right;
    }
  }

  #diffuse(side, sample) {
    const ring = this.#waiting[side];
    ring.data[this.#now & ring.mask] = sample;
    let x = ring.data[(this.#now - this.predelay) & ring.mask];
    this.#stages[side].forEach((stage, i) => {
      const old = stage.data[(this.#now - this.#diffusers[side][i]) & stage.mask];
      const v = x - DIFFUSION * old;
      stage.data[this.#now & stage.mask] = Math.abs(v) > TINY ? v : 0;
      x = DIFFUSION * v + old;
    });
    return x;
  }

  #network(left, right) {
    const row = this.#row;
    for (let i = 0; i < LINES; i++) {
      const { data, mask } = this.#lines[i];
      const out = this.#gain[i] * data[(this.#now - this.#lengths[i]) & mask] + this.#pole[i] * this.#filtered[i];
      this.#filtered[i] = Math.abs(out) > TINY ? out : 0;
      row[i] = out;
    }
    this.left = row[0] + row[2] - (row[4] + row[6]) + (row[8] + row[10]) - (row[12] + row[14]);
    this.right = row[1] + row[3] - (row[5] + row[7]) + (row[9] + row[11]) - (row[13] + row[15]);
    for (let half = 1; half < LINES; half *= 2) {
      for (let first = 0; first < LINES; first += 2 * half) {
        for (let i = first; i < first + half; i++) {
          const a = row[i];
          const b = row[i + half];
          row[i] = a + b;
          row[i + half] = a - b;
        }
      }
    }
    this.#rotate(row);
    for (let i = 0; i < LINES; i++) {
      const entry = (i % 4 < 2 ? this.scale : -this.scale) * (i % 2 ? right : left);
      const { data, mask } = this.#lines[i];
      data[this.#now & mask] = entry + 0.25 * row[i];
    }
  }

  // Angles change in straight lines from one multiple of STEP to the next, as on the server.
  #rotate(row) {
    const into = (this.#now % STEP) / STEP;
    const before = this.#now - (this.#now % STEP);
    if (into === 0 || !this.#angles) this.#angles = this.#anglesAt(before);
    for (let p = 0; p < PAIRS; p++) {
      const { cos, sin, cosStep, sinStep } = this.#angles[p];
      const c = cos + cosStep * into;
      const s = sin + sinStep * into;
      const a = row[p];
      const b = row[p + PAIRS];
      row[p] = c * a - s * b;
      row[p + PAIRS] = s * a + c * b;
    }
  }

  #angles = null;

  #anglesAt(position) {
    return this.#turns.map((turn) => {
      const cos = Math.cos(turn * position);
      const sin = Math.sin(turn * position);
      const cosStep = Math.cos(turn * (position + STEP)) - cos;
      return { cos, sin, cosStep, sinStep: Math.sin(turn * (position + STEP)) - sin };
    });
  }
}

class Delay {
  #rings = [0, 1].map(() => new Ring(1.01 * sampleRate));
  #low = [0, 0];
  #now = 0;

  constructor(knobs) { this.set(knobs); }

  set({ time_ms, feedback, damping_hz }) {
    this.delay = Math.max(1, Math.round((time_ms * sampleRate) / 1000));
    this.feedback = feedback;
    const c = 2 - Math.cos(2 * Math.PI * Math.min(damping_hz / sampleRate, 0.49));
    this.pole = c - Math.sqrt(c * c - 1);
  }

  process(input, output) {
    const frames = output[0].length;
    const [{ data: a, mask }, { data: b }] = this.#rings;
    for (let t = 0; t < frames; t++, this.#now++) {
      const from = (this.#now - this.delay) & mask;
      const left = a[from] + this.pole * (this.#low[0] - a[from]);
      const right = b[from] + this.pole * (this.#low[1] - b[from]);
      this.#low[0] = Math.abs(left) > TINY ? left : 0;
      this.#low[1] = Math.abs(right) > TINY ? right : 0;
      a[this.#now & mask] = (input.length ? input[0][t] : 0) + this.feedback * right;
      b[this.#now & mask] = (input.length ? (input[1] ?? input[0])[t] : 0) + this.feedback * left;
      output[0][t] = left;
      output[1][t] = right;
    }
  }
}

// Rests once nothing came in for so long that nothing can come out any more.
const asProcessor = (make, tailS) =>
  class extends AudioWorkletProcessor {
    #effect;
    #tail;
    #quiet = Infinity;

    constructor({ processorOptions: { knobs, position } }) {
      super();
      this.#effect = make(knobs, position);
      this.#tail = tailS(knobs) * sampleRate;
      this.port.onmessage = ({ data }) => {
        this.#effect.set(data);
        this.#tail = tailS(data) * sampleRate;
      };
    }

    process([input], [output]) {
      const sounds = input.some((channel) => channel.some((sample) => sample !== 0));
      this.#quiet = sounds ? 0 : this.#quiet + output[0].length;
      if (this.#quiet < this.#tail) this.#effect.process(input, output);
      return true;
    }
  };

registerProcessor(
  "console-reverb",
  asProcessor((knobs, position) => new Reverb(knobs, position), ({ decay_s }) => 2 * decay_s + 1),
);
registerProcessor(
  "console-delay",
  asProcessor(
    (knobs) => new Delay(knobs),
    ({ time_ms, feedback }) => (time_ms / 1000) * (2 + 100 / Math.max(-20 * Math.log10(Math.max(feedback, 1e-3)), 1)),
  ),
);
