"""A page of the portal as people see it: pictures in both widths and colours, and what is wrong with it for people who use a
keyboard, a screen reader or little light. WCAG 2.2 AA by axe-core, which the package axe-playwright-python carries, and by rules of
our own for what it does not look at.
"""

import atexit
import contextlib
import importlib.util
import os
import shutil
import sys
import tempfile
import time
import traceback

from selenium import webdriver
from selenium.common.exceptions import NoSuchElementException, StaleElementReferenceException, WebDriverException
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from urllib3.exceptions import HTTPError

# What a browser says of an element whose page is gone; the driver does not know all that the browser says, and passes it on.
GONE = (StaleElementReferenceException, NoSuchElementException)
GONE_TEXTS = (
    "does not belong to the document", "No node with given id", "Could not find node", "Cannot find context", "execution context",
    "target frame detached")
# How many seconds what takes a moment may take: a bound on what hangs, not on how slow a busy machine is.
PATIENCE = 300
# How often a browser is started that does not get ready in time.
STARTS = 3
# Each page is looked at in each width and colour, and a picture of each is kept for people to look at, unless it is 0.
IS_THOROUGH = os.environ.get("CREDLEDGER_PORTAL_PICTURES") != "0"
# Each width and each colour once: contrast does not depend on the width, nor the layout on the colour.
EACH_ONCE = [(1280, False), (390, True)]
VARIANTS = [(1280, False), (390, False), (1280, True), (390, True)] if IS_THOROUGH else EACH_ONCE

# What axe-core does not look at, or only with words in other places.
RULES = """
const faults = [];
const text = e => (e.textContent || "").trim().replace(/\\s+/g, " ").slice(0, 60);
const isSeen = e => e.checkVisibility() && e.getClientRects().length > 0 && !e.closest(".visually-hidden,.skip-link");
if (document.querySelectorAll("h1").length !== 1) faults.push("not exactly one h1");
for (const e of document.querySelectorAll("[aria-describedby],[aria-labelledby]"))
  for (const id of `${e.getAttribute("aria-describedby") || ""} ${e.getAttribute("aria-labelledby") || ""}`.split(" ").filter(Boolean))
    if (!document.getElementById(id)) faults.push("described by nothing: " + id);
for (const e of document.querySelectorAll("input:not([type=hidden]),select,textarea"))
  if (!e.labels.length && !e.getAttribute("aria-label")) faults.push("no label: " + e.name);
for (const t of document.querySelectorAll("table")) {
  if (!t.querySelector("th[scope=col]")) faults.push("table without headings of columns");
  if (!t.caption && !t.getAttribute("aria-label") && !t.closest("section[aria-labelledby],[role=region]"))
    faults.push("table without a name: " + text(t));
}
// A sentence in a flexible box or a grid is torn at each element in it.
for (const e of document.querySelectorAll("body *"))
  if (/flex|grid/.test(getComputedStyle(e).display) && [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim())
      && [...e.children].some(child => ["A", "B", "BDI", "CODE", "SPAN", "STRONG", "TIME"].includes(child.tagName) && isSeen(child)))
    faults.push(`a sentence is torn apart in ${e.tagName}.${e.className}: ` + text(e));
if (document.documentElement.scrollWidth > innerWidth + 1) faults.push("scrolls sideways");
if (document.querySelector("[style],[onclick]")) faults.push("inline style or code");
const controls = "a[href],button,input:not([type=hidden]),select,textarea,summary,[tabindex='0']";
for (const e of document.querySelectorAll(controls)) {
  if (!isSeen(e) || e.disabled) continue;
  if (e.tabIndex < 0) { faults.push("the keyboard does not reach: " + text(e)); continue; }
  e.focus({ focusVisible: true });
  if (document.activeElement !== e) { faults.push("takes no focus: " + text(e)); continue; }
  const style = getComputedStyle(e);
  if (style.outlineStyle === "none" || parseFloat(style.outlineWidth) < 2) faults.push("the focus is not seen: " + text(e));
  const box = e.getBoundingClientRect();
  const isInText = e.tagName === "A" && style.display === "inline" && [...e.parentElement.childNodes].some(n => n.nodeType === 3 && n.data.trim());
  const target = e.labels && e.labels.length && e.closest("label") ? e.closest("label").getBoundingClientRect() : box;
  if (!isInText && (target.height < 23.5 || target.width < 23.5))
    faults.push(`smaller than 24 px (${target.width.toFixed(0)} x ${target.height.toFixed(0)}): ` + (text(e) || e.name));
  e.blur();
}
for (const e of document.querySelectorAll("main *,nav *")) {
  if (!isSeen(e) || getComputedStyle(e).cursor !== "pointer") continue;
  if (!e.closest(controls) && !e.closest("label")) faults.push("only a mouse presses it: " + text(e));
}
for (const e of document.querySelectorAll("main h1, main h2, main p, main dd, main td, main th, main button, main a.button")) {
  if (!isSeen(e) || e.closest("pre,.table-box,.tab-list")) continue;
  if (e.scrollWidth > e.clientWidth + 2 && getComputedStyle(e).display !== "inline" && getComputedStyle(e).overflowX !== "visible")
    faults.push("cut: " + text(e));
}
scrollTo(0, 0);
return [...new Set(faults)];
"""

