"""The four steps of the portal in Chromium, by clicking, as somebody who knows only what the pages say.

Usage: portal_clicks.py FIRST-LINK FOLDER [PICTURES], with selenium and axe-playwright-python on PYTHONPATH. Asks for the PIN by a
line "pin?", and reads it from the file FOLDER/pin once it is there. Looks at each page, with pictures of faults in FOLDER. With
PICTURES it leaves there those that the README shows. Ends with the line "passed", or with what is wrong.
"""

import json
import os
import sys
import urllib.request

from portal_live import check_announcements
from portal_look import Failed, Looker, until
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select
from small_png import shrink

FIRST, FOLDER = sys.argv[1:3]
PICTURES = sys.argv[3] if len(sys.argv) > 3 else None
ORIGIN = FIRST.split("/portal/")[0]
NUMBER = "+44 7700 900129"

looker = Looker(FOLDER)
browser, look, wait_for, press, write = looker.browser, looker.look, looker.wait_for, looker.press, looker.write
faults = looker.faults


def keep(name):
    """A picture for the README, small enough for a repository."""
    if PICTURES:
        looker.resize(900, False, 620)
        browser.save_screenshot(f"{PICTURES}/{name}.png")
        shrink(f"{PICTURES}/{name}.png")
        looker.resize(1280, False)


browser.get(FIRST)
look("sign-in")
write("name", "Ada Lovelace")
press("Sign in with this name")
wait_for("Welcome, Ada Lovelace")
look("home")
keep("1-sign-in")
press("Add a Phone Number")
write("number", "12")
press("Generate PIN")
wait_for("There is a problem")
look("phone-problem")
write("number", NUMBER)
press("Generate PIN")
wait_for("Enter the PIN")
look("pin")
keep("2-phone")
print("pin?", flush=True)
if not until(lambda: os.path.exists(FOLDER + "/pin")):
    raise Failed("no PIN came")
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
keep("3-connector")
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
keep("4-group")
refresh = browser.find_element(By.ID, "refresh").text
headers = {"applicationId": connector, "applicationSecret": secret, "refreshToken": refresh}


def get_token():
    with urllib.request.urlopen(urllib.request.Request(ORIGIN + "/v1/accessToken", headers=headers)) as answer:
        return json.load(answer)["accessToken"]


token = get_token()


def is_good():
    try:
        return urllib.request.urlopen(urllib.request.Request(ORIGIN + "/check", headers={"accessToken": token})).status == 200
    except urllib.error.HTTPError:
        return False


assert is_good(), "the access token does not open anything"
# The page of the Refresh Token hears of it by itself.
wait_for("got its first access token.")
assert refresh in looker.text, "the page went while it was waited for"
browser.find_element(By.NAME, "stored").click()
press("Done")
wait_for("got its first access token.")
look("first-token")
place = browser.current_url
browser.get(ORIGIN + "/portal/audit?exact=token.issued&live=1")
wait_for("Pause")
check_announcements(looker, get_token, 3)
browser.get(place)
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
sys.exit(looker.finish())
