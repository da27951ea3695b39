"""The filter of system calls: an allow-list, in classic BPF, put together without any library.

What is not named gets ENOSYS, as if the kernel were older than the call: new calls stay out until somebody looks at
them. What is named as dangerous gets EPERM, because programs understand that better. A foreign architecture is killed.
"""

import ctypes
import errno
import os
import struct

import libc
from syscalls import numbers_for

# Reading and writing what is there. Paths lead only into the jail; xattr, chmod and chown change only its own files.
FILES = """
read write open openat openat2 close close_range stat fstat lstat newfstatat statx lseek pread64 pwrite64 readv writev
preadv pwritev preadv2 pwritev2 access faccessat faccessat2 dup dup2 dup3 pipe pipe2 ftruncate truncate fallocate fsync
fdatasync sync_file_range getdents getdents64 getcwd chdir fchdir rename renameat renameat2 mkdir mkdirat rmdir creat
link linkat unlink unlinkat symlink symlinkat readlink readlinkat chmod fchmod fchmodat fchmodat2 chown fchown lchown
fchownat umask utime utimes utimensat futimesat statfs fstatfs mknod mknodat copy_file_range sendfile fadvise64
readahead getxattr lgetxattr fgetxattr listxattr llistxattr flistxattr
"""
# Memory, counted by the cgroup. memfd is only memory; pkey is what V8 asks for its code pages.
MEMORY = """
mmap mprotect munmap mremap madvise brk msync mlock mlock2 munlock membarrier memfd_create pkey_alloc pkey_free
pkey_mprotect
"""
# Processes and threads of the own pid namespace, counted by pids limits. `clone` is filtered by its flags below.
PROCESSES = """
fork vfork execve execveat exit exit_group wait4 waitid kill tkill tgkill getpid getppid gettid getpgid getpgrp setpgid
setsid getsid getuid geteuid getgid getegid getresuid getresgid getgroups capget arch_prctl set_tid_address
set_robust_list get_robust_list rseq sched_yield sched_getaffinity sched_setaffinity sched_getparam sched_getscheduler
sched_get_priority_max sched_get_priority_min sched_rr_get_interval getpriority getrlimit setrlimit prlimit64 getrusage
times sysinfo uname getrandom getcpu pidfd_open pidfd_send_signal restart_syscall
"""
SIGNALS = """
rt_sigaction rt_sigprocmask rt_sigreturn rt_sigpending rt_sigtimedwait rt_sigsuspend rt_sigqueueinfo rt_tgsigqueueinfo
sigaltstack pause alarm setitimer getitimer signalfd signalfd4
"""
TIME = """
nanosleep clock_nanosleep clock_gettime clock_getres gettimeofday time timer_create timer_settime timer_gettime
timer_getoverrun timer_delete timerfd_create timerfd_settime timerfd_gettime
"""
WAITING = """
futex futex_waitv eventfd eventfd2 epoll_create epoll_create1 epoll_ctl epoll_wait epoll_pwait epoll_pwait2 poll ppoll
select pselect6
"""
# On socket pairs and the three connections to the host: nothing else can be made, bound or connected.
SOCKETS = "sendto recvfrom sendmsg recvmsg sendmmsg recvmmsg shutdown getsockname getpeername getsockopt"

# With an allow-list, besides `socket`: what a client needs. Nothing can be served: no bind, listen or accept.
NETWORK = ("connect", "setsockopt")

ALLOWED = " ".join((FILES, MEMORY, PROCESSES, SIGNALS, TIME, WAITING, SOCKETS)).split()