AXE = """
const done = arguments[arguments.length - 1];
const only = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
axe.run(document, { runOnly: only, resultTypes: ["violations"] }).then(
  result => done(result.violations.flatMap(v => v.nodes.slice(0, 3).map(n => `${v.id}: ${n.html.slice(0, 140)} ${n.failureSummary.split("\\n").slice(1, 3).join(";").slice(0, 260)}`))),
  error => done(["axe-core failed: " + error]));
"""


# How far what a page shows has moved since it began to load (https://web.dev/articles/cls), and what moved. Once a page: what our own
# changes of the window move is none of its load.
SHIFT = """
const done = arguments[arguments.length - 1];
if (window.isMeasured) { done([0, []]); return; }
window.isMeasured = true;
let sum = 0;
const moved = [];
new PerformanceObserver(list => {
  for (const entry of list.getEntries()) {
    if (entry.hadRecentInput) continue;
    sum += entry.value;
    for (const { node } of entry.sources) moved.push(node && node.nodeType === 1 ? node.outerHTML.slice(0, 80) : String(node && node.nodeName));
  }
}).observe({ type: "layout-shift", buffered: true });
// The entries of the load come in a task of their own, the last of them after the frame that is being drawn.
requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(() => done([sum, moved]), 0)));
"""
# The most that a page may move: half of what counts as good.
MOST_SHIFT = 0.05


# What may be called so; what of it is seen is asked of the driver, which takes a request for each.
CALLED = """
return [...document.querySelectorAll("a,button,summary")].filter(e => e.textContent.replace(/\\s+/g, " ").includes(arguments[0]));
"""


class Failed(Exception):
    """What a script finds that ends it."""


def say_why(kind, error, trace):
    """Prints an exception as the last line, which the test shows first; and where it comes from on standard error."""
    sys.__excepthook__(kind, error, trace)
    frames = traceback.extract_tb(trace)
    place = f"{os.path.basename(frames[0].filename)}:{frames[0].lineno}: " if frames else ""
    # A driver adds addresses within itself.
    text = " ".join(str(error).split("Stacktrace:")[0].split())
    print(f"{place}{kind.__name__}: {text}", flush=True)


sys.excepthook = say_why


def start(options):
    """A browser. The driver waits 60 seconds until one is ready, which is not enough on each busy machine."""
    for left in reversed(range(STARTS)):
        try:
            browser = webdriver.Chrome(options=options, service=Service("/usr/bin/chromedriver"))
            break
        except (WebDriverException, HTTPError) as error:
            if left == 0:
                raise
            print(f"the browser is started again: {error}", file=sys.stderr)
    browser.set_page_load_timeout(PATIENCE)
    browser.set_script_timeout(PATIENCE)
    # The driver's answers, which say what took too long, come before the connection to it is given up; by itself that has 120 seconds.
    browser.command_executor.client_config.timeout = PATIENCE + 60
    return browser


def axe_source():
    """The text of axe-core."""
    found = importlib.util.find_spec("axe_playwright_python")
    with open(os.path.join(os.path.dirname(found.origin), "axe.min.js"), encoding="utf-8") as file:
        return file.read()


def is_gone(error):
    """Whether an exception says that the page of an element is gone."""
    return isinstance(error, GONE) or any(text in str(error.msg) for text in GONE_TEXTS)


def steadily(body):
    """What a body answers once the page that it looks at stays."""
    end = time.monotonic() + PATIENCE
    while True:
        try:
            return body()
        except WebDriverException as error:
            if not is_gone(error) or time.monotonic() > end:
                raise
            time.sleep(0.1)


def until(body, pause=0.1):
    """Waits until a body answers with something, and returns it; what it answers at last where it never does."""
    end = time.monotonic() + PATIENCE
    while not (found := steadily(body)) and time.monotonic() < end:
        time.sleep(pause)
    return found


