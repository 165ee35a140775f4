# shellcheck shell=bash
# Starts and stops services without systemd. Each one leads its own process group and has a file
# run/NAME.pid that holds three words: process id, the kernel's start time of that process (so that an
# id which was given to somebody else is never taken for ours), and a fingerprint of what it was
# started with (so that a changed setting restarts it).

# The services see nothing of the caller's environment: no http_proxy, no PATH with another python.
service_environment=(env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 HOME="$state/home"
  PYTHONPATH="$state/python" MEX_FAULT_DIR="$state/fault" REQUESTS_CA_BUNDLE=)

start_time_of() { # pid
  local stat fields
  stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
  read -r -a fields <<<"${stat##*) }" # the name in parentheses may hold blanks
  [[ ${fields[0]} != Z ]] && echo "${fields[19]}"
}

is_alive() { # name
  local pid started
  [[ -f $state/run/$1.pid ]] && read -r pid started _ <"$state/run/$1.pid" &&
    [[ $(start_time_of "$pid") == "$started" ]]
}

fingerprint() { # name command... : the command, our modules and the family's configuration files
  local family=${1%%-*}
  {
    printf '%s\n' "$@"
    find "$state/etc" "$state/python" -type f \( -path "$state/etc/$family/*" -o -name 'mex*.py' \) \
      -exec sha256sum {} + | sort
  } | sha256sum | cut -c1-16
}

start() { # name command...
  local name=$1 wanted running=
  shift
  wanted=$(fingerprint "$name" "$@")
  if is_alive "$name"; then
    read -r _ _ running <"$state/run/$name.pid"
    [[ $running != "$wanted" ]] || return 0
    say "$name is restarted: its settings have changed"
    stop "$name"
  fi
  setsid "${service_environment[@]}" "$@" >>"$state/log/$name.log" 2>&1 </dev/null {lock}>&- &
  echo "$! $(start_time_of $!) $wanted" >"$state/run/$name.pid"
}

# True while a process group has a member that is not a zombie.
group_exists() { # leader's pid
  ps -o stat= -g "$1" 2>/dev/null | grep -qv '^Z'
}

# Stops services all together: TERM, then KILL for the groups that are still there after ten seconds.
stop() { # name...
  local name pid pids=() waited
  for name in "$@"; do
    is_alive "$name" || continue
    read -r pid _ <"$state/run/$name.pid"
    pids+=("$pid")
    kill -TERM -- "-$pid" 2>/dev/null || true
  done
  for pid in "${pids[@]}"; do
    for ((waited = 0; waited < 100; waited++)); do
      group_exists "$pid" || break
      sleep 0.1
    done
    kill -KILL -- "-$pid" 2>/dev/null || true
  done
  for name in "$@"; do rm -f "$state/run/$name.pid"; done
}

# Names of what was started and not stopped; it may have died since.
started_services() {
  local file
  for file in "$state"/run/*.pid; do
    [[ -e $file ]] && basename "$file" .pid
  done
}

# Repeats a command until it succeeds; gives up when the service has died, and after a time that only one
# that hangs takes, however slow and busy the machine is.
wait_for() { # name command...
  local name=$1 end=$((SECONDS + 1200))
  shift
  until "$@" >/dev/null 2>&1; do
    is_alive "$name" || { tail -n 20 "$state/log/$name.log" >&2; die "$name died, see $state/log/$name.log"; }
    ((SECONDS < end)) || { tail -n 20 "$state/log/$name.log" >&2; die "$name does not answer, see $state/log/$name.log"; }
    sleep 0.2
  done
}

listens() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; } # port

# OpenStack's eventlet servers bind with SO_REUSEPORT: on a port that is taken they would start
# silently and share its connections.
refuse_taken_port() { # service port variable
  if ! is_alive "$1" && listens "$2"; then
    die "port $2 on 127.0.0.1 is in use by another program; set $3 (or MEX_OPENSTACK_FIRST_PORT)"
  fi
}
