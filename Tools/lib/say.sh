# shellcheck shell=bash
#
# What the scripts print. Colours only on a terminal, and not where NO_COLOR is set.

if [[ -t 1 && -z ${NO_COLOR:-} ]]; then
  bold=$'\e[1m' red=$'\e[31m' plain=$'\e[0m'
else
  bold='' red='' plain=''
fi

# A heading before a step.
say_step() { printf '\n%s== %s%s\n' "$bold" "$*" "$plain"; }

# A line about the step that runs.
say() { printf '%s\n' "$*"; }

# What went wrong and what to do about it, on standard error; ends the script.
fail() {
  printf '%sError: %s%s\n' "$red" "$*" "$plain" >&2
  exit 1
}

# A number of seconds as minutes and seconds.
minutes() { printf '%d:%02d' $(($1 / 60)) $(($1 % 60)); }
