// Passwords are typed once, so people may look at what they typed. Without scripts they stay dots.

for (const input of document.querySelectorAll('input[type="password"]')) {
  const label = document.createElement("label");
  label.className = "check small";
  const box = document.createElement("input");
  box.type = "checkbox";
  box.addEventListener("change", () => {
    input.type = box.checked ? "text" : "password";
  });
  label.append(box, "Show the password");
  // Never sent readable, and never left readable in a page that the browser brings back.
  input.form.addEventListener("submit", () => {
    input.type = "password";
  });
  input.insertAdjacentElement("afterend", label);
}
