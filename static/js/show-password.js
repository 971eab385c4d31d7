// Passwords are typed once, so people may look at what they typed. Without scripts they stay dots.

for (const input of document.querySelectorAll('input[type="password"]')) {
  const frame = document.createElement("span");
  frame.className = "password";
  const button = document.createElement("button");
  button.type = "button";
  const show = (shown) => {
    input.type = shown ? "text" : "password";
    button.textContent = shown ? "Hide" : "Show";
    button.setAttribute("aria-label", `${button.textContent} ${input.labels[0].textContent.replace(":", "").toLowerCase()}`);
  };
  const hadFocus = document.activeElement === input;
  input.replaceWith(frame);
  frame.append(input, button);
  show(false);
  button.addEventListener("click", () => {
    show(input.type === "password");
    input.focus();
  });
  // Sent as dots, and dots when the browser brings the page back.
  input.form.addEventListener("submit", () => show(false));
  if (hadFocus) input.focus();
}
