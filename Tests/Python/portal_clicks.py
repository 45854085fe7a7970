"""The four steps of the portal in Chromium, by clicking, as somebody who knows only what the pages say.

Usage: portal_clicks.py FIRST-LINK FOLDER, with selenium on PYTHONPATH. Asks for the PIN by a line "pin?", and reads it from the
file FOLDER/pin once it is there. Saves a picture of each page in FOLDER, wide and narrow, light and dark, and checks each page by
rules for people who use a keyboard or a screen reader. Ends with the line "passed", or with what is wrong.
"""

import json
import os
import sys
import time
import urllib.request

from selenium import webdriver
from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select, WebDriverWait

FIRST, FOLDER = sys.argv[1:3]
ORIGIN = FIRST.split("/portal/")[0]
NUMBER = "+44 7700 900129"

options = webdriver.ChromeOptions()
for argument in ["--headless=new", "--no-sandbox", "--disable-gpu", "--window-size=1280,1000"]:
    options.add_argument(argument)
options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
browser = webdriver.Chrome(options=options, service=Service("/usr/bin/chromedriver"))
faults = []

RULES = """
const faults = [];
const text = e => (e.textContent || "").trim();
if (document.querySelectorAll("h1").length !== 1) faults.push("not exactly one h1");
if (!document.documentElement.lang) faults.push("no language");
if (!document.querySelector("main")) faults.push("no main");
let level = 0;
for (const h of document.querySelectorAll("h1,h2,h3,h4")) {
  const n = Number(h.tagName[1]);
  if (h.closest("nav")) continue;
  if (n > level + 1) faults.push("heading skips a level: " + text(h));
  level = n;
}
const ids = [...document.querySelectorAll("[id]")].map(e => e.id);
if (new Set(ids).size !== ids.length) faults.push("an ID twice: " + ids.filter((x, i) => ids.indexOf(x) !== i));
for (const e of document.querySelectorAll("input:not([type=hidden]),select,textarea")) {
  if (!e.labels.length && !e.getAttribute("aria-label")) faults.push("no label: " + e.name);
  for (const id of (e.getAttribute("aria-describedby") || "").split(" ").filter(Boolean))
    if (!document.getElementById(id)) faults.push("described by nothing: " + e.name);
}
for (const e of document.querySelectorAll("a[href],button")) {
  const name = text(e) || e.getAttribute("aria-label") || "";
  if (!name) faults.push("no name: " + e.outerHTML.slice(0, 80));
  const box = e.getBoundingClientRect();
  if (box.width && e.tagName === "BUTTON" && box.height < 24) faults.push("too small: " + name);
}
for (const t of document.querySelectorAll("table")) if (!t.querySelector("th[scope]")) faults.push("table without headings");
if (document.documentElement.scrollWidth > innerWidth + 1) faults.push("scrolls sideways at " + innerWidth);
if (document.querySelector("[style],[onclick]")) faults.push("inline style or code");
const luminance = c => { const v = c.map(x => { x /= 255; return x <= .03928 ? x / 12.92 : ((x + .055) / 1.055) ** 2.4; });
  return .2126 * v[0] + .7152 * v[1] + .0722 * v[2]; };
const colour = s => (s.match(/[\\d.]+/g) || []).map(Number);
for (const e of document.querySelectorAll("p,a,h1,h2,h3,th,td,dt,dd,button,label,small,code,span,strong")) {
  if (![...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim()) || !e.getClientRects().length) continue;
  if (e.closest(".visually-hidden,.skip-link,[disabled]")) continue;
  let back = e, c; do { c = colour(getComputedStyle(back).backgroundColor); back = back.parentElement; } while (back && c[3] === 0);
  if (c.length < 3 || c[3] === 0) continue;
  const [a, b] = [luminance(colour(getComputedStyle(e).color)), luminance(c)].sort((x, y) => y - x);
  if ((a + .05) / (b + .05) < 4.5) faults.push("contrast " + ((a + .05) / (b + .05)).toFixed(2) + ": " + text(e).slice(0, 40));
}
return faults;
"""


def look(name):
    """Pictures of the page, and the rules."""
    for width, dark in [(1280, False), (390, False), (1280, True)]:
        browser.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride", {"width": width, "height": 1000, "deviceScaleFactor": 1, "mobile": width < 500}
        )
        browser.execute_cdp_cmd(
            "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]}
        )
        faults.extend(f"{name} at {width}{' dark' if dark else ''}: {fault}" for fault in browser.execute_script(RULES))
        browser.save_screenshot(f"{FOLDER}/{name}-{width}{'-dark' if dark else ''}.png")
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
    browser.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride", {"width": 1280, "height": 1000, "deviceScaleFactor": 1, "mobile": False}
    )


