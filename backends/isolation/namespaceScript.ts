/**
 * The script that builds an isolated process's file system where bubblewrap is not installed. It runs as the first process of fresh mount and
 * process namespaces, in which it is root; the program it starts is not.
 *
 * Its arguments: the size of /tmp in bytes, the mounts (kind, path, source), `--`, and the command.
 */
export const namespaceScript = `
set -eu
umask 022
r=/sys
size=$1
shift
mount -t tmpfs -o mode=0755,size=16m none $r

only_readable() {
  while read -r _ _ _ _ point _; do
    case $point in "$1"|"$1"/*) mount -o remount,bind,ro,nosuid,nodev "$point" ;; esac
  done < /proc/self/mountinfo
}

mkdir $r/tmp $r/dev $r/proc $r/.old
mount -t tmpfs -o "mode=1777,nosuid,nodev,size=$size" none $r/tmp
mount -t tmpfs -o "mode=0755,nosuid,size=1m" none $r/dev
for name in null zero full random urandom; do : > $r/dev/$name; mount --bind /dev/$name $r/dev/$name; done
for name in fd:fd stdin:fd/0 stdout:fd/1 stderr:fd/2; do ln -s /proc/self/\${name#*:} $r/dev/\${name%:*}; done
mkdir $r/dev/shm
mount -t tmpfs -o "mode=1777,nosuid,nodev,size=$size" none $r/dev/shm

hidden=
while [ "$1" != -- ]; do
  kind=$1 path=$2 source=$3
  shift 3
  case $kind in
    link) ln -s "$source" "$r$path" ;;
    hidden) mkdir -p "$r$path"; mount -t tmpfs -o mode=0755,nosuid,nodev,size=1m none "$r$path"; hidden="$hidden$path
" ;;
    *)
      if [ -d "$source" ]; then mkdir -p "$r$path"
      elif [ ! -e "$r$path" ]; then mkdir -p "$r\${path%/*}"; : > "$r$path"; fi
      mount --rbind "$source" "$r$path"
      if [ $kind = readable ]; then only_readable "$r$path"; fi ;;
  esac
done
shift
printf %s "$hidden" | while read -r path; do mount -o remount,bind,ro,nosuid,nodev "$r$path"; done

mount -t proc -o nosuid,nodev,noexec proc $r/proc
# Root outside may set the kernel's parameters, with or without privileges.
for name in sys sysrq-trigger irq bus; do
  if [ -e $r/proc/$name ]; then mount --bind $r/proc/$name $r/proc/$name; mount -o remount,bind,ro,nosuid,nodev,noexec $r/proc/$name; fi
done
cd $r
pivot_root . .old
cd /
umount -l /.old
rmdir /.old
mount -o remount,bind,ro,nosuid,nodev /
mount -o remount,bind,ro,nosuid /dev
"$@"
`;
