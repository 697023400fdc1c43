"use strict";
(() => {
  const root = document.documentElement;
  root.classList.add("js");

  // ---- a wide run keeps the names of its rows in view ---------------------------------------

  // A bar's text stays in view, too, as far as its bar goes.
  function hold(box) {
    const svg = box.querySelector("svg");
    const left = Number(svg.dataset.left);
    const texts = [...svg.querySelectorAll("rect[rx] + text")].map((text) => {
      const bar = text.previousElementSibling;
      const end = Number(bar.getAttribute("x")) + Number(bar.getAttribute("width"));
      return { text, first: Number(text.getAttribute("x")), last: end - text.getComputedTextLength() - 8 };
    });
    const names = svg.querySelector(".names");
    return () => {
      names.setAttribute("transform", `translate(${box.scrollLeft})`);
      for (const { text, first, last } of texts) {
        text.setAttribute("x", Math.max(first, Math.min(last, box.scrollLeft + left + 4)));
      }
    };
  }

  for (const box of document.querySelectorAll(".drawing")) {
    let held = null;
    box.addEventListener("scroll", () => (held ||= hold(box))());
  }

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
        box.scrollLeft = Math.max(0, x + (column - left - box.clientWidth) / 2);
      }
    }

    const moves = { first: () => 0, back: () => at - 1, on: () => at + 1, last: () => end };
    const go = (move) => {
      element.classList.add("moved"); // until then the whole run is shown, nothing dimmed
      show(moves[move](), true);
    };
    for (const [move, button] of buttons) button.addEventListener("click", () => go(move));
    show(end, true); // what the claim is about is at the end of the run
    return { go };
  }

  // A run is set up when it is about to be seen: a page may have hundreds.
  function setUp(element) {
    if (!players.has(element)) players.set(element, player(element));
    return players.get(element);
  }

  const all = [...document.querySelectorAll(".player")];
  const near = new IntersectionObserver((seen) => {
    for (const entry of seen) {
      if (!entry.isIntersecting) continue;
      near.unobserve(entry.target);
      setUp(entry.target);
    }
  }, { rootMargin: "600px" });
  for (const element of all) near.observe(element);

  // Keys move the run that has the focus, else the one that was moved last, else the first.
  const keys = { ArrowLeft: "back", ArrowRight: "on", Home: "first", End: "last" };
  let last = null;
  document.addEventListener("focusin", (e) => { last = e.target.closest(".player") || last; });
  document.addEventListener("click", (e) => { last = e.target.closest(".player") || last; });
  document.addEventListener("keydown", (event) => {
    const move = keys[event.key];
    if (!move || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const focused = document.activeElement && document.activeElement.closest(".player");
    if (!focused && (move === "first" || move === "last")) return; // they scroll the page
    const visible = (p) => p && p.offsetParent !== null;
    const chosen = [focused, last, all.find(visible)].find(visible);
    if (!chosen) return;
    setUp(chosen).go(move);
    event.preventDefault();
  });

  // The command that plays a run, into the clipboard.
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    const command = button.previousElementSibling;
    try {
      await navigator.clipboard.writeText(command.textContent);
      button.textContent = "Copied";
    } catch {
      getSelection().selectAllChildren(command); // no right to the clipboard: Ctrl-C does it
      button.textContent = "Selected";
    }
    setTimeout(() => { button.textContent = "Copy"; }, 2000);
  });

  // A long line of a spec shows the part that is referred to.
  const excerpts = new IntersectionObserver((seen) => {
    for (const entry of seen) {
      if (!entry.isIntersecting) continue;
      excerpts.unobserve(entry.target);
      const line = entry.target;
      const mark = line.querySelector("mark");
      if (mark && mark.offsetLeft + mark.offsetWidth > line.offsetLeft + line.clientWidth) {
        line.scrollLeft = mark.offsetLeft - line.offsetLeft - line.clientWidth / 2;
      }
    }
  });
  for (const line of document.querySelectorAll(".excerpt")) excerpts.observe(line);

  // ---- only one verdict, only what matches ------------------------------------------------

  const filters = [...document.querySelectorAll("[data-filter]")];
  const search = document.getElementById("search");
  const files = [...document.querySelectorAll(".file")].map((file) => ({
    element: file,
    cards: [...file.querySelectorAll(".card")].map((card) => ({
      element: card,
      text: [file.querySelector(".path"), card.querySelector(".head"), card.querySelector(".places")]
        .map((part) => (part ? part.textContent : "")).join(" ").toLowerCase(),
    })),
  }));
  let verdict = "";

  function filter() {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    let matching = 0;
    for (const { element, cards } of files) {
      let inside = 0;
      for (const { element: card, text } of cards) {
        const shown = (!verdict || card.dataset.verdict === verdict) && words.every((w) => text.includes(w));
        card.hidden = !shown;
        inside += shown;
      }
      element.hidden = inside === 0;
      matching += inside;
    }
    for (const b of filters) b.setAttribute("aria-pressed", String(b.dataset.filter === verdict));
    document.getElementById("nothing").hidden = matching > 0;
  }

  // The filter is in the address, so that a link to what is shown can be passed on:
  // #show=FAILS&search=words; any other fragment is the anchor of a claim.
  function remember() {
    const chosen = new URLSearchParams();
    if (verdict) chosen.set("show", verdict);
    if (search.value) chosen.set("search", search.value);
    history.replaceState(null, "", `#${chosen}`);
  }

  function recall() {
    const fragment = location.hash.slice(1);
    const chosen = new URLSearchParams(fragment.includes("=") ? fragment : "");
    verdict = filters.some((b) => b.dataset.filter === chosen.get("show")) ? chosen.get("show") : "";
    search.value = chosen.get("search") || "";
    filter();
    const sources = document.getElementById("sources");
    if (sources && fragment.startsWith("rule-")) sources.open = true;
    const target = fragment && !fragment.includes("=") && document.getElementById(fragment);
    if (target) {
      target.scrollIntoView();
      const run = target.querySelector(".player");
      if (run) setUp(run);
    }
  }

  for (const button of filters) {
    button.addEventListener("click", () => {
      verdict = button.dataset.filter;
      filter();
      remember();
    });
  }
  search.addEventListener("input", () => {
    filter();
    remember();
  });
  window.addEventListener("hashchange", recall);
  recall();

  // ---- light and dark ----------------------------------------------------------------------

  const dark = matchMedia("(prefers-color-scheme: dark)");
  document.getElementById("theme").addEventListener("click", () => {
    const shown = root.dataset.theme || (dark.matches ? "dark" : "light");
    root.dataset.theme = shown === "dark" ? "light" : "dark";
  });
})();
