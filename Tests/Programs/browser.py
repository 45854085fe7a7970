"""A connector program as published ones for the browser are: XMLHttpRequest on a page of another origin, after a preflight.

Usage: browser.py BASE ID SECRET REFRESH_TOKEN GROUP MEMBER TEXT      Prints the reference of the message that it posted.
"""

import http.server
import os
import shutil
import sys
import tempfile
import threading
import time

from selenium import webdriver

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../Python"))
from portal_look import start

PAGE = b"<!doctype html><meta charset=utf-8><title>Roster</title>"
PROGRAM = """
  const [base, connector, secret, refresh, group, member, text, done] = arguments;
  function send(method, address, fields, body, next) {
    const request = new XMLHttpRequest();
    request.open(method, address);
    for (const name in fields) request.setRequestHeader(name, fields[name]);
    if (body) request.setRequestHeader("Content-Type", "application/json");
    request.onload = () => next(JSON.parse(request.responseText), request.status);
    request.onerror = () => done("blocked: " + method + " " + address);
    request.send(body);
  }
  send("GET", base + "/v1/groups", {accessToken: "cla_ofyesterday"}, null, (refused, status) => {
    if (status !== 401 || refused.errorCode !== "InvalidToken") return done("401 unread");
    send("GET", base + "/v1/accessToken",
      {applicationId: connector, applicationSecret: secret, refreshToken: refresh}, null, (signedIn) => {
        const fields = {accessToken: signedIn.accessToken}, home = signedIn.endpointUrl + "v1/groups/" + group;
        send("PUT", home + "/members", fields, JSON.stringify({members: [member]}), (added) => {
          if (added.result !== "true") return done(JSON.stringify(added));
          send("POST", home + "/messages", fields, JSON.stringify({message: text}), (sent) => done(sent.referenceId));
        });
      });
  });
"""


class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(PAGE)

    def log_message(self, *_):
        pass


def main(arguments):
    server = http.server.HTTPServer(("127.0.0.1", 0), Page)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    scratch = tempfile.mkdtemp()
    os.environ["TMPDIR"] = scratch
    options = webdriver.ChromeOptions()
    options.binary_location = "/usr/bin/chromium"
    for option in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"):
        options.add_argument(option)
    browser = start(options)
    try:
        browser.get(f"http://127.0.0.1:{server.server_port}/")
        print(browser.execute_async_script(PROGRAM, *arguments))
    finally:
        browser.quit()
        # A process of the browser that ends later than it says may still write there.
        end = time.monotonic() + 300
        while os.path.exists(scratch) and time.monotonic() < end:
            shutil.rmtree(scratch, ignore_errors=True)
            time.sleep(0.1)


main(sys.argv[1:])
