// Sounds that tell what reaches which ear: real signals, made here, nothing is fetched.
//
// Noise is pink (equal energy per octave, as music roughly has) at one level, faded in and out, so
// that nothing clicks and no test is louder than the next.
const SECONDS = 1.6;
const FADE_S = 0.04;
const RMS = 0.07; // -23 dBFS: music's level, not a siren's
const GAP_S = 0.45;

// Huggins pitch (Cramer & Huggins 1958; as a headphone test: Milne et al. 2020, doi
// 10.3758/s13428-020-01514-0): noise whose phase turns by 360 degrees around 600 Hz in one ear only.
// Each ear alone hears plain noise; only both together, unmixed by air, hear a faint tone.
const PITCH_HZ = 600;
const PITCH_Q = 8.3; // the turn takes about 6 % to each side of 600 Hz

/** A context of our own, woken by the click that needs it. */
export class TestTones {
  #context = null;
  #noise = null;
  #playing = [];

  /** Play one of: left, right, both, inverted, pitch. Resolves when it has ended. */
  async play(kind) {
    await this.#wake();
    this.stop();
    return this.#schedule(kind, this.#context.currentTime + 0.05);
  }

  /** Play several one after the other; `onStart(index)` as each begins. */
  async playInTurn(kinds, onStart) {
    await this.#wake();
    this.stop();
    const run = (this.#run = Symbol("run"));
    for (const [index, kind] of kinds.entries()) {
      if (this.#run !== run) return;
      onStart?.(index);
      await this.#schedule(kind, this.#context.currentTime + 0.05);
      await new Promise((resolve) => setTimeout(resolve, GAP_S * 1000));
    }
  }
  #run = null;

  /** The same noise without end, to set the volume by. */
  async hold() {
    await this.#wake();
    this.stop();
    const source = this.#source(true);
    source.connect(this.#route("both"));
    source.start();
    this.#playing.push(source);
  }

  stop() {
    this.#run = null;
    for (const source of this.#playing.splice(0)) source.stop();
  }

  destroy() {
    this.stop();
    this.#context?.close();
    this.#context = null;
  }

  async #wake() {
    this.#context ??= new (window.AudioContext ?? window.webkitAudioContext)();
    if (this.#context.state !== "running") await this.#context.resume();
    this.#noise ??= pinkNoise(this.#context);
  }

  #schedule(kind, at) {
    const source = this.#source(false);
    source.connect(this.#route(kind));
    source.start(at);
    this.#playing.push(source);
    return new Promise((resolve) => {
      source.onended = resolve;
    });
  }

  #source(loop) {
    const source = this.#context.createBufferSource();
    source.buffer = this.#noise;
    source.loop = loop;
    return source;
  }

  // A node that sends what it gets to the two ears as the test wants it.
  #route(kind) {
    const context = this.#context;
    const entrance = context.createGain();
    const ears = context.createChannelMerger(2);
    ears.connect(context.destination);
    if (kind !== "right") entrance.connect(ears, 0, 0);
    if (kind === "left") return entrance;
    const right = this.#rightEar(kind);
    entrance.connect(right);
    right.connect(ears, 0, 1);
    return entrance;
  }

  #rightEar(kind) {
    if (kind === "pitch") {
      const turn = this.#context.createBiquadFilter();
      turn.type = "allpass";
      turn.frequency.value = PITCH_HZ;
      turn.Q.value = PITCH_Q;
      return turn;
    }
    const gain = this.#context.createGain();
    gain.gain.value = kind === "inverted" ? -1 : 1;
    return gain;
  }
}

// Paul Kellet's filter of white noise, within 0.05 dB of -3 dB per octave above 10 Hz.
function pinkNoise(context) {
  const rate = context.sampleRate;
  const buffer = context.createBuffer(1, Math.round(SECONDS * rate), rate);
  const out = buffer.getChannelData(0);
  const b = [0, 0, 0, 0, 0, 0, 0];
  let power = 0;
  for (let i = 0; i < out.length; i += 1) {
    const white = Math.random() * 2 - 1;
    b[0] = 0.99886 * b[0] + white * 0.0555179;
    b[1] = 0.99332 * b[1] + white * 0.0750759;
    b[2] = 0.969 * b[2] + white * 0.153852;
    b[3] = 0.8665 * b[3] + white * 0.3104856;
    b[4] = 0.55 * b[4] + white * 0.5329522;
    b[5] = -0.7616 * b[5] - white * 0.016898;
    out[i] = b[0] + b[1] + b[2] + b[3] + b[4] + b[5] + b[6] + white * 0.5362;
    b[6] = white * 0.115926;
    power += out[i] ** 2;
  }
  const gain = RMS / Math.sqrt(power / out.length);
  const fade = Math.round(FADE_S * rate);
  for (let i = 0; i < out.length; i += 1) {
    const edge = Math.min(1, i / fade, (out.length - 1 - i) / fade);
    out[i] *= gain * Math.sin((edge * Math.PI) / 2);
  }
  return buffer;
}
