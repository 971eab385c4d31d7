// Loudness and limiting: an AudioWorklet for what is heard, and a Worker that finishes a whole mix.
//
// After mixing/audio/limiter.py, loudness.py and mastering.py: look-ahead true-peak limiter (eight
// times oversampled, lowest allowed gain of groups of samples held, released, averaged twice), integrated loudness by
// ITU-R BS.1770-4, and the gain that brings a mix to its target under its ceiling.
//
// One file with two homes, because neither worklets nor workers know the page's import map.

const OVERSAMPLING = 8;
const GROUP = 8;
const TAPS = 32;
const BETA = 7;
const LOOKAHEAD_MS = 4;
const RELEASE_MS = 90;
const AIM_DB = -0.3;
const MARGIN_DB = -0.25;
const TOLERANCE_LU = 0.1;
const PASSES = 8;
const LEAST_SHARE = 0.25;
const BLOCK = 256;
// No search for a gain goes further than this beyond what the loudness alone asks for.
const FURTHEST_DB = 24;

const amplitude = (db) => 10 ** (db / 20);

// ---- True peak -------------------------------------------------------------------------------------

function bessel0(x) {
  let sum = 1;
  let term = 1;
  for (let k = 1; term > 1e-12 * sum; k++) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}

// Kaiser-windowed sinc in polyphase form: weights of the points between two samples.
const WEIGHTS = Array.from({ length: OVERSAMPLING - 1 }, (_, phase) => {
  const weights = Float64Array.from({ length: TAPS }, (_, tap) => {
    const x = tap - (TAPS / 2 - 1) - (phase + 1) / OVERSAMPLING;
    const window = bessel0(BETA * Math.sqrt(Math.max(1 - (x / (TAPS / 2)) ** 2, 0))) / bessel0(BETA);
    return (Math.sin(Math.PI * x) / (Math.PI * x)) * window;
  });
  const sum = weights.reduce((a, b) => a + b);
  return weights.map((weight) => weight / sum);
});
const MOST = Math.max(...WEIGHTS.map((row) => row.reduce((a, b) => a + Math.abs(b), 0)));

/** Highest absolute value from sample `at` of `row` up to the next; TAPS / 2 samples lie around. */
function highestFrom(row, at) {
  let highest = Math.abs(row[at]);
  const first = at - (TAPS / 2 - 1);
  for (const weights of WEIGHTS) {
    let point = 0;
    for (let tap = 0; tap < TAPS; tap++) point += weights[tap] * row[first + tap];
    highest = Math.max(highest, Math.abs(point));
  }
  return highest;
}

// ---- The limiter's gain ------------------------------------------------------------------------

/** Allowed gains of groups in, smooth gains out, `late` groups later. */
class SmoothGain {
  constructor(rate) {
    this.reach = Math.max(1, Math.round((LOOKAHEAD_MS * rate) / (4000 * GROUP)));
    this.held = 2 * this.reach + 2;
    this.late = this.held + 2 * this.reach;
    this.width = 2 * this.reach + 1;
    this.release = Math.exp((-1000 * GROUP) / (RELEASE_MS * rate));
    const size = 1 << Math.ceil(Math.log2(2 * this.held + 2));
    this.mask = size - 1;
    this.queueGain = new Float64Array(size).fill(1);
    this.queueTime = new Float64Array(size);
    this.head = this.tail = this.n = 0;
    this.first = new Float64Array(size).fill(1);
    this.second = new Float64Array(size).fill(1);
    this.firstSum = this.secondSum = this.width;
    this.recovered = 1;
  }

  next(allowed) {
    const { mask, n, width } = this;
    while (this.tail > this.head && this.queueGain[(this.tail - 1) & mask] >= allowed) this.tail--;
    this.queueGain[this.tail & mask] = allowed;
    this.queueTime[this.tail & mask] = n;
    this.tail++;
    if (this.queueTime[this.head & mask] < n - 2 * this.held) this.head++;
    this.recovered = Math.min(this.queueGain[this.head & mask], 1 - this.release * (1 - this.recovered));
    this.firstSum += this.recovered - this.first[(n - width) & mask];
    this.first[n & mask] = this.recovered;
    const mean = this.firstSum / width;
    this.secondSum += mean - this.second[(n - width) & mask];
    this.second[n & mask] = mean;
    this.n++;
    return Math.min(this.secondSum / width, 1);
  }
}

/** The gain of sample `i` in a group: it holds in the middle and is drawn straight between groups. */
function drawn(before, here, after, i) {
  const away = i - (GROUP - 1) / 2;
  return here + ((away > 0 ? after - here : here - before) * away) / GROUP;
}

// ---- Whole mixes -----------------------------------------------------------------------------------

/**
 * Highest point of both channels in every group of samples. Between samples it looks only where a
 * block is loud enough to reach `relevant`.
 */
