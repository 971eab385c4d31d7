// <mix-console>: the console's page. The markup is the server's; this connects settings, sound and
// what is shown. The data lies in #console-data.
import { ChannelEditor } from "mixarena/console/channel-editor";
import { ChannelList } from "mixarena/console/channel-list";
import { ConsoleState } from "mixarena/console/console-state";
import { Displays } from "mixarena/console/displays";
import { ConsoleEngine } from "mixarena/console/engine";
import { needsRender } from "mixarena/console/graph";
import { Loudness } from "mixarena/console/loudness";
import { applyPreset, contentOf, contentOfStrip } from "mixarena/console/presets";
import { PresetPicker } from "mixarena/console/preset-picker";
import { Rendering } from "mixarena/console/rendering";
import { Table } from "mixarena/console/table";
import { send } from "mixarena/http";
import { toast } from "mixarena/toasts";
import "mixarena/job-progress";
import "mixarena/live-topic";

const BUSES = [["reverb", "Reverb"], ["delay", "Delay"], ["master", "Master"]];
const TYPED_INTO = 'input:not([type="range"]), select, textarea, dialog';
const PRESSED = "button, a, summary, input";

class MixConsole extends HTMLElement {
  #data;
  #table;
  #state;
  #engine;
  #list;
  #editor;
  #channels;
  #current;
  #abort = null;
  #side = "mine";
  #startName;
  #mixer;
  #loudness;
  #picker;
  #rendering;
  #ordered = null;

  connectedCallback() {
    this.#data = JSON.parse(document.getElementById("console-data").textContent);
    this.#abort = new AbortController();
    this.#table = new Table(this.#data.table);
    this.#state = new ConsoleState(this.#table, this.#data.start.settings);
    this.#startName = this.#data.start.name;
    this.#mixer = this.#data.start.mixer;
    this.#engine = new ConsoleEngine(this.#data, this.#state.settings);
    this.#loudness = new Loudness(this.#engine);
    this.#buildChannels();
    this.#buildDialogs();
    this.#listen();
    this.#choose(this.#channels[0].place);
    this.#load();
  }

  disconnectedCallback() {
    this.#abort?.abort();
    this.#loudness?.destroy();
    this.#engine?.destroy();
  }

