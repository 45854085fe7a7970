"""What a developer sees who types the address of an operator's page, in Chromium.

Usage: portal_typed.py ORIGIN FOLDER COOKIE, with selenium and axe-playwright-python on PYTHONPATH. COOKIE is NAME=VALUE of the
developer's session. Ends with the line "passed", or with what is wrong.
"""

import sys

from portal_look import Looker
from selenium.webdriver.common.by import By

ORIGIN, FOLDER, COOKIE = sys.argv[1:4]

looker = Looker(FOLDER)
browser = looker.browser
browser.get(ORIGIN + "/portal/sign-in")
name, value = COOKIE.split("=", 1)
browser.add_cookie({"name": name, "value": value, "path": "/"})
pages = []
for path in ["people", "keys", "nowhere"]:
    browser.get(f"{ORIGIN}/portal/{path}")
    looker.wait_for("There is no such page, or you may not see it")
    looker.look(path)
    links = browser.find_elements(By.CSS_SELECTOR, "nav a")
    pages.append([browser.title] + [link.get_attribute("href") for link in links])
    if any(link.endswith(("/people", "/keys")) for link in pages[-1][1:]):
        looker.faults.append(f"{path}: the menu leads to a page of operators")
if any(page != pages[0] for page in pages):
    looker.faults.append(f"what is hidden and what there is not are told apart: {pages}")
browser.find_element(By.CSS_SELECTOR, "main a.button").click()
looker.wait_for("Welcome, Dana")
sys.exit(looker.finish())
