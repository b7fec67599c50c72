#!/bin/sh
# Installs smartpool and smartpoold @VERSION@ on Linux or macOS, and nothing that is not exactly what was released: this script holds the
# SHA-256 of each archive.
set -eu

version='@VERSION@'
sums='@SUMS@'

usage() {
	cat <<END
usage: sh install.sh [--from URL|FOLDER] [--to FOLDER] [--remove]

  --from  where the archives are; by default, the release on GitHub
  --to    installs into FOLDER/bin; by default /usr/local for root, ~/.local for others
  --remove  removes what it installed there; data folders stay
END
}

fail() {
	echo "install.sh: $*" >&2
	exit 1
}

from=https://github.com/pastelnetwork/smartpool/releases/download/$version
if [ "$(id -u)" = 0 ]; then to=/usr/local; else to=${HOME:?}/.local; fi
remove=
while [ $# -gt 0 ]; do
	case $1 in
	--from | --to)
		if [ $# -lt 2 ] || [ -z "$2" ]; then fail "$1 needs a value"; fi
		if [ "$1" = --from ]; then from=$2; else to=$2; fi
		shift 2
		;;
	--remove)
		remove=yes
		shift
		;;
	--help | -h)
		usage
		exit 0
		;;
	*)
		usage >&2
		exit 2
		;;
	esac
done

# What shells and man look for below share.
shared='bash-completion/completions/smartpool bash-completion/completions/smartpoold
zsh/site-functions/_smartpool zsh/site-functions/_smartpoold
fish/vendor_completions.d/smartpool.fish fish/vendor_completions.d/smartpoold.fish
man/man1/smartpool.1 man/man8/smartpoold.8'

case $to in
/*) ;;
*) to=$PWD/$to ;;
esac
while [ "$to" != "${to%/}" ]; do to=${to%/}; done
# Holds the folders that this script made, which go with the programs.
record=$to/share/smartpool/folders

if [ -n "$remove" ]; then
	rm -f "$to/bin/smartpool" "$to/bin/smartpoold"
	for file in $shared; do
		rm -f "$to/share/$file"
	done
	if [ -f "$record" ]; then
		folders=$(sed '1!G;h;$!d' "$record") # the last that was made goes first
		rm -f "$record"
		printf '%s\n' "$folders" | while IFS= read -r folder; do
			rmdir "$folder" 2>/dev/null || : # others use it by now
		done
	fi
	echo "removed smartpool and smartpoold from $to/bin, and what came with them from $to/share"
	exit 0
fi

case $(uname -s) in
Linux) os=linux ;;
Darwin) os=darwin ;;
*) fail "there is no archive for $(uname -s); on Windows, unpack the zip file" ;;
esac
case $(uname -m) in
x86_64 | amd64) arch=amd64 ;;
aarch64 | arm64) arch=arm64 ;;
*) fail "there is no archive for $(uname -m); build the programs with Go" ;;
esac
archive=smartpool_${version}_${os}_$arch.tar.gz
want=$(printf '%s\n' "$sums" | awk -v name="$archive" '$2 == name { print $1 }')
[ ${#want} = 64 ] || fail "it holds no SHA-256 of $archive; take install.sh from a release, not from the source"

made=
folder() {
	if [ ! -d "${1:-/}" ]; then
		folder "${1%/*}"
		mkdir "$1"
		made="$made$1
"
	fi
}
# Others may use what root installs, whatever root's umask is.
if [ "$(id -u)" = 0 ]; then umask 022; fi
folder "$to/bin"
# Beside the target, so that each program is replaced in one step.
new=$(mktemp -d "$to/.smartpool.XXXXXX")
trap 'rm -rf "$new"' EXIT
trap 'exit 130' HUP INT TERM

case $from in
https://*)
	if command -v curl >/dev/null; then
		curl -fsSL -o "$new/$archive" "$from/$archive" || fail "cannot fetch $from/$archive; fetch it any other way and name its folder with --from"
	elif command -v wget >/dev/null; then
		wget -qO "$new/$archive" "$from/$archive" || fail "cannot fetch $from/$archive; fetch it any other way and name its folder with --from"
	else
		fail "install curl or wget, or fetch $archive yourself and name its folder with --from"
	fi
	;;
*://*) fail "--from $from: use https, or a folder" ;;
*) cp "$from/$archive" "$new/$archive" || fail "cannot read $from/$archive" ;;
esac

if command -v sha256sum >/dev/null; then
	got=$(sha256sum <"$new/$archive")
elif command -v shasum >/dev/null; then
	got=$(shasum -a 256 <"$new/$archive")
else
	fail "install sha256sum or shasum: without it, nothing is installed"
fi
got=${got%% *}
[ "$got" = "$want" ] || fail "$archive is not what was released (SHA-256 $got, not $want); nothing was installed"

tar -xzf "$new/$archive" -C "$new"
files=$new/${archive%.tar.gz}
for program in smartpool smartpoold; do
	[ ! -d "$to/bin/$program" ] || fail "$to/bin/$program is a folder; nothing was installed"
	"$files/$program" version >/dev/null || fail "$program does not run on this machine; nothing was installed"
done
for file in $shared; do
	folder "$to/share/${file%/*}"
done
folder "${record%/*}"
printf %s "$made" >>"$record" # first, so that --remove undoes what breaks off
for program in smartpool smartpoold; do
	chmod 755 "$files/$program"
	mv -f "$files/$program" "$to/bin/$program"
done

for file in $shared; do
	chmod 644 "$files/share/$file"
	mv -f "$files/share/$file" "$to/share/$file"
done

echo "installed smartpool and smartpoold $version in $to/bin, their manual pages and completions in $to/share"
case :${PATH:-}: in
*:"$to/bin":*) ;;
*) echo "put $to/bin on your PATH, here and in your shell's profile: export PATH=\"$to/bin:\$PATH\"" ;;
esac
# What shells do not find by themselves.
if [ "$to" != /usr/local ]; then
	echo "for completions in zsh, put fpath+=('$to/share/zsh/site-functions') before compinit in ~/.zshrc"
fi
if [ "$to" != "${HOME:-}/.local" ]; then
	echo "for completions in fish, put set -a fish_complete_path '$to/share/fish/vendor_completions.d' into ~/.config/fish/config.fish, unless XDG_DATA_DIRS names $to/share"
fi
echo "try it: smartpool demo"