def wait_for(heading):
    """Waits for a text in the page. The page before may go while it is looked at."""
    wait = WebDriverWait(browser, 30, ignored_exceptions=[StaleElementReferenceException])
    wait.until(lambda b: any(heading in main.text for main in b.find_elements(By.TAG_NAME, "main")))


def press(words):
    for element in browser.find_elements(By.CSS_SELECTOR, "a,button"):
        if element.text.strip() == words and element.is_enabled():
            element.click()
            return
    raise SystemExit(f"nothing to press is called {words}: {browser.find_element(By.TAG_NAME, 'body').text}")


def write(field, text):
    element = browser.find_element(By.NAME, field)
    element.clear()
    element.send_keys(text)


browser.get(FIRST)
look("sign-in")
write("name", "Ada Lovelace")
press("Sign in with this name")
wait_for("Welcome, Ada Lovelace")
look("home")
press("Add a Phone Number")
write("number", "12")
press("Generate PIN")
wait_for("There is a problem")
look("phone-problem")
write("number", NUMBER)
press("Generate PIN")
wait_for("Enter the PIN")
look("pin")
print("pin?", flush=True)
while not os.path.exists(FOLDER + "/pin"):
    time.sleep(0.1)
write("pin", open(FOLDER + "/pin").read())
press("Verify number")
wait_for("Your number is verified.")

press("Add Connector")
write("name", "Shift survey")
write("description", "Weekly survey and results")
press("Continue")
wait_for("What may Shift survey do?")
look("permissions")
press("Create Connector")
wait_for("Tick at least one permission.")
for value in ["group-information", "text-message"]:
    browser.find_element(By.CSS_SELECTOR, f"input[value={value}]").click()
press("Create Connector")
wait_for("Copy the Secret now.")
look("secret")
connector = browser.find_element(By.ID, "connector-id").text
secret = browser.find_element(By.ID, "connector-secret").text
# The button waits for the tick, and leads on.
assert not browser.find_element(By.ID, "secret-done").is_enabled(), "the button does not wait for the tick"
browser.find_element(By.NAME, "stored").click()
press("Continue")
wait_for("Live tokens")
assert secret not in browser.page_source
look("connector")
browser.back()
assert secret not in browser.page_source, "the back button shows the Secret again"

browser.get(ORIGIN + "/portal/")
press("Create group")
write("name", "Field team")
press("Create group")
wait_for("The group is created.")
look("group")
press("Connectors (0)")
Select(browser.find_element(By.NAME, "connector")).select_by_index(0)
press("Continue")
wait_for("Let Shift survey into Field team?")
look("consent")
press("Add Connector")
wait_for("Copy the Refresh Token now.")
look("refresh-token")
refresh = browser.find_element(By.ID, "refresh").text
headers = {"applicationId": connector, "applicationSecret": secret, "refreshToken": refresh}
with urllib.request.urlopen(urllib.request.Request(ORIGIN + "/v1/accessToken", headers=headers)) as answer:
    token = json.load(answer)["accessToken"]


def is_good():
    try:
        return urllib.request.urlopen(urllib.request.Request(ORIGIN + "/check", headers={"accessToken": token})).status == 200
    except urllib.error.HTTPError:
        return False


assert is_good(), "the access token does not open anything"
browser.find_element(By.NAME, "stored").click()
press("Done")
wait_for("got its first access token.")
look("first-token")
press("Revoke…")
press("Revoke")
wait_for("Revoked.")
assert not is_good(), "the revoked token still opens something"
browser.get(ORIGIN + "/portal/audit?exact=token.issued")
look("audit")
browser.find_element(By.CSS_SELECTOR, "main .proof").click()
wait_for("Proven.")
look("event")
number = browser.current_url.rsplit("/", 1)[1]
browser.get(f"{ORIGIN}/portal/tokens/{number}")
wait_for("Not valid")
look("why-valid")
for page in ["connectors", "groups", "me", "me/granted", "review", "health", "people", "nothing"]:
    browser.get(f"{ORIGIN}/portal/{page}")
    look(page.replace("/", "-"))
# The keyboard alone reaches the content first.
browser.get(ORIGIN + "/portal/")
browser.find_element(By.TAG_NAME, "body").send_keys(Keys.TAB)
if browser.switch_to.active_element.text != "Skip to content":
    faults.append("the first stop of the keyboard is not the link to the content")
for entry in browser.get_log("browser"):
    if "404" not in entry["message"] and "422" not in entry["message"] and "410" not in entry["message"]:
        faults.append("the console says: " + entry["message"])
browser.quit()
print("\n".join(sorted(set(faults))) or "passed")
sys.exit(1 if faults else 0)
