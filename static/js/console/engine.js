// What sounds: the stems of the section in a loop through the console's graph, loudness and limiter.
//
// Memory: stems are held as 32-bit float at 44.1 kHz, because that is what every context plays and
// measures without a copy. All together they get a budget; songs with many stems play a shorter part.
import { decode, openContext, wake } from "mixarena/battle/audio-context";
import { ConsoleGraph, loadProcessors } from "mixarena/console/graph";
import { Finisher, renderOffline } from "mixarena/console/measuring";
import { amplitude } from "mixarena/console/table";

const RATE = 44100;
const BYTES_PER_SECOND = 4 * RATE;
const BUDGET_BYTES = 256e6;
const SMALL_BUDGET_BYTES = 96e6;
const SMALL_DEVICE_GIB = 4;
const SHORTEST_S = 5;
const AT_ONCE = 3;
const START_DELAY_S = 0.05;
const FADE_S = 0.012;

/** The browser has no AudioWorklet: too old, or the page came without encryption. */
export class NoWorklets extends Error {
  constructor() {
    super(
      window.isSecureContext
        ? "This browser is too old to play the console. You can still set values and render."
        : "Browsers play the console only on https addresses. You can still set values and render.",
    );
  }
}

/** Whole seconds of the section that fit into memory. */
export function secondsThatFit(strips, sectionSeconds, deviceGib = navigator.deviceMemory ?? 8) {
  const budget = deviceGib <= SMALL_DEVICE_GIB ? SMALL_BUDGET_BYTES : BUDGET_BYTES;
  const channels = strips.reduce((sum, strip) => sum + strip.channels, 0);
  const fitting = Math.floor(budget / (BYTES_PER_SECOND * channels));
  return Math.min(sectionSeconds, Math.max(SHORTEST_S, fitting));
}

/** Fires "change" (transport), "loaded" (a stem came), "meters" and "interrupted". */
export class ConsoleEngine extends EventTarget {
  #strips;
  #position;
  #context = null;
  #graph = null;
  #limiter = null;
  #fade = null;
  #buffers;
  #sources = null;
  #finisher = null;
  #startedAt = 0;
  #startedFrom = 0;
  #settings;
  #heard = () => true;

  constructor({ strips, section }, settings) {
    super();
    this.#strips = strips;
    this.#position = section.position;
    this.#settings = settings;
    this.#buffers = strips.map(() => null);
    this.seconds = secondsThatFit(strips, section.seconds);
  }

