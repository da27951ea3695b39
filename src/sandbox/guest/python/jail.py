"""The jail: one tree, built once, that every execution enters with its own writable places. Trusted code.

    /usr, /lib …        read-only binds                    /proc         own processes only (subset=pid)
    /opt/site-packages  read-only                          /box          working folder, tmpfs (with /tmp, /dev/shm)
    /opt/guest          guest programs, copied             /box/input    read-only, filled by the host before the hand-over
    /dev                five harmless devices              /box/output   a tmpfs of its own, read by the host afterwards
"""

import os
import shutil

import libc

ROOT = "/jail"
OUTPUTS = "/outputs"
INPUTS = "/inputs"
# Of TLS. Empty for executions without a network: which ones the machine trusts is nothing that they need to know.
AUTHORITIES = "/etc/ssl/certs/ca-certificates.crt"
_READ_ONLY = libc.MS_RDONLY | libc.MS_NOSUID | libc.MS_NODEV
_DEVICES = ("null", "zero", "full", "random", "urandom")
_PASSWD = "sandbox:x:1000:1000:sandbox:/box:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n"
_GROUP = "sandbox:x:1000:\nnogroup:x:65534:\n"
# A tmpfs inode costs about 1 KiB of kernel memory: this many files cannot fill the memory limit by themselves.
_TEMPORARY_INODES = 20_000


def bind_read_only(source, target):
    libc.mount(source, target, flags=libc.MS_BIND | libc.MS_REC)
    libc.mount(None, target, flags=libc.MS_REMOUNT | libc.MS_BIND | _READ_ONLY)


def mount_neutral(source, target):
    """Shows `source` read-only at `target` without its path on the host: returns whether that path stays hidden.

    A bind mount tells its source in mountinfo. An overlay names only its layers, and those have our own names.
    """
    try:
        libc.mount("overlay", target, "overlay", _READ_ONLY, f"lowerdir={source}:/empty")
        return True
    except OSError:
        # Kernels before 5.11 have no overlay in user namespaces, and some file systems cannot be a layer.
        bind_read_only(source, target)
        return False


def build_template(trees):
    """Builds the tree below /jail. `trees` are folders that are shown without their host path.

    Returns the trees whose path on the host could not be hidden.
    """
    os.makedirs("/empty", exist_ok=True)
    libc.mount(None, "/", flags=libc.MS_REC | libc.MS_PRIVATE)
    for folder in (ROOT, OUTPUTS, INPUTS):
        os.makedirs(folder, exist_ok=True)
        libc.mount("sandbox", folder, "tmpfs", libc.MS_NOSUID | libc.MS_NODEV, "mode=755,size=16m")
    # What is mounted here later, at the hand-over, appears in the jail that took its part of it.
    libc.mount(None, INPUTS, flags=libc.MS_SHARED)

    for name in ("bin", "sbin", "lib", "lib32", "lib64", "libx32"):
        _take_over(f"/{name}")
    os.mkdir(f"{ROOT}/usr")
    bind_read_only("/usr", f"{ROOT}/usr")
    _build_etc()
    _build_devices()
    shown = []
    for tree in trees:
        os.makedirs(ROOT + tree)
        if not mount_neutral(tree, ROOT + tree):
            shown.append(tree)
    shutil.copytree("/opt/guest", f"{ROOT}/opt/guest")
    _open_to_all(f"{ROOT}/opt/guest")
    for name in ("box", "tmp", "proc", "var", "run"):
        os.mkdir(f"{ROOT}/{name}")
    os.symlink("/tmp", f"{ROOT}/var/tmp")
    libc.mount(None, ROOT, flags=libc.MS_REMOUNT | libc.MS_BIND | _READ_ONLY)
    return shown


def _take_over(path):
    """A link into /usr stays one; a real folder (systems without merged /usr) is bound."""
    if os.path.islink(path):
        os.symlink(os.readlink(path), ROOT + path)
    elif os.path.isdir(path):
        os.mkdir(ROOT + path)
        bind_read_only(path, ROOT + path)


def _build_etc():
    os.mkdir(f"{ROOT}/etc")
    for name, text in (("passwd", _PASSWD), ("group", _GROUP), ("hostname", "sandbox\n")):
        with open(f"{ROOT}/etc/{name}", "w") as file:
            file.write(text)
    os.makedirs(ROOT + os.path.dirname(AUTHORITIES))
    open(ROOT + AUTHORITIES, "w").close()
    # matplotlib of Debian does not start without its settings in /etc.
    for path in ("/etc/ld.so.cache", "/etc/matplotlibrc"):
        if os.path.exists(path):
            shutil.copy(path, ROOT + path)
    # numpy of Debian finds its BLAS through the links in alternatives; plots ask fontconfig for their fonts.
    for folder in ("/etc/alternatives", "/etc/fonts"):
        if os.path.isdir(folder):
            shutil.copytree(folder, ROOT + folder, symlinks=True)


