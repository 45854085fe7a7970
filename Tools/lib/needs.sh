# shellcheck shell=bash
#
# What the machine must have before anything builds. Each need is tested by what it provides, so that a library built
# by hand counts; only what is missing is installed, from the packages of Debian 12.
#
# shellcheck source=Tools/lib/say.sh
source "$(dirname "${BASH_SOURCE[0]}")/say.sh"

minimum_swift=6.2
missing=()

# need <package> <test...>: notes the package when the test fails.
need() {
  local package=$1
  shift
  "$@" >/dev/null 2>&1 || missing+=("$package")
}

has_program() { command -v "$1"; }
has_library() { /sbin/ldconfig -p | grep -F "$1 "; }
has_file() { compgen -G "$1"; }
has_module() { pkg-config --exists "$@"; }

# The system side of a Swift toolchain: the libraries its programs load, a C library to compile against, a linker.
need_for_toolchain() {
  need ca-certificates has_file '/etc/ssl/certs/ca-certificates.crt'
  need git has_program git
  need binutils has_program ld
  need libc6-dev has_file '/usr/include/stdlib.h'
  need libstdc++-12-dev has_file '/usr/lib/gcc/*/*/libstdc++.so'
  need libcurl4 has_library libcurl.so.4
  need libncurses6 has_library libncurses.so.6
  need libsqlite3-0 has_library libsqlite3.so.0
  need libxml2 has_library libxml2.so.2
  need libuuid1 has_library libuuid.so.1
  need zlib1g has_library libz.so.1
}

# What the library itself links.
need_for_library() {
  need pkg-config has_program pkg-config
  need liblmdb-dev has_module lmdb
  need libssl-dev has_module 'libcrypto >= 3'
}

# What the checks and the generator run.
need_for_checks() {
  need python3 has_program python3
  need curl has_program curl
  need openssl has_program openssl
  need nginx-light has_file "/usr/*bin/nginx"
  need chromium has_program chromium
  need php-cli has_program php
  need php-curl php -r 'exit(extension_loaded("curl") ? 0 : 1);'
  need nodejs has_program node
  need node-axios has_file '/usr/share/nodejs/axios/package.json'
  need chromium-driver has_program chromedriver
  need protobuf-compiler has_program protoc
  need softhsm2 has_file '/usr/lib/*/softhsm/libsofthsm2.so'
  need opensc has_program pkcs11-tool
  need python3-jsonschema python3 -c 'import jsonschema'
}

# OAuth clients that are not ours, a program that tries a server by its OpenAPI file, and what drives and judges a browser, for
# the tests of the server: into a folder of the build, for the python3 at hand. Of axe-playwright-python its axe-core is used alone.
# Where they cannot be had, their tests are named in the summary.
install_python_clients() {
  local folder=.build/python-clients
  [[ -d $folder/axe_playwright_python ]] && return
  # One of an earlier list.
  rm -rf "$folder"
  say "Installing Python clients into $folder"
  if python3 -m pip install --quiet --disable-pip-version-check --target "$folder.new" \
    requests==2.34.2 Authlib==1.9.10 oauthlib==4.0.1 requests-oauthlib==2.0.0 schemathesis==4.32.5 \
    oidc-provider-mock==0.3.4 selenium==4.51.0 &&
    python3 -m pip install --quiet --disable-pip-version-check --no-deps --target "$folder.new" \
      axe-playwright-python==0.1.8; then
    mv "$folder.new" "$folder"
  else
    rm -rf "$folder.new"
    say "They could not be installed: is there a pip for python3, and a way to PyPI?"
  fi
}

# Installs what `need` noted, and says so first. With nothing noted, it needs no rights and changes nothing.
install_missing() {
  if ((${#missing[@]} == 0)); then
    say 'Everything needed is installed.'
    return
  fi
  say "Missing: ${missing[*]}"
  command -v apt-get >/dev/null ||
    fail "this system has no apt-get; install what Debian 12 calls ${missing[*]}, then run this again."
  local as_root=()
  if ((EUID != 0)); then
    command -v sudo >/dev/null ||
      fail "installing needs root, and there is no sudo; as root, run: apt-get install ${missing[*]}"
    as_root=(sudo)
    say 'Installing them with sudo, which may ask for your password.'
  fi
  "${as_root[@]}" apt-get update -qq ||
    fail 'apt-get could not fetch the package lists; see its message above.'
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -qq --no-install-recommends "${missing[@]}" ||
    fail "apt-get could not install ${missing[*]}; see its message above."
  missing=()
}

# Ends the script unless `swift` is there, runs, and is new enough.
check_swift() {
  command -v swift >/dev/null ||
    fail "no swift on the PATH; install Swift $minimum_swift or later, see https://www.swift.org/install/linux"
  local told version
  told=$(swift --version 2>&1) || fail "swift does not run: $told"
  version=$(sed -nE 's/.*Swift version ([0-9]+\.[0-9]+(\.[0-9]+)?).*/\1/p' <<<"$told" | head -n 1)
  [[ -n $version ]] || fail "no version in what 'swift --version' says: $told"
  [[ $(printf '%s\n' "$minimum_swift" "$version" | sort -V | head -n 1) == "$minimum_swift" ]] ||
    fail "this is Swift $version, and $minimum_swift or later is needed, see https://www.swift.org/install/linux"
  say "Swift $version"
}
