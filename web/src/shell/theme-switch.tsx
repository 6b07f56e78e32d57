import { useState } from "react";
import { IconButton } from "../ui/button.tsx";

/** Light or dark; without a choice the page follows the system. */
export function ThemeSwitch({ className = "" }: { className?: string }) {
  const [theme, setTheme] = useState(() => document.documentElement.dataset["theme"] ?? "light");
  const next = theme === "dark" ? "light" : "dark";
  const change = () => {
    try {
      localStorage.setItem("knot-theme", next);
    } catch {
      // storage is off: the choice cannot be kept
    }
    dispatchEvent(new Event("knot-theme"));
    document.documentElement.dataset["theme"] = next;
    setTheme(next);
  };
  return (
    <IconButton
      icon={theme === "dark" ? "sun" : "moon"}
      label={`Use the ${next} theme`}
      onClick={change}
      className={className}
    />
  );
}
