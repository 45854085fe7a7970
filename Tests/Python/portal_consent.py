"""Answering a program's request for authorization in Chromium, which keeps to the policy for forms of the portal's pages.

Usage: portal_consent.py ORIGIN CLIENT NAME FOLDER, with selenium and axe-playwright-python on PYTHONPATH. CLIENT is the ID of a connector
whose redirect address is http://127.0.0.1/done, NAME that of a person with a phone number, who signs in on the way. What listens at the
address hands the browser over to another origin. Ends with the line "passed", or with what is wrong.
"""

import base64
import hashlib
import http.server
import sys
import threading
import urllib.parse

from portal_look import Failed, Looker, until
from selenium.webdriver.common.by import By

ORIGIN, CLIENT, NAME, FOLDER = sys.argv[1:5]
answers = []


class Program(http.server.BaseHTTPRequestHandler):
    """Keeps an answer, and leads on to its page of another origin."""

    def do_GET(self):
        address = urllib.parse.urlsplit(self.path)
        if address.path == "/done":
            answers.append((dict(urllib.parse.parse_qsl(address.query)), self.headers.get("Referer")))
            self.send_response(302)
            self.send_header("Location", WELCOME)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        page = b"<!doctype html><title>Program</title><main>The program goes on</main>"
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)

    def log_message(self, *arguments):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Program)
threading.Thread(target=server.serve_forever, daemon=True).start()
WELCOME = f"http://localhost:{server.server_port}/welcome"
challenge = base64.urlsafe_b64encode(hashlib.sha256(b"v" * 43).digest()).decode().rstrip("=")
query = urllib.parse.urlencode({
    "client_id": CLIENT, "response_type": "code", "state": "s&t", "code_challenge": challenge,
    "code_challenge_method": "S256", "redirect_uri": f"http://127.0.0.1:{server.server_port}/done"})

looker = Looker(FOLDER)
browser, wait_for, press, write = looker.browser, looker.wait_for, looker.press, looker.write
for button, field, value in [("Allow", "code", "clc_"), ("Refuse", "error", "access_denied")]:
    browser.get(f"{ORIGIN}/oauth2/authorize?{query}")
    # The page for trials has a link to the one that people get.
    browser.find_element(By.CSS_SELECTOR, "a").click()
    if button == "Allow":
        wait_for("Sign in with this name")
        write("name", NAME)
        press("Sign in with this name")
    wait_for("wants to act for you")
    press(button)
    if not until(lambda: browser.current_url == WELCOME):
        raise Failed(f"{button} leads to {browser.current_url}: {browser.get_log('browser')}")
    wait_for("The program goes on")
    answer, referrer = answers.pop()
    if not answer.get(field, "").startswith(value) or answer.get("state") != "s&t" or answer.get("iss") != ORIGIN:
        looker.faults.append(f"{button} is answered with {sorted(answer)}")
    if referrer or answers:
        looker.faults.append(f"{button}: the program is asked {len(answers) + 1} times, with the referrer {referrer}")
sys.exit(looker.finish())
