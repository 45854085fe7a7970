"""Every page of the portal in Chromium, with something in each place, and with nothing.

Usage: portal_pages.py FIRST-LINK FOLDER HOOKS-PORT, with selenium and axe-playwright-python on PYTHONPATH; a receiver of webhooks
listens on the port under the name hooks.example.org. Asks for the PIN by a line "pin?", and reads it from the file FOLDER/pin once
it is there. Looks at each page, with pictures of faults in FOLDER. Ends with the line "passed", or with what is wrong.
"""

import base64
import hashlib
import json
import os
import re
import sys
import urllib.error
import urllib.parse
import urllib.request

from portal_look import Failed, Looker, until
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import Select

FIRST, FOLDER, HOOKS = sys.argv[1:4]
ORIGIN = FIRST.split("/portal/")[0]
# As long as a name may be, without a place to break it.
LONG = "Zeiterfassungsschnittstellenverwaltungsprogramm" * 2
# From right to left, beside text from left to right.
HEBREW = "צוות השטח (north)"

looker = Looker(FOLDER)
browser, look, wait_for, press, write = looker.browser, looker.look, looker.wait_for, looker.press, looker.write


def go(path):
    browser.get(ORIGIN + "/portal/" + path)


def see(name, path, heading=None):
    go(path)
    if heading:
        wait_for(heading)
    look(name)
    # A narrow page is laid out otherwise, so it loads once more.
    looker.resize(390, False)
    go(path)
    if heading:
        wait_for(heading)
    looker.stays(name)
    looker.resize(1280, False)


def unchecked():
    """Lets a form be sent that the browser would not send, to see what the server says."""
    browser.execute_script("for (const form of document.forms) form.noValidate = true")


def number(pattern):
    """The number in the first link or form of the page that leads to such an address."""
    found = re.search(f'(?:href|action)="/portal/{pattern}', browser.page_source)
    if not found:
        raise Failed(f"nothing leads to {pattern}: {looker.text}")
    return found[1]


def enter(name, place=None):
    """Signs in by a name, anew if somebody is signed in."""
    browser.get(place or ORIGIN + "/portal/sign-in")
    write("name", name)
    press("Sign in with this name")
    wait_for(name)


def call(method, path, token=None, body=None, **headers):
    """Asks the API as a program does."""
    if token:
        headers["accessToken"] = token
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(
        ORIGIN + path, data, headers | ({"Content-Type": "application/json"} if data else {}), method=method)
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def check(*values):
    for value in values:
        browser.find_element(By.CSS_SELECTOR, f"input[value={value}]").click()


# What there is: a person with a number, two connectors, two groups, grants, tokens, webhooks, messages.
see("sign-in", FIRST.split("/portal/")[1], "first operator")
enter("Ada Lovelace", FIRST)
see("no-connectors", "connectors", "No connectors yet")
see("no-phone", "connectors/new", "Add a phone number first")
see("no-groups", "groups", "You are in no group yet")
see("nothing-granted", "me/granted", "You have let no program act for you.")
see("nothing-to-review", "review", "There is no grant to review.")
go("me/phones/new")
look("phone")
write("number", "+44 7700 900129")
press("Generate PIN")
wait_for("Enter the PIN")
write("pin", "12")
press("Verify number")
wait_for("There is a problem")
look("wrong-pin")
print("pin?", flush=True)
if not until(lambda: os.path.exists(FOLDER + "/pin")):
    raise Failed("no PIN came")
write("pin", open(FOLDER + "/pin", encoding="ascii").read())
press("Verify number")
wait_for("Your number is verified.")
look("home-next")

see("connector-new", "connectors/new")
press("Continue")
wait_for("There is a problem")
look("connector-new-problem")


def create(name, redirect, *permissions):
    go("connectors/new")
    write("name", name)
    write("description", "Asks everybody on a shift how it went, once a week")
    write("publisher", "Acme Research")
    write("redirects", redirect)
    press("Continue")
    wait_for("Step 2 of 2")
    check(*permissions)
    press("Create Connector")
    wait_for("Copy the Secret now.")
    found = [browser.find_element(By.ID, f"connector-{part}").text for part in ["id", "secret"]]
    return [number("connectors/([0-9]+)\""), *found]


connector, public_id, secret = create(
    "Shift survey", "https://client.example.org/callback", "group-information", "text-message", "outgoing-webhooks")
other, _, _ = create(LONG, "", "group-information", "group-member-list", "text-message", "media", "reactions")
see("group-new", "groups/new")
press("Create group")
wait_for("There is a problem")
look("group-new-problem")


def found_group(name):
    go("groups/new")
    write("name", name)
    press("Create group")
    wait_for("The group is created.")
    return number("groups/([0-9]+)\"")


group = found_group("Field team")
second = found_group(HEBREW)


def let_in(which, place):
    go(f"groups/{place}/connectors?connector={which}")
    press("Add Connector")
    wait_for("Copy the Refresh Token now.")
    return browser.find_element(By.ID, "refresh").text


