// The result page: player, downloads, progress of the full mix, copying the link, and U for undo.
import "mixarena/copy-text";
import "mixarena/file-export";
import "mixarena/job-progress";
import "mixarena/live-topic";
import "mixarena/wave-player";

document.addEventListener("keydown", (event) => {
  if (event.key.toLowerCase() !== "u" || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest("input, textarea, select")) return;
  document.querySelector("[data-undo]")?.click();
});
