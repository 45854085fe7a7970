"""A connector program as published ones in Python are: requests, and bodies that are the text of a dictionary.

Usage: roster.py BASE ID SECRET REFRESH_TOKEN GROUP MEMBER TEXT      Prints the reference of the message that it posted.
"""

import sys

import requests


class Roster:
    def __init__(self, base, connector, secret, refresh):
        self.base = base
        self.credentials = {"applicationId": connector, "applicationSecret": secret, "refreshToken": refresh}
        self.headers = {"Content-Type": "application/json"}

    def sign_in(self):
        answer = requests.get(self.base + "/v1/accessToken", headers=self.credentials).json()
        if "errorCode" in answer:
            sys.exit(answer["message"])
        self.endpoint = answer["endpointUrl"]
        self.headers["accessToken"] = answer["accessToken"]

    def ask(self, method, path, body=None):
        data = str(body).encode() if body is not None else None
        for _ in range(2):
            answer = requests.request(method, self.endpoint + "/v1" + path, headers=self.headers, data=data).json()
            if answer.get("errorCode") != "InvalidToken":
                break
            self.sign_in()
        if "errorCode" in answer:
            sys.exit(f"{method} {path}: {answer}")
        return answer


def main(base, connector, secret, refresh, group, member, text):
    roster = Roster(base, connector, secret, refresh)
    roster.endpoint = base
    # The token of yesterday: the program learns by the error that it needs another.
    roster.headers["accessToken"] = "cla_ofyesterday"
    assert group in [found["groupId"] for found in roster.ask("GET", "/groups?fetchAllGroups=True&showDetails=True")["groups"]]
    assert roster.ask("PUT", f"/groups/{group}/members", {"members": [member]})["result"] == "true"
    assert member in [found["mobileNumber"] for found in roster.ask("GET", f"/groups/{group}/members")["members"]]
    sent = roster.ask("POST", f"/groups/{group}/messages", {"message": text, "subscribers": []})
    print(sent["referenceId"])


main(*sys.argv[1:])
