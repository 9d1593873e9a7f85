// Dark or light: the system's choice until the visitor makes one. A classic script in the head,
// so that the page is never painted in the wrong one first.

(() => {
  const KEY = "laika.theme";
  const root = document.documentElement;
  const systemIsDark = matchMedia("(prefers-color-scheme: dark)");
  const current = () => root.dataset.theme ?? (systemIsDark.matches ? "dark" : "light");

  const chosen = localStorage.getItem(KEY);
  if (chosen === "dark" || chosen === "light") root.dataset.theme = chosen;

  document.addEventListener("DOMContentLoaded", () => {
    const toggle = document.getElementById("theme");
    const label = () => {
      const other = current() === "dark" ? "light" : "dark";
      toggle.setAttribute("aria-label", `Use ${other} colours`);
      toggle.title = `Use ${other} colours`;
    };
    toggle.addEventListener("click", () => {
      root.dataset.theme = current() === "dark" ? "light" : "dark";
      localStorage.setItem(KEY, root.dataset.theme);
      label();
    });
    systemIsDark.addEventListener("change", label);
    label();
  });
})();
