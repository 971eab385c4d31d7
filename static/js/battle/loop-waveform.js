// <loop-waveform>: the clip's outline. Click or arrow keys move, a drag chooses a part to repeat, and its
// edges can be dragged.
// Fires "seek" ({seconds}) and "region" ({start, stop} or null). It draws what it is told.

const DRAG_PX = 8;
const EDGE_PX = 10;
const GRIP_PX = 28;
const BAR_PX = 3;
const GAP_PX = 2;

export class LoopWaveform extends HTMLElement {
  #canvas = document.createElement("canvas");
  #outline = () => [];
  #duration = 0;
  #position = 0;
  #region = null;
  #side = "a";
  #drag = null;
  #resizes = new ResizeObserver(() => this.#draw());

  connectedCallback() {
    this.#canvas.setAttribute("aria-hidden", "true");
    this.append(this.#canvas);
    this.setAttribute("role", "slider");
    this.setAttribute("tabindex", "0");
    this.setAttribute("aria-valuemin", "0");
    this.setAttribute("aria-valuenow", "0");
    for (const name of ["pointerdown", "pointermove", "pointerup", "pointercancel"]) {
      this.addEventListener(name, this.#onPointer);
    }
    document.addEventListener("theme-changed", this.#onTheme);
    this.#resizes.observe(this);
  }

  disconnectedCallback() {
    for (const name of ["pointerdown", "pointermove", "pointerup", "pointercancel"]) {
      this.removeEventListener(name, this.#onPointer);
    }
    document.removeEventListener("theme-changed", this.#onTheme);
    this.#resizes.disconnect();
    this.#canvas.remove();
  }

  /** `outline(bins)` gives that many peaks of 0–1. */
  show(outline, duration) {
    this.#outline = outline;
    this.#duration = duration;
    this.setAttribute("aria-valuemax", duration.toFixed(1));
    this.#draw();
  }

  update({ position, side, region }) {
    this.#position = position;
    this.#side = side;
    if (!this.#drag) this.#region = region;
    this.setAttribute("aria-valuenow", position.toFixed(1));
    this.setAttribute("aria-valuetext", `${position.toFixed(1)} of ${this.#duration.toFixed(1)} seconds`);
    this.#draw();
  }

  #onTheme = () => this.#draw();

  #onPointer = (event) => {
    if (!this.#duration || (event.type === "pointerdown" && event.button !== 0)) return;
    const x = event.clientX - this.getBoundingClientRect().left;
    if (event.type === "pointerdown") {
      this.setPointerCapture(event.pointerId);
      const edge = this.#edgeAt(x);
      this.#drag = { from: edge ? edge.opposite : x, pressed: x, moved: false };
    } else if (this.#drag && event.type === "pointermove") {
      this.#drag.moved ||= Math.abs(x - this.#drag.pressed) > DRAG_PX;
      if (this.#drag.moved) this.#region = this.#regionBetween(this.#drag.from, x);
      this.#draw();
    } else if (event.type === "pointermove") {
      this.toggleAttribute("data-edge", this.#edgeAt(x) !== null);
    } else if (this.#drag && event.type === "pointerup") {
      const { from, moved } = this.#drag;
      this.#drag = null;
      if (moved) this.#tell("region", this.#regionBetween(from, x));
      else this.#tell("seek", { seconds: this.#secondsAt(x) });
    } else if (event.type === "pointercancel") {
      this.#drag = null;
    }
  };

  // The edge of the repeated part under x, with the place of the other one; null where there is none.
  #edgeAt(x) {
    if (!this.#region) return null;
    const [left, right] = this.#regionEdges();
    const [near, opposite] = Math.abs(x - left) < Math.abs(x - right) ? [left, right] : [right, left];
    return Math.abs(x - near) <= EDGE_PX ? { opposite } : null;
  }

  #tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail, bubbles: true }));
  }

  #secondsAt(x) {
    return (Math.min(Math.max(x, 0), this.clientWidth) / this.clientWidth) * this.#duration;
  }

  #regionBetween(x1, x2) {
    const [start, stop] = [this.#secondsAt(x1), this.#secondsAt(x2)].sort((p, q) => p - q);
    return { start, stop };
  }

  #draw() {
    const { clientWidth: width, clientHeight: height } = this;
    if (!width || !height || !this.#duration) return;
    const scale = window.devicePixelRatio || 1;
    this.#canvas.width = width * scale;
    this.#canvas.height = height * scale;
    const pen = this.#canvas.getContext("2d");
    pen.scale(scale, scale);
    const style = getComputedStyle(this);
    const colours = {
      played: style.getPropertyValue(`--side-${this.#side}`),
      ahead: style.getPropertyValue("--wave"),
      ink: style.getPropertyValue("--ink"),
    };
    if (this.#region) this.#drawRegion(pen, height, colours);
    this.#drawBars(pen, width, height, colours);
    pen.fillStyle = colours.ink;
    pen.fillRect(Math.max(0, (this.#position / this.#duration) * width - 1), 0, 2, height);
    if (this.#region) this.#drawGrips(pen, height, colours);
  }

  #drawRegion(pen, height, { played, ink }) {
    const [left, right] = this.#regionEdges();
    pen.globalAlpha = 0.16;
    pen.fillStyle = played;
    pen.fillRect(left, 0, right - left, height);
    pen.globalAlpha = 1;
    pen.fillStyle = ink;
    for (const edge of [left, right]) pen.fillRect(edge - 1, 0, 2, height);
  }

  // What a hand can take hold of, over everything else.
  #drawGrips(pen, height, { ink }) {
    pen.fillStyle = ink;
    for (const edge of this.#regionEdges()) {
      pen.beginPath();
      pen.roundRect(edge - 3, (height - GRIP_PX) / 2, 6, GRIP_PX, 3);
      pen.fill();
    }
  }

  #drawBars(pen, width, height, { played, ahead }) {
    const bins = Math.max(1, Math.floor(width / (BAR_PX + GAP_PX)));
    const now = (this.#position / this.#duration) * width;
    const [left, right] = this.#region ? this.#regionEdges() : [0, width];
    this.#outline(bins).forEach((peak, i) => {
      const x = (i * width) / bins;
      const bar = Math.max(2, peak * (height - 8));
      pen.globalAlpha = x < left || x > right ? 0.35 : 1;
      pen.fillStyle = x <= now && x >= left ? played : ahead;
      pen.beginPath();
      pen.roundRect(x, (height - bar) / 2, BAR_PX, bar, BAR_PX / 2);
      pen.fill();
    });
    pen.globalAlpha = 1;
  }

  #regionEdges() {
    const { start, stop } = this.#region;
    return [start, stop].map((seconds) => (seconds / this.#duration) * this.clientWidth);
  }
}

customElements.define("loop-waveform", LoopWaveform);
