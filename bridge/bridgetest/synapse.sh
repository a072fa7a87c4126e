#!/bin/bash
# Runs Synapse, the homeserver that the bridge meets in production, for tests: Debian sid's matrix-synapse in a chroot, started
# with a throw-away configuration on 127.0.0.1. Linux and root only.
#
#   synapse.sh install   makes the chroot in $KIT unless it is there (some minutes and 500 MB; wants debootstrap)
#   synapse.sh run       runs Synapse in the foreground until it is ended; each DATA folder is a homeserver of its own
#
# In the environment:
#   KIT            the folder that holds the chroot, which all homeservers share and none writes to
#   MIRROR         for install: the Debian mirror (default: the one that this machine's apt uses)
#   DATA           for run: the folder of the database, the media and the log
#   PORT           for run: the port on 127.0.0.1
#   SERVER_NAME    for run: what comes after the colon (default passerelle.test)
#   SHARED_SECRET  for run: the secret of shared-secret registration (default throw-away)
#   REGISTRATIONS  for run: the application services' registration files, separated by colons
#   FEATURES       for run: experimental features to switch on, separated by spaces, such as
#                  "msc2409_to_device_messages_enabled msc3202_transaction_extensions"
set -euo pipefail

die() { echo "synapse.sh: $*" >&2; exit 1; }
usage() { sed -n '2,/^set /{/^#/s/^# \{0,1\}//p}' "$0"; exit 2; }

install() {
  [ ! -e "$root/usr/bin/synapse_homeserver" ] || return 0
  command -v debootstrap >/dev/null || die "installing Synapse needs debootstrap: apt-get install debootstrap"
  echo "installing Synapse into $KIT: some minutes, once"
  # Built aside and moved at the end, so that a broken installation never looks like a whole one.
  rm -rf "$root.new"
  debootstrap --variant=minbase --include=ca-certificates sid "$root.new" "${MIRROR:-$(apt-get indextargets --format '$(REPO_URI)' | grep -v security | head -n 1)}" >"$KIT/debootstrap.log" 2>&1 ||
    die "debootstrap failed: $(tail -n 3 "$KIT/debootstrap.log")"
  # No service starts by itself in there, and /proc is mounted for the length of the installation alone.
  printf '#!/bin/sh\nexit 101\n' >"$root.new/usr/sbin/policy-rc.d"
  chmod +x "$root.new/usr/sbin/policy-rc.d"
  # A machine whose clock runs ahead of the mirror must not fail on the age of its lists.
  unshare --mount bash -euc 'mount -t proc proc "$1/proc"
    exec chroot "$1" sh -ec "apt-get -o Acquire::Check-Valid-Until=false update
      DEBIAN_FRONTEND=noninteractive apt-get -o Acquire::Check-Valid-Until=false install -y --no-install-recommends matrix-synapse"' \
    bash "$root.new" >"$KIT/install.log" 2>&1 || die "apt-get failed: $(tail -n 3 "$KIT/install.log")"
  rm -rf "$root.new/var/cache/apt/archives" "$root.new/var/lib/apt/lists"
  mkdir -p "$root.new/srv/data"
  mv "$root.new" "$root"
}

# config writes the configuration of one homeserver; paths are those inside the chroot.
config() {
  local paths="" feature experimental="" n=0
  while read -r -d: file; do
    [ -n "$file" ] || continue
    n=$((n + 1))
    cp "$file" "$DATA/registration-$n.yaml" || die "reading the registration $file failed"
    paths+="/srv/data/registration-$n.yaml, "
  done <<<"${REGISTRATIONS:-}:"
  for feature in ${FEATURES:-}; do experimental+="$feature: true, "; done
  cat >"$DATA/log.yaml" <<'Y'
version: 1
formatters: {line: {format: '%(asctime)s %(levelname)s %(name)s %(message)s'}}
handlers: {console: {class: logging.StreamHandler, formatter: line}}
root: {level: WARNING, handlers: [console]}
Y
  cat >"$DATA/homeserver.yaml" <<Y
server_name: ${SERVER_NAME:-passerelle.test}
pid_file: /srv/data/homeserver.pid
listeners: [{port: $PORT, bind_addresses: ['127.0.0.1'], type: http, tls: false, resources: [{names: [client], compress: false}]}]
database: {name: sqlite3, args: {database: /srv/data/homeserver.db}}
log_config: /srv/data/log.yaml
media_store_path: /srv/data/media
max_upload_size: 128M
signing_key_path: /srv/data/signing.key
registration_shared_secret: ${SHARED_SECRET:-throw-away}
macaroon_secret_key: throw-away
form_secret: throw-away
report_stats: false
enable_registration: false
suppress_key_server_warning: true
trusted_key_servers: []
federation_domain_whitelist: []
bcrypt_rounds: 4
presence: {enabled: ${PRESENCE:-false}}
app_service_config_files: [$paths]
experimental_features: {$experimental}
rc_message: {per_second: 10000, burst_count: 10000}
rc_registration: {per_second: 10000, burst_count: 10000}
rc_login:
  address: {per_second: 10000, burst_count: 10000}
  account: {per_second: 10000, burst_count: 10000}
  failed_attempts: {per_second: 10000, burst_count: 10000}
rc_joins: {local: {per_second: 10000, burst_count: 10000}}
rc_joins_per_room: {per_second: 10000, burst_count: 10000}
rc_invites:
  per_room: {per_second: 10000, burst_count: 10000}
  per_user: {per_second: 10000, burst_count: 10000}
  per_issuer: {per_second: 10000, burst_count: 10000}
rc_room_creation: {per_second: 10000, burst_count: 10000}
rc_presence: {per_user: {per_second: 10000, burst_count: 10000}}
rc_key_requests: {per_second: 10000, burst_count: 10000}
Y
}

run() {
  [ -e "$root/usr/bin/synapse_homeserver" ] || die "no Synapse in $KIT: run synapse.sh install"
  [ -n "${DATA:-}" ] && [ -n "${PORT:-}" ] || die "set DATA to a folder for this homeserver, and PORT"
  mkdir -p "$DATA" "$root/srv/data" # the mount point, in a chroot that somebody else has made
  config
  # The mounts are in a namespace of their own: they end with the process, and any number of homeservers share one chroot. Each
  # step replaces the process, so whoever started this script holds Synapse itself by the process ID.
  exec unshare --mount --propagation private bash -euc 'mount -t proc proc "$1/proc"
    mount --bind "$2" "$1/srv/data"
    [ -f "$2/signing.key" ] || chroot "$1" synapse_generate_signing_key -o /srv/data/signing.key
    exec chroot "$1" python3 -m synapse.app.homeserver -c /srv/data/homeserver.yaml' bash "$root" "$DATA"
}

case ${1:-} in install | run) ;; *) usage ;; esac
[ "$(id -u)" -eq 0 ] || die "Synapse runs in a chroot, which needs root"
[ -n "${KIT:-}" ] || die "set KIT to a folder for the chroot"
mkdir -p "$KIT"
root=$KIT/sid
"$1"
