// SPDX-License-Identifier: Apache-2.0
// Preloaded into the program under test: makes chosen system calls fail, fall short, or stop the program first.
//
// strace counts calls for each thread, and knows a temporary file's descriptor only by a name that it cannot be told
// in advance; a publication moves between threads. This counts over the whole process and matches paths by pattern.
//
// INJECTOR_RULES has one rule a line: `CALL PATTERN FIRST LAST ACTION`. The rule applies to the FIRST to LAST call
// whose path matches (fnmatch(3)); a LAST of 0 is for ever. ACTION is an error number, or one of
//   short  write one byte only     none  write nothing and say so
//   stop   SIGSTOP before the call     term  SIGTERM before the call
// INJECTOR_LOG names a file that takes a line for each call that a rule applied to.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static struct rule {
    char call[24], pattern[256], action[16];
    unsigned first, last;
    atomic_uint seen;
} rules[16];
static unsigned rule_count;
static char log_path[512];

// The C library's own `syscall`, which the one below stands before.
static long (*library_syscall)(long, ...);

static long kernel(long number, long a, long b, long c, long d, long e, long f) {
    // Constructors of other libraries call before ours has run.
    if (!library_syscall) *(void **)&library_syscall = dlsym(RTLD_NEXT, "syscall");
    return library_syscall(number, a, b, c, d, e, f);
}

__attribute__((constructor)) static void read_rules(void) {
    const char *text = getenv("INJECTOR_RULES"), *path = getenv("INJECTOR_LOG");
    if (path) snprintf(log_path, sizeof log_path, "%s", path);
    while (text && *text && rule_count < sizeof rules / sizeof *rules) {
        struct rule *r = &rules[rule_count];
        if (sscanf(text, "%23s %255s %u %u %15s", r->call, r->pattern, &r->first, &r->last, r->action) == 5) rule_count++;
        text = strchr(text, '\n');
        if (text) text++;
    }
}

// A call's path: the descriptor's own where there is no name.
static void find_path(long descriptor, const char *name, char *path, size_t size) {
    char link[64], base[400];
    base[0] = 0;
    if (descriptor >= 0 && !(name && name[0] == '/')) {
        snprintf(link, sizeof link, "/proc/self/fd/%ld", descriptor);
        long length = kernel(SYS_readlinkat, AT_FDCWD, (long)link, (long)base, sizeof base - 1, 0, 0);
        base[length > 0 ? length : 0] = 0;
    }
    snprintf(path, size, "%s%s%s", base, base[0] && name && name[0] ? "/" : "", name ? name : "");
}

// The rule that applies to this call, if any.
static const struct rule *applying(const char *call, long descriptor, const char *name) {
    char path[700], line[800];
    path[0] = 0;
    for (unsigned i = 0; i < rule_count; i++) {
        struct rule *r = &rules[i];
        if (strcmp(r->call, call) != 0) continue;
        const int before = errno;
        if (!path[0]) find_path(descriptor, name, path, sizeof path);
        errno = before;
        if (fnmatch(r->pattern, path, 0) != 0) continue;
        unsigned n = atomic_fetch_add(&r->seen, 1) + 1;
        if (n < r->first || (r->last != 0 && n > r->last)) continue;
        if (log_path[0]) {
            long log = kernel(SYS_openat, AT_FDCWD, (long)log_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600, 0, 0);
            int length = snprintf(line, sizeof line, "%s %s %s\n", call, path, r->action);
            if (log >= 0) {
                kernel(SYS_write, log, (long)line, length, 0, 0, 0);
                kernel(SYS_close, log, 0, 0, 0, 0, 0);
            }
        }
        // To this thread, which stops before it goes on; to the process, some other thread might take it.
        if (strcmp(r->action, "stop") == 0) raise(SIGSTOP);
        else if (strcmp(r->action, "term") == 0) kill(getpid(), SIGTERM);
        else return r;
        return NULL;
    }
    return NULL;
}

// 1 where the call must fail, with errno set.
static int fails(const char *call, long descriptor, const char *name) {
    const struct rule *r = applying(call, descriptor, name);
    if (!r) return 0;
    errno = atoi(r->action);
    return 1;
}

static mode_t mode_of(int flags, va_list arguments) {
    return flags & (O_CREAT | __O_TMPFILE) ? va_arg(arguments, mode_t) : 0;
}

#define OPENAT(function)                                                          \
    int function(int directory, const char *name, int flags, ...) {               \
        va_list arguments;                                                        \
        va_start(arguments, flags);                                               \
        mode_t mode = mode_of(flags, arguments);                                  \
        va_end(arguments);                                                        \
        if (fails(flags & O_CREAT ? "create" : "open", directory, name)) return -1; \
        return (int)kernel(SYS_openat, directory, (long)name, flags, mode, 0, 0); \
    }
