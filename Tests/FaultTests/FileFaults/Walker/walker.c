// SPDX-License-Identifier: Apache-2.0
// Usage: walker TRIGGER N PROGRAM [ARGUMENT…]
// Runs a program and kills it (SIGKILL) at the entry of the N-th system call, over all its threads, after the first
// one that opens a path containing TRIGGER. Prints `killed CALL-NUMBER` to standard error and ends with 137, or with
// the program's own exit status where it made fewer calls. strace counts for each thread and so cannot be told where
// a publication is that moves between threads.
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static int opens(pid_t thread, const struct __ptrace_syscall_info *call, const char *trigger) {
    if (call->entry.nr != SYS_openat) return 0;
    // Word by word, as its tracer: the program closes its memory to everybody else.
    char path[4096 + sizeof(long)];
    size_t length = 0;
    while (length < 4096) {
        errno = 0;
        long word = ptrace(PTRACE_PEEKDATA, thread, (void *)(call->entry.args[1] + length), 0);
        if (errno != 0) break;
        memcpy(path + length, &word, sizeof word);
        length += sizeof word;
        if (memchr(&word, 0, sizeof word)) break;
    }
    path[length] = 0;
    return strstr(path, trigger) != NULL;
}

int main(int count, char **words) {
    if (count < 4) return 64;
    const long wanted = atol(words[2]);
    pid_t program = fork();
    if (program == 0) {
        ptrace(PTRACE_TRACEME, 0, 0, 0);
        raise(SIGSTOP);
        execv(words[3], words + 3);
        _exit(127);
    }
    int status;
    if (waitpid(program, &status, 0) != program) return 70;
    const long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE | PTRACE_O_EXITKILL;
    if (ptrace(PTRACE_SETOPTIONS, program, 0, options) != 0) return 77;
    ptrace(PTRACE_SYSCALL, program, 0, 0);
    long seen = -1;
    for (;;) {
        pid_t thread = waitpid(-1, &status, __WALL);
        if (thread < 0) {
            if (errno == EINTR) continue;
            return 70;
        }
        if (WIFEXITED(status) || WIFSIGNALED(status)) {
            if (thread != program) continue;
            return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
        }
        long signal = 0;
        if (WSTOPSIG(status) == (SIGTRAP | 0x80)) {
            struct __ptrace_syscall_info call;
            memset(&call, 0, sizeof call);
            ptrace(PTRACE_GET_SYSCALL_INFO, thread, sizeof call, &call);
            if (call.op == PTRACE_SYSCALL_INFO_ENTRY) {
                if (seen >= 0) seen++;
                else if (opens(thread, &call, words[1])) seen = 1;
                if (seen == wanted) {
                    fprintf(stderr, "killed %llu\n", (unsigned long long)call.entry.nr);
                    kill(program, SIGKILL);
                    seen++;
                    continue;
                }
            }
        } else if (WSTOPSIG(status) != SIGTRAP && WSTOPSIG(status) != SIGSTOP) {
            signal = WSTOPSIG(status);
        }
        ptrace(PTRACE_SYSCALL, thread, 0, signal);
    }
}