def _open_to_all(tree):
    """What was copied has the rights of its source; slots may be other users than this one."""
    for folder, _, files in os.walk(tree):
        os.chmod(folder, 0o755)
        for name in files:
            os.chmod(os.path.join(folder, name), 0o644)


def _build_devices():
    os.makedirs(f"{ROOT}/dev/shm")
    for name in _DEVICES:
        open(f"{ROOT}/dev/{name}", "w").close()
        libc.mount(f"/dev/{name}", f"{ROOT}/dev/{name}", flags=libc.MS_BIND)
    os.symlink("/proc/self/fd", f"{ROOT}/dev/fd")
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        os.symlink(f"/proc/self/fd/{number}", f"{ROOT}/dev/{name}")


def prepare_slot(slot, limits, user):
    """In the supervisor, before the fork: the output file system, which is that user's, and the place of the inputs."""
    output, source = f"{OUTPUTS}/{slot}", f"{INPUTS}/{slot}"
    os.mkdir(output)
    os.mkdir(source)
    flags = libc.MS_NOSUID | libc.MS_NODEV | libc.MS_NOEXEC
    # Folders and dropped entries need inodes too; the count of artifacts is bounded again when they are collected.
    inodes = limits["artifactCount"] * 2 + 64
    libc.mount("output", output, "tmpfs", flags, f"size={limits['artifactBytes']},nr_inodes={inodes},mode=755")
    if user != 0:
        os.chown(output, user, user)


def show_inputs(slot):
    """In the supervisor, at the hand-over: /box/input of the slot shows what the host has put into its folder."""
    return mount_neutral(f"/slots/{slot}/input", f"{INPUTS}/{slot}")


def release_slot(slot):
    """In the supervisor, when the slot is dead and collected. Safe to repeat."""
    for folder in (f"{OUTPUTS}/{slot}", f"{INPUTS}/{slot}"):
        while os.path.ismount(folder):
            libc.unmount(folder, libc.MNT_DETACH)
        if os.path.isdir(folder):
            os.rmdir(folder)


def enter(slot, limits, user, show_authorities=False):
    """In the child: own namespaces, own writable places, and no way back to the tree of the supervisor."""
    libc.unshare(libc.CLONE_NEWNS | libc.CLONE_NEWIPC | libc.CLONE_NEWUTS | libc.CLONE_NEWCGROUP)
    libc.mount(None, INPUTS, flags=libc.MS_SLAVE)
    _mount_writable(slot, limits, user)
    if show_authorities and os.path.exists(AUTHORITIES):
        bind_read_only(AUTHORITIES, ROOT + AUTHORITIES)
    _mount_proc()
    os.chdir(ROOT)
    libc.pivot_root(".", ".")
    libc.unmount(".", libc.MNT_DETACH)
    os.chdir("/box")


def _mount_writable(slot, limits, user):
    box = f"{ROOT}/box"
    options = f"size={limits['temporaryBytes']},nr_inodes={_TEMPORARY_INODES},mode=755"
    libc.mount("box", box, "tmpfs", libc.MS_NOSUID | libc.MS_NODEV, options)
    # One file system, and so one limit, for all three places.
    for name in ("tmp", "shm", "box", "box/input", "box/output"):
        os.mkdir(f"{box}/{name}")
    os.chmod(f"{box}/tmp", 0o1777)
    os.chmod(f"{box}/shm", 0o1777)
    if user != 0:
        # The places of inputs and output are covered by mounts.
        os.chown(f"{box}/box", user, user)
    libc.mount(f"{box}/tmp", f"{ROOT}/tmp", flags=libc.MS_BIND)
    libc.mount(f"{box}/shm", f"{ROOT}/dev/shm", flags=libc.MS_BIND)
    libc.mount(f"{box}/box", box, flags=libc.MS_BIND)
    libc.mount(f"{OUTPUTS}/{slot}", f"{box}/output", flags=libc.MS_BIND)
    libc.mount(f"{INPUTS}/{slot}", f"{box}/input", flags=libc.MS_BIND)
    libc.mount(None, f"{box}/input", flags=libc.MS_REMOUNT | libc.MS_BIND | _READ_ONLY)


def _mount_proc():
    flags = libc.MS_NOSUID | libc.MS_NODEV | libc.MS_NOEXEC
    try:
        # Without /proc/sys, kcore, kallsyms, cmdline … (Linux 5.8).
        libc.mount("proc", f"{ROOT}/proc", "proc", flags, "subset=pid")
    except OSError:
        libc.mount("proc", f"{ROOT}/proc", "proc", flags)
