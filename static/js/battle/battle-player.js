// <battle-player src-a src-b listening>: hear two mixes blind and vote. The markup inside is the
// server's; this connects it to the engine. After the vote the same element plays on, named.
import { ComparisonEngine, other } from "mixarena/battle/engine";
import { ListeningReport } from "mixarena/battle/listening-report";
import { sharedOutline } from "mixarena/battle/outline";
import { Problem, send } from "mixarena/http";
import { toast } from "mixarena/toasts";
import "mixarena/battle/loop-waveform";

const SEEK_S = 2;
const LONG_SEEK_S = 10;
// The chips of "why" are check boxes: keys still work while one of them has the focus.
const TYPED_INTO = 'input:not([type="checkbox"])';
const PRESSED = 'button, a, summary, input[type="checkbox"]';
// Events that say which side plays.
const SIDED_EVENTS = new Set(["play", "switch"]);

class BattlePlayer extends HTMLElement {
  #engine = null;
  #report = null;
  #abort = null;
  #frame = 0;
  #outlines = new Map();
  #canVote = false;
  #refused = false;

  connectedCallback() {
    this.#abort = new AbortController();
    const { signal } = this.#abort;
    this.#engine = new ComparisonEngine();
    this.#canVote = this.#part("vote")?.dataset.open === "true";
    this.#engine.addEventListener("change", () => this.#showTransport(), { signal });
    this.#engine.addEventListener("interrupted", () => this.#onInterrupted(), { signal });
    if (this.hasAttribute("listening")) this.#startReport(signal);
    this.addEventListener("click", this.#onClick, { signal });
    this.addEventListener("submit", this.#onVote, { signal });
    this.addEventListener("seek", (event) => this.#seek(event.detail.seconds), { signal });
    this.addEventListener("region", (event) => this.#setRegion(event.detail), { signal });
    document.addEventListener("keydown", this.#onKey, { signal });
    window.addEventListener("pagehide", () => this.#pause(), { signal });
    this.#load();
  }

  disconnectedCallback() {
    this.#abort?.abort();
    cancelAnimationFrame(this.#frame);
    this.#report?.tickWhile(false);
    this.#engine?.destroy();
  }

  get engine() { return this.#engine; }

  async #load() {
    this.#showLoading("loading", "Loading the clips…");
    try {
      const urls = { a: this.getAttribute("src-a"), b: this.getAttribute("src-b") };
      await this.#engine.load(urls, this.#abort.signal);
    } catch (error) {
      if (error.name !== "AbortError") this.#showLoading("failed", "The two clips could not be loaded.");
      return;
    }
    this.#showLoading("ready", "");
    for (const button of this.querySelectorAll("[data-needs-audio]")) button.disabled = false;
    this.#waveform().show((bins) => this.#outline(bins), this.#engine.duration);
    this.#showTransport();
  }

  #outline(bins) {
    if (!this.#outlines.has(bins)) {
      this.#outlines.clear();
      this.#outlines.set(bins, sharedOutline(this.#engine.buffers, bins));
    }
    return this.#outlines.get(bins);
  }

  #startReport(signal) {
    this.#report = new ListeningReport(this.getAttribute("listening"));
    this.#report.addEventListener("heard", (event) => this.#showHeard(event.detail), { signal });
    this.#report.addEventListener("lost", (event) => {
      // A request that got lost is sent again and is nobody's business; a refusal is.
      if (!(event.detail instanceof Problem)) return;
      this.#part("status").textContent = event.detail.message;
      this.#refused = true;
    }, { signal });
  }

  // ---- What people do

  #actions = {
    load: () => this.#load(),
    toggle: () => (this.#engine.playing ? this.#pause() : this.#play()),
    "side-a": () => this.#switchTo("a"),
    "side-b": () => this.#switchTo("b"),
    swap: () => this.#switchTo(other(this.#engine.side)),
    back: () => this.#seek(this.#engine.position - SEEK_S),
    forward: () => this.#seek(this.#engine.position + SEEK_S),
    "whole-clip": () => this.#setRegion(null),
  };

  #onClick = (event) => {
    const action = event.target.closest("[data-action]")?.dataset.action;
    if (action) this.#actions[action]?.();
  };

  #onKey = (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest(`${TYPED_INTO}, select, textarea, dialog, [contenteditable]`)) return;
    const run = this.#keyAction(event);
    if (!run) return;
    event.preventDefault();
    run();
  };

  #keyAction(event) {
    if (event.key === " ") return event.target.closest(PRESSED) ? null : this.#actions.toggle;
    const step = event.shiftKey ? LONG_SEEK_S : SEEK_S;
    const vote = (choice) => () => this.querySelector(`button[name="choice"][value="${choice}"]`)?.click();
    const keys = {
      ArrowLeft: () => this.#seek(this.#engine.position - step),
      ArrowRight: () => this.#seek(this.#engine.position + step),
      1: this.#actions["side-a"],
      2: this.#actions["side-b"],
      a: this.#actions["side-a"],
      b: this.#actions["side-b"],
      x: this.#actions.swap,
      i: () => this.#repeatFrom(this.#engine.position),
      o: () => this.#repeatTo(this.#engine.position),
      l: this.#actions["whole-clip"],
      t: vote("tie"),
      n: vote("neither"),
      u: () => document.querySelector("[data-undo]")?.click(),
      Enter: () => document.querySelector("[data-next]")?.click(),
    };
    if (event.key === "Enter" && event.target.closest("button, a, summary")) return null;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    // Shift, not the capital letter: with caps lock on, A still only switches.
    if (event.shiftKey && (key === "a" || key === "b")) return vote(key);
    return keys[key];
  }

