// <form method="post" data-quiet>: sent without leaving the page; the live topic around it then
// fetches what changed. Without scripts the form posts and the server answers with the page.
import { send } from "mixarena/http";
import { toast } from "mixarena/toasts";
import { finishRemovals } from "mixarena/removals";

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.matches("form[data-quiet]")) return;
  event.preventDefault();
  if (form.getAttribute("aria-busy") === "true") return;
  form.setAttribute("aria-busy", "true");
  try {
    await finishRemovals();
    await send("POST", form.action, new FormData(form, event.submitter));
    form.dispatchEvent(new CustomEvent("live-changed", { bubbles: true }));
  } catch (error) {
    toast(error.message, { kind: "error", stays: true });
  } finally {
    form.removeAttribute("aria-busy");
  }
});
