// What every page does: toasts, dialogs, menus, and the CSRF token on htmx's requests.
import { csrfToken } from "mixarena/http";
import { adoptToasts, toast } from "mixarena/toasts";
import "mixarena/dialogs";
import "mixarena/menus";
import "mixarena/ranges";

adoptToasts();

document.addEventListener("htmx:config:request", (event) => {
  const { request } = event.detail.ctx;
  if (request.method !== "GET") request.headers["X-CSRFToken"] = csrfToken();
});

document.addEventListener("htmx:response:error", (event) => {
  // A partial that a live update fetched may fail quietly: the next update fetches it again.
  if (event.detail.ctx.request.method === "GET") return;
  toast("That did not work. Please try again.", { kind: "error" });
});