see("group-connectors-none", f"groups/{group}/connectors", "No connector may work here yet.")
see("group-connector-choice", f"groups/{group}/connectors?connector={other}")
refresh = let_in(connector, group)
grant = number("groups/[0-9]+/connectors/([0-9]+)\"")
see("grant-waiting", f"groups/{group}/connectors/{grant}", "Waiting for")
let_in(other, group)
let_in(other, second)
keys = {"applicationId": public_id, "applicationSecret": secret, "refreshToken": refresh}
token = call("GET", "/v1/accessToken", **keys)["accessToken"]
see("no-webhooks", f"connectors/{connector}/webhooks", "No webhook.")
opened = call("GET", "/v1/groups", token)
place = opened["groups"][0]["groupId"]


def register(way):
    """The ID of a new webhook. The server gives a receiver five seconds, in which one on a busy machine may not get its turn."""
    body = {
        "objectId": place, "objectType": "Group", "eventTypes": ["TextMessageCreated", "MemberAdded"],
        "callBackUrl": f"https://hooks.example.org:{HOOKS}/{way}"}
    for _ in range(20):
        try:
            return call("POST", "/v1/webhook", token, body)["webhookId"]
        except urllib.error.HTTPError as error:
            told = error.read().decode()
            if "no answer in time" not in told:
                raise Failed(f"the webhook is refused: {told}") from None
    raise Failed(f"the webhook is refused: {told}")


made = [register(way) for way in ["ok", "fail", "ok/off"]]
call("PUT", f"/v1/webhook/{made[2]}", token, {"Active": "false"})
see("no-messages", f"groups/{group}/messages", "No messages yet.")
write("message", "The late shift begins at six on Friday.")
press("Send")
wait_for("The late shift")
call("POST", f"/v1/groups/{place}/messages", token, {"message": "Survey of week 48: three answers so far."})
see("messages", f"groups/{group}/messages", "three answers")

# A connector's pages.
see("connectors", "connectors", "2 connectors")
see("connectors-none-match", "connectors?q=nothing", "No connector matches")
see("connector", f"connectors/{connector}", "Live tokens")
see("connector-long", f"connectors/{other}", "One Secret works.")
see("connector-grants", f"connectors/{connector}/grants", "Field team")
see("connector-tokens", f"connectors/{connector}/tokens", "Access token")


def are_tried():
    go(f"connectors/{connector}/webhooks")
    return "Delivered" in looker.text and "Failed" in looker.text


def is_tried_again():
    go(hooks["fail"])
    return looker.text.count("HTTP 500") > 1


until(are_tried, 0.5)
wait_for("Switched off")
look("webhooks")
hooks = {
    link.text.rsplit("/", 1)[1]: link.get_attribute("href").removeprefix(ORIGIN + "/portal/")
    for link in browser.find_elements(By.CSS_SELECTOR, "th a") if "/webhooks/" in link.get_attribute("href")}
see("webhook-failing", hooks["fail"], "HTTP 500")
press("Retry now")
wait_for("The next delivery is tried now.")
until(is_tried_again, 0.5)
look("webhook-retried")
see("webhook", hooks["ok"], "HTTP 200")
see("webhook-off", hooks["off"], "Switched off")
press("Switch on")
wait_for("The webhook delivers again.")
look("webhook-on")
see("webhook-delete", hooks["ok"] + "/delete", "Nothing more is sent to it")
press("Delete webhook")
wait_for("Done.")
see("webhook-gone", hooks["ok"], "This webhook was deleted")
see("connector-edit", f"connectors/{connector}/edit", "Save changes")
write("redirects", "http://client.example.org/#x")
press("Save changes")
wait_for("There is a problem")
look("connector-edit-problem")
enter("Ada Lovelace")
see("rotate", f"connectors/{connector}/rotate", "Old Secret works for")
press("Rotate Secret")
wait_for("The Secret is rotated.")
look("rotated")
browser.back()
browser.forward()
browser.execute_script("history.back()")
see("two-secrets", f"connectors/{connector}", "Two Secrets work until")
see("end-old-secret", f"connectors/{connector}/end-old-secret", "gets no token from then on")
see("connector-deactivate", f"connectors/{other}/deactivate", "Grants that stop")
see("connector-activate", f"connectors/{other}/activate", "Its Secret works again")
see("user-token", f"connectors/{connector}/user-token", "Generate user token")
press("Generate user token")
wait_for("Copy the user token now.")
look("user-token-shown")
see("connector-delete", f"connectors/{other}/delete", "The moment you delete it")
browser.execute_script("document.getElementById('delete').disabled = false; document.getElementById('confirm').required = false")
write("confirm", "something else")
browser.execute_script("document.getElementById('delete').disabled = false")
browser.find_element(By.ID, "delete").click()
wait_for("Type the name exactly")
look("connector-delete-problem")

# Groups.
see("groups", "groups", "Field team")
see("group", f"groups/{group}", "Ada Lovelace")
write("numbers", "12")
press("Add members")
wait_for("There is a problem")
look("group-members-problem")
go(f"groups/{group}")
write("numbers", "+44 7700 900130")
press("Add members")
wait_for("Not signed in yet")
look("group-members")
see("group-subgroups", f"groups/{group}/subgroups", "Add sub-group")
see("group-edit", f"groups/{group}/edit", "Save changes")
see("group-delete", f"groups/{group}/delete", "Grants that end")
see("group-connectors", f"groups/{group}/connectors", "Connectors in this group")
see("grant", f"groups/{group}/connectors/{grant}", "got its first access token")
see("grant-revoke", f"grants/{grant}/revoke", "stop now")