# EPERM, group by group.
REFUSED = """
unshare setns mount umount2 pivot_root chroot fsopen fsconfig fsmount fspick move_mount open_tree open_tree_attr
mount_setattr statmount listmount
socket bind listen connect accept accept4 setsockopt
bpf perf_event_open userfaultfd io_uring_setup io_uring_enter io_uring_register add_key request_key keyctl
ptrace process_vm_readv process_vm_writev kcmp pidfd_getfd process_madvise process_mrelease
kexec_load kexec_file_load init_module finit_module delete_module reboot swapon swapoff acct quotactl quotactl_fd syslog
personality modify_ldt iopl ioperm vhangup nfsservctl lookup_dcookie
open_by_handle_at name_to_handle_at
fanotify_init fanotify_mark inotify_init inotify_init1 inotify_add_watch flock
seccomp capset setuid setgid setreuid setregid setresuid setresgid setgroups setfsuid setfsgid
clock_settime settimeofday adjtimex clock_adjtime sethostname setdomainname
sched_setscheduler sched_setparam sched_setattr setpriority ioprio_set mlockall munlockall
setxattr lsetxattr fsetxattr removexattr lremovexattr fremovexattr
shmget shmat shmctl shmdt semget semop semtimedop semctl msgget msgsnd msgrcv msgctl
mq_open mq_unlink mq_timedsend mq_timedreceive mq_notify mq_getsetattr
mbind set_mempolicy migrate_pages move_pages
""".split()

# Every CLONE_NEW… that clone can carry, and CLONE_PARENT (a child would become one of the supervisor's).
_CLONE_REFUSED = 0x7E020000 | 0x00008000
# isatty, bytes waiting, (non-)blocking, close on exec, window size. Never TIOCSTI, TIOCLINUX, or a device's own.
_IOCTL_ALLOWED = (0x5401, 0x541B, 0x5421, 0x5450, 0x5451, 0x5413)
_IOCTL_REFUSED = (0x5412, 0x541C)
# Locks to be seen by another run through a shared file (F_GETLK, open file locks), leases and notifications; the size of
# a pipe (F_SETPIPE_SZ), since the kernel counts pages of pipes for a user: one program could take what its neighbours have.
_FCNTL_REFUSED = (5, 36, 37, 38, 1024, 1026, 1031)
# PDEATHSIG, names of threads and memory, reads of state, timer slack, subreaper, no_new_privs, THP.
_PRCTL_ALLOWED = (1, 2, 3, 15, 16, 21, 23, 29, 30, 36, 37, 38, 39, 40, 41, 42, 0x53564D41)
_AF_UNIX = 1
_AF_INET = 2
_AF_INET6 = 10
_SOCK_STREAM = 1
_IPPROTO_TCP = 6
# MADV_MERGEABLE: pages that the kernel merges with equal ones of others tell, by time, what those others hold.
_MADVISE_REFUSED = (12,)

_LOAD = 0x20  # BPF_LD | BPF_W | BPF_ABS
_AND = 0x54  # BPF_ALU | BPF_AND | BPF_K
_JUMP = 0x05  # BPF_JMP | BPF_JA
_EQUAL = 0x15
_AT_LEAST = 0x35
_ANY_BIT = 0x45
_RETURN = 0x06

_ALLOW = 0x7FFF0000
_KILL_PROCESS = 0x80000000
_NUMBER_OFFSET = 0
_ARCHITECTURE_OFFSET = 4
_ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_X32_BIT = 0x40000000


def _error(code):
    return 0x00050000 | code


def _argument(index):
    """Offset of the low word of an argument (both architectures are little-endian): ioctl must compare only that."""
    return 16 + 8 * index


def _only(index, values, otherwise, special=()):
    """Allows the call where an argument is one of `values`; `special` values get EPERM, all others `otherwise`."""
    rows = [(_LOAD, 0, 0, _argument(index))]
    for value in special:
        rows += [(_EQUAL, 0, 1, value), (_RETURN, 0, 0, _error(errno.EPERM))]
    for value in values:
        rows += [(_EQUAL, 0, 1, value), (_RETURN, 0, 0, _ALLOW)]
    return rows + [(_RETURN, 0, 0, otherwise)]


def _except(index, values):
    rows = [(_LOAD, 0, 0, _argument(index))]
    for value in values:
        rows += [(_EQUAL, 0, 1, value), (_RETURN, 0, 0, _error(errno.EPERM))]
    return rows + [(_RETURN, 0, 0, _ALLOW)]


def _stream_socket():
    """TCP over IPv4 and IPv6. Where it may lead to, the network namespace decides: nowhere but to 127.0.0.1."""
    return [
        (_LOAD, 0, 0, _argument(0)),
        (_EQUAL, 1, 0, _AF_INET),
        (_EQUAL, 0, 7, _AF_INET6),
        (_LOAD, 0, 0, _argument(1)),
        # Without SOCK_NONBLOCK and SOCK_CLOEXEC.
        (_AND, 0, 0, 0xF),
        (_EQUAL, 0, 4, _SOCK_STREAM),
        (_LOAD, 0, 0, _argument(2)),
        (_EQUAL, 1, 0, 0),
        (_EQUAL, 0, 1, _IPPROTO_TCP),
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, _error(errno.EPERM)),
    ]


