#!/usr/bin/env bash
# README's two commands on a machine that has what README asks for and nothing more: a Debian in
# a temporary folder, made by debootstrap and thrown away afterwards. As root, on Linux; what is
# tried is the last commit, with ../shared beside it where there is one.
#
#   scripts/fresh.sh [SUITE]      bookworm, with Python 3.11, where none is named
#
# TMPDIR says where the folder lies (5 GB; /var/tmp otherwise).
set -euo pipefail
cd "$(dirname "$0")/.."

SUITE=${1:-bookworm}
# Debian puts venv and Python.h into packages of their own.
NEEDS=(git make python3 python3-venv python3-dev g++)

say() { echo "fresh: $*" >&2; }
refuse() { say "$*"; exit 2; }

[ "$(id -u)" = 0 ] || refuse "debootstrap and chroot need root"
for tool in debootstrap unshare git; do
  command -v "$tool" > /dev/null || refuse "$tool is missing (Debian: apt-get install debootstrap util-linux git)"
done

# Nobody else looks into the folder, for copies of this machine's configuration lie there; the
# root in it is open to that machine's own users, as roots are.
FOLDER=$(mktemp --directory --tmpdir="${TMPDIR:-/var/tmp}" fresh.XXXXXXXXXX)
ROOT=$FOLDER/root
mkdir --mode=755 "$ROOT"
CHILD=

# All that runs, runs in namespaces of its own: they, every process and every mount in them end
# with `unshare`, whichever way it ends, so nothing is mounted in the folder that is deleted here.
apart() {
  unshare --mount --pid --fork --kill-child --mount-proc -- "$@" < /dev/null &
  CHILD=$!
  local status=0
  wait "$CHILD" || status=$?
  CHILD=
  return "$status"
}

gone() {
  if [ -n "$CHILD" ]; then
    kill -KILL "$CHILD" 2> /dev/null || true
    wait "$CHILD" 2> /dev/null || true
  fi
  if grep --quiet --fixed-strings " $FOLDER/" /proc/self/mountinfo; then
    say "something is mounted in $FOLDER, so it was left there"
  else
    rm -rf --one-file-system -- "$FOLDER"
  fi
}
trap gone EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# ---- how this machine reaches the registries, as it is configured here ---------------

# Where apt finds the suite here, as lines for sources.list: none of other archives, whose keys
# and packages are no business of the try. Without one debootstrap knows a mirror of its own.
sources() {
  command -v apt-get > /dev/null || return 0
  # shellcheck disable=SC2016  # apt's own variables
  apt-get indextargets --format 'deb $(SITE) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' |
    awk -v suite="$SUITE" '$3 ~ "^" suite "(-updates|-security)?$" && $4 == "main"' | sort --unique
}

# Files keep their place, where they exist.
same() {
  local file
  for file in "$@"; do
    [ -e "$file" ] || continue
    mkdir --parents "$ROOT/$(dirname "$file")"
    cp --recursive --dereference --no-target-directory "$file" "$ROOT/$file"
  done
}

configure() {
  # Of the certificates the bundle, and what it is made anew from when a package brings that in.
  same /etc/resolv.conf /etc/hosts /etc/pip.conf /etc/npmrc /etc/gitconfig \
    /etc/ssl/certs/ca-certificates.crt /usr/local/share/ca-certificates
  local file
  for file in .npmrc .netrc .config/pip .pip; do
    [ -e "$HOME/$file" ] || continue
    mkdir --parents "$ROOT/root/$(dirname "$file")"
    cp --recursive --dereference --no-target-directory "$HOME/$file" "$ROOT/root/$file"
  done
  # Folders of packages on this machine are not on that one.
  find "$ROOT"/etc/pip.conf "$ROOT"/root/.config/pip "$ROOT"/root/.pip -type f \
    -exec sed --in-place '/find-links\|file:/d' {} + 2> /dev/null || true
  if [ -n "$SOURCES" ]; then
    echo "$SOURCES" > "$ROOT/etc/apt/sources.list"
    same /etc/apt/auth.conf /etc/apt/auth.conf.d
    apt-config dump Acquire > "$ROOT/etc/apt/apt.conf.d/99acquire"
  fi
}

# Variables about certificates, proxies and registries; all others stay outside.
passed() {
  env | grep --extended-regexp --ignore-case \
    '^([a-z_]*(proxy|cert|_ca_|cainfo|_ca_certs)[a-z_]*|pip_[a-z_]*|npm_config_[a-z_]*)=' |
    grep --invert-match '^PIP_FIND_LINKS=' || true
}

# ---- the machine, and the two commands ----------------------------------------------

SOURCES=$(sources)
MIRROR=$(awk -v suite="$SUITE" '$3 == suite { print $2; exit }' <<< "$SOURCES")
say "$SUITE with ${NEEDS[*]}, in $FOLDER"
# shellcheck disable=SC2086  # no mirror is no argument
apart debootstrap --variant=minbase "$SUITE" "$ROOT" $MIRROR > "$FOLDER/log" 2>&1 || {
  tail -n 20 "$FOLDER/log" >&2
  refuse "debootstrap failed"
}
configure

git bundle create --quiet "$ROOT/trilayer.bundle" HEAD
if [ -d ../shared ]; then
  mkdir "$ROOT/work"
  cp --archive --no-target-directory ../shared "$ROOT/work/shared"
fi

mapfile -t PASSED < <(passed)
cat > "$ROOT/try" << 'TRY'
set -euo pipefail
apt-get update -qq
DEBIAN_FRONTEND=noninteractive apt-get install -qq --yes --no-install-recommends "$@" > /dev/null
git -c advice.detachedHead=false clone --quiet /trilayer.bundle /work/trilayer
cd /work/trilayer
for target in demo test; do
  SECONDS=0
  make "$target"
  echo "fresh: make $target took $SECONDS s"
done
TRY

# shellcheck disable=SC2016  # variables of the bash inside
apart bash -euc '
  mount -t proc proc "$1/proc"
  mount -t sysfs -o ro sysfs "$1/sys"
  mount -t tmpfs tmpfs "$1/dev/shm"
  mount -t devpts -o newinstance,ptmxmode=666 devpts "$1/dev/pts"
  root=$1
  shift
  exec env --ignore-environment "$(command -v chroot)" "$root" /usr/bin/env "$@"
' apart "$ROOT" HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
  "${PASSED[@]}" bash /try "${NEEDS[@]}"
say "both commands passed"