function peaksOf(channels, relevant) {
  const count = channels[0].length;
  const peaks = new Float32Array(Math.ceil(count / GROUP));
  for (const channel of channels) {
    const row = new Float64Array(count + 2 * TAPS);
    row.set(channel, TAPS);
    for (let start = 0; start < count; start += BLOCK) {
      const stop = Math.min(start + BLOCK, count);
      let highest = 0;
      for (let i = start; i < stop + 2 * TAPS; i++) highest = Math.max(highest, Math.abs(row[i]));
      const loud = highest * MOST >= relevant;
      for (let i = start; i < stop; i++) {
        const peak = loud ? highestFrom(row, i + TAPS) : Math.abs(row[i + TAPS]);
        const group = Math.floor(i / GROUP);
        if (peak > peaks[group]) peaks[group] = peak;
      }
    }
  }
  return peaks;
}

function limited(channels, peaks, gain, aim, rate) {
  const smooth = new SmoothGain(rate);
  const gains = new Float64Array(peaks.length);
  const threshold = aim / gain;
  for (let n = 0; n < peaks.length + smooth.late; n++) {
    const value = smooth.next(peaks[n] > threshold ? threshold / peaks[n] : 1);
    if (n >= smooth.late) gains[n - smooth.late] = value;
  }
  return channels.map((channel) => channel.map((sample, t) => {
    const g = Math.floor(t / GROUP);
    return sample * gain * drawn(gains[g - 1] ?? gains[g], gains[g], gains[g + 1] ?? gains[g], t % GROUP);
  }));
}

function kWeighting(rate) {
  let k = Math.tan((Math.PI * 1681.9744509555319) / rate);
  let q = 0.7071752369554196;
  const high = 10 ** (3.999843853973347 / 20);
  const band = high ** 0.4996667741545416;
  const shelf = [
    high + (band * k) / q + k * k, 2 * (k * k - high), high - (band * k) / q + k * k,
    1 + k / q + k * k, 2 * (k * k - 1), 1 - k / q + k * k,
  ];
  k = Math.tan((Math.PI * 38.13547087602444) / rate);
  q = 0.5003270373238773;
  const a0 = 1 + k / q + k * k;
  const highpass = [a0, -2 * a0, a0, a0, 2 * (k * k - 1), 1 - k / q + k * k];
  return [shelf, highpass].map((row) => row.map((value) => value / row[3]));
}

/** K-weighted mean square of every full 10 ms, summed over both channels. */
function energies(channels, rate) {
  const hop = Math.round(rate / 100);
  const sums = new Float64Array(Math.floor(channels[0].length / hop));
  const [p, q] = kWeighting(rate);
  for (const channel of channels) {
    let a1 = 0, a2 = 0, b1 = 0, b2 = 0;
    for (let index = 0; index < sums.length; index++) {
      let total = 0;
      for (let i = index * hop; i < (index + 1) * hop; i++) {
        const x = channel[i];
        const y = p[0] * x + a1;
        a1 = p[1] * x - p[4] * y + a2;
        a2 = p[2] * x - p[5] * y;
        const z = q[0] * y + b1;
        b1 = q[1] * y - q[4] * z + b2;
        b2 = q[2] * y - q[5] * z;
        total += z * z;
      }
      sums[index] += total / hop;
    }
  }
  return sums;
}

const lufs = (power) => -0.691 + 10 * Math.log10(power);
const mean = (values) => values.reduce((a, b) => a + b, 0) / values.length;

/** Gated loudness (BS.1770-4, section 5.1); -Infinity where nothing is above -70 LUFS. */
function integrated(hops) {
  let blocks = [];
  for (let start = 0; start + 40 <= hops.length; start += 10) blocks.push(mean(hops.subarray(start, start + 40)));
  blocks = blocks.filter((power) => lufs(power) > -70);
  if (!blocks.length) return -Infinity;
  const gate = lufs(mean(blocks)) - 10;
  return lufs(mean(blocks.filter((power) => lufs(power) > gate)));
}

/**
 * The finished mix: brought to `target` LUFS (or by `gainDb`), no peak above `ceiling` dBTP.
 * Returns channels, the gain in dB, its loudness, its peak, and by how much the limiter held down.
 */
function finish({ channels, rate, target, ceiling, gainDb }) {
  const aim = amplitude(ceiling + AIM_DB);
  const raw = integrated(energies(channels, rate));
  const furthest = gainDb ?? (Number.isFinite(raw) ? target - raw + FURTHEST_DB : 0);
  const peaks = peaksOf(channels, aim / amplitude(furthest));
  const highest = peaks.reduce((a, b) => Math.max(a, b), 0);
  const reduces = (gain) => gain * highest > aim;
  const apply = (gain) => (reduces(gain)
    ? limited(channels, peaks, gain, aim, rate)
    : channels.map((channel) => channel.map((sample) => sample * gain)));
  const chosen = gainDb ?? seekGain(raw, target, reduces, (db) => integrated(energies(apply(amplitude(db)), rate)));
  const out = apply(amplitude(chosen));
  const allowed = amplitude(ceiling + MARGIN_DB);
  const peak = peaksOf(out, allowed).reduce((a, b) => Math.max(a, b), 0);
  if (peak > allowed) for (const channel of out) for (let i = 0; i < channel.length; i++) channel[i] *= allowed / peak;
  return {
    channels: out,
    gainDb: chosen,
    lufs: integrated(energies(out, rate)),
    peakDb: 20 * Math.log10(Math.max(Math.min(peak, allowed), 1e-10)),
    heldDownDb: Math.max(0, 20 * Math.log10(Math.max(amplitude(chosen) * highest, 1e-10)) - ceiling),
  };
}

