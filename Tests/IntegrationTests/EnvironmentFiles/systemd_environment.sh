#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Usage: systemd_environment.sh FILE
# Lets a real systemd, a user's manager, start a service with EnvironmentFile=FILE and prints that service's environment,
# each variable ended by a zero byte. Needs root. Exits with 77 where this machine does not allow it.
#
# A manager takes every process of its control group along, and thinks that all of it is its own. So it gets a group of
# its own as the root of what it sees, and no process but those started here has a number in its namespace.
set -eu

manager() {
    for program in /usr/lib/systemd/systemd /lib/systemd/systemd; do
        [ ! -x "$program" ] || { echo "$program"; return; }
    done
}

case ${1-} in
--stage=group)
    folder=$2
    mkdir "$folder/groups"
    mount -t cgroup2 none "$folder/groups" || exit 77
    group=$folder/groups/environment-reader-$$
    mkdir "$group" || exit 77
    status=0
    unshare --pid --fork --mount --mount-proc sh "$0" --stage=enter "$folder" "$group" || status=$?
    # Empty by now: its namespace of processes has ended.
    find "$group" -depth -type d -exec rmdir {} \;
    exit $status
    ;;
--stage=enter)
    echo 0 >"$3/cgroup.procs" || exit 77
    exec unshare --cgroup --mount sh "$0" --stage=manager "$2"
    ;;
--stage=manager)
    folder=$2
    grep -qx '0::/' /proc/self/cgroup || exit 77
    mount -t cgroup2 none /sys/fs/cgroup || exit 77
    # Only this shell and what it counts with: otherwise others would be taken along.
    [ "$(grep -cvx "$$" /sys/fs/cgroup/cgroup.procs)" -le 1 ] || exit 77
    # A manager wants to see that systemd was booted.
    mount -t tmpfs -o mode=0755 none /run || exit 77
    mkdir -p /run/systemd/system /run/user
    # Not by exec: as process 1 it would be the system's manager.
    env -i PATH="$PATH" HOME="$folder" XDG_RUNTIME_DIR=/run/user XDG_CONFIG_HOME="$folder/configuration" \
        "$(manager)" --user --unit=reader.service --log-target=console --log-level=warning >&2
    exit
    ;;
esac

[ "$(id -u)" -eq 0 ] && [ -n "$(manager)" ] || exit 77
file=$1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mkdir -p "$folder/configuration/systemd/user"
cat >"$folder/configuration/systemd/user/reader.service" <<END
[Unit]
DefaultDependencies=no
SuccessAction=exit-force
FailureAction=exit-force
[Service]
Type=oneshot
EnvironmentFile=$file
ExecStart=/usr/bin/env -0
StandardOutput=file:$folder/environment
END
unshare --mount --propagation=private sh "$0" --stage=group "$folder"
cat "$folder/environment"
