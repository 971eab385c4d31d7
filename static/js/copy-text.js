// <button data-copy="The token"> copies the field marked [data-copy-source] beside it.
import { toast } from "mixarena/toasts";

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const source = button.parentElement.querySelector("[data-copy-source]");
  const what = button.dataset.copy || "The link";
  source.select();
  try {
    await navigator.clipboard.writeText(source.value);
    toast(`${what} is copied.`);
  } catch {
    // Not allowed here: the text is selected, ready for Ctrl-C.
    toast(`${what} is selected. Copy it with Ctrl-C.`);
  }
});
