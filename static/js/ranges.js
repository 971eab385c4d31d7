// <input type="range" data-output="id"> shows its value in <output id="id">.

document.addEventListener("input", ({ target }) => {
  const output = document.getElementById(target.dataset?.output ?? "");
  if (output) output.textContent = target.value;
});
