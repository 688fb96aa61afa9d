// SPDX-License-Identifier: Apache-2.0
#pragma once
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <linux/stat.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

// prctl(2) is variadic, which Swift cannot call: no core dump and no ptrace of this process by others of its user.
static inline int linux_set_undumpable(void) { return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); }

// open(2) and openat(2) are variadic for the mode.
static inline int linux_openat(int directory, const char *path, int flags, mode_t mode) {
    return openat(directory, path, flags, mode);
}

// 1: the name is the root of a mount, 0: it is not, -1: the kernel does not tell (before 5.8) or errno.
// The system call itself, since glibc and the kernel headers fight over struct statx.
static inline int linux_is_mount_root(int directory, const char *name) {
    struct { unsigned int mask, blksize; unsigned long long attributes; unsigned int links, uid, gid;
             unsigned short mode, pad; unsigned long long ino, size, blocks, attributes_mask;
             unsigned char rest[192]; } st;
    if (syscall(SYS_statx, directory, name, AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH, 0u, &st) != 0) return -1;
    if (!(st.attributes_mask & 0x2000ull)) { errno = ENOSYS; return -1; }
    return (st.attributes & 0x2000ull) != 0;
}
