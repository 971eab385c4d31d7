// Waveforms from the server's peaks: decoding, drawing, and <wave-form> for a still picture.
//
// <wave-form peaks="base64">                        one outline, in the colour of its text
// <wave-form peaks="base64" peaks-b="base64">       two sides of one line: A above, B below

const BAR_PX = 3;
const GAP_PX = 2;
const LOWEST_PX = 1;

/** Base64 of signed bytes min, max, min, max, … → {low, high}: numbers from -1 to 1. */
export function decodePeaks(text) {
  const bytes = Int8Array.from(atob(text ?? ""), (char) => char.charCodeAt(0));
  const low = new Float32Array(bytes.length / 2);
  const high = new Float32Array(bytes.length / 2);
  for (let i = 0; i < low.length; i += 1) {
    low[i] = bytes[2 * i] / 127;
    high[i] = bytes[2 * i + 1] / 127;
  }
  return { low, high };
}

/** How loud each of `count` bars is, 0 to 1: the largest excursion in its share of the outline. */
export function barHeights({ low, high }, count) {
  const heights = new Float32Array(count);
  for (let bar = 0; bar < count; bar += 1) {
    const start = Math.floor((bar * low.length) / count);
    const stop = Math.max(start + 1, Math.floor(((bar + 1) * low.length) / count));
    for (let i = start; i < stop && i < low.length; i += 1) {
      heights[bar] = Math.max(heights[bar], high[i], -low[i]);
    }
  }
  return heights;
}

/** The factor that lets the loudest bar fill the picture; quiet stems would be flat lines. */
export function fitting(outline) {
  let loudest = 0;
  for (let i = 0; i < outline.low.length; i += 1) {
    loudest = Math.max(loudest, outline.high[i], -outline.low[i]);
  }
  return loudest > 0 ? Math.min(1 / loudest, 40) : 1;
}

/**
 * Draw rounded bars around the middle; `up` and `down` are heights (0 to 1) above and below it.
 * The context's fillStyle is used, or `colours` ([above, below]).
 */
export function drawBars(context, width, height, up, down, colours = null) {
  const middle = height / 2;
  const gap = colours ? 1 : 0;
  for (let bar = 0; bar < up.length; bar += 1) {
    const x = bar * (BAR_PX + GAP_PX);
    const above = Math.max(LOWEST_PX, up[bar] * (middle - gap));
    const below = Math.max(LOWEST_PX, down[bar] * (middle - gap));
    if (colours) {
      drawBar(context, colours[0], x, middle - gap - above, above);
      drawBar(context, colours[1], x, middle + gap, below);
    } else {
      drawBar(context, null, x, middle - above, above + below);
    }
  }
}

function drawBar(context, colour, x, y, height) {
  if (colour) context.fillStyle = colour;
  context.beginPath();
  context.roundRect(x, y, BAR_PX, height, Math.min(BAR_PX, height) / 2);
  context.fill();
}

export const barsIn = (width) => Math.max(1, Math.floor((width + GAP_PX) / (BAR_PX + GAP_PX)));

class WaveForm extends HTMLElement {
  static observedAttributes = ["peaks", "peaks-b"];
  #canvas = document.createElement("canvas");
  #resized = new ResizeObserver(() => this.#draw());
  #redraw = () => this.#draw();

  constructor() {
    super();
    this.#canvas.setAttribute("part", "canvas");
    // The picture follows its box: its own size must never hold the box open.
    this.#canvas.style.cssText = "position:absolute;inset:0;width:100%;height:100%";
    this.attachShadow({ mode: "open" }).append(this.#canvas);
  }

  connectedCallback() {
    this.#resized.observe(this);
    document.addEventListener("theme-changed", this.#redraw);
  }

  disconnectedCallback() {
    this.#resized.disconnect();
    document.removeEventListener("theme-changed", this.#redraw);
  }

  attributeChangedCallback() {
    if (this.isConnected) this.#draw();
  }

  #draw() {
    const { clientWidth: width, clientHeight: height } = this;
    if (!width || !height) return;
    const scale = window.devicePixelRatio || 1;
    this.#canvas.width = Math.round(width * scale);
    this.#canvas.height = Math.round(height * scale);
    const context = this.#canvas.getContext("2d");
    context.scale(scale, scale);
    const style = getComputedStyle(this);
    context.fillStyle = style.color;
    const up = this.#heights("peaks", width);
    if (!this.hasAttribute("peaks-b")) {
      drawBars(context, width, height, up, up);
      return;
    }
    const colours = [style.getPropertyValue("--side-a"), style.getPropertyValue("--side-b")];
    drawBars(context, width, height, up, this.#heights("peaks-b", width), colours);
  }

  #heights(attribute, width) {
    const outline = decodePeaks(this.getAttribute(attribute));
    const factor = fitting(outline);
    return barHeights(outline, barsIn(width)).map((height) => Math.min(1, height * factor));
  }
}

customElements.define("wave-form", WaveForm);
