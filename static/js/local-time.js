// People enter and read their own time; the server knows UTC only. Without scripts it is UTC.
// <input type="datetime-local" data-utc> with a [data-zone] in its label; <time data-local>.
const MINUTE_MS = 60_000;

const asUtc = (date) => date.toISOString().slice(0, 16);
const asLocal = (date) => asUtc(new Date(date - date.getTimezoneOffset() * MINUTE_MS));

for (const field of document.querySelectorAll("input[data-utc]")) {
  const sent = document.createElement("input");
  sent.type = "hidden";
  sent.name = field.name;
  sent.value = field.value;
  field.removeAttribute("name");
  field.after(sent);
  if (field.value) field.value = asLocal(new Date(`${field.value}Z`));
  field.addEventListener("input", () => {
    sent.value = field.value ? asUtc(new Date(field.value)) : "";
  });
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  field.labels[0].querySelector("[data-zone]").textContent = `(your time, ${zone})`;
}

for (const time of document.querySelectorAll("time[data-local]")) {
  const told = { weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" };
  time.textContent += ` (${new Date(time.dateTime).toLocaleString([], told)})`;
}