// The limiter leaves less loudness than the gain would give: sought by the secant method.
function seekGain(raw, target, reduces, lufsAt) {
  if (!Number.isFinite(raw)) return 0;
  let [lastGain, lastLufs, gain] = [0, raw, target - raw];
  for (let pass = 0; pass < PASSES && reduces(amplitude(gain)); pass++) {
    const heard = lufsAt(gain);
    if (Math.abs(target - heard) <= TOLERANCE_LU) break;
    const step = gain - lastGain;
    const share = step ? (heard - lastLufs) / step : 1;
    [lastGain, lastLufs] = [gain, heard];
    gain += (target - heard) / Math.min(Math.max(share, LEAST_SHARE), 1);
  }
  return gain;
}

// ---- Homes -----------------------------------------------------------------------------------------

// A group's peak is known TAPS / 2 samples after it, its smooth gain `late` groups after that, and its
// samples can be drawn when the next group's gain is known too.
function defineLimiter() {
  class LiveLimiter extends AudioWorkletProcessor {
    #smooth = new SmoothGain(sampleRate);
    #late = TAPS / 2 + (this.#smooth.late + 1) * GROUP;
    #history = TAPS + this.#late;
    #rows = [0, 1].map(() => new Float32Array(128 + this.#history));
    #gains = [1, 1, 1];
    #gain;
    #goal;
    #aim;
    #pole = Math.exp(-1 / (0.15 * sampleRate));
    #frames = 0;
    #least = 1;

    constructor({ processorOptions: { gain, ceiling } }) {
      super();
      this.#gain = this.#goal = gain;
      this.#aim = amplitude(ceiling + AIM_DB);
      this.port.onmessage = ({ data }) => {
        this.#goal = data.gain;
        this.#aim = amplitude(data.ceiling + AIM_DB);
        if (data.now) this.#gain = data.gain;
      };
    }

    process([input], [output]) {
      const frames = output[0].length;
      this.#take(input, frames);
      const loud = this.#highest(this.#history - TAPS, this.#history + frames) * MOST > this.#aim;
      for (let start = 0; start < frames; start += GROUP) {
        const allowed = loud ? this.#allowed(this.#history + start - TAPS / 2) : 1;
        this.#gains.push(this.#smooth.next(allowed));
        this.#gains.shift();
        this.#least = Math.min(this.#least, this.#gains[1]);
        for (let i = 0; i < GROUP; i++) this.#write(output, start + i, drawn(...this.#gains, i));
      }
      this.#tell(frames);
      return true;
    }

    // The loudness gain is on the way in, so that the limiter sees what it has to hold.
    #take(input, frames) {
      for (const row of this.#rows) row.copyWithin(0, frames);
      for (let t = 0; t < frames; t++) {
        this.#gain = this.#goal + this.#pole * (this.#gain - this.#goal);
        this.#rows.forEach((row, c) => {
          row[this.#history + t] = input.length ? (input[c] ?? input[0])[t] * this.#gain : 0;
        });
      }
    }

    #allowed(from) {
      let peak = 0;
      for (const row of this.#rows) for (let i = 0; i < GROUP; i++) peak = Math.max(peak, highestFrom(row, from + i));
      return peak > this.#aim ? this.#aim / peak : 1;
    }

    #write(output, t, factor) {
      const at = this.#history + t - this.#late;
      for (let c = 0; c < 2; c++) output[c][t] = this.#rows[c][at] * factor;
    }

    #highest(from, to) {
      let highest = 0;
      for (const row of this.#rows) for (let i = from; i < to; i++) highest = Math.max(highest, Math.abs(row[i]));
      return highest;
    }

    #tell(frames) {
      this.#frames += frames;
      if (this.#frames < 2048) return;
      this.port.postMessage({ reduction: -20 * Math.log10(this.#least) });
      this.#frames = 0;
      this.#least = 1;
    }
  }
  registerProcessor("console-limiter", LiveLimiter);
}

if (typeof registerProcessor === "function") {
  defineLimiter();
} else {
  self.onmessage = ({ data: { id, keep, ...mix } }) => {
    const { channels, ...figures } = finish(mix);
    const buffers = keep ? channels : [];
    self.postMessage({ id, ...figures, channels: buffers }, buffers.map((channel) => channel.buffer));
  };
}
