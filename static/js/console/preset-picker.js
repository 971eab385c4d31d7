// The dialog of presets: find one, apply it to the whole console or to one channel; save, rename and
// delete one's own.
import { speaksTo } from "mixarena/console/presets";
import { send } from "mixarena/http";
import { toast } from "mixarena/toasts";

/**
 * Fires "apply" ({preset, whole}). The markup is the server's: [data-part] search, heading, list, none,
 * target, channel, save form.
 */
export class PresetPicker extends EventTarget {
  #dialog;
  #url;
  #presets = null;
  #channel = null;
  #contentOf;

  /** `contentOf(whole)` gives what would be saved now. */
  constructor(dialog, url, contentOf) {
    super();
    this.#dialog = dialog;
    this.#url = url;
    this.#contentOf = contentOf;
    this.#part("search").addEventListener("input", () => this.#list());
    this.#part("heading").addEventListener("change", () => this.#list());
    for (const radio of dialog.querySelectorAll('input[name="preset-target"]')) {
      radio.addEventListener("change", () => this.#list());
    }
    this.#part("list").addEventListener("click", (event) => this.#onClick(event));
    this.#part("save").addEventListener("submit", (event) => this.#save(event));
  }

  /** @param channel {name, role, isStrip} that "this channel" means */
  async open(channel) {
    this.#channel = channel;
    this.#part("channel").textContent = channel.isStrip ? `Only ${channel.name}` : "One channel";
    const one = this.#dialog.querySelector('input[name="preset-target"][value="strip"]');
    one.disabled = !channel.isStrip;
    if (!channel.isStrip) this.#dialog.querySelector('input[value="whole"]').checked = true;
    this.#dialog.showModal();
    try {
      this.#presets ??= await send("GET", this.#url);
    } catch (problem) {
      this.#part("none").textContent = problem.message;
      return;
    }
    this.#headings();
    this.#list();
  }

  get #whole() {
    return this.#dialog.querySelector('input[name="preset-target"]:checked').value === "whole";
  }

  #part(name) { return this.#dialog.querySelector(`[data-part="${name}"]`); }

  #headings() {
    const select = this.#part("heading");
    const chosen = select.value;
    const headings = new Set(this.#presets.map(({ intention }) => intention));
    const genres = new Set(this.#presets.map(({ genre }) => genre).filter(Boolean));
    select.replaceChildren(new Option("All", ""), ...[...headings, ...genres].map((name) => new Option(name, name)));
    select.value = [...select.options].some((option) => option.value === chosen) ? chosen : "";
  }

  #list() {
    if (!this.#presets) return;
    const words = this.#part("search").value.toLowerCase().split(/\s+/).filter(Boolean);
    const heading = this.#part("heading").value;
    const shown = this.#presets.filter((preset) => {
      const text = `${preset.name} ${preset.description} ${preset.genre}`.toLowerCase();
      return (
        words.every((word) => text.includes(word)) &&
        (!heading || preset.intention === heading || preset.genre === heading) &&
        (this.#whole || speaksTo(preset.content, this.#channel.role))
      );
    });
    this.#part("list").replaceChildren(...shown.map((preset) => this.#item(preset)));
    this.#part("none").textContent = shown.length ? `${shown.length} presets` : "No preset fits.";
  }

  #item(preset) {
    const item = document.createElement("li");
    item.dataset.preset = preset.id;
    const apply = button("preset-apply", "apply");
    apply.append(text("strong", "", preset.name), text("span", "muted small", preset.description));
    item.append(apply);
    if (!preset.built_in) {
      const rename = button("button quiet", "rename", "Rename");
      rename.setAttribute("aria-label", `Rename ${preset.name}`);
      const remove = button("button quiet", "remove", "Delete");
      remove.setAttribute("aria-label", `Delete ${preset.name}`);
      item.append(rename, remove);
    }
    return item;
  }

  async #onClick(event) {
    const action = event.target.closest("[data-do]")?.dataset.do;
    const item = event.target.closest("[data-preset]");
    const preset = this.#presets?.find(({ id }) => id === item?.dataset.preset);
    if (!action || !preset) return;
    if (action === "apply") {
      this.dispatchEvent(new CustomEvent("apply", { detail: { preset, whole: this.#whole } }));
      this.#dialog.close();
    } else if (action === "rename") this.#renaming(item, preset);
    else await this.#remove(preset);
  }

  #renaming(item, preset) {
    const field = document.createElement("input");
    Object.assign(field, { className: "input", value: preset.name, maxLength: 80 });
    field.setAttribute("aria-label", `New name of ${preset.name}`);
    const save = async () => {
      try {
        Object.assign(preset, await send("PATCH", `${this.#url}${preset.id}/`, { name: field.value }));
      } catch (problem) {
        toast(problem.message, { kind: "error" });
      }
      this.#list();
    };
    field.addEventListener("keydown", (event) => {
      if (event.key === "Enter") field.blur();
      if (event.key !== "Escape") return;
      event.preventDefault();
      field.value = preset.name;
      field.blur();
    });
    field.addEventListener("blur", save, { once: true });
    item.replaceChildren(field);
    field.select();
  }

  async #remove(preset) {
    try {
      await send("DELETE", `${this.#url}${preset.id}/`);
    } catch (problem) {
      toast(problem.message, { kind: "error" });
      return;
    }
    this.#presets = this.#presets.filter((one) => one !== preset);
    this.#list();
    toast(`“${preset.name}” is deleted.`, { action: { label: "Undo", run: () => this.#keep(preset) } });
  }

  async #save(event) {
    event.preventDefault();
    const field = event.target.elements.namedItem("name");
    const kept = await this.#keep({ name: field.value, description: "", content: this.#contentOf(this.#whole) });
    if (kept) field.value = "";
  }

  async #keep({ name, description, content }) {
    try {
      this.#presets.unshift(await send("POST", this.#url, { name, description, content }));
    } catch (problem) {
      toast(problem.message, { kind: "error" });
      return false;
    }
    this.#headings();
    this.#list();
    toast(`“${name}” is saved.`);
    return true;
  }
}

function button(name, action, label = "") {
  const element = text("button", name, label);
  element.type = "button";
  element.dataset.do = action;
  return element;
}

function text(tag, name, words) {
  const element = document.createElement(tag);
  element.className = name;
  element.textContent = words;
  return element;
}