#define OPEN(function)                                                            \
    int function(const char *name, int flags, ...) {                              \
        va_list arguments;                                                        \
        va_start(arguments, flags);                                               \
        mode_t mode = mode_of(flags, arguments);                                  \
        va_end(arguments);                                                        \
        if (fails(flags & O_CREAT ? "create" : "open", AT_FDCWD, name)) return -1; \
        return (int)kernel(SYS_openat, AT_FDCWD, (long)name, flags, mode, 0, 0);  \
    }
OPENAT(openat)
OPENAT(openat64)
OPEN(open)
OPEN(open64)

ssize_t write(int descriptor, const void *bytes, size_t count) {
    const struct rule *r = applying("write", descriptor, NULL);
    if (r && strcmp(r->action, "none") == 0) return 0;
    if (r && strcmp(r->action, "short") == 0) count = count > 0;
    else if (r) {
        errno = atoi(r->action);
        return -1;
    }
    return kernel(SYS_write, descriptor, (long)bytes, (long)count, 0, 0, 0);
}

#define PREAD(function)                                                                    \
    ssize_t function(int descriptor, void *bytes, size_t count, off_t offset) {            \
        const struct rule *r = applying("read", descriptor, NULL);                         \
        if (r && strcmp(r->action, "short") == 0) count = count > 0;                       \
        else if (r) {                                                                      \
            errno = atoi(r->action);                                                       \
            return -1;                                                                     \
        }                                                                                  \
        return kernel(SYS_pread64, descriptor, (long)bytes, (long)count, offset, 0, 0);    \
    }
PREAD(pread)
PREAD(pread64)

// What fails to close is closed all the same (close(2)).
int close(int descriptor) {
    int failing = fails("close", descriptor, NULL), number = errno;
    int result = (int)kernel(SYS_close, descriptor, 0, 0, 0, 0, 0);
    if (!failing) return result;
    errno = number;
    return -1;
}

int fchown(int descriptor, uid_t owner, gid_t group) {
    return fails("fchown", descriptor, NULL) ? -1 : (int)kernel(SYS_fchown, descriptor, owner, group, 0, 0, 0);
}

int fchmod(int descriptor, mode_t mode) {
    return fails("fchmod", descriptor, NULL) ? -1 : (int)kernel(SYS_fchmod, descriptor, mode, 0, 0, 0, 0);
}

int fsync(int descriptor) {
    return fails("fsync", descriptor, NULL) ? -1 : (int)kernel(SYS_fsync, descriptor, 0, 0, 0, 0, 0);
}

int flock(int descriptor, int operation) {
    return fails("flock", descriptor, NULL) ? -1 : (int)kernel(SYS_flock, descriptor, operation, 0, 0, 0, 0);
}

int renameat(int from, const char *name, int to, const char *new_name) {
    if (fails("rename", to, new_name)) return -1;
    return (int)kernel(SYS_renameat, from, (long)name, to, (long)new_name, 0, 0);
}

int unlinkat(int directory, const char *name, int flags) {
    return fails("unlink", directory, name) ? -1 : (int)kernel(SYS_unlinkat, directory, (long)name, flags, 0, 0, 0);
}

int faccessat(int directory, const char *name, int mode, int flags) {
    if (fails("access", directory, name)) return -1;
    return (int)kernel(SYS_faccessat2, directory, (long)name, mode, flags, 0, 0);
}

int fstat(int descriptor, struct stat *status) {
    return fails("fstat", descriptor, NULL) ? -1 : (int)kernel(SYS_fstat, descriptor, (long)status, 0, 0, 0, 0);
}

int stat(const char *name, struct stat *status) {
    if (fails("stat", AT_FDCWD, name)) return -1;
    return (int)kernel(SYS_newfstatat, AT_FDCWD, (long)name, (long)status, 0, 0, 0);
}

int fstatat(int directory, const char *name, struct stat *status, int flags) {
    if (fails("stat", directory, name)) return -1;
    return (int)kernel(SYS_newfstatat, directory, (long)name, (long)status, flags, 0, 0);
}

ssize_t getrandom(void *bytes, size_t count, unsigned flags) {
    return fails("getrandom", -1, "-") ? -1 : kernel(SYS_getrandom, (long)bytes, (long)count, flags, 0, 0, 0);
}

long syscall(long number, ...) {
    va_list arguments;
    va_start(arguments, number);
    long a[6];
    for (int i = 0; i < 6; i++) a[i] = va_arg(arguments, long);
    va_end(arguments);
    if (number == SYS_statx && fails("look", (int)a[0], (const char *)a[1])) return -1;
    if (number == SYS_renameat2 && fails("rename", (int)a[2], (const char *)a[3])) return -1;
    if (number == SYS_fgetxattr && fails("fgetxattr", (int)a[0], NULL)) return -1;
    if (number == SYS_fremovexattr && fails("fremovexattr", (int)a[0], NULL)) return -1;
    return kernel(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}
