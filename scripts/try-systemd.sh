#!/usr/bin/env bash
# Runs systemd/funding-finder.service under a real systemd, on simulated exchanges: `scripts/try-systemd.sh`.
# Boots a systemd in its own namespaces, on a temporary copy of this machine's files. Verified: "active" means
# listening; a frozen process is restarted while a second one collects; a healthy one is left alone; a stop is
# orderly. Needs root, Linux and systemd. Status 0: everything passed; 1: something failed; 2: cannot run here.
set -euo pipefail

project=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

# Seconds. The watchdog of the unit file is a minute, too long to wait for it here.
WATCHDOG=8
PATIENCE=60

can_be_tried() {
  [[ $(id -u) == 0 && -x /lib/systemd/systemd && -x $project/node_modules/.bin/bun ]] &&
    command -v unshare nsenter curl >/dev/null &&
    unshare --mount --pid --fork --uts --ipc --net --cgroup true 2>/dev/null
}
if ! can_be_tried; then
  echo "systemd: not tried: needs root, systemd, curl, unshare and an installed project" >&2
  exit 2
fi

make --silent -C "$project" build

lab=$(mktemp -d)
manager=
finish() {
  # --kill-child also kills systemd, and thereby everything that it started.
  while [[ -n $manager ]] && kill -KILL "$manager" 2>/dev/null; do sleep 0.1; done
  rmdir "$lab" 2>/dev/null || true
}
trap finish EXIT

# Runs as the first process of the new namespaces and becomes systemd.
boot() {
  set -euo pipefail
  local lab=$1 project=$2 watchdog=$3
  mount -t tmpfs tmpfs "$lab"
  mkdir "$lab/upper" "$lab/work" "$lab/root"
  mount -t overlay overlay -o "lowerdir=/,upperdir=$lab/upper,workdir=$lab/work" "$lab/root"
  cd "$lab/root"
  mount -t proc proc proc
  mount -t sysfs sysfs sys
  mount -t tmpfs tmpfs sys/fs/cgroup
  local folder
  for folder in run tmp dev; do mount -t tmpfs tmpfs "$folder"; done
  mkdir dev/shm dev/pts dev/mqueue dev/hugepages
  mount -t devpts -o newinstance,ptmxmode=0666 devpts dev/pts
  ln -s pts/ptmx dev/ptmx
  for device in null zero full random urandom tty; do
    : >"dev/$device"
    mount --bind "/dev/$device" "dev/$device"
  done
  : >etc/machine-id
  : >etc/fstab
  mkdir -p opt/funding-finder etc/funding-finder mnt/old
  mount --bind "$project" opt/funding-finder

  # None of this machine's services start; the unit is the project's own.
  local units=etc/systemd/system unit
  for unit in systemd-{networkd,resolved,udevd,logind,timesyncd}.service getty.target; do
    ln -sf /dev/null "$units/$unit"
  done
  ln -sf /lib/systemd/system/basic.target "$units/default.target"
  chroot . useradd --system --home-dir /opt/funding-finder --shell /usr/sbin/nologin funding-finder
  cp "$project/systemd/funding-finder.service" "$units/"
  sed -e 's/^Description=.*/Description=second/' "$units/funding-finder.service" >"$units/second.service"
  for unit in funding-finder second; do
    mkdir "$units/$unit.service.d"
    printf '[Service]\nWatchdogSec=%s\nRestartSec=1\n' "$watchdog" >"$units/$unit.service.d/lab.conf"
  done
  echo 'Environment=PORT=8084' >>"$units/second.service.d/lab.conf"
  printf '%s\n' EXCHANGE_ORIGIN=http://127.0.0.1:9000 EXCHANGES=okx,kraken REFRESH_SECONDS=2 \
    >etc/funding-finder/env
  printf '[Service]\nExecStart=/opt/funding-finder/node_modules/.bin/bun %s\n' \
    '/opt/funding-finder/src/simulator/main.ts --port 9000' >"$units/simulator.service"

  pivot_root . mnt/old
  umount -l /mnt/old
  exec env -i container=lab PATH=/usr/sbin:/usr/bin:/sbin:/bin \
    /lib/systemd/systemd systemd.unified_cgroup_hierarchy=1 --show-status=false
}

unshare --mount --pid --fork --kill-child --uts --ipc --net --cgroup --propagation private \
  bash -c "$(declare -f boot); boot \"\$@\"" boot "$lab" "$project" "$WATCHDOG" >/dev/null 2>&1 &
manager=$!
disown

inside() {
  local first
  first=$(pgrep --parent "$manager" | head -n 1)
  [[ -n $first ]] && nsenter --target "$first" --mount --pid --uts --ipc --net --cgroup "$@"
}
property() { inside systemctl show --property "$2" --value "$1"; }
listens() { inside curl --silent --fail --max-time 5 --output /dev/null "http://127.0.0.1:$1/livez"; }

fail() {
  echo "systemd: FAILED: $1" >&2
  inside journalctl --no-pager --lines 40 >&2 || true
  exit 1
}
# Waits until a command succeeds. Arguments: what it means, then the command.
await() {
  local meaning=$1 deadline=$((SECONDS + PATIENCE))
  shift
  until "$@" 2>/dev/null; do
    ((SECONDS < deadline)) || fail "not within $PATIENCE s: $meaning"
    sleep 0.1
  done
  echo "systemd: $meaning"
}
is() { [[ $(property "$1" "$2") == $3 ]]; }

await "booted" inside systemctl is-active --quiet basic.target
inside systemctl start simulator

inside systemctl start --no-block funding-finder
is funding-finder ActiveState activating || fail "systemd does not wait for it: $(property funding-finder ActiveState)"
await "active" is funding-finder ActiveState active
listens 8083 || fail "active, but not listening"
await "collecting, by its status" is funding-finder StatusText 'collecting*'

sleep $((WATCHDOG * 2))
is funding-finder NRestarts 0 || fail "a healthy service was restarted"
echo "systemd: survives two watchdog deadlines"

inside systemctl start second
await "a second one waits for the lock" is second StatusText 'waiting for *.collector-lock*'
stopped=$(property funding-finder MainPID)
inside kill -STOP "$stopped"
await "a frozen process is restarted" is funding-finder NRestarts 1
inside journalctl --no-pager --unit funding-finder | grep -q 'Watchdog timeout' || fail "not by the watchdog"
await "the second one collects" is second StatusText 'collecting*'
await "the restarted process is active" is funding-finder ActiveState active
listens 8083 || fail "the restarted process does not listen"
await "and waits for the lock" is funding-finder StatusText 'waiting for *.collector-lock*'
is second NRestarts 0 || fail "a waiting process was restarted"

inside systemctl stop second funding-finder
for unit in second funding-finder; do
  is $unit Result success || fail "$unit ended with $(property $unit Result)"
  is $unit ExecMainStatus 0 || fail "$unit ended with status $(property $unit ExecMainStatus)"
done
echo "systemd: both shut down in order"
