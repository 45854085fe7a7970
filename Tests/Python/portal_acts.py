"""What the portal only offers elsewhere is done here, in Chromium, by clicking, and looked for in the audit trail.

Usage: portal_acts.py ORIGIN FOLDER HOOKS-PORT FACTS, with selenium and axe-playwright-python on PYTHONPATH; a receiver of webhooks
listens on the port under the name hooks.example.org. FACTS is JSON: the cookies of the operator, who owns the connector and
administers the group, and of Bob, a member; and what the connector's program has. Keeps what it downloads in FOLDER. Ends with the line
"passed", or with what is wrong.
"""

import csv
import json
import os
import sys
import urllib.error
import urllib.request

from portal_look import Failed, Looker, steadily, until
from selenium.webdriver.common.by import By

ORIGIN, FOLDER, HOOKS = sys.argv[1:4]
FACTS = json.loads(sys.argv[4])
CONNECTOR, GROUP, TOKEN = FACTS["connector"], FACTS["group"], FACTS["token"]

looker = Looker(FOLDER)
browser, look, wait_for, press, write = looker.browser, looker.look, looker.wait_for, looker.press, looker.write


def go(path):
    browser.get(ORIGIN + "/portal/" + path)


def require(holds, words):
    if not holds:
        raise Failed(f"{words}: {browser.current_url}: {looker.text}")


def session():
    return browser.get_cookie("credledger")["value"]


def become(cookie):
    """Goes on as the person whose session this is, at the first page."""
    browser.delete_all_cookies()
    browser.add_cookie({"name": "credledger", "value": cookie, "path": "/"})
    go("")


def enter(name):
    """Signs in by a name, in a browser without a session."""
    browser.delete_all_cookies()
    go("sign-in")
    write("name", name)
    press("Sign in with this name")


def require_signed_out(cookie):
    become(cookie)
    go("me")
    require(browser.find_element(By.TAG_NAME, "h1").text == "Sign in", "a session that was ended opens a page")


def press_in(row, words):
    """Clicks what begins with the words in the row of a table that has a text."""

    def find():
        for line in browser.find_elements(By.CSS_SELECTOR, "main tr"):
            if row in line.text:
                for element in line.find_elements(By.CSS_SELECTOR, "a,button"):
                    if element.text.strip().startswith(words):
                        return element
        return None

    element = until(find)
    require(element is not None, f"nothing in the row of {row} is called {words}")
    element.click()


def newest(kind):
    """The number of the newest event of a kind that the audit page has; "0" where there is none."""
    go(f"audit?exact={kind}")
    found = browser.find_elements(By.CSS_SELECTOR, "main .proof")
    return found[0].get_attribute("href").rsplit("/", 1)[1] if found else "0"


def recorded(kind, said):
    """Waits until the page says what was done, follows its receipt to the event, and back to the audit trail.

    Returns the text of the event's page.
    """
    wait_for(said)
    steadily(lambda: browser.find_element(By.CSS_SELECTOR, "main .notice .proof")).click()
    wait_for("Proven.")
    number, told = browser.current_url.rsplit("/", 1)[1], looker.text
    code = browser.find_element(By.CSS_SELECTOR, "main .page-header p.soft code").text
    require(code == kind, f"the receipt of {kind} is of {code}")
    require(newest(kind) == number, f"the newest {kind} of the audit trail is not event {number}")
    return told


def ask(method, path, body=None, **headers):
    """Asks the API as a program does; the status, and the text of the answer."""
    data = None if body is None else json.dumps(body).encode()
    headers |= {"Content-Type": "application/json"} if data else {}
    try:
        with urllib.request.urlopen(urllib.request.Request(ORIGIN + path, data, headers, method=method)) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def access(refresh):
    """An access token for a Refresh Token; None where it is refused."""
    status, told = ask(
        "GET", "/v1/accessToken", applicationId=FACTS["id"], applicationSecret=FACTS["secret"], refreshToken=refresh)
    if status == 200:
        return json.loads(told)["accessToken"]
    require(400 <= status < 500, f"a Refresh Token is answered with {status} {told}")
    return None


