#!/bin/sh
# The guest's first process: runs the steps of the test one after the other and reports each on the console.
# SPDX-License-Identifier: Apache-2.0
#
# Lines for the host begin with a mark: "@STEP name ok|failed key=value…" ends a step, "@DATA name text" belongs to it,
# "@BEGIN name" begins one, "@SYNC name argument" waits for a line from the host, "@END" is the last. The guest reports
# facts; the host judges them.

debug=/sys/kernel/debug/hisi_zip
zswap=/sys/module/zswap/parameters
first_mib=2  # the small loads between the faults
final_mib=88 # three quarters of it can be compressed
user_mib=64  # by the user path
wdprov=/bin/wdprov

emit() { echo "@$*"; }

# Sends what a command prints as data of a step; carriage returns and marks would confuse the host.
data() {
  subject=$1
  shift
  "$@" 2>&1 | tr -d '\r@' | sed "s/^/@DATA $subject /"
}

# What the kernel has said since this was last asked.
kernel_says() { dmesg -c | grep -E "$2" | head -n 60 >/tmp/log && data "$1" cat /tmp/log; }

sync_with_host() {
  emit "SYNC $*"
  # A host that does not answer is gone; the guest ends itself.
  # shellcheck disable=SC3045,SC2034 # busybox has -t; that there is an answer is enough
  read -r -t 120 answer || finish
}

finish() {
  emit END
  poweroff -f
  sleep 60
}

# Runs a step; a failed one is the last.
step() {
  current=$1
  facts=
  emit "BEGIN $current"
  if "step_$current"; then
    emit "STEP $current ok $facts"
  else
    emit "STEP $current failed $facts"
    dmesg | tail -n 40 >/tmp/log
    data "$current" cat /tmp/log
    finish
  fi
}

fact() { facts="$facts $1=$2"; }

# Repeats a command until it succeeds, for some seconds.
eventually() {
  seconds=$1
  shift
  tries=$((seconds * 20))
  while ! "$@"; do
    tries=$((tries - 1))
    [ "$tries" -gt 0 ] || return 1
    usleep 50000
  done
}

# Loads a module, with its parameters, after those that it needs; one that is built into this kernel needs nothing.
load_module() {
  wanted=$1
  shift
  needed=$(sed -n "s/^$wanted: //p" /modules/order)
  for module in $needed; do
    [ -d "/sys/module/$module" ] && continue
    if [ "$module" = "$wanted" ]; then
      insmod "/modules/$module.ko" "$@" || return 1
    else
      insmod "/modules/$module.ko" || return 1
    fi
  done
}

