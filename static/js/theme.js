// Colours as the system says, or as the person chose. A classic script in the head: it must run
// before the first paint.
(() => {
  const key = "mixarena:theme";
  const order = ["system", "light", "dark"];
  const root = document.documentElement;

  const remembered = () => {
    try {
      const choice = localStorage.getItem(key);
      return order.includes(choice) ? choice : "system";
    } catch {
      return "system"; // storage is switched off: the system decides
    }
  };

  const show = (choice) => {
    if (choice === "system") delete root.dataset.theme;
    else root.dataset.theme = choice;
    for (const button of document.querySelectorAll("[data-theme-toggle]")) {
      const label = choice === "system" ? "Colours: as the system" : `Colours: ${choice}`;
      button.setAttribute("aria-label", label);
      button.title = label;
      for (const icon of button.querySelectorAll("[data-theme-icon]")) {
        icon.hidden = icon.dataset.themeIcon !== choice;
      }
    }
    document.dispatchEvent(new CustomEvent("theme-changed", { detail: choice }));
  };

  show(remembered());
  document.addEventListener("DOMContentLoaded", () => show(remembered()));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => show(remembered()));
  document.addEventListener("click", (event) => {
    if (!event.target.closest?.("[data-theme-toggle]")) return;
    const next = order[(order.indexOf(remembered()) + 1) % order.length];
    try {
      localStorage.setItem(key, next);
    } catch {
      // Not remembered, but shown.
    }
    show(next);
  });
})();
