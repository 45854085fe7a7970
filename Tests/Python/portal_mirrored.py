"""Pages of the portal in a language from right to left, in Chromium, wide and narrow.

Usage: portal_mirrored.py ORIGIN FOLDER COOKIE PATH..., with selenium and axe-playwright-python on PYTHONPATH. COOKIE is NAME=VALUE of
a session. The server must have a catalogue of Hebrew. Looks at each page, with pictures of faults in FOLDER. Ends with the line
"passed", or with what is wrong.
"""

import sys

from portal_look import IS_THOROUGH, RULES, Looker

ORIGIN, FOLDER, COOKIE = sys.argv[1:4]
PATHS = sys.argv[4:]

# What a page that is turned round must have besides the rules for every page.
MIRRORED = """
const faults = [];
const text = e => (e.textContent || "").trim().replace(/\\s+/g, " ").slice(0, 60);
const isSeen = e => e.checkVisibility() && e.getClientRects().length > 0 && !e.closest(".visually-hidden,.skip-link");
const root = document.documentElement;
if (root.dir !== "rtl" || getComputedStyle(document.body).direction !== "rtl") faults.push("not from right to left");
if (root.lang !== "he") faults.push("in another language: " + root.lang);
if (root.scrollWidth > innerWidth + 1) faults.push(`wider than the window: ${root.scrollWidth}`);
// What a table scrolls to is in its frame; everything else is within the window.
for (const e of document.querySelectorAll("a[href],button,input:not([type=hidden]),select,textarea,summary,h1,h2,p,code,svg")) {
  if (!isSeen(e) || e.closest(".table-box")) continue;
  const box = e.getBoundingClientRect();
  if (box.left < -1 || box.right > innerWidth + 1) faults.push(`outside of the window (${box.left.toFixed(0)} to ${box.right.toFixed(0)}): ` + text(e));
}
// Codes, numbers and what is typed in digits keep their direction.
for (const e of document.querySelectorAll("code,pre,svg,[type=tel],[inputmode=numeric],#numbers"))
  if (isSeen(e) && getComputedStyle(e).direction !== "ltr") faults.push("turned round: " + (text(e) || e.name));
// The groups of a phone number, and a date and its time, stand in the order in which they are written.
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
for (let node = walker.nextNode(); node; node = walker.nextNode()) {
  const found = /[0-9]{2} [0-9]{4} [0-9]{6}|[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}/.exec(node.data);
  if (!found || !isSeen(node.parentElement) || node.parentElement.closest("option,textarea")) continue;
  const place = offset => {
    const range = document.createRange();
    range.setStart(node, offset);
    range.setEnd(node, offset + 1);
    return range.getBoundingClientRect();
  };
  const [first, last] = [place(found.index), place(found.index + found[0].length - 1)];
  if (first.top === last.top && first.left > last.left) faults.push("reads backwards: " + found[0]);
}
return faults;
"""

looker = Looker(FOLDER, "he-IL")
browser = looker.browser
browser.get(ORIGIN + "/portal/sign-in")
name, value = COOKIE.split("=", 1)
browser.add_cookie({"name": name, "value": value, "path": "/"})
for path in PATHS:
    browser.get(ORIGIN + path)
    page = path.removeprefix("/portal/").split("?")[0].replace("/", "-") or "home"
    looker.stays(page)
    for width in [1280, 390]:
        looker.resize(width, False)
        found = browser.execute_script(RULES) + browser.execute_script(MIRRORED)
        # What axe-core finds in each width is for the pages from left to right.
        if width == 1280 or IS_THOROUGH:
            found += looker.violations()
        looker.faults += [f"{page} at {width}: {fault}" for fault in found]
        if found or IS_THOROUGH:
            looker.picture(f"{page}-{width}")
    looker.resize(1280, False)
sys.exit(looker.finish())
