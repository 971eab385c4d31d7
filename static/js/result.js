// The result page: player, downloads, progress of the full mix, and copying the link.
import "mixarena/file-export";
import "mixarena/job-progress";
import "mixarena/live-topic";
import "mixarena/wave-player";
import { toast } from "mixarena/toasts";

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const source = button.parentElement.querySelector("[data-copy-source]");
  source.select();
  try {
    await navigator.clipboard.writeText(source.value);
    toast("The link is copied.");
  } catch {
    // Not allowed here: the text is selected, ready for Ctrl-C.
    toast("The link is selected. Copy it with Ctrl-C.");
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key.toLowerCase() !== "u" || event.ctrlKey || event.metaKey || event.altKey) return;
  if (!event.target.closest("input, textarea, select")) document.querySelector("[data-undo]")?.click();
});
