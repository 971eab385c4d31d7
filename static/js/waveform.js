// Waveforms from the server's peaks: decoding, drawing, and <wave-form> for a still picture.
//
// <wave-form peaks="base64">                    one outline, in the colour of its text
// <wave-form peaks="base64 base64 base64">      several, one under the other
// <wave-form peaks="base64" peaks-b="base64">   two sides of one line: A above, B below

const BAR_PX = 3;
const GAP_PX = 2;
const LOWEST_PX = 1;
const ROW_GAP_PX = 4;
// Quiet stems fill the picture too, but silence stays a line.
const LARGEST_ZOOM = 40;

/** Base64 of signed bytes min, max, min, max, … → how far each stretch moves, 0 to 1. */
function excursionsOf(peaks) {
  const bytes = Int8Array.from(atob(peaks ?? ""), (char) => char.charCodeAt(0));
  const pairs = new Float32Array(bytes.length / 2);
  return pairs.map((_, i) => Math.max(bytes[2 * i + 1], -bytes[2 * i]) / 127);
}

/** Heights (0 to 1) of the bars that fill `width`; the loudest one reaches the edge. */
export function fittedBars(peaks, width) {
  const excursions = excursionsOf(peaks);
  const loudest = excursions.reduce((most, one) => Math.max(most, one), 1 / LARGEST_ZOOM);
  const count = barsIn(width);
  const share = excursions.length / count;
  return Float32Array.from({ length: count }, (_, bar) => {
    const start = Math.floor(bar * share);
    const stop = Math.max(start + 1, Math.floor((bar + 1) * share));
    const most = excursions.subarray(start, stop).reduce((a, b) => Math.max(a, b), 0);
    return Math.min(1, most / loudest);
  });
}

/**
 * Draw rounded bars around the middle; `up` and `down` are heights (0 to 1) above and below it.
 * The context's fillStyle is used, or `colours` ([above, below]).
 */
export function drawBars(context, height, up, down, colours = null) {
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

const barsIn = (width) => Math.max(1, Math.floor((width + GAP_PX) / (BAR_PX + GAP_PX)));

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
    if (this.hasAttribute("peaks-b")) this.#drawSides(context, width, height);
    else this.#drawRows(context, width, height);
  }

  #drawRows(context, width, height) {
    context.fillStyle = getComputedStyle(this).color;
    const rows = this.getAttribute("peaks").split(" ");
    const gap = rows.length > 1 ? ROW_GAP_PX : 0;
    const rowHeight = (height + gap) / rows.length;
    for (const row of rows) {
      const heights = fittedBars(row, width);
      drawBars(context, rowHeight - gap, heights, heights);
      context.translate(0, rowHeight);
    }
  }

  #drawSides(context, width, height) {
    const style = getComputedStyle(this);
    const colours = [style.getPropertyValue("--side-a"), style.getPropertyValue("--side-b")];
    const sides = ["peaks", "peaks-b"].map((name) => fittedBars(this.getAttribute(name), width));
    drawBars(context, height, ...sides, colours);
  }
}

customElements.define("wave-form", WaveForm);
