"use strict";
(() => {
  const root = document.documentElement;
  root.classList.add("js");

  // ---- a run, step by step -------------------------------------------------------------

  const players = new Map();

  function player(element) {
    const moments = [...element.querySelectorAll(".moment")];
    const svg = element.querySelector("svg");
    const now = svg.querySelector(".now");
    const later = svg.querySelector(".later");
    const left = Number(svg.dataset.left);
    const column = Number(svg.dataset.column);
    const buttons = new Map([...element.querySelectorAll("[data-go]")].map((b) => [b.dataset.go, b]));
    const end = moments.length - 1;
    let at = 0;

    function show(number, scroll) {
      at = Math.max(0, Math.min(end, number));
      moments.forEach((m, i) => m.classList.toggle("current", i === at));
      const x = left + at * column;
      now.setAttribute("x", x);
      later.setAttribute("x", x + column);
      later.setAttribute("width", Math.max(0, svg.viewBox.baseVal.width - x - column));
      element.querySelector("output").textContent = `${at + 1} of ${moments.length}`;
      for (const go of ["first", "back"]) buttons.get(go).disabled = at === 0;
      for (const go of ["on", "last"]) buttons.get(go).disabled = at === end;
      if (scroll) {
        const box = svg.parentElement;
        box.scrollLeft = Math.max(0, x + column / 2 - box.clientWidth / 2);
      }
    }

    const moves = { first: () => 0, back: () => at - 1, on: () => at + 1, last: () => end };
    const go = (move) => {
      element.classList.add("moved"); // until then the whole run is shown, nothing dimmed
      show(moves[move](), true);
    };
    for (const [move, button] of buttons) button.addEventListener("click", () => go(move));
    show(0, false);
    return { go };
  }

  for (const element of document.querySelectorAll(".player")) players.set(element, player(element));

  // Keys move the run that has the focus, else the one that was moved last, else the first.
  const keys = { ArrowLeft: "back", ArrowRight: "on", Home: "first", End: "last" };
  let last = null;
  document.addEventListener("focusin", (e) => { last = e.target.closest(".player") || last; });
  document.addEventListener("click", (e) => { last = e.target.closest(".player") || last; });
  document.addEventListener("keydown", (event) => {
    const move = keys[event.key];
    if (!move || event.target instanceof HTMLInputElement || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const focused = document.activeElement && document.activeElement.closest(".player");
    if (!focused && (move === "first" || move === "last")) return; // they scroll the page
    const visible = (p) => p && p.offsetParent !== null;
    const chosen = [focused, last, [...players.keys()].find(visible)].find(visible);
    if (!chosen) return;
    players.get(chosen).go(move);
    event.preventDefault();
  });

  // A long line of a spec shows the part that is referred to.
  for (const mark of document.querySelectorAll(".excerpt mark")) {
    const line = mark.parentElement;
    if (mark.offsetLeft + mark.offsetWidth > line.offsetLeft + line.clientWidth) {
      line.scrollLeft = mark.offsetLeft - line.offsetLeft - line.clientWidth / 2;
    }
  }

  // ---- only one verdict ------------------------------------------------------------------

  const filters = [...document.querySelectorAll("[data-filter]")];
  const search = document.getElementById("search");
  let wanted = "";

  // A card is shown for its verdict and, while something is searched for, for its name or its rows.
  function filter() {
    const words = search ? search.value.trim().toLowerCase() : "";
    for (const card of document.querySelectorAll(".card")) {
      let found = !words || (card.dataset.search || "").includes(words);
      const rows = [...card.querySelectorAll(".places tr")];
      for (const row of rows) {
        const has = found || row.textContent.toLowerCase().includes(words);
        row.hidden = !has;
      }
      found = found || rows.some((row) => !row.hidden);
      const details = words && rows.length ? rows[0].closest("details") : null;
      if (details) details.open = true;
      card.hidden = !found || (wanted !== "" && card.dataset.verdict !== wanted);
    }
  }

  for (const button of filters) {
    button.addEventListener("click", () => {
      for (const other of filters) other.setAttribute("aria-pressed", String(other === button));
      wanted = button.dataset.filter;
      filter();
    });
  }
  if (search) search.addEventListener("input", filter);

  // ---- light and dark ----------------------------------------------------------------------

  const dark = matchMedia("(prefers-color-scheme: dark)");
  document.getElementById("theme").addEventListener("click", () => {
    const shown = root.dataset.theme || (dark.matches ? "dark" : "light");
    root.dataset.theme = shown === "dark" ? "light" : "dark";
  });
})();