# One's own account.
see("home", "", "What you did lately")
see("me", "me", "Sessions")
phone = number("me/phones/([0-9]+)/remove")
see("phone-remove", f"me/phones/{phone}/remove")
see("granted", "me/granted", "Shift survey")
see("sign-out", "sign-out", "Sign out?")

# What a program asks for.
challenge = base64.urlsafe_b64encode(hashlib.sha256(b"v" * 43).digest()).decode().rstrip("=")
query = urllib.parse.urlencode({
    "client_id": public_id, "response_type": "code", "state": "s", "code_challenge": challenge,
    "code_challenge_method": "S256", "scope": "textmessage.write groupinfo.read"})
browser.get(f"{ORIGIN}/oauth2/authorize?{query}&prompt=consent")
if "wants to act for you" not in looker.text:
    browser.find_element(By.CSS_SELECTOR, "a").click()
wait_for("wants to act for you")
look("consent")

# The audit trail and the review.
see("review", "review", "to decide")
Select(browser.find_element(By.NAME, f"decide-{grant}")).select_by_value("keep")
press("Save decisions")
wait_for("Say why, in a few words")
look("review-problem")
write(f"reason-{grant}", "The survey goes on in 2027")
Select(browser.find_element(By.NAME, f"decide-{grant}")).select_by_value("keep")
press("Save decisions")
wait_for("The decisions are recorded.")
look("review-decided")
see("audit", "audit", "Everything that was ever done here")
browser.find_elements(By.CSS_SELECTOR, "main details summary")[1].click()
look("audit-numbers")
see("audit-filtered", "audit?who=Shift+survey&type=tokens&days=7", "access token")
see("audit-none", "audit?who=Nobody", "There is a problem")
see("audit-empty", "audit?exact=subject.erased", "No event matches.")
see("audit-live", "audit?live=1", "Pause")
see("event", f"events/{grant}", "Proven.")
see("report", f"evidence/{grant}/report", "What proves it")
see("event-sealed", f"events/{phone}", "kept encrypted")
enter("Ada Lovelace")
see("reveal", f"events/{phone}/reveal", "Reason")
press("Reveal")
wait_for("Say why, in a few words")
look("reveal-problem")
write("reason", "The carrier asked for the number")
press("Reveal")
wait_for("Shown on this page alone")
look("revealed")
go("audit?exact=token.issued")
issued = number("events/([0-9]+)\"")
see("why-valid", f"tokens/{issued}", "nothing that it stands on was stopped")
see("why-valid-before", f"tokens/{issued}?at=3", "Not valid")
see("token-revoke", f"tokens/{issued}/revoke", "The token stops at once.")

# An operator's pages.
see("health", "health", "As of")
see("configuration", "configuration", "Value in force")
enter("Bob")
see("home-first", "", "Welcome, Bob")
see("bob-audit", "audit", "What you did")
browser.get(f"{ORIGIN}/oauth2/authorize?{query}")
if "wants to act for you" not in looker.text:
    browser.find_element(By.CSS_SELECTOR, "a").click()
wait_for("Add a phone number first")
look("consent-no-phone")
see("not-found", f"connectors/{connector}", "There is no such connector")
enter("Ada Lovelace")
see("people", "people", "Bob")
see("people-none", "people?q=nobody", "Nobody matches.")
bob = max(re.findall(r'href="/portal/people/([0-9]+)"', browser.page_source) or [""], key=lambda n: int(n or 0))
go("people")
bob = max(re.findall(r'href="/portal/people/([0-9]+)"', browser.page_source), key=int)
see("person", f"people/{bob}", "End sessions")
unchecked()
press("Disable")
wait_for("Say why, in a few words.")
look("person-problem")
enter("Ada Lovelace")
see("keys", "keys", "Signs now")
unchecked()
press("Rotate signing key")
wait_for("Say why, in a few words.")
look("keys-problem")
enter("Ada Lovelace")
see("erasure", f"people/{bob}/erase", "What it will do")
browser.execute_script("document.getElementById('erase').disabled = false")
press("Erase for ever")
wait_for("There is a problem")
look("erasure-problem")
write("reason", "Asked for it by letter")
write("confirm", f"account:{bob}")
press("Erase for ever")
wait_for("is erased")
look("erased")
see("erased-before", f"people/{bob}/erase", "This person was erased")
see("link-used", "first/" + "0" * 32, "This link was used")
see("no-method", "me/sessions/end", "The page does not take this")
see("sign-in-fresh", "sign-in?said=fresh", "Sign in again")

# The menu of a narrow page is opened by a button, without a script.
looker.resize(390, False)
go("")
press("Menu")
assert browser.find_element(By.LINK_TEXT, "Access review").is_displayed(), "the menu does not open"
looker.picture("menu-390")
sys.exit(looker.finish())
