// Two mixes on one clock. Both buffers start at the same context time with the same offset and
// never stop separately, so switching sides only moves two gains: the position cannot differ.
//
// Clips are the region of the song that is judged, never the song: 30 s of stereo are 10 MB decoded,
// whatever the song's length and rate.
import { decode, openContext, wake } from "mixarena/battle/audio-context";

const CLIP_RATE = 44100;
const FADE_S = 0.012;
const START_DELAY_S = 0.03;
const FADE_POINTS = 64;
// Curves that touch are an overlap to Firefox when their ends round apart.
const CURVE_GAP_S = 0.001;

// Equal power: cos² + sin² = 1 at every point of the fade.
const FADE_OUT = Float32Array.from({ length: FADE_POINTS }, (_, i) =>
  Math.cos((i / (FADE_POINTS - 1)) * (Math.PI / 2)));
const FADE_IN = FADE_OUT.slice().reverse();
FADE_OUT[FADE_POINTS - 1] = 0;
FADE_IN[0] = 0;

export const other = (side) => (side === "a" ? "b" : "a");

/**
 * Fires "change" when something that is shown changed (positions are read, not announced), and
 * "interrupted" when the device took the sound away: it is paused then, where it was.
 */
export class ComparisonEngine extends EventTarget {
  #context;
  #buffers = {};
  #sources = null;
  #gains = {};
  #fadeEndsAt = 0;
  #startedAt = 0;
  #startedFrom = 0;
  #side = "a";
  #loop = null;

  constructor(context = openContext(CLIP_RATE)) {
    super();
    this.#context = context;
    context.onstatechange = () => this.#onState();
  }

  /** Fetch and decode both clips; they must be equally long to the sample. */
  async load(urls, signal) {
    const fetched = async (url) => {
      const response = await fetch(url, { signal, credentials: "same-origin" });
      if (!response.ok) throw new Error(`The clip did not arrive (${response.status}).`);
      return decode(this.#context, await response.arrayBuffer());
    };
    const [a, b] = await Promise.all([fetched(urls.a), fetched(urls.b)]);
    if (a.length !== b.length) throw new Error("The two clips differ in length.");
    this.#buffers = { a, b };
    this.#changed();
  }

  get duration() { return this.#buffers.a?.duration ?? 0; }
  get playing() { return this.#sources !== null; }
  get side() { return this.#side; }
  get loop() { return this.#loop; }
  get buffers() { return this.#buffers; }
  get sampleRate() { return this.#context.sampleRate; }

  /** Seconds into the clip, as scheduled: the same for both sides by construction. */
  get position() {
    if (!this.playing) return this.#startedFrom;
    const elapsed = Math.max(0, this.#context.currentTime - this.#startedAt);
    const { start, stop } = this.#region();
    const position = this.#startedFrom + elapsed;
    return position < stop ? position : start + ((position - start) % (stop - start));
  }

  /** @throws {SoundBlocked} when the browser wants a gesture first */
  async play() {
    if (this.playing || !this.duration) return;
    await wake(this.#context);
    // Two presses may have waited for the same device.
    if (this.playing || !this.duration) return;
    this.#start(this.#startedFrom);
    this.#changed();
  }

  pause() {
    if (!this.playing) return;
    const position = this.position;
    this.#stop();
    this.#startedFrom = position;
    this.#changed();
  }

  toggle() { return this.playing ? this.pause() : this.play(); }

  seek(seconds) {
    const { start, stop } = this.#region();
    const target = Math.min(Math.max(seconds, start), Math.max(start, stop - 0.02));
    const wasPlaying = this.playing;
    if (wasPlaying) this.#stop();
    this.#startedFrom = target;
    if (wasPlaying) this.#start(target);
    this.#changed();
  }

  switchTo(side) {
    if (side === this.#side) return;
    this.#side = side;
    if (this.playing) this.#crossfade();
    this.#changed();
  }

  /** Repeat a part ({start, stop} in seconds), or the whole clip (null). */
  setLoop(region) {
    const position = this.position;
    this.#loop = region && region.stop - region.start >= 0.5 ? region : null;
    const { start, stop } = this.#region();
    const inside = position >= start && position < stop;
    const wasPlaying = this.playing;
    if (wasPlaying) this.#stop();
    this.#startedFrom = inside ? position : start;
    if (wasPlaying) this.#start(this.#startedFrom);
    this.#changed();
  }

  /** Silence, and the audio device given back; may be called twice. */
  destroy() {
    this.#context.onstatechange = null;
    this.#stop();
    this.#buffers = {};
    if (this.#context.state !== "closed") this.#context.close();
  }

  #region() {
    return this.#loop ?? { start: 0, stop: this.duration };
  }

  #start(from) {
    const at = this.#context.currentTime + START_DELAY_S;
    const { start, stop } = this.#region();
    this.#sources = {};
    for (const side of ["a", "b"]) {
      const gain = this.#context.createGain();
      const source = this.#context.createBufferSource();
      source.buffer = this.#buffers[side];
      source.loop = true;
      source.loopStart = start;
      source.loopEnd = stop;
      source.connect(gain).connect(this.#context.destination);
      gain.gain.setValueAtTime(0, this.#context.currentTime);
      if (side === this.#side) gain.gain.setValueCurveAtTime(FADE_IN, at, FADE_S);
      source.start(at, from);
      this.#sources[side] = source;
      this.#gains[side] = gain;
    }
    this.#fadeEndsAt = at + FADE_S + CURVE_GAP_S;
    this.#startedAt = at;
    this.#startedFrom = from;
  }

  // A fade asked for while one runs begins when that one ends: curves may not overlap.
  #crossfade() {
    const at = Math.max(this.#context.currentTime, this.#fadeEndsAt);
    const fadeIn = this.#gains[this.#side];
    const fadeOut = this.#gains[other(this.#side)];
    fadeIn.gain.setValueCurveAtTime(FADE_IN, at, FADE_S);
    fadeOut.gain.setValueCurveAtTime(FADE_OUT, at, FADE_S);
    this.#fadeEndsAt = at + FADE_S + CURVE_GAP_S;
  }

  // The clock of a context that does not run stands still, so the position is still true.
  #onState() {
    if (!this.playing || this.#context.state === "running") return;
    this.pause();
    this.dispatchEvent(new Event("interrupted"));
  }

  #stop() {
    if (!this.#sources) return;
    const now = this.#context.currentTime;
    const end = Math.max(now, this.#fadeEndsAt);
    const sources = this.#sources;
    this.#gains[this.#side].gain.setValueCurveAtTime(FADE_OUT, end, FADE_S);
    for (const source of Object.values(sources)) source.stop(end + FADE_S);
    this.#sources = null;
    this.#fadeEndsAt = 0;
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }
}