function_with_id() {
  for function in /sys/bus/pci/devices/*; do
    [ "$(cat "$function/vendor")" = 0x19e5 ] && [ "$(cat "$function/device")" = "$1" ] && basename "$function"
  done
}

# One field of the algorithm's entry in /proc/crypto; while the self-test runs there is another one, of a larval, that
# is said to have passed.
crypto_field() {
  awk -v field="$1" 'BEGIN { RS = ""; FS = "\n" }
    /driver *: hisi-deflate-acomp\n/ && /type *: acomp(\n|$)/ {
      for (i = 1; i <= NF; i++) if (split($i, pair, " *: ") == 2 && pair[1] == field) { print pair[2]; exit }
    }' /proc/crypto
}
self_test_passed() { [ "$(crypto_field selftest)" = passed ]; }

counter() { cat "$debug/$pf/zip_dfx/$1"; }
queue_counter() { cat "$debug/$pf/qm/$1"; }
count_facts() {
  for count in send_cnt recv_cnt send_busy_cnt err_bd_cnt; do
    fact "$count" "$(counter $count)"
  done
  for count in err_irq abnormal_irq mb_err; do
    fact "$count" "$(queue_counter $count)"
  done
}
settled() { [ "$(counter send_cnt)" = "$(counter recv_cnt)" ]; }

# How often each vector of the driver fired, in the order of the vectors.
interrupts() { awk '/hisi_zip/ { printf "%s%s", separator, $2; separator = "," }' /proc/interrupts; }
vm_count() { awk -v name="$1" '$1 == name { print $2 }' /proc/vmstat; }

step_boot() {
  pf=$(function_with_id 0xa250)
  vf=$(function_with_id 0xa251)
  fact pf "${pf:-none}"
  fact vf "${vf:-none}"
  fact kernel "$(uname -r)"
  [ -n "$pf" ]
}

# The command is there, starts, and lists drivers that passed their tests; the guest has no libcrypto.
step_command() {
  "$wdprov" list >/tmp/list 2>/tmp/list.error
  fact list $?
  data command cat /tmp/list.error
  fact failed "$(grep ' failed ' /tmp/list | grep -vc openssl)"
  fact passed "$(grep -c ' passed ' /tmp/list)"
}

# The virtual function goes to vfio-pci before the kernel's driver, which claims it too, is there.
step_vfio() {
  load_module virtio_iommu && load_module vfio_iommu_type1 && load_module vfio_pci || return 1
  if [ -n "$vf" ]; then
    echo vfio-pci >"/sys/bus/pci/devices/$vf/driver_override"
    echo "$vf" >/sys/bus/pci/drivers_probe
    fact vf "$(basename "$(readlink "/sys/bus/pci/devices/$vf/driver")")"
    fact group "$(basename "$(readlink "/sys/bus/pci/devices/$vf/iommu_group")")"
  fi
}

step_probe() {
  dmesg -c >/dev/null
  load_module hisi_zip
  fact insmod $?
  fact driver "$(basename "$(readlink "/sys/bus/pci/devices/$pf/driver")")"
  fact status "$(queue_counter status)"
  kernel_says probe hisi
}

step_algorithm() {
  eventually 10 self_test_passed
  for field in name selftest priority type; do
    fact $field "$(crypto_field $field | tr ' ' _)"
  done
  kernel_says algorithm 'hisi|alg:'
}

# A revision that today's kernel registers no algorithm for: it probes, works, and goes.
step_without_algorithm() {
  fact driver_entry "$(crypto_field driver)"
  fact interrupts "$(interrupts)"
  for count in mb_err err_irq; do
    fact "$count" "$(queue_counter $count)"
  done
  eventually 5 rmmod hisi_zip
  fact rmmod $?
  kernel_says without_algorithm hisi
}

step_counters() {
  eventually 5 settled
  count_facts
  fact interrupts "$(interrupts)"
}

step_cycles() {
  for cycle in 1 2 3 4 5; do
    eventually 5 rmmod hisi_zip || return 1
    [ ! -e "$debug/$pf" ] || return 1
    insmod /modules/hisi_zip.ko || return 1
    eventually 10 self_test_passed || return 1
    eventually 5 settled
    data cycles echo "$cycle $(queue_counter status) $(counter send_cnt) $(counter recv_cnt) $(counter err_bd_cnt)"
  done
  kernel_says cycles 'hisi|alg:'
}

register_files() {
  for file in qm/regs comp_core0/regs comp_core1/regs decomp_core0/regs decomp_core1/regs decomp_core2/regs; do
    [ -e "$debug/$pf/$file" ] && sed "s|^|$file |" "$debug/$pf/$file"
  done
  for file in qm/diff_regs zip_dfx/diff_regs; do
    sed "s|^|$file |" "$debug/$pf/$file"
  done
}

# Registers as the driver's debugfs dumps them, and contexts as it fetches them through the mailbox.
step_registers() {
  dmesg -c >/dev/null
  for context in eqc aeqc 'sqc 0' 'cqc 0'; do
    echo "$context" >"$debug/$pf/qm/cmd" || return 1
  done
  kernel_says contexts hisi
  register_files >/tmp/registers
  data registers cat /tmp/registers
  fact state "$(cat "$debug/$pf/qm/qm_state" 2>/dev/null || echo none)"
  sync_with_host registers
}

flr() {
  dmesg -c >/dev/null
  result=accepted
  echo 1 >"/sys/bus/pci/devices/$pf/reset" || result=refused
  fact reset $result
  fact status "$(queue_counter status)"
  kernel_says "$1" 'hisi|vfio'
}
step_reset() { flr reset; }

runtime_status() { cat "/sys/bus/pci/devices/$pf/power/runtime_status"; }
suspended() { [ "$(runtime_status)" = suspended ]; }

# The driver puts an idle device to sleep after three seconds, where it may.
step_suspend() {
  dmesg -c >/dev/null
  echo auto >"/sys/bus/pci/devices/$pf/power/control"
  eventually 15 suspended
  fact asleep "$(runtime_status)"
  echo on >"/sys/bus/pci/devices/$pf/power/control"
  fact awake "$(runtime_status)"
  fact status "$(queue_counter status)"
  kernel_says suspend hisi
}

swap_load() {
  /programs/swap_load "$@" >/tmp/swap_load 2>&1
  fact load $?
  facts="$facts $(tr -d '\r@' </tmp/swap_load | tail -n 1)"
}

# From here on the compressor holds two queues of the device, and the driver can no longer be removed.
step_zswap() {
  load_module brd rd_nr=1 rd_size=262144 || return 1
  mkswap /dev/ram0 >/dev/null && swapon /dev/ram0 || return 1
  echo 100 >/proc/sys/vm/swappiness
  echo deflate >"$zswap/compressor" && echo 1 >"$zswap/enabled" || return 1
  fact compressor "$(cat "$zswap/compressor")"
  dmesg -c >/dev/null
  load_facts 11
  # Pages of noise do not fit: the driver's messages tell which queue compresses.
  compressing=$(dmesg | sed -n 's/.* compress fail in qp\([0-9]*\):.*/\1/p' | tail -n 1)
  fact queue "${compressing:-none}"
}

