// <undo-timer seconds="30">: what is inside can be done for so long, and says how long is left.
//
// The server decides; this only shows its clock. Without scripts the button stays and the server
// refuses once the time is over.
class UndoTimer extends HTMLElement {
  #timer = 0;
  #ends = 0;

  connectedCallback() {
    this.#ends = performance.now() + Number(this.getAttribute("seconds")) * 1000;
    this.#timer = setInterval(() => this.#show(), 250);
    this.#show();
  }

  disconnectedCallback() {
    clearInterval(this.#timer);
  }

  #show() {
    const left = Math.ceil((this.#ends - performance.now()) / 1000);
    if (left > 0) {
      const text = `${left} s`;
      const place = this.querySelector("[data-left]");
      if (place.textContent !== text) place.textContent = text;
      return;
    }
    clearInterval(this.#timer);
    // Focus must not fall off the page with the button that had it.
    if (this.contains(document.activeElement)) document.querySelector("[data-next]")?.focus();
    this.hidden = true;
    const after = document.getElementById(this.getAttribute("then"));
    if (after) after.hidden = false;
  }
}

customElements.define("undo-timer", UndoTimer);
