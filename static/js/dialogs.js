// <a href="/songs/…/delete/" data-opens="delete-song"> opens <dialog id="delete-song">; without
// scripts the link leads to a page that asks the same.

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-opens]");
  if (opener) {
    const dialog = document.getElementById(opener.dataset.opens);
    if (!dialog?.showModal) return;
    event.preventDefault();
    dialog.showModal();
    return;
  }
  const dialog = event.target.closest("dialog.dialog");
  if (!dialog) return;
  // A click on the dialog element itself, outside its padding box, is a click on the backdrop.
  if (event.target.closest("[data-dismiss]") || onBackdrop(dialog, event)) {
    event.preventDefault();
    dialog.close();
  }
});

function onBackdrop(dialog, event) {
  if (event.target !== dialog) return false;
  const box = dialog.getBoundingClientRect();
  const inside =
    event.clientX >= box.left && event.clientX <= box.right &&
    event.clientY >= box.top && event.clientY <= box.bottom;
  return !inside;
}