  get playing() { return this.#sources !== null; }
  get loaded() { return this.#buffers.filter(Boolean).length; }
  get duration() { return this.#buffers.find(Boolean)?.duration ?? this.seconds; }

  get position() {
    if (!this.playing) return this.#startedFrom;
    const elapsed = Math.max(0, this.#context.currentTime - this.#startedAt);
    return (this.#startedFrom + elapsed) % this.duration;
  }

  /**
   * Make the graph and fetch the stems, a few at a time; each can be heard as soon as it is there.
   * @throws {NoWorklets}
   */
  async load(signal) {
    this.#context ??= openContext(RATE);
    if (!this.#context.audioWorklet) throw new NoWorklets();
    if (!this.#graph) await this.#build();
    const waiting = [...this.#strips.keys()].filter((strip) => !this.#buffers[strip]);
    const loader = async () => {
      while (waiting.length) await this.#loadStem(waiting.shift(), signal);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, loader));
  }

  /** @throws {SoundBlocked} when the browser wants a gesture first */
  async play() {
    if (this.playing || !this.loaded) return;
    await wake(this.#context);
    if (this.playing) return;
    this.#startedAt = this.#context.currentTime + START_DELAY_S;
    this.#sources = new Map();
    this.#buffers.forEach((buffer, strip) => buffer && this.#start(strip, this.#startedFrom));
    this.#fade.gain.setTargetAtTime(1, this.#startedAt, FADE_S / 3);
    this.#changed();
  }

  pause() {
    if (!this.playing) return;
    this.#startedFrom = this.position;
    this.#stop();
    this.#changed();
  }

  async seek(seconds) {
    const wasPlaying = this.playing;
    if (wasPlaying) this.#stop();
    this.#startedFrom = Math.min(Math.max(seconds, 0), Math.max(0, this.duration - 0.1));
    if (wasPlaying) await this.play();
    else this.#changed();
  }

  /** Let everything that sounds glide to these settings; `heard` says which strips sound. */
  set(settings, heard = this.#heard) {
    this.#settings = settings;
    this.#heard = heard;
    this.#graph?.set(settings, heard);
  }

  /** The gain that brings the mix to its loudness, and the limiter's ceiling. */
  setLoudness(gainDb, ceiling) {
    this.#limiter?.port.postMessage({ gain: amplitude(gainDb), ceiling, now: !this.playing });
  }

  /** What the server would measure of a mix with these settings; null before every stem is there. */
  async measure(settings) {
    if (this.loaded < this.#strips.length) return null;
    this.#finisher ??= new Finisher();
    const mix = await renderOffline({
      buffers: this.#buffers,
      gains: this.#strips.map((strip) => amplitude(strip.gain_db)),
      channels: this.#strips.map((strip) => strip.channels),
      settings,
      position: this.#position,
      rate: this.#context.sampleRate,
    });
    return this.#finisher.finish(mix, settings.master);
  }

  /** Levels of the spectrum in dB into `into`; the highest frequency it reaches. */
  spectrum(into) {
    if (!this.analyser) return 0;
    this.analyser.getFloatFrequencyData(into);
    return this.#context.sampleRate / 2;
  }

  /** Peaks of both sides since a moment ago, as amplitudes. */
  peaks() {
    return (this.sides ?? []).map((side) => {
      side.getFloatTimeDomainData(this.window);
      return this.window.reduce((highest, sample) => Math.max(highest, Math.abs(sample)), 0);
    });
  }

  destroy() {
    this.#stop();
    this.#finisher?.destroy();
    this.#buffers.fill(null);
    if (this.#context && this.#context.state !== "closed") this.#context.close();
  }

  async #build() {
    const context = this.#context;
    await loadProcessors(context);
    this.#graph = new ConsoleGraph(context, {
      settings: this.#settings,
      channels: this.#strips.map((strip) => strip.channels),
      position: this.#position,
      meters: true,
    });
    this.#graph.addEventListener("meters", ({ detail }) => this.#meters(detail));
    const ceiling = this.#settings.master.ceiling_dbtp;
    this.#limiter = new AudioWorkletNode(context, "console-limiter", {
      outputChannelCount: [2],
      processorOptions: { gain: amplitude(-6), ceiling },
    });
    this.#limiter.port.onmessage = ({ data }) => this.#meters({ place: "limiter", ...data });
    this.#fade = new GainNode(context, { gain: 0 });
    this.#graph.output.connect(this.#limiter).connect(this.#fade).connect(context.destination);
    this.#listen(this.#limiter);
    context.addEventListener("statechange", () => this.#onState());
  }

  #listen(node) {
    const context = this.#context;
    this.analyser = new AnalyserNode(context, { fftSize: 4096, smoothingTimeConstant: 0.75 });
    node.connect(this.analyser);
    const splitter = new ChannelSplitterNode(context, { numberOfOutputs: 2 });
    node.connect(splitter);
    this.sides = [0, 1].map((side) => {
      const analyser = new AnalyserNode(context, { fftSize: 2048 });
      splitter.connect(analyser, side);
      return analyser;
    });
    this.window = new Float32Array(2048);
  }

  async #loadStem(strip, signal) {
    const address = `${this.#strips[strip].url}?seconds=${Math.floor(this.seconds)}`;
    const response = await fetch(address, { signal, credentials: "same-origin" });
    if (!response.ok) throw new Error(`A stem did not arrive (${response.status}).`);
    this.#buffers[strip] = await decode(this.#context, await response.arrayBuffer());
    if (this.playing) this.#start(strip, null);
    this.dispatchEvent(new CustomEvent("loaded", { detail: { strip } }));
  }

  // A stem that comes late begins where the others are.
  #start(strip, from) {
    const context = this.#context;
    const buffer = this.#buffers[strip];
    const source = new AudioBufferSourceNode(context, { buffer, loop: true });
    const level = new GainNode(context, { gain: amplitude(this.#strips[strip].gain_db) });
    source.connect(level).connect(this.#graph.input(strip));
    const at = from === null ? context.currentTime + START_DELAY_S : this.#startedAt;
    const offset = from ?? (this.#startedFrom + at - this.#startedAt) % this.duration;
    source.start(at, offset);
    this.#sources.set(strip, source);
  }

  #stop() {
    if (!this.#sources) return;
    const now = this.#context.currentTime;
    this.#fade.gain.cancelScheduledValues(now);
    this.#fade.gain.setTargetAtTime(0, now, FADE_S / 3);
    for (const source of this.#sources.values()) source.stop(now + 2 * FADE_S);
    this.#sources = null;
  }

  #onState() {
    if (!this.playing || this.#context.state === "running") return;
    this.pause();
    this.dispatchEvent(new Event("interrupted"));
  }

  #meters(detail) { this.dispatchEvent(new CustomEvent("meters", { detail })); }
  #changed() { this.dispatchEvent(new Event("change")); }
}