class Looker:
    """A browser, and what is wrong with the pages that it saw."""

    def __init__(self, folder, language="en-GB"):
        self.scratch = tempfile.mkdtemp()
        os.environ["TMPDIR"] = self.scratch
        self.browser = None
        # Also where a script ends early.
        atexit.register(self.close)
        options = webdriver.ChromeOptions()
        # A container has little memory at /dev/shm, and a page that needs more crashes.
        for argument in [
            "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars",
            "--window-size=1280,1000", f"--lang={language}"]:
            options.add_argument(argument)
        options.add_experimental_option(
            "prefs", {"intl.accept_languages": language, "download.default_directory": os.path.abspath(folder)})
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        self.browser = start(options)
        self.folder = folder
        self.axe = axe_source()
        self.faults = []
        self.seen = []

    def resize(self, width, dark, height=1000):
        """As a browser of this width has it, in one of the two colours."""
        self.browser.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride",
            {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500})
        self.browser.execute_cdp_cmd(
            "Emulation.setEmulatedMedia",
            {"features": [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]})

    def look(self, name):
        """What is wrong with the page, and pictures of what is."""
        self.seen.append(name)
        self.stays(name)
        for width, dark in VARIANTS:
            self.resize(width, dark)
            found = self.browser.execute_script(RULES)
            if (width, dark) in EACH_ONCE:
                found += self.violations()
            self.faults += [f"{name} at {width}{' dark' if dark else ''}: {fault}" for fault in found]
            if found or IS_THOROUGH:
                self.picture(f"{name}-{width}{'-dark' if dark else ''}")
        self.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
        self.resize(1280, False)

    def stays(self, name):
        """Whether what the page shows stays in its place while it loads."""
        shift, moved = self.browser.execute_async_script(SHIFT)
        if shift >= MOST_SHIFT:
            width = self.browser.execute_script("return innerWidth")
            self.faults.append(f"{name} at {width}: it moves by {shift:.3f} while it loads: {'; '.join(moved[:3])}")

    def violations(self):
        """What axe-core finds on the page as it is now."""
        if not self.browser.execute_script("return 'axe' in window"):
            self.browser.execute_script(self.axe)
        return self.browser.execute_async_script(AXE)

    def picture(self, name):
        """The whole page, up to a height at which a picture can still be read."""
        height = self.browser.execute_script("return Math.min(2600, document.documentElement.scrollHeight)")
        width = self.browser.execute_script("return innerWidth")
        self.browser.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride",
            {"width": width, "height": max(600, height), "deviceScaleFactor": 1, "mobile": width < 500})
        self.browser.save_screenshot(f"{self.folder}/{name}.png")

    def wait_for(self, heading):
        """Waits for a text in the page. The page before may go while it is looked at."""
        if not until(lambda: any(heading in main.text for main in self.browser.find_elements(By.TAG_NAME, "main"))):
            raise Failed(f"the page does not say {heading}: {self.text}")

    @property
    def text(self):
        return steadily(lambda: self.browser.find_element(By.TAG_NAME, "body").text)

    def press(self, words):
        """Clicks the first link or button that is called so."""

        def find():
            for element in self.browser.execute_script(CALLED, words):
                if element.text.strip() == words and element.is_enabled():
                    return element
            return None

        element = until(find)
        if element is None:
            raise Failed(f"nothing to press is called {words}: {self.text}")
        element.click()

    def write(self, field, text):
        """Puts a text into a field, in place of what it has."""

        def put():
            element = self.browser.find_element(By.NAME, field)
            element.clear()
            element.send_keys(text)

        steadily(put)

    def close(self):
        """Ends the browser, and removes its files: also those that a process of it writes that ends later than it says."""
        if self.browser:
            with contextlib.suppress(Exception):
                self.browser.quit()
        self.browser = None
        end = time.monotonic() + PATIENCE
        while os.path.exists(self.scratch) and time.monotonic() < end:
            shutil.rmtree(self.scratch, ignore_errors=True)
            time.sleep(0.1)

    def finish(self, expected=("404", "403", "405", "410", "422")):
        """Says what is wrong, and ends the browser. A page that refuses says so in the console as well."""
        for entry in self.browser.get_log("browser"):
            if not any(f"status of {code}" in entry["message"] for code in expected):
                self.faults.append("the console says: " + entry["message"])
        self.close()
        print("\n".join(sorted(set(self.faults))) or "passed")
        return 1 if self.faults else 0