  get engine() { return this.#engine; }
  get state() { return this.#state; }

  // ---- Building

  #buildChannels() {
    const strips = this.#data.strips.map(({ name, role_label: role }, place) => ({ place, name, role }));
    this.#channels = [...strips, ...BUSES.map(([place, name]) => ({ place, name }))];
    const places = { list: this.#part("channels"), select: this.#part("channel") };
    this.#list = new ChannelList(this.#table, this.#channels, places);
    this.#list.addEventListener("choose", ({ detail }) => this.#choose(detail.place));
    this.#list.addEventListener("move", ({ detail }) => this.#move(detail.place, { [detail.name]: detail.value }, detail.name));
    this.#list.addEventListener("listen", () => this.#sound());
    this.#editor = new ChannelEditor(this.#table);
    this.#editor.addEventListener("moves", ({ detail }) => this.#move(detail.place, detail.changes, detail.key));
    new Displays({ engine: this.#engine, list: this.#list, editor: this.#editor, part: (name) => this.#part(name) });
    this.#editor.addEventListener("problem", ({ detail }) => this.#say(detail.message));
  }

  #buildDialogs() {
    const roles = this.#data.strips.map(({ role }) => role);
    const saved = (whole) => (whole
      ? contentOf(this.#state.settings, this.#state.start, roles)
      : contentOfStrip(this.#state.at(this.#current), this.#state.startAt(this.#current)));
    const picker = new PresetPicker(document.getElementById("presets"), this.#data.urls.presets, saved);
    picker.addEventListener("apply", ({ detail: { preset, whole } }) => {
      const strip = whole ? null : this.#current;
      this.#hear("mine");
      this.#state.replace(applyPreset(this.#table, preset.content, this.#state.settings, roles, strip));
      this.#say(`“${preset.name}” is applied.`);
    });
    this.#picker = picker;
    this.#rendering = new Rendering(this.#part("rendering"), this.#data.urls.hand_mixes);
    this.#rendering.addEventListener("done", ({ detail }) => this.#rendered(detail.name));
    this.#rendering.addEventListener("failed", ({ detail }) => this.#say(detail.message));
    document.getElementById("render-form").addEventListener("submit", (event) => this.#render(event));
  }

  #listen() {
    const { signal } = this.#abort;
    this.#state.addEventListener("change", () => this.#onMoved());
    this.#engine.addEventListener("loaded", ({ detail }) => this.#onStem(detail.strip));
    this.#loudness.addEventListener("known", () => this.#showLoudness());
    this.#engine.addEventListener("interrupted", () => this.#say("Your device took the sound away. Press play to go on."));
    this.addEventListener("click", (event) => this.#onClick(event));
    document.addEventListener("keydown", (event) => this.#onKey(event), { signal });
    window.addEventListener("pagehide", () => this.#engine.pause(), { signal });
    window.addEventListener("beforeunload", (event) => { if (this.#isUnsaved) event.preventDefault(); }, { signal });
    this.#part("position").addEventListener("input", ({ target }) => this.#engine.seek(Number(target.value)));
    this.#part("start").addEventListener("change", ({ target }) => this.#beginWith(target.value));
  }

  // ---- Sound

  async #load() {
    try {
      await this.#engine.load(this.#abort.signal);
    } catch (error) {
      if (error.name === "AbortError") return;
      this.#say(error.name === "Error" || error.name === "TypeError" ? `The stems could not be loaded. ${error.message}` : error.message, "failed");
      if (!this.#engine.loaded) this.#part("play").disabled = true;
    }
  }

  #onStem(strip) {
    this.#list.showLoaded(strip);
    const total = this.#data.strips.length;
    const { loaded } = this.#engine;
    this.#part("play").disabled = false;
    if (loaded < total) this.#say(`${loaded} of ${total} stems are here.`);
    else {
      const part = this.#engine.seconds < this.#data.section.seconds ? ` So that ${total} stems fit into memory, you hear ${Math.floor(this.#engine.seconds)} seconds.` : "";
      this.#say(`Ready.${part}`);
      this.#sound({ soon: 0 });
    }
  }

  /** Whom one hears: "mine", or the "start" brought to the loudness of mine. */
  #hear(side) {
    this.#side = side;
    for (const button of this.querySelectorAll("[data-hear]")) {
      button.setAttribute("aria-pressed", String(button.dataset.hear === side));
    }
    this.#sound({ soon: 0 });
  }

  // The start keeps its settings but gets the loudness target of mine: louder only seems better.
  get #audible() {
    const { settings, start } = this.#state;
    if (this.#side === "mine") return settings;
    const { target_lufs, ceiling_dbtp } = settings.master;
    return { ...start, master: { ...start.master, target_lufs, ceiling_dbtp } };
  }

  #sound(when) {
    const settings = this.#audible;
    this.#engine.set(settings, this.#list.heard);
    this.#loudness.want(settings, when);
    this.#showLoudness();
  }

  // ---- What people do

  #actions = {
    play: () => this.#toggle(),
    undo: () => this.#state.undo(),
    redo: () => this.#state.redo(),
    reset: () => this.#state.reset(),
    "reset-channel": () => this.#state.resetPlace(this.#current),
    presets: () => this.#openPresets(),
    render: () => document.getElementById("render").showModal(),
    "next-channel": () => this.#step(1),
    "previous-channel": () => this.#step(-1),
    "hear-mine": () => this.#hear("mine"),
    "hear-start": () => this.#hear("start"),
  };

  #onClick(event) {
    const action = event.target.closest("[data-action]")?.dataset.action;
    if (action) this.#actions[action]?.();
  }

  #onKey(event) {
    const key = event.key.toLowerCase();
    if (event.target.closest(TYPED_INTO)) return;
    if ((event.ctrlKey || event.metaKey) && (key === "z" || key === "y")) {
      event.preventDefault();
      if (key === "y" || event.shiftKey) this.#state.redo();
      else this.#state.undo();
    }
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (key === " " && !event.target.closest(PRESSED)) this.#actions.play();
    else if (key === "x") this.#hear(this.#side === "mine" ? "start" : "mine");
    else return;
    event.preventDefault();
  }

  async #toggle() {
    try {
      if (this.#engine.playing) this.#engine.pause();
      else await this.#engine.play();
    } catch (problem) {
      this.#say(problem.message);
    }
  }

  #move(place, changes, key) {
    if (this.#side !== "mine") this.#hear("mine");
    this.#state.setAll(place, changes, `${place}.${key}`);
  }

  #choose(place) {
    this.#current = place;
    const channel = this.#channels.find((one) => one.place === place);
    this.#part("editor-title").textContent = channel.name;
    this.#part("editor-role").textContent = channel.role ?? "";
    this.#editor.open(this.#part("editor"), channel);
    this.#show();
  }

  #step(by) {
    const index = this.#channels.findIndex(({ place }) => place === this.#current);
    this.#choose(this.#channels[(index + by + this.#channels.length) % this.#channels.length].place);
  }

  #openPresets() {
    const strip = typeof this.#current === "number" ? this.#data.strips[this.#current] : null;
    const { name } = this.#channels.find(({ place }) => place === this.#current);
    this.#picker.open({ name, role: strip?.role ?? "", isStrip: strip !== null });
  }

  async #beginWith(mixId) {
    const start = this.#data.starts.find(({ mix }) => mix === mixId);
    try {
      const settings = start ? (await send("GET", `${this.#data.urls.mixes}${start.mix}/`)).settings : this.#data.flat;
      this.#startName = start?.name ?? "Flat";
      this.#mixer = start?.mixer ?? null;
      this.#state.beginWith(settings);
      this.#hear("mine");
    } catch (problem) {
      this.#say(problem.message);
    }
  }

  async #render(event) {
    const name = event.target.elements.namedItem("name").value;
    const body = { song: this.#data.song.id, settings: this.#state.settings, name };
    if (this.#mixer) body.mixer = this.#mixer;
    this.#ordered = JSON.stringify(this.#state.settings);
    try {
      await this.#rendering.order(body);
      this.#say("Your mix is on its way.");
    } catch (problem) {
      this.#ordered = null;
      toast(problem.message, { kind: "error" });
    }
  }

  get #isUnsaved() {
    return this.#state.isChanged && JSON.stringify(this.#state.settings) !== this.#ordered;
  }

  #rendered(name) {
    const open = { label: "Open the song", run: () => location.assign(`${this.#data.urls.song}#hand-mixes`) };
    this.#say(`“${name}” is ready.`);
    toast(`“${name}” is ready and stands on the song’s page.`, { action: open, stays: true });
  }

  // ---- What people see

  #onMoved() {
    this.#show();
    this.#sound();
  }

  #show() {
    const { settings, canUndo, canRedo, isChanged } = this.#state;
    this.#list.show(settings, this.#current);
    this.#editor.show(this.#state.at(this.#current));
    this.#button("undo").disabled = !canUndo;
    this.#button("redo").disabled = !canRedo;
    this.#button("reset").disabled = !isChanged;
    this.#part("start-name").textContent = this.#startName;
    this.#part("later").hidden = !needsRender(this.#table, settings);
  }

  #showLoudness() {
    const { known } = this.#loudness;
    const { target_lufs: target } = this.#audible.master;
    const minus = (number) => number.toFixed(1).replace("-", "\u2212");
    this.#part("loudness").textContent = known && Number.isFinite(known.lufs) ? minus(known.lufs) : "\u2026";
    this.#part("peak").textContent = known ? minus(known.peakDb) : "\u2026";
    this.#part("target").textContent = `of ${minus(target)} asked for`;
    this.#part("target").hidden = !known || Math.abs(known.lufs - target) < 0.35;
  }

  #say(sentence, state = "") {
    const status = this.#part("status");
    status.textContent = sentence;
    status.dataset.state = state;
  }

  #part(name) { return this.querySelector(`[data-part="${name}"]`); }
  #button(action) { return this.querySelector(`[data-action="${action}"]`); }
}

customElements.define("mix-console", MixConsole);