# A small load: proof that the device works, and the counters before and after it.
load_facts() {
  fact out_before "$(vm_count zswpout)"
  fact send_before "$(counter send_cnt)"
  fact errors_before "$(counter err_bd_cnt)"
  swap_load "$first_mib" "$1"
  eventually 5 settled
  fact out_after "$(vm_count zswpout)"
  count_facts
}

# Each error by its name; the host injects it and says so, the driver logs it and goes on.
inject() {
  dmesg -c >/dev/null
  sync_with_host "inject $1"
  eventually 10 log_has 'error status=0x' || data inject echo "$1 (nothing logged)"
  sed "s/^/$1 /" /tmp/seen >/tmp/log
  data inject cat /tmp/log
}
log_has() {
  dmesg | grep hisi_zip >/tmp/seen
  grep -q "$1" /tmp/seen
}
step_errors() {
  before=$(queue_counter abnormal_irq)
  for error in qm-3 qm-12 zip-0 zip-11 zip-12; do
    inject "$error"
  done
  fact abnormal "$(($(queue_counter abnormal_irq) - before))"
  fact status "$(queue_counter status)"
  load_facts 22
  sync_with_host healthy
}

# Jobs that the device ends with an error: the kernel keeps such pages by other means.
step_bad_jobs() {
  dmesg -c >/dev/null
  sync_with_host "bad-jobs $compressing"
  load_facts 33
  kernel_says bad_jobs 'fail in qp'
  fact status "$(queue_counter status)"
}

more_spurious() { [ "$(queue_counter err_irq)" -ge "$((spurious_before + 3))" ]; }
step_spurious() {
  spurious_before=$(queue_counter err_irq)
  fact before "$spurious_before"
  sync_with_host spurious
  eventually 10 more_spurious
  load_facts 44
  kernel_says spurious 'hisi|irq|nobody'
}

# A reset while the compressor holds its queues; they work again afterwards.
step_live_reset() {
  flr live_reset
  load_facts 55
}

vf_queues() {
  /programs/vf_queues "$vf" 4 /tmp >/tmp/vf_queues 2>&1
  echo $? >/tmp/vf_status
}

# Milliseconds since the boot.
now() { sed 's/^\([0-9]*\)\.\([0-9][0-9]\) .*/\1\20/' /proc/uptime; }

