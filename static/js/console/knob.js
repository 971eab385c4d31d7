// One parameter: a slider along its curve, and a field to type its value into.
//
// Arrow keys move a hundredth of the way, with Shift a thousandth; Home and End go to the ends; a
// double click, or Delete, brings the default back.

const STEPS = 1000;
const KEY_STEPS = { ArrowUp: 10, ArrowRight: 10, ArrowDown: -10, ArrowLeft: -10, PageUp: 100, PageDown: -100 };

/** A range input for a parameter; `onMove(value)` hears every move. */
export class Slider {
  #parameter;
  #onMove;
  #label;

  constructor(parameter, label, onMove) {
    this.#parameter = parameter;
    this.#onMove = onMove;
    this.#label = label;
    this.element = document.createElement("input");
    Object.assign(this.element, { type: "range", min: 0, max: STEPS, step: 1, title: parameter.tooltip });
    this.element.setAttribute("aria-label", label);
    this.element.addEventListener("input", () => this.#move(Number(this.element.value)));
    this.element.addEventListener("dblclick", () => onMove(parameter.default));
    this.element.addEventListener("keydown", (event) => this.#onKey(event));
  }

  show(value) {
    const position = String(Math.round(this.#parameter.normalise(value) * STEPS));
    if (this.element.value !== position) this.element.value = position;
    this.element.setAttribute("aria-valuetext", this.#parameter.text(value));
  }

  #move(step) {
    this.#onMove(this.#parameter.rounded(this.#parameter.denormalise(step / STEPS)));
  }

  #onKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Delete") this.#onMove(this.#parameter.default);
    const step = KEY_STEPS[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const fine = event.shiftKey ? step / 10 : step;
    const before = Number(this.element.value);
    const after = Math.min(Math.max(before + fine, 0), STEPS);
    if (after !== before) this.#move(after);
  }
}

/** Label, slider and field of a parameter; `onProblem(sentence)` hears why a typed value is refused. */
export class Knob {
  #parameter;
  #field = document.createElement("input");
  #slider;
  #value = null;

  constructor(parameter, place, { onMove, onProblem }) {
    this.#parameter = parameter;
    this.name = parameter.name;
    this.element = document.createElement("div");
    this.element.className = "knob";
    const label = document.createElement("span");
    label.className = "knob-label";
    label.textContent = parameter.label;
    label.title = parameter.tooltip;
    this.#slider = new Slider(parameter, `${place}, ${parameter.label}`, onMove);
    Object.assign(this.#field, { type: "text", inputMode: "decimal", className: "knob-value", autocomplete: "off" });
    this.#field.setAttribute("aria-label", `${place}, ${parameter.label}, typed`);
    this.#field.addEventListener("change", () => this.#take(onMove, onProblem));
    this.#field.addEventListener("focus", () => this.#field.select());
    this.element.append(label, this.#field, this.#slider.element);
  }

  show(value) {
    if (value === this.#value) return;
    this.#value = value;
    this.#slider.show(value);
    this.#field.value = this.#parameter.text(value);
    this.#field.removeAttribute("aria-invalid");
  }

  #take(onMove, onProblem) {
    const { label, minimum, maximum } = this.#parameter;
    const value = this.#parameter.parse(this.#field.value);
    if (value === null) {
      this.#field.setAttribute("aria-invalid", "true");
      const [low, high] = [minimum, maximum].map((end) => this.#parameter.text(end));
      onProblem(`${label} goes from ${low} to ${high}.`);
      return;
    }
    this.#value = null;
    onMove(value);
    this.show(value);
  }
}