  async #play() {
    if (this.dataset.state !== "ready") return;
    try {
      await this.#engine.play();
    } catch (problem) {
      this.#part("status").textContent = problem.message;
      return;
    }
    this.#part("status").textContent = "";
    this.#tell("play");
  }

  #onInterrupted() {
    this.#tell("pause");
    this.#part("status").textContent = "Your device took the sound away. Press play to go on.";
  }

  #pause() {
    if (!this.#engine.playing) return;
    this.#engine.pause();
    this.#tell("pause");
  }

  // Choosing a side while it is silent starts it: that is what somebody who clicks "B" wants.
  #switchTo(side) {
    if (this.dataset.state !== "ready") return;
    this.#engine.switchTo(side);
    if (this.#engine.playing) this.#tell("switch");
    else this.#play();
  }

  #seek(seconds) {
    this.#engine.seek(seconds);
    if (this.#engine.playing) this.#tell("seek");
  }

  #setRegion(region) {
    this.#engine.setLoop(region);
    const { loop } = this.#engine;
    this.#tell("region", { start_s: loop?.start ?? null, stop_s: loop?.stop ?? null });
  }

  // The keyboard's way to repeat a part: its start and its end are where the sound is now.
  #repeatFrom(start) {
    const { loop, duration } = this.#engine;
    this.#setRegion({ start, stop: loop && loop.stop > start ? loop.stop : duration });
  }

  #repeatTo(stop) {
    const { loop } = this.#engine;
    this.#setRegion({ start: loop && loop.start < stop ? loop.start : 0, stop });
  }

  #tell(event, details = {}) {
    if (!this.#report) return;
    const sided = SIDED_EVENTS.has(event) ? { side: this.#engine.side } : {};
    this.#report.tell(event, { ...sided, ...details });
    this.#report.tickWhile(this.#engine.playing, () => this.#engine.side);
  }

  #onVote = async (event) => {
    const form = event.target.closest("form[data-vote]");
    if (!form) return;
    event.preventDefault();
    if (!this.#canVote) {
      toast(this.#part("need").textContent);
      return;
    }
    const buttons = form.querySelectorAll("button");
    for (const button of buttons) button.disabled = true;
    try {
      await this.#report.settled();
      const answer = await send("POST", form.action, { choice: event.submitter.value });
      this.#engine.destroy();
      location.assign(answer.next);
    } catch (problem) {
      for (const button of buttons) button.disabled = false;
      toast(problem.message, { kind: "error" });
    }
  };

  // ---- What people see

  #showLoading(state, text) {
    this.dataset.state = state;
    this.#part("status").textContent = text;
    this.querySelector('[data-action="load"]').hidden = state !== "failed";
  }

  #showTransport() {
    const { playing, side, loop } = this.#engine;
    this.dataset.side = side;
    this.dataset.playing = String(playing);
    for (const button of this.querySelectorAll("[data-side-button]")) {
      button.setAttribute("aria-pressed", String(button.dataset.sideButton === side));
    }
    const toggle = this.querySelector('[data-action="toggle"]');
    toggle.setAttribute("aria-label", playing ? "Pause" : "Play");
    this.querySelector('[data-action="whole-clip"]').hidden = loop === null;
    this.#part("loop-hint").hidden = loop !== null || this.dataset.state !== "ready";
    this.#showPosition();
  }

  #showPosition = () => {
    cancelAnimationFrame(this.#frame);
    const { position, side, loop, playing, duration } = this.#engine;
    this.#waveform().update({ position, side, region: loop });
    this.#part("time").textContent = `${clock(position)} / ${clock(duration)}`;
    if (playing) this.#frame = requestAnimationFrame(this.#showPosition);
  };

  #showHeard({ heard_a_s: a, heard_b_s: b, need_s: need, can_vote: canVote }) {
    for (const [side, seconds] of [["a", a], ["b", b]]) {
      const meter = this.querySelector(`[data-heard="${side}"]`);
      if (!meter) return;
      meter.value = Math.min(seconds, need);
      this.#part(`heard-${side}`).textContent = `${Math.floor(seconds)} s`;
    }
    this.#canVote = canVote;
    // What is counted again is no news any more; what else stands there stays.
    if (this.#refused) this.#part("status").textContent = "";
    this.#refused = false;
    this.#part("need").hidden = canVote;
    this.#part("vote").dataset.open = String(canVote);
    for (const button of this.querySelectorAll('button[name="choice"]')) {
      button.setAttribute("aria-disabled", String(!canVote));
    }
  }

  #part(name) { return this.querySelector(`[data-part="${name}"]`); }
  #waveform() { return this.querySelector("loop-waveform"); }
}

function clock(seconds) {
  const whole = Math.floor(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

customElements.define("battle-player", BattlePlayer);
