"""What a page of another origin can do to somebody who is signed in, in Chromium.

Usage: portal_strangers.py FIRST-LINK FOLDER, with selenium and axe-playwright-python on PYTHONPATH. A session's cookie is planted before
the first operator signs in. Then pages of this program, of the same site and of another one, frame the portal and send forms to it.
Ends with the line "passed", or with what is wrong.
"""

import html
import http.server
import sys
import threading
import urllib.parse

from portal_look import Looker
from selenium.webdriver.common.by import By

FIRST, FOLDER = sys.argv[1:3]
ORIGIN = FIRST.split("/portal/")[0]
PLANTED = "a" * 64


class Stranger(http.server.BaseHTTPRequestHandler):
    """Has a page that frames an address, and one with a form to it: what is in the query."""

    def do_GET(self):
        address = urllib.parse.urlsplit(self.path)
        query = dict(urllib.parse.parse_qsl(address.query))
        to = html.escape(query.get("to", ""))
        if address.path == "/frame":
            page = f"<iframe src='{to}' width=800 height=600></iframe>"
        elif address.path == "/form":
            inputs = "".join(
                f"<input name='{html.escape(name)}' value='{html.escape(value)}'>"
                for name, value in query.items() if name != "to")
            page = f"<form method=post action='{to}'>{inputs}<button>Win a prize</button></form>"
        else:
            page = "<main>only a stranger</main>"
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(f"<!doctype html><title>Stranger</title>{page}".encode())

    def log_message(self, *arguments):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Stranger)
threading.Thread(target=server.serve_forever, daemon=True).start()
# Of the same site, so that browsers send SameSite cookies, and of another one.
STRANGERS = [f"http://{host}:{server.server_port}" for host in ["127.0.0.1", "localhost"]]

looker = Looker(FOLDER)
browser, wait_for, press, write = looker.browser, looker.wait_for, looker.press, looker.write


def session():
    return browser.get_cookie("credledger") or {}


def need(is_so, what):
    if not is_so:
        looker.faults.append(what)


def framed(stranger, address):
    """The text of a frame, and what the console says of it."""
    browser.get_log("browser")
    browser.get(f"{stranger}/frame?{urllib.parse.urlencode({'to': address})}")
    browser.switch_to.frame(browser.find_element(By.TAG_NAME, "iframe"))
    text = browser.execute_script("return document.body ? document.body.innerText : ''")
    browser.switch_to.default_content()
    return text, " ".join(entry["message"] for entry in browser.get_log("browser"))


def send(stranger, path, **fields):
    """Clicks on the button of a stranger's form."""
    browser.get(f"{stranger}/form?{urllib.parse.urlencode({'to': ORIGIN + path} | fields)}")
    press("Win a prize")
    wait_for("The request comes from another site")


browser.get(FIRST)
browser.add_cookie({"name": "credledger", "value": PLANTED, "path": "/"})
write("name", "Ada Lovelace")
press("Sign in with this name")
wait_for("Welcome, Ada Lovelace")
own = session()
need(len(own.get("value", "")) == 64 and own["value"] != PLANTED, "the planted session goes on")
need(own.get("httpOnly") and own.get("sameSite") == "Lax", f"the cookie is open to scripts or other sites: {own}")
need(browser.execute_script("return document.cookie") == "", "a script reads a cookie")

browser.get(ORIGIN + "/portal/sign-out")
token = browser.find_element(By.NAME, "csrf").get_attribute("value")
for stranger in STRANGERS:
    text, _ = framed(stranger, stranger + "/")
    need("only a stranger" in text, "a frame shows nothing, so nothing is tested")
    for path in ["/portal/me", "/portal/sign-out", "/portal/sign-in"]:
        text, console = framed(stranger, ORIGIN + path)
        need("Ada" not in text and "Sign" not in text, f"{stranger} frames {path}: {text}")
        need("frame-ancestors" in console, f"{stranger} frames {path}, and the browser says nothing of it: {console}")
    # Also with the token of the session's forms, should it leak, a form of a stranger does nothing.
    send(stranger, "/portal/sign-out", csrf=token)
    send(stranger, "/portal/groups/new", csrf=token, name="Stolen")
    # Nor does one sign a person in as somebody else.
    send(stranger, "/portal/sign-in/development", name="Mallory")
need(session().get("value") == own.get("value"), "a stranger's form changed the session")
browser.get(ORIGIN + "/portal/groups")
wait_for("You are in no group yet.")
browser.get(ORIGIN + "/portal/me")
wait_for("Ada Lovelace")
browser.get_log("browser")
sys.exit(looker.finish())
