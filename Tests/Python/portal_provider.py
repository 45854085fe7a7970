"""Signing in and out by a provider in Chromium, which keeps to the policy for forms of the portal's pages.

Usage: portal_provider.py ORIGIN ISSUER FOLDER, with selenium and axe-playwright-python on PYTHONPATH. ISSUER is that of
oidc_provider.py, which hands people over to another origin. Ends with the line "passed", or with what is wrong.
"""

import sys

from portal_look import Failed, Looker, until

ORIGIN, ISSUER, FOLDER = sys.argv[1:4]
OTHER = ISSUER.replace("127.0.0.1", "localhost")

looker = Looker(FOLDER)
browser, wait_for, press, write = looker.browser, looker.wait_for, looker.press, looker.write
browser.get(ORIGIN + "/portal/sign-in")
press("Continue with Mock & Sons")
if not until(lambda: browser.current_url.startswith(OTHER + "/")):
    raise Failed(f"the browser does not get to the provider, but to {browser.current_url}: {browser.get_log('browser')}")
write("sub", "ada@example.org")
press("Authorize")
wait_for("Welcome, ada@example.org")
browser.get(ORIGIN + "/portal/sign-out")
press("Sign out")
press("End session")
wait_for("You are signed out, here and at your provider.")
# The provider's own pages say in the console what they cannot load.
browser.get_log("browser")
sys.exit(looker.finish())
