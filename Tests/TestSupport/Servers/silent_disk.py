# SPDX-License-Identifier: Apache-2.0
"""A disk that hangs: mounts a file system whose server never answers, and runs a command beside it.

Usage: silent_disk.py PLACE COMMAND…

PLACE is a directory or a file. Whoever opens it or anything below it waits until the command has ended, and can be killed meanwhile, as on a hard NFS
mount whose server is gone. Needs root and /dev/fuse. Ends with the command's status.
"""

import ctypes
import os
import struct
import subprocess
import sys

LAZILY = 2  # MNT_DETACH
INIT_ANSWER = struct.Struct("IIIIHHIIHHI28x")  # struct fuse_init_out of linux/fuse.h


def system(what, result):
    if result != 0:
        sys.exit(f"{what}: {os.strerror(ctypes.get_errno())}")


def main():
    place, command = sys.argv[1], sys.argv[2:]
    libc = ctypes.CDLL(None, use_errno=True)
    server = os.open("/dev/fuse", os.O_RDWR | os.O_CLOEXEC)
    options = f"fd={server},rootmode={40000 if os.path.isdir(place) else 100644},user_id=0,group_id=0,allow_other"
    system("mount", libc.mount(b"silent", os.fsencode(place), b"fuse.silent", 0, options.encode()))
    try:
        # The kernel's greeting is the one thing that is answered.
        _, _, unique = struct.unpack_from("IIQ", os.read(server, 1 << 16))
        answer = INIT_ANSWER.pack(7, 31, 1 << 16, 0, 16, 12, 1 << 16, 1, 0, 0, 0)
        os.write(server, struct.pack("IiQ", 16 + len(answer), 0, unique) + answer)
        return subprocess.run(command).returncode
    finally:
        libc.umount2(os.fsencode(place), LAZILY)
        os.close(server)


if __name__ == "__main__":
    sys.exit(main())
