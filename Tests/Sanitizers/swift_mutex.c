/* SPDX-License-Identifier: Apache-2.0 */
/* Tells the thread sanitizer what the slow paths of Swift's Mutex do. Without a rival, a Mutex is an atomic exchange in
 * our own code, which the sanitizer sees; with one, the library lets the kernel hand it over (FUTEX_LOCK_PI), which it
 * does not: every contended Mutex would be reported. Linked into what .ci/sanitizers builds and into nothing else. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>
#include <stdlib.h>

void __tsan_acquire(void *address);
void __tsan_release(void *address);

#define SWIFT __attribute__((swiftcall))
#define CONTEXT __attribute__((swift_context))

/* Synchronization._MutexHandle._lockSlow(UInt32) and ._unlockSlow(); self is the address of the word. */
SWIFT void lock_slowly(uint32_t thread, CONTEXT void *word) __asm__("$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF");
SWIFT void unlock_slowly(CONTEXT void *word) __asm__("$s15Synchronization12_MutexHandleV11_unlockSlowyyF");

static void *original(const char *name) {
    void *found = dlsym(RTLD_NEXT, name);
    if (!found) abort();
    return found;
}

SWIFT void lock_slowly(uint32_t thread, CONTEXT void *word) {
    static SWIFT void (*next)(uint32_t, CONTEXT void *);
    if (!next) next = (SWIFT void (*)(uint32_t, CONTEXT void *))original("$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF");
    next(thread, word);
    __tsan_acquire(word);
}

SWIFT void unlock_slowly(CONTEXT void *word) {
    static SWIFT void (*next)(CONTEXT void *);
    if (!next) next = (SWIFT void (*)(CONTEXT void *))original("$s15Synchronization12_MutexHandleV11_unlockSlowyyF");
    __tsan_release(word);
    next(word);
}
