// <wave-player src="…" peaks="base64" duration="30.1" label="Warm, preview">: a waveform that plays.
// With `compact` it shows the position but not the length.
//
// Its light content (an <audio controls>) is what pages without scripts show. The sound is streamed
// by the browser's own media element with byte ranges; peaks come with the page, so nothing is
// fetched before somebody presses play. One player on a page plays at a time.
import WaveSurfer from "wavesurfer.js";
import { clock } from "mixarena/durations";
import { drawBars, fittedBars } from "mixarena/waveform";

const SEEK_S = 5;
const KEY_SEEKS = { ArrowLeft: -SEEK_S, ArrowRight: SEEK_S };

const sheet = new CSSStyleSheet();
sheet.replaceSync(`
  :host { display: flex; align-items: center; gap: 0.75rem; min-width: 0; }
  button { flex: none; display: grid; place-items: center; width: 2.75rem; height: 2.75rem; padding: 0;
    border: 1px solid var(--line-strong); border-radius: 50%; background: var(--surface); color: var(--ink);
    cursor: pointer; transition: background-color var(--fast), color var(--fast); }
  button:hover, button.playing { background: var(--ink); color: var(--on-ink); border-color: var(--ink); }
  button svg { width: 1.15rem; height: 1.15rem; fill: currentColor; }
  .wave { flex: 1; min-width: 0; height: var(--wave-height, 3rem); border-radius: 0.375rem; cursor: pointer; }
  button:focus-visible, .wave:focus-visible { outline: 3px solid var(--focus); outline-offset: 2px; }
  time { flex: none; min-width: 5.2em; text-align: end; font: 500 0.8125rem/1.2 var(--font-figures); color: var(--ink-muted); }
  .wave.failed { opacity: 0.4; }
  :host([compact]) time { min-width: 2.4em; }
  :host([compact]) .total { display: none; }
  @media (max-width: 40rem) { time { min-width: 0; } .total { display: none; } }
`);

const PLAY = '<svg viewBox="0 0 24 24" aria-hidden="true"><path d="M8 4.8v14.4L19.5 12z"/></svg>';
const PAUSE = '<svg viewBox="0 0 24 24" aria-hidden="true"><path d="M7 5h3.6v14H7zM13.4 5H17v14h-3.6z"/></svg>';

let playing = null;

