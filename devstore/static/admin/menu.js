// On narrow screens, a button opens the admin's navigation, and Escape, a link or a click beside it closes it.
const button = document.querySelector(".menu-button");

function open(isOpen) {
  document.body.classList.toggle("menu-open", isOpen);
  button.setAttribute("aria-expanded", String(isOpen));
}

button.addEventListener("click", (event) => {
  event.stopPropagation();
  open(button.getAttribute("aria-expanded") !== "true");
});
document.addEventListener("click", ({ target }) => (!target.closest(".side") || target.closest("a")) && open(false));
document.addEventListener("keydown", ({ key }) => key === "Escape" && open(false));
addEventListener("blur", () => open(false)); // a click in the app's frame
