// SPDX-License-Identifier: Apache-2.0
// Runs one program and writes its cost, which includes the children it waited for, to a descriptor:
// wall, user and system time in microseconds, the largest resident set in KiB, the wait status.
//
// Why not from Python: on exec Linux carries the peak resident set of the address space that called it into the
// new program's ru_maxrss, so nothing started by Python can show a peak below Python's own 10 MiB.
#define _GNU_SOURCE
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

extern char **environ;

static long long microseconds(struct timeval value) { return value.tv_sec * 1000000LL + value.tv_usec; }

int main(int count, char **arguments) {
    int result = count < 3 ? -1 : atoi(arguments[1]);
    if (fcntl(result, F_SETFD, FD_CLOEXEC) != 0) {
        fprintf(stderr, "usage: measure DESCRIPTOR PROGRAM [ARGUMENT...]\n");
        return 64;
    }

    struct timespec start, end;
    pid_t child;
    clock_gettime(CLOCK_MONOTONIC, &start);
    int failure = posix_spawnp(&child, arguments[2], NULL, NULL, arguments + 2, environ);
    if (failure != 0) {
        fprintf(stderr, "measure: %s: %s\n", arguments[2], strerror(failure));
        return 69;
    }
    int status;
    struct rusage usage;
    if (wait4(child, &status, 0, &usage) != child) {
        perror("measure: wait4");
        return 71;
    }
    clock_gettime(CLOCK_MONOTONIC, &end);

    long long wall = (end.tv_sec - start.tv_sec) * 1000000LL + (end.tv_nsec - start.tv_nsec) / 1000;
    dprintf(result, "%lld %lld %lld %ld %d\n", wall, microseconds(usage.ru_utime), microseconds(usage.ru_stime),
            usage.ru_maxrss, status);
    return 0;
}