class WavePlayer extends HTMLElement {
  static observedAttributes = ["src", "peaks"];
  #surfer = null;
  #audio = null;
  #stale = false;
  #isPlaying = false;
  #seen = new IntersectionObserver((entries) => {
    if (entries.some((entry) => entry.isIntersecting)) this.#create();
  }, { rootMargin: "200px" });
  #recolour = () => this.#surfer?.setOptions(this.#colours());

  connectedCallback() {
    if (!this.shadowRoot) this.#build();
    this.#seen.observe(this);
    document.addEventListener("theme-changed", this.#recolour);
  }

  disconnectedCallback() {
    this.#seen.disconnect();
    document.removeEventListener("theme-changed", this.#recolour);
    this.destroy();
  }

  // A full mix takes a preview's place: at once, but not while somebody listens.
  attributeChangedCallback(name, before, after) {
    if (before === null || before === after || !this.#surfer) return;
    this.#stale = true;
    queueMicrotask(() => this.#renew());
  }

  #renew() {
    if (!this.#stale || !this.isConnected || this.#isPlaying) return;
    this.destroy();
    this.#create();
  }

  /** Stop and let go of the sound; may be called twice. */
  destroy() {
    if (playing === this) playing = null;
    this.#surfer?.destroy();
    this.#audio?.removeAttribute("src");
    this.#surfer = this.#audio = null;
    this.#showState(false);
  }

  pause() {
    this.#surfer?.pause();
  }

  async toggle() {
    this.#create();
    try {
      await this.#surfer.playPause();
    } catch {
      this.#fail();
    }
  }

  get #label() {
    return this.getAttribute("label") || "Audio";
  }

  get #duration() {
    return Number(this.getAttribute("duration"));
  }

  #build() {
    const root = this.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [sheet];
    root.innerHTML = `<button type="button">${PLAY}</button>
      <div class="wave" role="slider" tabindex="0" aria-valuemin="0" aria-valuenow="0"></div>
      <time><span class="now">0:00</span><span class="total"></span></time>`;
    root.querySelector("button").addEventListener("click", () => this.toggle());
    this.#wave.addEventListener("keydown", (event) => this.#seekByKey(event));
    this.#describe();
  }

  #describe() {
    this.#wave.setAttribute("aria-label", `Position in ${this.#label}`);
    this.#wave.setAttribute("aria-valuemax", String(Math.round(this.#duration)));
    this.shadowRoot.querySelector(".total").textContent = ` / ${clock(this.#duration)}`;
    this.#showState(false);
    this.#showTime(0);
  }

  get #wave() {
    return this.shadowRoot.querySelector(".wave");
  }

  #colours() {
    const style = getComputedStyle(this);
    return {
      waveColor: style.getPropertyValue("--wave"),
      progressColor: style.getPropertyValue("--ink"),
      cursorColor: style.getPropertyValue("--ink"),
    };
  }

  #create() {
    if (this.#surfer) return;
    this.#seen.disconnect();
    this.#stale = false;
    // The server may have changed what this plays before it was first seen.
    this.#describe();
    const peaks = this.getAttribute("peaks");
    this.#audio = new Audio();
    this.#audio.preload = "none";
    this.#surfer = WaveSurfer.create({
      container: this.#wave,
      media: this.#audio,
      url: this.getAttribute("src"),
      // It only asks whether there are some: the picture is ours.
      peaks: [[0, 1]],
      duration: this.#duration,
      height: "auto",
      cursorWidth: 0,
      // Its own style element is allowed by the page's nonce.
      cspNonce: document.querySelector('script[type="importmap"]').nonce,
      dragToSeek: true,
      ...this.#colours(),
      renderFunction: (_peaks, context) => drawOutline(context, peaks),
    });
    this.#listen();
  }

  #listen() {
    this.#surfer.on("play", () => this.#started());
    this.#surfer.on("pause", () => {
      this.#showState(false);
      this.#renew();
    });
    this.#surfer.on("finish", () => this.#surfer?.setTime(0));
    this.#surfer.on("timeupdate", (seconds) => this.#showTime(seconds));
    this.#surfer.on("error", () => this.#fail());
  }

  #started() {
    if (playing && playing !== this) playing.pause();
    playing = this;
    this.#wave.classList.remove("failed");
    this.#showState(true);
  }

  #fail() {
    this.#wave.classList.add("failed");
    this.#showState(false);
    this.shadowRoot.querySelector("button").title = "This could not be played. Press to try again.";
  }

  // Kept off the element's attributes: those belong to the server, which writes them anew.
  #showState(isPlaying) {
    this.#isPlaying = isPlaying;
    const button = this.shadowRoot.querySelector("button");
    button.classList.toggle("playing", isPlaying);
    button.innerHTML = isPlaying ? PAUSE : PLAY;
    button.setAttribute("aria-label", `${isPlaying ? "Pause" : "Play"} ${this.#label}`);
    if (isPlaying) button.removeAttribute("title");
  }

  #showTime(seconds) {
    this.shadowRoot.querySelector(".now").textContent = clock(seconds);
    this.#wave.setAttribute("aria-valuenow", String(Math.round(seconds)));
    this.#wave.setAttribute("aria-valuetext", `${clock(seconds)} of ${clock(this.#duration)}`);
  }

  #seekByKey(event) {
    const step = KEY_SEEKS[event.key];
    if (step === undefined && event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    if (step === undefined) this.toggle();
    else this.#surfer?.skip(step);
  }
}

/** wavesurfer hands over a context of device pixels; bars are laid out in CSS pixels. */
function drawOutline(context, peaks) {
  const scale = window.devicePixelRatio || 1;
  const heights = fittedBars(peaks, context.canvas.width / scale);
  context.save();
  context.scale(scale, scale);
  drawBars(context, context.canvas.height / scale, heights, heights);
  context.restore();
}

customElements.define("wave-player", WavePlayer);
