"""What the portal says by itself of rows that come to a list that is followed."""

import re

from portal_look import Failed, until

LISTEN = """
window.said = [];
const region = document.querySelector("[data-announce]");
new MutationObserver(() => { if (region.textContent) said.push([performance.now(), region.textContent]); })
  .observe(region, { childList: true, characterData: true, subtree: true });
"""


def check_announcements(looker, cause, count):
    """Whether the page that is shown announces rows that something causes: all of them, each once, and once in 5 seconds at most.

    Arguments:
      cause: makes one row.
      count: how many are made.
    """
    looker.browser.execute_script(LISTEN)
    before = len(rows(looker))
    for _ in range(count):
        cause()

    def announced():
        said = looker.browser.execute_script("return window.said")
        return said if sum(number(words) for _, words in said) >= count else None

    said = until(announced, 0.5)
    if not said:
        raise Failed(f"new rows are not announced: {looker.text}")
    if sum(number(words) for _, words in said) != count:
        raise Failed(f"rows are announced that did not come: {said}")
    if any(later - earlier < 4_000 for (earlier, _), (later, _) in zip(said, said[1:])):
        raise Failed(f"announced too often: {said}")
    if len(rows(looker)) != before + count:
        raise Failed(f"the new rows are not shown: {looker.text}")


def number(words):
    """How many rows an announcement is of."""
    found = re.fullmatch("([0-9]+) new events?", words)
    if not found:
        raise Failed(f"an announcement says {words}")
    return int(found[1])


def rows(looker):
    return looker.browser.execute_script("return [...document.querySelectorAll('[data-live] tbody tr:not(.day-header)')].map(e => e.textContent)")
