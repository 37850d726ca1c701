// The page's switches, sorting, filters; without it everything is there, in English.
(() => {
  "use strict";
  const root = document.documentElement;

  // What a reader chose stays chosen, where the browser keeps it for a file.
  const recall = (key) => { try { return localStorage.getItem("parity-" + key); } catch { return null; } };
  const keep = (key, value) => { try { localStorage.setItem("parity-" + key, value); } catch { /* not kept */ } };

  // --- language ---------------------------------------------------------------------------
  // A word of many cells stands once, under its number.
  const WORDS = JSON.parse(document.getElementById("words").textContent);
  const ATTRIBUTES = ["aria-label", "title", "placeholder", "alt"];
  function speak(language) {
    root.dataset.lang = language;
    root.lang = language === "zh" ? "zh-Hans" : "en";
    for (const name of ATTRIBUTES) {
      for (const element of document.querySelectorAll(`[data-zh-${name}]`)) {
        const key = `data-en-${name}`;
        if (!element.hasAttribute(key)) element.setAttribute(key, element.getAttribute(name));
        element.setAttribute(name, element.getAttribute(`data-${language}-${name}`));
      }
    }
    for (const button of document.querySelectorAll("[data-language]")) {
      button.setAttribute("aria-pressed", String(button.dataset.language === language));
    }
    for (const element of document.querySelectorAll("[data-zh]")) {
      element.dataset.en ??= element.textContent;
      const said = element.dataset[language];
      element.textContent = language === "zh" ? WORDS[said] ?? said : said;
    }
  }
  for (const button of document.querySelectorAll("[data-language]")) {
    button.addEventListener("click", () => {
      speak(button.dataset.language);
      keep("language", button.dataset.language);
    });
  }
  speak(recall("language") ?? (navigator.language.startsWith("zh") ? "zh" : "en"));

  // --- light and dark ---------------------------------------------------------------------
  const theme = document.getElementById("theme");
  const prefersDark = matchMedia("(prefers-color-scheme: dark)");
  const isDark = () => (root.dataset.theme ?? (prefersDark.matches ? "dark" : "light")) === "dark";
  const showTheme = () => theme.setAttribute("aria-pressed", String(isDark()));
  if (recall("theme")) root.dataset.theme = recall("theme");
  theme.addEventListener("click", () => {
    root.dataset.theme = isDark() ? "light" : "dark";
    keep("theme", root.dataset.theme);
    showTheme();
  });
  prefersDark.addEventListener("change", showTheme);
  showTheme();

  // --- links into what is folded ----------------------------------------------------------
  function unfold() {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target) return;
    for (let element = target; element; element = element.parentElement) {
      if (element instanceof HTMLDetailsElement) element.open = true;
      if (element.hidden) element.hidden = false;
    }
    const own = target.querySelector(":scope > details.first");
    if (own) own.open = true;
    target.scrollIntoView();
  }
  addEventListener("hashchange", unfold);
  unfold();
  let folded = [];
  addEventListener("beforeprint", () => {
    folded = [...document.querySelectorAll("details:not([open])")];
    for (const details of folded) details.open = true;
  });
  addEventListener("afterprint", () => { for (const details of folded) details.open = false; });

  // --- tables -----------------------------------------------------------------------------
  const text = (row, column) => {
    const cell = row.cells[column];
    return cell.dataset.sort ?? cell.textContent.trim();
  };
  function sort(table, column, descending) {
    const body = table.tBodies[0];
    const rows = [...body.rows];
    const value = (row) => { const said = text(row, column); return said === "" ? NaN : Number(said); };
    const numeric = rows.some((row) => !Number.isNaN(value(row)))
      && rows.every((row) => text(row, column) === "" || text(row, column) === "nan" || !Number.isNaN(value(row)));
    const before = (a, b) => {
      if (!numeric) return text(a, column).localeCompare(text(b, column));
      const [x, y] = [value(a), value(b)];
      if (Number.isNaN(x) || Number.isNaN(y)) return 0;
      return x < y ? -1 : x > y ? 1 : 0;
    };
    const empty = (row) => numeric && Number.isNaN(value(row));
    rows.sort((a, b) => empty(a) - empty(b) || (descending ? before(b, a) : before(a, b)));
    body.append(...rows);
  }
  for (const table of document.querySelectorAll("table.sortable")) {
    [...table.tHead.rows[0].cells].forEach((head, column) => {
      const button = document.createElement("button");
      button.type = "button";
      const link = head.querySelector(".term");
      button.append(...[...head.childNodes].filter((node) => node !== link));
      head.prepend(button, link ? " " : "");
      button.addEventListener("click", () => {
        const descending = head.getAttribute("aria-sort") === "ascending";
        for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
        head.setAttribute("aria-sort", descending ? "descending" : "ascending");
        sort(table, column, descending);
      });
    });
  }

  // data-filter: the id of a table, whose rows it hides, or of anything, whose children with
  // data-row it hides. Inputs look for words, selects for the value of data-row.
  function filter(id) {
    const target = document.getElementById(id);
    const rows = target.tBodies ? [...target.tBodies[0].rows] : [...target.querySelectorAll("[data-row]")];
    const controls = [...document.querySelectorAll(`[data-filter="${id}"]`)];
    let shown = 0;
    for (const row of rows) {
      const fits = controls.every((control) => {
        if (control instanceof HTMLSelectElement) {
          return !control.value || (row.dataset.row ?? "").split(" ").includes(control.value);
        }
        const said = row.textContent.toLowerCase();
        return control.value.toLowerCase().split(/\s+/).every((word) => said.includes(word));
      });
      row.hidden = !fits;
      shown += fits;
    }
    for (const count of document.querySelectorAll(`[data-count="${id}"]`)) count.textContent = `${shown} / ${rows.length}`;
  }
  for (const control of document.querySelectorAll("[data-filter]")) {
    control.addEventListener("input", () => filter(control.dataset.filter));
  }
})();
