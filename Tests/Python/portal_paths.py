"""Pages of the portal in Chromium, by their paths: whether anything that somebody typed is more than text on them, and with pictures.

Usage: portal_paths.py ORIGIN FOLDER TYPED ARGUMENT..., with selenium and axe-playwright-python on PYTHONPATH. Each ARGUMENT is a path
that is opened, `shown:` and a path of a page that must show the text TYPED, or NAME=VALUE of the cookie for what follows. Pictures of
each page are left in FOLDER, and each is looked at; with `-` for FOLDER none is, and only what was typed is looked for. Ends with the
line "passed", or with what is wrong.
"""

import sys

from portal_look import Looker

ORIGIN, FOLDER, TYPED = sys.argv[1:4]

# What people typed must not become.
UNTYPED = """
const faults = [];
if ("__x" in window) faults.push("what somebody typed was executed");
const marks = "script:not([src]),img,iframe,object,embed,[onerror],[onload],[onclick],[onfocus],[onmouseover],[srcdoc]";
for (const e of document.querySelectorAll(marks)) faults.push("markup that somebody typed: " + e.outerHTML.slice(0, 80));
for (const e of document.querySelectorAll("[href],[src],[action],[formaction]"))
  for (const name of ["href", "src", "action", "formaction"])
    if (/^\\s*(javascript|data|vbscript):/i.test(e.getAttribute(name) || "")) faults.push("an address that runs: " + e.outerHTML.slice(0, 80));
return faults;
"""
SHOWS = """
const wanted = arguments[0];
// The menu has the name of the reader on each page.
const main = document.querySelector("main");
const values = [...main.querySelectorAll("input,textarea")].map(e => e.value);
return [main.textContent, ...values].some(text => text.includes(wanted));
"""

looker = Looker(FOLDER)
browser = looker.browser
# A cookie is set from a page of its origin.
browser.get(ORIGIN + "/portal/sign-in")
for argument in sys.argv[4:]:
    path = argument.removeprefix("shown:")
    if not path.startswith("/"):
        name, value = path.split("=", 1)
        browser.add_cookie({"name": name, "value": value, "path": "/"})
        continue
    browser.get(ORIGIN + path)
    page = path.removeprefix("/portal/").split("?")[0].replace("/", "-") or "home"
    found = browser.execute_script(UNTYPED)
    if path != argument and not browser.execute_script(SHOWS, TYPED):
        found.append("what was typed is not shown as it was typed")
    looker.faults += [f"{path}: {fault}" for fault in found]
    if FOLDER != "-":
        # Several views of one page have a picture each.
        look = page if page not in looker.seen else f"{page}-{len(looker.seen)}"
        looker.look(look)
sys.exit(looker.finish(("400", "403", "404", "405", "409", "410", "422")))
