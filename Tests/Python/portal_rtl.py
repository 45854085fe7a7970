"""The portal in a language that is written from right to left, in Chromium: wide and narrow, light and dark.

Usage: portal_rtl.py FIRST-LINK FOLDER, with selenium and axe-playwright-python on PYTHONPATH, of a server that has such a language
(he). Asks for the PIN as portal_clicks.py does. No word of the pages is known, so forms are found by their fields. Ends with the
line "passed", or with what is wrong.
"""

import os
import sys
import time

from portal_look import Looker
from selenium.webdriver.common.by import By

FIRST, FOLDER = sys.argv[1:3]
PORTAL = FIRST.split("/portal/")[0] + "/portal"

# What is the page's own stays within it; tables and command lines scroll in boxes of their own.
WITHIN = """
const out = [];
for (const e of document.querySelectorAll("body *")) {
  if (!e.getClientRects().length || e.closest(".visually-hidden,.skip-link,.table-box,pre,svg,[popover]:not(:popover-open)")) continue;
  const box = e.getBoundingClientRect();
  if (box.left < -1 || box.right > innerWidth + 1) out.push(`outside, ${box.left.toFixed(0)} to ${box.right.toFixed(0)}: ` + (e.textContent || e.name || e.tagName).trim().slice(0, 60));
}
const root = document.documentElement;
if (root.dir !== "rtl" || root.lang !== "he") out.push(`dir ${root.dir}, lang ${root.lang}`);
if (getComputedStyle(document.body).direction !== "rtl") out.push("the style turns the direction back");
const heading = document.querySelector("h1");
if (!heading || !/[\\u0590-\\u05FF]/.test(heading.textContent)) out.push("the heading is not in the language");
const side = document.querySelector(".side-menu"), main = document.querySelector("main");
if (side && innerWidth > 1000 && side.getBoundingClientRect().left < main.getBoundingClientRect().left) out.push("the menu stands left");
return [...new Set(out)];
"""

looker = Looker(FOLDER, language="he")
browser = looker.browser


def look(name):
    looker.look(name)
    for width in (1280, 390):
        looker.resize(width, False)
        looker.faults += [f"{name} at {width}: {fault}" for fault in browser.execute_script(WITHIN)]
    looker.resize(1280, False)


def send(**fields):
    """Fills the form that has these fields, and sends it; waits for the page that follows."""
    for name, value in fields.items():
        looker.write(name, value)
    page = browser.find_element(By.TAG_NAME, "html")
    field = browser.find_element(By.NAME, next(iter(fields)))
    browser.execute_script("arguments[0].form.requestSubmit(arguments[0].form.querySelector('button'))", field)
    for _ in range(300):
        try:
            page.is_enabled()
        except Exception:  # The page is gone, however the driver says so.
            return
        time.sleep(0.1)
    raise SystemExit("no page follows: " + looker.text)


browser.get(FIRST)
look("rtl-sign-in")
send(name="Ada Lovelace")
browser.get(PORTAL + "/me/phones/new")
look("rtl-phone")
send(number="+44 7700 900129")
print("pin?", flush=True)
while not os.path.exists(FOLDER + "/pin"):
    time.sleep(0.1)
with open(FOLDER + "/pin", encoding="utf-8") as file:
    send(pin=file.read())
browser.get(PORTAL + "/groups/new")
send(name="Field team")
look("rtl-group")
browser.get(PORTAL + "/connectors/new")
send(name="Shift survey", description="Weekly survey and results")
look("rtl-permissions")
for name, path in [
    ("home", "/"), ("connectors", "/connectors"), ("audit", "/audit"), ("event", "/events/2"), ("review", "/review"),
    ("find", "/find?q=ada"), ("people", "/people"), ("person", "/people/2"), ("health", "/health"), ("keys", "/keys"),
    ("me", "/me"), ("not-there", "/connectors/999"),
]:
    browser.get(PORTAL + path)
    look("rtl-" + name)
sys.exit(looker.finish())