# The command itself, as often as needed, is what is compressed.
user_data() { while cat "$wdprov"; do :; done 2>/dev/null | head -c "$((user_mib << 20))" >/tmp/user; }
on_function() {
  verb=$1
  shift
  "$wdprov" "$verb" -v -c --device "vfio:$vf" --driver wd-hisi-gzip "$@" 2>>/tmp/user_path.log
}
compress_on_function() {
  user_data
  now >/tmp/user_began
  on_function compress /tmp/user >/tmp/user.gz
  echo $? >/tmp/user_compress
  now >/tmp/user_ended
}

# The whole load through the kernel's driver while a program drives the virtual function: the command where what it
# made is looked at afterwards.
step_load() {
  case " $steps " in
    *' user_path '*) compress_on_function & ;;
    *) [ -z "$vf" ] || vf_queues & ;;
  esac
  now >/tmp/load_began
  fact in_before "$(vm_count zswpin)"
  fact out_before "$(vm_count zswpout)"
  fact send_before "$(counter send_cnt)"
  swap_load "$final_mib" 66
  now >/tmp/load_ended
  wait
  eventually 5 settled
  fact in_after "$(vm_count zswpin)"
  fact out_after "$(vm_count zswpout)"
  count_facts
  fact interrupts "$(interrupts)"
  fact status "$(queue_counter status)"
  kernel_says load 'BUG|WARNING|iommu|DMAR'
}

# What the command made beside the load: busybox is a judge that knows nothing of it. And a part of it the other way.
step_user_path() {
  fact bytes "$(wc -c </tmp/user)"
  fact packed "$(wc -c </tmp/user.gz)"
  for each in user_compress user_began user_ended load_began load_ended; do
    fact "$each" "$(cat "/tmp/$each")"
  done
  gunzip -c /tmp/user.gz 2>>/tmp/user_path.log | cmp -s - /tmp/user
  fact gunzip $?
  head -c 4194304 /tmp/user >/tmp/part
  gzip -c /tmp/part | on_function decompress - | cmp -s - /tmp/part
  fact decompress $?
  data user_path cat /tmp/user_path.log
  rm /tmp/user /tmp/user.gz /tmp/part
  sync_with_host user_path
}

# Takes a request of a host in this guest: what it makes has to be the file.
on_host() {
  "$wdprov" compress -v -c --driver "$1" /tmp/small 2>>/tmp/host.log | gunzip -c | cmp -s - /tmp/small
  fact "$2" $?
}
has_host() { "$wdprov" device list >/dev/null 2>&1; }

# A host in the guest: the virtual function through /dev/vfio, programs' queues and requests through its sockets.
step_host() {
  export WDPROV_RUN_DIR=/tmp/run
  head -c 1048576 "$wdprov" >/tmp/small
  "$wdprov" serve --device "vfio:$vf" 2>/tmp/serve.log &
  server=$!
  eventually 30 has_host || return 1
  on_host wd-hisi-gzip user
  on_host hisi-gzip-acomp kernel
  "$wdprov" mdev types >/tmp/types 2>>/tmp/host.log
  fact mode "$(grep -o 'SINGLE_PROC_MAP' /tmp/types | head -n 1)"
  kill "$server" && wait "$server"
  fact served $?
  data host cat /tmp/host.log
  data serve cat /tmp/serve.log
  unset WDPROV_RUN_DIR
}

step_program() {
  [ -n "$vf" ] || return 0
  [ -e /tmp/vf_status ] || vf_queues
  fact program "$(cat /tmp/vf_status)"
  data program cat /tmp/vf_queues
  facts="$facts $(tr -d '\r@' </tmp/vf_queues | tail -n 1)"
  # An independent judge of what the device made.
  gunzip -c /tmp/vf.gz >/tmp/vf.out 2>/tmp/vf.error && cmp -s /tmp/vf.out /tmp/vf.raw
  fact gunzip $?
  sync_with_host program
}

/bin/busybox mkdir -p /bin /sbin /usr/bin /usr/sbin
/bin/busybox --install -s
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
mount -t debugfs debugfs /sys/kernel/debug
mount -t tmpfs tmpfs /tmp
stty -echo
steps=$(sed -n 's/.*wdprov\.steps=\([^ ]*\).*/\1/p' /proc/cmdline | tr , ' ')
for each in $steps; do
  step "$each"
done
finish
