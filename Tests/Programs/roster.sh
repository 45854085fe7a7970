#!/bin/sh
# A connector program as published ones for the shell are: curl, with half-quoted bodies and a form's Content-Type.
#
# Usage: roster.sh BASE ID SECRET REFRESH_TOKEN GROUP MEMBER TEXT      Prints the reference of the message that it posted.
set -eu
base=$1 group=$5 member=$6 text=$7

# value <name>: of a member of the JSON object on standard input.
value() { sed -n "s/.*\"$1\":\"\\([^\"]*\\)\".*/\\1/p"; }

token=$(curl -sS -H "applicationId: $2" -H "applicationSecret: $3" -H "refreshToken: $4" "$base/v1/accessToken" |
  value accessToken)
# ask <curl's arguments>: fails unless the status is 2xx.
ask() { curl -sS --fail-with-body -H "accessToken: $token" "$@"; }

ask "$base/v1/groups/$group" | grep -q "\"groupId\":\"$group\""
ask -X PUT -d "{members:['$member']}" "$base//v1/groups/$group/members" | grep -q '"result":"true"'
ask -G -d fetchAllGroups=true "$base/v1/groups" | grep -q "$group"
ask -d "{message:\"$text\", 'subscribers':[], /* nobody */ \"sendToAllSubscribers\":false,}" "$base/v1/groups/$group/messages" |
  value referenceId
