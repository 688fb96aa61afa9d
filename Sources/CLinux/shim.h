// SPDX-License-Identifier: Apache-2.0
#pragma once

// Functions that the Glibc module of Swift lacks. It is built without _GNU_SOURCE, and Swift cannot call variadic
// functions. If glibc declares a function only with _GNU_SOURCE, the system call is made directly.

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

// ---- Files ----

// The status of a file.
struct linux_status {
    uint32_t mode, owner, group, links;
    uint64_t size;
    int64_t modified_seconds;
    // 1: a mount point, 0: not, -1: unknown to the kernel (before 5.8, or in some sandboxes).
    int32_t mount_root;
};

// The kernel's struct statx (statx(2), stable ABI), written out because <linux/stat.h> and glibc both define it.
struct linux_statx_time { int64_t seconds; uint32_t nanoseconds; int32_t reserved; };
struct linux_statx {
    uint32_t mask, block_size;
    uint64_t attributes;
    uint32_t links, owner, group;
    uint16_t mode, padding;
    uint64_t inode, size, blocks, attributes_mask;
    struct linux_statx_time accessed, born, changed, modified;
    uint32_t special_major, special_minor, device_major, device_minor;
    uint64_t rest[14];
};
_Static_assert(sizeof(struct linux_statx) == 256, "struct statx is 256 bytes");

// The status of a name, without following a symbolic link. An empty name is the descriptor. 0, or -1 with errno.
static inline int linux_look(int directory, const char *name, struct linux_status *status) {
    enum { basic_stats = 0x7ff, attribute_mount_root = 0x2000, empty_path = 0x1000, no_automount = 0x800 };
    const int flags = AT_SYMLINK_NOFOLLOW | empty_path | no_automount;
    struct linux_statx x;
    memset(&x, 0, sizeof x);
    if (syscall(SYS_statx, directory, name, flags, (unsigned)basic_stats, &x) == 0) {
        status->mode = x.mode;
        status->owner = x.owner;
        status->group = x.group;
        status->links = x.links;
        status->size = x.size;
        status->modified_seconds = x.modified.seconds;
        status->mount_root = x.attributes_mask & attribute_mount_root
            ? (x.attributes & attribute_mount_root) != 0 : -1;
        return 0;
    }
    // Kernels before 4.11 lack the call, and container runtimes of that time forbid unknown calls.
    if (errno != ENOSYS && errno != EPERM) return -1;
    struct stat s;
    if (fstatat(directory, name, &s, flags) != 0) return -1;
    status->mode = s.st_mode;
    status->owner = s.st_uid;
    status->group = s.st_gid;
    status->links = (uint32_t)s.st_nlink;
    status->size = (uint64_t)s.st_size;
    status->modified_seconds = s.st_mtim.tv_sec;
    status->mount_root = -1;
    return 0;
}

// The status of an open file.
static inline int linux_look_at_open(int descriptor, struct linux_status *status) {
    return linux_look(descriptor, "", status);
}

// Removes the access list that a default ACL of the directory gives new files. Otherwise chmod(2) would widen its
// mask and open the file to more users than the mode shows (acl(5)). 0 also if there is no list or no support.
static inline int linux_remove_access_list(int descriptor) {
    static const char name[] = "system.posix_acl_access";
    if (syscall(SYS_fgetxattr, descriptor, name, (void *)0, (size_t)0) < 0)
        return errno == ENODATA || errno == EOPNOTSUPP || errno == ENOSYS ? 0 : -1;
    return (int)syscall(SYS_fremovexattr, descriptor, name);
}

// Renames a file in its directory if the new name does not exist (Linux 3.15). 0; 1 if the name exists, or if the
// file system or a sandbox cannot check it; -1 with errno. renameat2(2) needs _GNU_SOURCE.
static inline int linux_rename_to_new(int directory, const char *from, const char *to) {
    enum { no_replace = 1 };
    if (syscall(SYS_renameat2, directory, from, directory, to, (unsigned)no_replace) == 0) return 0;
    return errno == EEXIST || errno == EINVAL || errno == ENOSYS || errno == EOPNOTSUPP || errno == EPERM ? 1 : -1;
}

// Fills at most 256 bytes from the generator of the kernel: all or none. 0 or -1. getrandom(2) needs _GNU_SOURCE.
static inline int linux_random(void *bytes, size_t count) {
    long result;
    do result = syscall(SYS_getrandom, bytes, count, 0u);
    while (result == -1 && errno == EINTR);
    return result == (long)count ? 0 : -1;
}

// ---- This process and its children ----

// No core dumps, and no ptrace by other processes of the same user. prctl(2) is variadic.
static inline int linux_set_undumpable(void) { return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); }

// Overwrites the value of each entry of that name in place: /proc/PID/environ shows this memory.
static inline void linux_wipe_environment(const char *name) {
    extern char **environ;
    const size_t length = strlen(name);
    for (char **entry = environ; entry && *entry; entry++) {
        if (strncmp(*entry, name, length) != 0 || (*entry)[length] != '=') continue;
        for (volatile char *byte = *entry + length + 1; *byte; byte++) *byte = 0;
    }
}

// A pipe with both ends closed on exec. pipe2(2) needs _GNU_SOURCE.
static inline int linux_pipe(int ends[2]) { return (int)syscall(SYS_pipe2, ends, O_CLOEXEC); }

// A file in memory without a name (Linux 3.17), closed on exec. memfd_create(2) needs _GNU_SOURCE.
static inline int linux_memory_file(void) { return (int)syscall(SYS_memfd_create, "input", 1u /* MFD_CLOEXEC */); }

// A descriptor that becomes readable when the process ends (Linux 5.3), or -1.
static inline int linux_process_descriptor(pid_t process) {
#ifdef SYS_pidfd_open
    return (int)syscall(SYS_pidfd_open, process, 0u);
#else
    (void)process;
    errno = ENOSYS;
    return -1;
#endif
}

// Since glibc 2.34. Declared here because older headers and Swift do not show it.
extern int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *, int);
static inline int linux_spawn_close_from(posix_spawn_file_actions_t *actions, int first) {
    return posix_spawn_file_actions_addclosefrom_np(actions, first);
}

// Two heaps for all threads. One heap for each thread would keep freed memory from other threads, and one heap for
// all would make them wait. M_MXFAST 0 disables the lists of small free blocks, which glibc would merge at each
// larger allocation. A transfer allocates such blocks often.
static inline void linux_share_heaps(void) {
    mallopt(M_ARENA_MAX, 2);
    mallopt(M_MXFAST, 0);
}
