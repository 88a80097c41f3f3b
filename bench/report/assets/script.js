// Comfort for a page that is whole without it: sorting, filtering, copying, links into what is folded away.
"use strict";
(() => {
  const UNITS = { "ns": 1e-6, "µs": 1e-3, "ms": 1, "s": 1e3, "min": 6e4, "B": 1, "kB": 1e3, "MB": 1e6, "GB": 1e9 };
  const say = document.createElement("p");
  say.className = "unseen";
  say.setAttribute("role", "status");
  document.body.append(say);

  function make(kind, text, className) {
    const made = document.createElement(kind);
    made.textContent = text;
    made.className = className;
    if (kind === "button") made.type = "button";
    return made;
  }

  // ---- sorting: by what data-value holds, else by the number the text begins with, else by the text
  function value(row, column) {
    const cell = row.cells[column];
    if (!cell) return "";
    if (cell.dataset.value !== undefined) return cell.dataset.value === "" ? "" : Number(cell.dataset.value);
    const text = cell.textContent.trim();
    const found = /^[<>≥≤+]?\s*([−-]?[\d,]*\.?\d+)\s*(ns|µs|ms|min|s|kB|MB|GB|B)?(?![A-Za-z])/u.exec(text);
    if (!found) return text === "–" ? "" : text.toLowerCase();
    return Number(found[1].replaceAll(",", "").replace("−", "-")) * (UNITS[found[2]] ?? 1);
  }

  function order(a, b) {
    if (a === "" || b === "") return a === b ? 0 : a === "" ? 1 : -1;
    if (typeof a === typeof b) return typeof a === "number" ? a - b : a.localeCompare(b);
    return typeof a === "number" ? -1 : 1;
  }

  // The groups that move together: whole bodies where a table has several, rows where it has one.
  function groups(table) {
    return table.tBodies.length > 1 ? [...table.tBodies] : [...table.tBodies[0].rows];
  }

  function sort(table, head, column) {
    const down = head.getAttribute("aria-sort") === "ascending";
    for (const other of table.tHead.querySelectorAll("[aria-sort]")) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    const rows = groups(table);
    const place = rows[0].parentNode;
    const end = rows.at(-1).nextSibling;
    const keyed = rows.map((row) => [value(row.rows ? row.rows[0] : row, column), row]);
    // What has no value stays last in both directions.
    keyed.sort(([a], [b]) => (down && a !== "" && b !== "" ? order(b, a) : order(a, b)));
    for (const [, row] of keyed) place.insertBefore(row, end);
    say.textContent = `sorted by ${head.textContent.trim()}, ${down ? "descending" : "ascending"}`;
  }

  function sortable(table) {
    if (!table.tHead || !table.tBodies.length || groups(table).length < 2) return;
    const taken = [];
    [...table.tHead.rows].forEach((row, line) => {
      let column = 0;
      for (const head of row.cells) {
        while (taken[line]?.[column]) column += 1;
        for (let down = 0; down < head.rowSpan; down += 1) {
          for (let right = 0; right < head.colSpan; right += 1) (taken[line + down] ??= [])[column + right] = true;
        }
        if (head.colSpan === 1 && head.textContent.trim()) {
          const button = make("button", "", "sort");
          // A link in a head stays one: the button stands beside it.
          if (head.querySelector("a")) button.setAttribute("aria-label", `Sort by ${head.textContent.trim()}`);
          else button.append(...head.childNodes);
          const at = column;
          button.addEventListener("click", () => sort(table, head, at));
          head.append(button);
        }
      }
    });
  }

  // ---- filtering: all words must occur in what data-find holds, else in the text
  function filterable(table) {
    const rows = groups(table);
    // Where rows lead to parts of the page, these are hidden with them, and found by what they say of themselves.
    const parts = table.dataset.parts !== undefined;
    const label = make("label", `${table.dataset.filter} `, "filter");
    const box = document.createElement("input");
    box.type = "search";
    box.autocomplete = "off";
    const shown = make("span", "", "quiet");
    label.append(box);
    const line = make("div", "", "tools");
    line.append(label, shown);
    table.closest(".scroll").before(line);
    const none = make("p", "Nothing matches.", "none");
    none.hidden = true;
    table.closest(".scroll").after(none);
    box.addEventListener("input", () => {
      const wanted = box.value.toLowerCase().split(/\s+/).filter(Boolean);
      let left = 0;
      for (const row of rows) {
        const other = parts && document.getElementById(row.querySelector("th a")?.hash.slice(1));
        const text = (other || row).dataset.find ?? row.textContent.toLowerCase();
        const fits = wanted.every((word) => text.includes(word));
        row.hidden = !fits;
        left += fits;
        if (other) other.hidden = !fits;
      }
      shown.textContent = wanted.length ? `${left} of ${rows.length} shown` : "";
      say.textContent = shown.textContent;
      none.hidden = left > 0;
    });
    return box;
  }

  // ---- copying
  async function copy(text, button) {
    let done = true;
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      const area = make("textarea", text, "unseen");
      document.body.append(area);
      area.select();
      done = document.execCommand("copy");
      area.remove();
    }
    say.textContent = done ? "copied" : "could not be copied";
    button.textContent = done ? "Copied" : "Select and copy by hand";
    setTimeout(() => { button.textContent = "Copy"; }, 2000);
  }

  function copyable(figure) {
    const pre = figure.querySelector("pre");
    const button = make("button", "Copy", "copy");
    button.setAttribute("aria-label", `Copy: ${figure.querySelector("figcaption").textContent}`);
    button.addEventListener("click", () => copy(pre.textContent, button));
    figure.querySelector("figcaption").append(" ", button);
  }

  const boxes = [];

  // ---- what is built when it is opened: until then its markup is the text of a noscript
  function build(details) {
    const kept = details.querySelector(":scope > noscript");
    if (!kept) return;
    const made = document.createElement("div");
    made.innerHTML = kept.textContent;
    kept.replaceWith(...made.childNodes);
    comfort(details);
  }

  function unfold(details) {
    build(details);
    details.open = true;
  }

  function unfoldAll(where) {
    let folded;
    while ((folded = [...where.querySelectorAll("details:not([open])")]).length) folded.forEach(unfold);
  }

  // A region is a stop for the Tab key only where it scrolls.
  const regions = new ResizeObserver((seen) => {
    for (const { target } of seen) {
      if (target.scrollWidth > target.clientWidth || target.scrollHeight > target.clientHeight) target.tabIndex = 0;
      else target.removeAttribute("tabindex");
    }
  });

  // ---- words: what they mean, as the title for a pointer and below the page for a finger
  const meanings = new Map();
  const glossary = document.querySelector("#glossary details");
  if (glossary) {
    build(glossary);
    for (const name of glossary.querySelectorAll("dt")) {
      for (const word of name.dataset.words.split("|")) meanings.set(word, name.nextElementSibling.textContent);
    }
  }

  function explain(where) {
    for (const word of where.querySelectorAll("abbr, .pill")) {
      const text = word.lastChild.textContent.trim().toLowerCase();
      const means = meanings.get(text) ?? meanings.get(text.replace(/s$/, ""));
      if (means) word.title = means;
    }
  }

  const note = make("p", "", "meaning-of");
  note.setAttribute("role", "status");
  note.hidden = true;
  document.body.append(note);
  addEventListener("click", (event) => {
    const word = event.target.closest?.("abbr[title], .pill[title]");
    const sorting = word?.closest("button, summary") && event.pointerType === "mouse";
    note.hidden = !word || sorting;
    note.textContent = note.hidden ? "" : `${word.lastChild.textContent.trim()}: ${word.title}`;
  });
  addEventListener("keydown", (event) => { if (event.key === "Escape") note.hidden = true; });

  // ---- links into what is folded away or filtered out
  function place(id) {
    const found = document.getElementById(id);
    if (found) return found;
    const kept = [...document.querySelectorAll("noscript")].find((one) => one.textContent.includes(`id="${id}"`));
    if (kept) build(kept.parentElement);
    return document.getElementById(id);
  }

  function reveal() {
    let id = location.hash.slice(1);
    try { id = decodeURIComponent(id); } catch { /* not an address of ours */ }
    const found = id && place(id);
    if (!found) return;
    for (const box of boxes) {
      if (found.closest("[hidden]")) { box.value = ""; box.dispatchEvent(new Event("input")); }
    }
    const own = found.querySelector(":scope > details");
    if (own) unfold(own);
    for (let at = found; at; at = at.parentElement) if (at.tagName === "DETAILS") unfold(at);
    found.scrollIntoView();
  }

  function unfolding(section) {
    if (section.querySelectorAll("details").length < 2) return;
    const button = make("button", "Unfold all", "tool");
    button.addEventListener("click", () => {
      const open = button.textContent === "Unfold all";
      if (open) unfoldAll(section);
      else for (const one of section.querySelectorAll("details")) one.open = false;
      button.textContent = open ? "Fold all" : "Unfold all";
    });
    section.querySelector("h2").after(button);
  }

  // ---- paper: a page that is printed in part is unfolded only for who asks for everything
  const everything = document.getElementById("everything");
  let folded = [];
  addEventListener("beforeprint", () => {
    if (everything && location.hash !== "#everything") return;
    folded = [...document.querySelectorAll("details:not([open])")];
    unfoldAll(document);
  });
  addEventListener("afterprint", () => { for (const one of folded) one.open = false; });
  everything?.addEventListener("click", () => setTimeout(print));

  function comfort(where) {
    where.querySelectorAll("table.sortable").forEach(sortable);
    const long = [...where.querySelectorAll("table[data-filter]")].filter((table) => groups(table).length > 3);
    boxes.push(...long.map(filterable));
    where.querySelectorAll("figure.code").forEach(copyable);
    where.querySelectorAll("[tabindex]").forEach((one) => regions.observe(one));
    explain(where);
  }
  comfort(document);
  document.querySelectorAll("main > section").forEach(unfolding);
  new MutationObserver((seen) => { for (const one of seen) if (one.target.open) build(one.target); })
    .observe(document.body, { subtree: true, attributeFilter: ["open"] });
  addEventListener("hashchange", reveal);
  reveal();

  // ---- the page of what goes on
  const every = Number(document.body.dataset.reloads);
  if (every) setTimeout(() => location.reload(), 1000 * every);
})();