def _decisions(machine, with_network):
    """Number of the call to the rows that decide it."""
    numbers = numbers_for(machine)
    refuse = _error(errno.EPERM)
    by_name = {name: [(_RETURN, 0, 0, refuse)] for name in REFUSED}
    by_name.update({name: [(_RETURN, 0, 0, _ALLOW)] for name in ALLOWED})
    by_name["clone"] = [
        (_LOAD, 0, 0, _argument(0)),
        (_ANY_BIT, 0, 1, _CLONE_REFUSED),
        (_RETURN, 0, 0, refuse),
        (_RETURN, 0, 0, _ALLOW),
    ]
    by_name["ioctl"] = _only(1, _IOCTL_ALLOWED, _error(errno.ENOTTY), _IOCTL_REFUSED)
    by_name["fcntl"] = _except(1, _FCNTL_REFUSED)
    by_name["madvise"] = _except(2, _MADVISE_REFUSED)
    by_name["prctl"] = _only(0, _PRCTL_ALLOWED, refuse)
    by_name["socketpair"] = _only(0, (_AF_UNIX,), refuse)
    if with_network:
        by_name["socket"] = _stream_socket()
        for name in NETWORK:
            by_name[name] = [(_RETURN, 0, 0, _ALLOW)]
    # clone3 cannot be filtered (its flags lie behind a pointer): ENOSYS makes the C library use clone.
    by_name["clone3"] = [(_RETURN, 0, 0, _error(errno.ENOSYS))]
    return {numbers[name]: rows for name, rows in by_name.items() if name in numbers}


def _ranges(decisions):
    """Contiguous ranges of numbers with one decision: (first number, rows), the gaps filled with ENOSYS."""
    unknown = [(_RETURN, 0, 0, _error(errno.ENOSYS))]
    ranges = []
    for number in range(max(decisions) + 2):
        rows = decisions.get(number, unknown)
        if not ranges or ranges[-1][1] != rows:
            ranges.append((number, rows))
    return ranges


def _search(ranges):
    """A binary search over the ranges: about nine comparisons for a call instead of hundreds."""
    if len(ranges) == 1:
        return ranges[0][1]
    middle = len(ranges) // 2
    lower, upper = _search(ranges[:middle]), _search(ranges[middle:])
    # Conditional jumps reach 255 rows, the plain one reaches all.
    return [(_AT_LEAST, 0, 1, ranges[middle][0]), (_JUMP, 0, 0, len(lower)), *lower, *upper]


def build_program(machine, with_network=False):
    """The filter as a list of (code, true, false, value) rows."""
    head = [
        (_LOAD, 0, 0, _ARCHITECTURE_OFFSET),
        (_EQUAL, 1, 0, _ARCHITECTURES[machine]),
        (_RETURN, 0, 0, _KILL_PROCESS),
        (_LOAD, 0, 0, _NUMBER_OFFSET),
    ]
    if machine == "x86_64":
        # x32 calls share the architecture and shift the number: none of them is wanted.
        head += [(_AT_LEAST, 0, 1, _X32_BIT), (_RETURN, 0, 0, _error(errno.ENOSYS))]
    return head + _search(_ranges(_decisions(machine, with_network)))


class Filter:
    """A program ready to be installed; built once, so that a fork only has to make one system call."""

    def __init__(self, with_network=False):
        rows = build_program(os.uname().machine, with_network)
        packed = b"".join(struct.pack("HBBI", *row) for row in rows)
        self._code = ctypes.create_string_buffer(packed, len(packed))
        self._header = ctypes.create_string_buffer(
            struct.pack("H6xQ", len(rows), ctypes.addressof(self._code)),
        )

    def install(self):
        """From here on the process, and all that it starts, can make only the calls of the list."""
        libc.prctl(libc.PR_SET_NO_NEW_PRIVS, 1)
        libc.prctl(libc.PR_SET_SECCOMP, libc.SECCOMP_MODE_FILTER, ctypes.addressof(self._header))
