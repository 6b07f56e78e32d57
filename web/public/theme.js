// Runs before the first paint, so that nobody sees the wrong theme flash by.
(() => {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const apply = () => {
    let wish = null;
    try {
      wish = localStorage.getItem("knot-theme");
    } catch {
      // storage is off: follow the system
    }
    const theme = wish === "light" || wish === "dark" ? wish : dark.matches ? "dark" : "light";
    document.documentElement.dataset.theme = theme;
  };
  apply();
  dark.addEventListener("change", apply);
  addEventListener("knot-theme", apply);
})();
