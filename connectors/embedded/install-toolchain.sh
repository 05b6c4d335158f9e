#!/bin/sh
# Makes a bare Debian or Ubuntu ready for the local broker and cluster: Python 3.11 or 3.12, a JDK of
# 17 to 21 (Kafka 4 asks for 17, Flink 2.3 is released for up to 21), and Maven. Installs a missing JDK
# or Maven when run as root, and otherwise prints the line to run. Silent where nothing is missing.
set -eu

say() { printf '%s\n' "$*" >&2; }

java_program() {
    if [ -n "${JAVA_HOME:-}" ]; then echo "$JAVA_HOME/bin/java"; else echo java; fi
}

java_major() {
    "$(java_program)" -version 2>&1 | sed -n 's/.*version "\(1\.\)\{0,1\}\([0-9]*\).*/\2/p' | head -n 1
}

java_fits() {
    command -v "$(java_program)" >/dev/null 2>&1 || return 1
    major=$(java_major)
    [ "${major:-0}" -ge 17 ] && [ "$major" -le 21 ]
}

python_fits() {
    for python in python3.11 python3.12 python3 python; do
        "$python" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 13))' 2>/dev/null &&
            return 0
    done
    return 1
}

jdk_package() {
    # Newer releases have dropped 17.
    for package in openjdk-17-jdk-headless openjdk-21-jdk-headless; do
        if apt-cache show "$package" >/dev/null 2>&1; then
            echo "$package"
            return
        fi
    done
    echo openjdk-17-jdk-headless
}

missing=''
java_fits || missing='jdk'
command -v mvn >/dev/null 2>&1 || missing="$missing maven"

if [ -n "$missing" ]; then
    say "Missing:$(printf ' %s' $missing)"
    if ! command -v apt-get >/dev/null 2>&1; then
        say 'This is no Debian or Ubuntu: install a JDK of 17 to 21 and Apache Maven by its own means.'
        exit 1
    fi
    if [ "$(id -u)" -ne 0 ]; then
        packages=$(echo "$missing" | sed "s/jdk/$(jdk_package)/")
        say "Run as root:"
        say "    apt-get update && apt-get install -y --no-install-recommends $(echo $packages)"
        exit 1
    fi
    say 'Running apt-get update'
    apt-get update -qq
    packages=$(echo "$missing" | sed "s/jdk/$(jdk_package)/")
    say "Running apt-get install of $(echo $packages)"
    # shellcheck disable=SC2086  # a list of packages
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $packages >/dev/null
    if ! java_fits; then
        say "$(java_program) is not of 17 to 21: unset JAVA_HOME, or set it to the JDK just installed."
        exit 1
    fi
fi

if ! python_fits; then
    say 'Missing: Python 3.11 or 3.12. Where the system has none, pyenv or uv install one.'
    exit 1
fi