def is_good(token):
    return ask("GET", "/check", accessToken=token)[0] == 200


def open_connector():
    """Opens the connector's page of the group, from the group's list."""
    go(f"groups/{GROUP}/connectors")
    steadily(lambda: browser.find_element(By.CSS_SELECTOR, "main tbody th a")).click()


def regenerate():
    """Regenerates the Refresh Token of the grant, and gives the new one, which is shown this once."""
    open_connector()
    press("Regenerate the token…")
    wait_for("stops at once")
    press("Add Connector")
    wait_for("Copy the Refresh Token now.")
    refresh = browser.find_element(By.ID, "refresh").text
    browser.find_element(By.NAME, "stored").click()
    press("Done")
    wait_for("In force")
    require(refresh not in browser.page_source, "the Refresh Token is shown again")
    browser.back()
    require(refresh not in browser.page_source, "the back button shows the Refresh Token again")
    return refresh


def download(words, name):
    """Clicks what downloads a file, and reads it."""
    press(words)
    path = f"{FOLDER}/{name}"
    require(until(lambda: os.path.exists(path)), f"{words} downloads no {name}")
    with open(path, encoding="utf-8", newline="") as file:
        return file.read()


# One of one's own sessions is ended from another one.
browser.get(ORIGIN + "/portal/sign-in")
enter(FACTS["name"])
wait_for("What you did lately")
other = session()
become(FACTS["operator"])
go("me")
press_in("Another browser", "End")
recorded("account.signed_out", "The sessions are ended.")
go("me")
wait_for("You are signed in only here.")
require_signed_out(other)
become(FACTS["operator"])

# A Refresh Token is regenerated: the old one stops, with its access token.
require(is_good(FACTS["access"]), "the first access token opens nothing")
before = newest("refresh_token.issued")
refresh = regenerate()
require(refresh != FACTS["refresh"], "the regenerated token is the old one")
require(int(newest("refresh_token.issued")) > int(before), "the new token has no event")
require(not is_good(FACTS["access"]) and access(FACTS["refresh"]) is None, "the old token still works")
require(is_good(access(refresh) or ""), "the new token does not work")

# A connector gets another name and a permission more.
go(f"connectors/{CONNECTOR}")
press("Edit")
write("name", "Night survey")
browser.find_element(By.CSS_SELECTOR, "input[value=outgoing-webhooks]").click()
press("Save changes")
told = recorded("connector.updated", "The connector is changed.")
require("Night survey" in told, "the event does not say the new name")
go(f"connectors/{CONNECTOR}")
require(browser.find_element(By.TAG_NAME, "h1").text == "Night survey", "the connector has its old name")
token = access(regenerate())
require(token is not None, "the connector's token does not work")

# A webhook is deleted.
place = json.loads(ask("GET", "/v1/groups", accessToken=token)[1])["groups"][0]["groupId"]
hook = {
    "objectId": place, "objectType": "Group", "eventTypes": ["TextMessageCreated"],
    "callBackUrl": f"https://hooks.example.org:{HOOKS}/ok"}
# The server gives a receiver five seconds, in which one on a busy machine may not get its turn.
for _ in range(20):
    status, told = ask("POST", "/v1/webhook", hook, accessToken=token)
    if "no answer in time" not in told:
        break
require(status == 200, f"the webhook is refused: {told}")
webhook = json.loads(told)["webhookId"]
go(f"connectors/{CONNECTOR}/webhooks")
press(hook["callBackUrl"])
press("Delete…")
wait_for("Nothing more is sent to it")
press("Delete webhook")
recorded("webhook.deleted", "Done.")
go(f"connectors/{CONNECTOR}/webhooks")
wait_for("No webhook.")
require(ask("DELETE", f"/v1/webhook/{webhook}", accessToken=token)[0] == 404, "the webhook is there for its program")

