// length: the style sheet and the script, each as it is sent.
import CredentialLedger

/// A file that pages load: named by its digest, so that browsers keep it for good.
struct Asset: Sendable {
  let path: String
  let type: String
  let bytes: [UInt8]

  private init(_ name: String, _ ending: String, _ type: String, _ text: String) {
    bytes = Array(text.utf8)
    path = "/portal/assets/\(name)-\(SHA256.hash(bytes).hex.prefix(16)).\(ending)"
    self.type = type
  }

  static let styleSheet = Asset("portal", "css", "text/css; charset=utf-8", styleSheetText)
  static let script = Asset("portal", "js", "text/javascript; charset=utf-8", scriptText)
  static let all = [styleSheet, script]

  private static let scriptText = #"""
    // Everything works without this file; it saves clicks and turns UTC into local time.
    "use strict";
    const say = document.querySelector("[data-announce]");
    for (const button of document.querySelectorAll("[data-copy]")) {
      if (!navigator.clipboard) continue;
      button.hidden = false;
      const word = button.textContent;
      button.addEventListener("click", async () => {
        const source = document.getElementById(button.dataset.copy);
        try {
          await navigator.clipboard.writeText(source.textContent.trim());
          button.textContent = button.dataset.done;
        } catch {
          getSelection().selectAllChildren(source);
          button.textContent = button.dataset.failed;
        }
        if (say) say.textContent = button.textContent;
        setTimeout(() => { button.textContent = word; }, 2500);
      });
    }
    const language = document.documentElement.lang;
    const local = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "medium" });
    for (const time of document.querySelectorAll("time[data-local]")) {
      time.title = `${local.format(new Date(time.dateTime))} (${time.dateTime})`;
    }
    for (const box of document.querySelectorAll("[data-unlocks]")) {
      const target = document.getElementById(box.dataset.unlocks);
      const check = () => {
        target.disabled = box.type === "checkbox" ? !box.checked : box.value.trim() !== box.dataset.wanted;
      };
      check();
      box.addEventListener("input", check);
    }
    const part = async (address, selector, headers = {}) => {
      const text = await fetch(address, { headers }).then(answer => answer.text(), () => "");
      return new DOMParser().parseFromString(text, "text/html").querySelector(selector);
    };
    for (const live of document.querySelectorAll("[data-live]")) {
      let told = live.dataset.newest, timer = 0, news, newest;
      const update = async () => {
        const asked = told, fresh = await part(location.href, "[data-live]", { "Last-Event-ID": asked });
        if (!fresh) return;
        // What was announced meanwhile is not counted again.
        if (asked !== told) return update();
        [news, newest] = [fresh.querySelector("[data-news]")?.textContent, fresh.dataset.newest];
        // A link stays while it has the focus.
        if (!live.contains(document.activeElement)) live.replaceChildren(...fresh.childNodes);
        // One announcement in 5 seconds at most, of all that is new by then.
        if (timer || !news || !say) return;
        say.textContent = "";
        timer = setTimeout(() => { [say.textContent, told, timer] = [news, newest, 0]; }, 5000);
      };
      new EventSource(live.dataset.live).addEventListener("message", update);
    }
    for (const waiting of document.querySelectorAll("[data-polls]")) {
      // For half an hour: a page that is forgotten does not keep its session.
      let left = 360;
      const timer = setInterval(async () => {
        if (left-- === 0) return clearInterval(timer);
        const fresh = document.hidden ? null : await part(waiting.dataset.polls, "#" + waiting.id);
        if (!fresh || fresh.dataset.polls) return;
        clearInterval(timer);
        waiting.replaceChildren(...fresh.childNodes);
      }, 5000);
    }
    for (const button of document.querySelectorAll("[data-waits]")) {
      setTimeout(() => {
        button.disabled = false;
        button.nextElementSibling.textContent = "";
      }, button.dataset.waits * 1000);
    }
    for (const range of document.querySelectorAll("[data-submits]")) {
      range.addEventListener("change", () => range.form.requestSubmit());
    }
    """#

  private static let styleSheetText = #"""
    /* Spaces: .25 .5 .75 1 1.5 2 3rem. Sides are logical. */
    :root {
      color-scheme: light dark;
      --page: light-dark(#f5f5f1, #131412);
      --surface: light-dark(#fff, #1b1d1a);
      --sunken: light-dark(#efefe9, #242622);
      --line: light-dark(#dddcd4, #353831);
      --edge: light-dark(#82827a, #7f8277);
      --ink: light-dark(#1d1f1b, #ecece5);
      --soft: light-dark(#54564f, #adafa4);
      --accent: light-dark(#1c4f9c, #93b8f4);
      --accent-deep: light-dark(#153d7a, #b5cff9);
      --accent-wash: light-dark(#e9eff9, #1c2941);
      --on-accent: light-dark(#fff, #0c1a30);
      --good: light-dark(#0a6544, #74cfa3);
      --good-wash: light-dark(#e4f2ea, #16301f);
      --warn: light-dark(#854700, #efb75f);
      --warn-wash: light-dark(#fcf0da, #33270f);
      --bad: light-dark(#a91e1e, #ff9e93);
      --bad-wash: light-dark(#fbe9e6, #3b1d19);
      --on-bad: light-dark(#fff, #2c0906);
      --mono: ui-monospace, Menlo, Consolas, "Noto Sans Mono", monospace;
      --small: .8125rem;
      --round: 6px;
    }
    * { box-sizing: border-box; margin: 0; padding: 0; }
    html { scroll-padding-block: 5rem; }
    body { background: var(--page); color: var(--ink); font: .9375rem/1.5 system-ui, sans-serif; }
    h1 { font-size: 1.625rem; line-height: 1.25; letter-spacing: -.015em; }
    h1, h2, h3, bdi { overflow-wrap: anywhere; }
    tbody th { min-width: 9rem; }
    td:has(select) { min-width: 12rem; }
    h2 { font-size: 1.0625rem; line-height: 1.35; }
    h3 { font-size: 1em; }
    h1, h2, h3, strong, b { font-weight: 650; }
    ul, ol { list-style: none; }
    a { color: var(--accent); text-underline-offset: .18em; &:hover { color: var(--accent-deep); } }
    :focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; border-radius: 3px; }
    /* A link that stands alone is 24 px high at least, and its line as high as before. */
    :is(.trail, .pager, .button-row, .section-header, .actions, .status + *, td, th, dd, main li) > a:not(.button, .proof), p > a:only-child:not(.button, .proof), a.small { display: inline-block; padding-block: .25rem; margin-block: -.25rem; min-width: 1.5rem; }
    code, pre, .mono { font-family: var(--mono); font-size: .867em; }
    code { overflow-wrap: anywhere; }
    /* Codes are from left to right in every language. */
    code, pre, svg { direction: ltr; unicode-bidi: isolate; }
    td code, time, .when, .actions, td .status { white-space: nowrap; }
    [hidden] { display: none !important; }
    /* What a script shows has its place from the beginning. */
    @media (scripting: enabled) { [data-copy][hidden] { display: inline-block !important; visibility: hidden; } }
    svg { display: block; flex: none; max-width: 100%; }
    .soft { color: var(--soft); }
    .small { font-size: var(--small); }
    .hint, .trail, .proof-strip, .pager, summary, thead th, .day-header th, small, .side-menu h2, .strand h3, .vitals dt, .facts-side dt, .or, tfoot, .lists td::before { color: var(--soft); font-size: var(--small); }
    th.number, .number { text-align: end; white-space: nowrap; font-variant-numeric: tabular-nums; }
    .visually-hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
    .skip-link { position: absolute; top: -4rem; z-index: 9; padding: .5rem 1rem; background: var(--surface); &:focus { top: .5rem; } }
    /* Frame */
    .frame { display: grid; grid-template-columns: 14.5rem minmax(0, 1fr); min-height: 100vh; }
    .side { border-inline-end: 1px solid var(--line); padding: 1.5rem 1rem; }
    .side-inner { position: sticky; top: 1.5rem; display: flex; flex-direction: column; gap: 1.5rem; min-height: calc(100vh - 3rem); }
    .brand { display: flex; align-items: center; gap: .5rem; min-height: 1.5rem; padding-inline: .75rem; color: var(--ink); font-weight: 650; white-space: nowrap; text-decoration: none; & svg { color: var(--good); } }
    .side-menu {
      position: static; inset: auto; width: auto; height: auto; border: 0; background: none; overflow: visible; display: flex; flex-direction: column; flex: 1; gap: 1.5rem;
      & a { display: block; padding: .4375rem .75rem; border-radius: var(--round); color: var(--ink); text-decoration: none; }
      & a:hover { background: var(--sunken); }
      & a[aria-current] { background: var(--accent-wash); color: var(--accent-deep); font-weight: 600; }
      & h2 { padding: 0 .75rem .25rem; font-weight: 500; }
      & .me { margin-top: auto; padding-top: 1rem; border-top: 1px solid var(--line); }
    }
    .main { min-width: 0; display: flex; flex-direction: column; }
    main { flex: 1; width: 100%; max-width: 77rem; padding: 1.5rem 2rem 3rem; }
    main > * + *, .wide-stack > * + * { margin-top: 2rem; }
    .stack > * + *, .secret-body > * + * { margin-top: 1rem; }
    .stack > :nth-child(1 of :not([type=hidden], .visually-hidden)) { margin-top: 0; }
    .page-header + *, .filter-bar + * { margin-top: 1.5rem; }
    .narrow-page { max-width: 46rem; }
    .proof-strip { display: flex; flex-wrap: wrap; gap: .25rem 1.5rem; padding: .75rem 2rem; border-top: 1px solid var(--line); }
    .trail { display: flex; flex-wrap: wrap; gap: .5rem; margin-bottom: .5rem; & li + li::before { content: "/"; margin-inline-end: .5rem; } }
    .page-header, .section-header, .pager, .axis { display: flex; flex-wrap: wrap; align-items: flex-end; justify-content: space-between; gap: .75rem; }
    .page-header > :first-child { flex: 1 1 22rem; min-width: 0; & p { color: var(--soft); max-width: 44rem; margin-top: .25rem; } }
    .section-header { align-items: baseline; margin-bottom: .75rem; }
    .columns { display: grid; grid-template-columns: minmax(0, 1fr) 17rem; gap: 1.5rem 2rem; align-items: start; }
    /* Surfaces: a table is one, never in a card */
    .card, .table-box { background: var(--surface); border: 1px solid var(--line); border-radius: var(--round); box-shadow: 0 1px 2px #0001; }
    .card { padding: 1.5rem; }
    .good { --tone: var(--good); --wash: var(--good-wash); }
    .warn { --tone: var(--warn); --wash: var(--warn-wash); }
    .bad { --tone: var(--bad); --wash: var(--bad-wash); }
    .notice { padding: .75rem 1rem; border-inline-start: 4px solid var(--tone); background: var(--wash); border-radius: 3px; }
    .notice li + li { margin-top: .25rem; }
    .notice li a { display: inline-block; min-block-size: 1.5rem; }
    .status { display: inline-flex; align-items: center; gap: .4em; color: var(--tone, var(--soft)); font-size: var(--small); font-weight: 550; &::before { content: ""; flex: none; width: .6em; height: .6em; border: 1.5px solid; border-radius: 50%; background: var(--tone); } &.warn::before { border: 0; border-radius: 0; clip-path: polygon(50% 0, 100% 100%, 0 100%); } &.bad::before { border-radius: 0; } }
    .proof { display: inline-flex; align-items: center; gap: .35em; min-height: 1.5rem; vertical-align: bottom; font: var(--small)/1.5 var(--mono); text-decoration: none; white-space: nowrap; &, &:hover { color: var(--good); } &:hover { text-decoration: underline; } }
    .proof-open { &, &:hover { color: var(--soft); } }
    /* Controls */
    .button { display: inline-block; min-height: 2.5rem; padding: .5625rem 1rem; text-align: center; border: 1px solid var(--edge); border-radius: var(--round); background: var(--surface); color: var(--ink); font: inherit; font-weight: 550; line-height: 1.3; text-decoration: none; cursor: pointer; &:hover { background: var(--sunken); color: var(--ink); } }
    .button-main { &, &:hover { border-color: var(--accent); background: var(--accent); color: var(--on-accent); } &:hover { background: var(--accent-deep); } }
    .button-danger, .button-danger:hover { border-color: var(--bad); color: var(--bad); }
    .button-stop, .button-stop:hover { border-color: var(--bad); background: var(--bad); color: var(--on-bad); }
    .button-small { min-height: 2rem; padding: .4rem .75rem; font-size: var(--small); }
    .button[disabled] { border-color: var(--line); background: var(--sunken); color: var(--soft); cursor: not-allowed; }
    .menu-button { display: none; }
    .button-row { display: flex; flex-wrap: wrap; align-items: center; gap: .5rem .75rem; & a { min-height: 1.5rem; } & .choice { padding-inline: 0; background: none; } }
    .link-button { min-width: 1.5rem; min-height: 1.5rem; border: 0; background: none; color: var(--bad); font: inherit; font-size: var(--small); text-decoration: underline; cursor: pointer; }
    .keep-or-revoke { display: flex; flex-wrap: wrap; gap: .5rem 1rem; & label { display: flex; gap: .5rem; } }
    .actions > * { margin-inline-end: .75rem; }
    .field { display: grid; grid-template-columns: minmax(0, 1fr); gap: .25rem; max-width: 32rem; & span { font-weight: 400; color: var(--soft); } & > label { font-weight: 600; } }
    legend { font-weight: 600; }
    fieldset { border: 0; min-width: 0; }
    input, select, textarea { width: 100%; min-height: 2.5rem; padding: .375rem .75rem; border: 1px solid var(--edge); border-radius: var(--round); background: var(--surface); color: inherit; font: inherit; font-size: 1rem; }
    input:is([type=checkbox], [type=radio]) { width: 1.25rem; height: 1.25rem; min-height: 0; margin-top: .125rem; accent-color: var(--accent); flex: none; }
    [aria-invalid=true] { border: 2px solid var(--bad); }
    .field-error { color: var(--bad); font-weight: 600; }
    .choice { display: flex; gap: .75rem; padding: .75rem 1rem; cursor: pointer; &:has(:checked) { background: var(--accent-wash); } & strong { display: block; } }
    .choice-list { margin-top: .75rem; & > * + * { border-top: 1px solid var(--line); } }
    .filter-bar { display: flex; flex-wrap: wrap; align-items: flex-end; gap: .75rem; & .field { flex: 1 1 10rem; max-width: 15rem; } & .whole-row, & > .notice { flex: 1 0 100%; } & .field-wide { flex: 2 1 18rem; max-width: 26rem; } & label { font-size: var(--small); } }
    /* Tables and facts */
    .table-box { position: relative; overflow-x: auto; }
    table { width: 100%; border-collapse: collapse; }
    th, td { padding: .625rem 1rem; text-align: start; vertical-align: top; font-weight: 400; }
    thead th, .day-header th { padding-block: .5rem; background: var(--sunken); font-weight: 550; }
    thead th { white-space: nowrap; }
    tbody tr + tr > * { border-top: 1px solid var(--line); }
    small { display: block; font-weight: 400; }
    .dense :is(td, th) { padding-block: .4375rem; }
    .named tbody th { font-weight: 600; }
    .facts { display: grid; grid-template-columns: minmax(7rem, max-content) minmax(0, 1fr); gap: .5rem 1.5rem; & dt { color: var(--soft); } & dd { overflow-wrap: anywhere; } }
    .facts-side { display: block; & dd + dt { margin-top: .75rem; } }
    .tab-list { display: flex; flex-wrap: wrap; gap: 0 1.5rem; border-bottom: 1px solid var(--line); & a { padding: .5rem 0; border-bottom: 3px solid transparent; color: var(--soft); text-decoration: none; white-space: nowrap; } & a:hover, & a[aria-current] { color: var(--ink); } & a[aria-current] { border-color: var(--accent); font-weight: 600; } }
    summary { cursor: pointer; width: fit-content; padding-block: .25rem; }
    pre { padding: .75rem 1rem; border-radius: var(--round); background: var(--sunken); font-size: var(--small); line-height: 1.6; white-space: pre-wrap; overflow-wrap: anywhere; & code { font-size: 1em; } }
    /* Sign-in; steps; a secret, once */
    .gate { display: grid; place-content: center; grid-template-columns: minmax(0, 26rem); max-width: none; min-height: 100vh; & > * + * { margin-top: 1rem; } & .brand { padding: 0; } & .button { width: 100%; } }
    .consent-buttons { display: grid; grid-template-columns: 1fr 1fr; gap: .75rem; }
    .or { display: flex; align-items: center; gap: .75rem; &::before, &::after { content: ""; flex: 1; border-top: 1px solid var(--line); } }
    .steps > li { display: grid; grid-template-columns: 2rem minmax(0, 1fr) auto; gap: 0 1rem; padding-block: 1rem; & + li { border-top: 1px solid var(--line); } & .button-row { align-self: center; } }
    .step-mark { display: grid; place-items: center; width: 2rem; height: 2rem; border: 2px solid var(--edge); border-radius: 50%; color: var(--soft); font-weight: 650; }
    .step-now .step-mark { border-color: var(--accent); background: var(--accent); color: var(--on-accent); }
    .step-done .step-mark { border-color: var(--good); color: var(--good); }
    .secret { overflow: hidden; border: 2px solid var(--good); border-radius: var(--round); background: var(--surface); }
    .secret-head { display: flex; gap: .75rem; padding: 1rem 1.5rem; background: var(--good-wash); }
    .secret-body { padding: 1.5rem; }
    .secret-line { display: flex; gap: .5rem; margin-top: .25rem; & code { flex: 1; min-width: 0; padding: .5625rem .75rem; border-radius: var(--round); background: var(--sunken); font-size: .875rem; user-select: all; } & .button { min-width: 8rem; align-self: start; } }
    /* Charts, chain, matrix, proof */
    .bars { width: 100%; height: 2rem; fill: var(--accent); .lane-bad & { fill: var(--bad); } }
    .timeline { & th { width: 14rem; vertical-align: middle; } & td { padding-inline: 0; } & .number { width: 5.5rem; padding-inline: 1rem; vertical-align: middle; } &  }
    .verdict { display: flex; flex-wrap: wrap; align-items: baseline; gap: .25rem 1rem; & strong { color: var(--tone); font-size: 1.25rem; } }
    .chain { display: grid; grid-template-columns: minmax(0, 1fr) 3rem minmax(0, 1fr); }
    .strands { display: grid; grid-auto-rows: 1fr; gap: 1.5rem; }
    .strand { display: flex; flex-direction: column; & ol { display: flex; flex: 1; } & h3 { height: 1.75rem; font-weight: 400; } }
    .trunk { justify-content: center; & ol { flex: none; } }
    .link { position: relative; flex: 1 1 0; min-width: 0; padding: .5rem .75rem; border: 1px solid var(--edge); border-radius: var(--round); font-size: var(--small); line-height: 1.4; & > b { display: block; font-size: .9375rem; overflow-wrap: anywhere; } & + .link { margin-inline-start: 1.5rem; } & + .link::before { content: ""; position: absolute; top: 50%; inset-inline-start: calc(-1.5rem - 1px); width: 1.5rem; border: 0 solid var(--good); border-top-width: 2px; } }
    .link-broken { border: 2px solid var(--bad); background: var(--bad-wash); }
    .link-after { border-style: dashed; &.link::before { border-color: var(--bad); border-top-style: dashed; } }
    .joint { position: relative; &::before, &::after { content: ""; position: absolute; border: 2px solid var(--good); } &::before { inset-block: calc(25% + .5rem) calc(25% - 1.25rem); inset-inline: 0 50%; border-inline-start: 0; } &::after { top: calc(50% + .8rem); inset-inline: 50% 0; border-width: 2px 0 0; } }
    [type=range] { padding: 0; border: 0; background: none; accent-color: var(--accent); }
    .decides > * { background: var(--wash); }
    .matrix { & :is(th, td) { text-align: center; white-space: nowrap; } & .pinned { position: sticky; inset-inline-start: 0; text-align: start; background: var(--surface); border-inline-end: 1px solid var(--line); } & thead .pinned { background: var(--sunken); } & td a { display: inline-block; min-width: 5rem; padding: .1875rem .5rem; border-radius: 3px; background: var(--good-wash); color: var(--good); font-size: var(--small); text-decoration: none; } & .unused { background: var(--warn-wash); color: var(--warn); outline: 1px dashed; outline-offset: -1px; } }
    .vitals { display: grid; grid-template-columns: repeat(auto-fill, minmax(15.5rem, 1fr)); gap: 1px; background: var(--surface); overflow: hidden; & div { padding: 1rem; box-shadow: 0 0 0 1px var(--line); } & dt { display: flex; justify-content: space-between; } & dd { font-size: 1.25rem; font-weight: 600; } & .hint { font-weight: 400; font-size: var(--small); } }
    .proof-tree { max-width: 34rem; font: 12px var(--mono); fill: var(--ink); & path { fill: none; stroke: var(--edge); stroke-width: 1.5; } & .ours { stroke: var(--good); stroke-width: 2.5; } & rect { fill: var(--sunken); stroke: var(--edge); stroke-dasharray: 4 3; } & .made { fill: var(--good-wash); stroke: var(--good); stroke-dasharray: none; } }
    ins { background: var(--good-wash); text-decoration: none; }
    @media screen and (max-width: 68rem) { .chain, .columns { display: block; & > * + * { margin-top: 1.5rem; } } .joint { display: none; } }
    @media screen and (max-width: 52rem) {
      .frame { display: block; }
      .side { position: sticky; top: 0; z-index: 5; padding: .5rem 1rem; border: 0; border-bottom: 1px solid var(--line); background: var(--page); }
      .side-inner { position: static; min-height: 0; flex-direction: row; justify-content: space-between; }
      .side .brand { padding: 0; }
      .menu-button { display: inline-block; }
      .side-menu { position: fixed; inset: 3.25rem auto auto; inset-inline-end: 0; width: min(20rem, 100vw); max-height: calc(100vh - 4rem); overflow: auto; padding: 1rem; border: 1px solid var(--line); background: var(--surface); box-shadow: 0 8px 28px #0004; &:not(:popover-open) { display: none; } }
      main { padding: 1rem 1rem 2rem; }
      .proof-strip { padding-inline: 1rem; }
      h1 { font-size: 1.375rem; }
      .card, .secret-body, .secret-head { padding: 1rem; }
      .secret-line { flex-wrap: wrap; & code { flex-basis: 100%; } }
      .page-header > :first-child, .filter-bar .field { flex-basis: 100%; max-width: none; }
      .steps > li { grid-template-columns: 2rem minmax(0, 1fr); & .button-row { grid-column: 2; } & .button { margin-top: .75rem; } }
      .facts { display: block; & dd + dt { margin-top: .75rem; } }
      .lists { & thead { position: absolute; clip-path: inset(50%); } &, & tbody, & tr { display: block; } & tr { padding: .75rem 1rem; } & tr + tr { border-top: 1px solid var(--line); } & tr > * { display: block; padding: .125rem 0; border: 0; } & td[data-label] { display: grid; grid-template-columns: 6.5rem minmax(0, 1fr); gap: .75rem; justify-items: start; text-align: start; white-space: normal; } & td[data-label] > * { grid-column: 2; } & td::before { content: attr(data-label); } & .day-header { padding: .25rem 1rem; background: var(--sunken); } }
      .lists td > * { grid-column: 2; }
      .wide-only { display: none !important; }
      .lists code { white-space: normal; }
      tbody th { min-width: 0; }
      :is(.events, .timeline) tr { display: grid; grid-template-columns: 1fr auto; gap: 0 .75rem; & th { order: 1; width: auto; } &:not(.lane) > :is(th, .sentence) { grid-column: 1 / -1; order: 1; } & td[data-label] { display: block; &::before { content: none; } } }
      .timeline { &, & :is(tbody, tfoot) { display: block; } & tr { padding: .5rem 1rem; } & tr > * { padding: 0; border: 0; } & th { grid-column: 1; } & td { grid-column: 1 / -1; order: 3; } & .number { grid-column: 2; order: 2; width: auto; } }
      .strands { grid-auto-rows: auto; }
      .strand ol { flex-direction: column; }
      .link { flex: none; & + .link { margin: 1.25rem 0 0; &::before { top: calc(-1.25rem - 1px); inset-inline-start: 1.5rem; width: 0; height: 1.25rem; border-width: 0; border-inline-start-width: 2px; } } &.link-after::before { border-inline-start-style: dashed; } }
    }
    @media print { .side, .trail, .button, .no-print { display: none; } .frame { display: block; } section { break-inside: avoid; } :root { color-scheme: light; } }
    """#
}