# A permission that is taken away stops at once.
go(f"connectors/{CONNECTOR}/edit")
browser.find_element(By.CSS_SELECTOR, "input[value=group-information]").click()
press("Save changes")
recorded("connector.updated", "The connector is changed.")
go(f"connectors/{CONNECTOR}/edit")
require(
    not browser.find_element(By.CSS_SELECTOR, "input[value=group-information]").is_selected(),
    "the permission is still ticked")
require(ask("GET", "/v1/groups", accessToken=token)[0] == 403, "the permission still opens something")

# A member becomes an admin, a member again, and is removed; the last admin stays.
go(f"groups/{GROUP}")
press_in("Bob", "Make admin")
recorded("group.member_role_changed", "Done.")
become(FACTS["bob"])
go(f"groups/{GROUP}")
wait_for("You are an admin.")
become(FACTS["operator"])
go(f"groups/{GROUP}")
press_in("Bob", "Make member")
recorded("group.member_role_changed", "Done.")
become(FACTS["bob"])
go(f"groups/{GROUP}")
wait_for("You are a member.")
become(FACTS["operator"])
last = newest("group.*")
for words in ["Make member", "Remove"]:
    go(f"groups/{GROUP}")
    press_in("(you)", words)
    wait_for("A group keeps at least one admin. Make somebody else admin first.")
    require("You are an admin." in looker.text, "the last admin is none any more")
look("last-admin")
require(newest("group.*") == last, "what was refused changed the group")
go(f"groups/{GROUP}")
press_in("Bob", "Remove")
recorded("group.member_removed", "Done.")
go(f"groups/{GROUP}")
wait_for("1 member.")
become(FACTS["bob"])
go(f"groups/{GROUP}")
wait_for("There is no such group")

# An operator ends a person's sessions, disables the person, and enables them again.
become(FACTS["operator"])


def person():
    go("people?q=bob")
    press("Bob")
    wait_for("End sessions")


person()
press("End sessions")
recorded("account.signed_out", "Done.")
person()
wait_for("0 sessions")
require_signed_out(FACTS["bob"])
enter("Bob")
wait_for("Bob")
bob = session()
become(FACTS["operator"])
person()
write("reason", "left the team")
press("Disable")
require("left the team" in recorded("account.disabled", "Done."), "the event does not say why")
person()
wait_for("Disabled")
look("person-disabled")
require_signed_out(bob)
enter("Bob")
wait_for("Your account is disabled.")
become(FACTS["operator"])
person()
press("Enable")
recorded("account.enabled", "Done.")
enter("Bob")
wait_for("Bob")
become(FACTS["operator"])

# What a filtered page shows is what its files have, and evidence is taken away.
go("audit?exact=group.*")
shown = [link.get_attribute("href").rsplit("/", 1)[1] for link in browser.find_elements(By.CSS_SELECTOR, "main .proof")]
require(len(shown) > 3, "the page has too few events to be compared")
rows = list(csv.reader(download("CSV", "audit.csv").splitlines()))
require([row[0] for row in rows[1:]] == shown, "the CSV is not what the page shows")
lines = [json.loads(line) for line in download("NDJSON", "audit.ndjson").splitlines()]
require([str(line["position"]) for line in lines] == shown, "the NDJSON is not what the page shows")
events = [json.loads(line) for line in download("CloudEvents", "audit.cloudevents.ndjson").splitlines()]
require([event["id"] for event in events] == shown, "the CloudEvents are not what the page shows")
go(f"events/{TOKEN}")
download("Download evidence", f"evidence-{TOKEN}.json")

# The only number is removed, with which everything stops that its owner granted.
require(is_good(token), "the token stopped before its time")
go("me")
press("Remove…")
wait_for("It is your only number.")
press("Remove the number")
recorded("phone.removed", "The number is removed.")
go("me")
wait_for("No phone number yet.")
require(not is_good(token), "the token of a granter without a number still works")
sys.exit(looker.finish())
