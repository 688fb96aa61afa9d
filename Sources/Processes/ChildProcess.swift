// SPDX-License-Identifier: Apache-2.0

internal import CLinux
internal import Glibc

/// A running child process and the read end of its output pipe. The caller must reap it with ``end()`` or ``kill()``.
struct ChildProcess: ~Copyable {
    private let identifier: pid_t
    /// −1 after the end of the output. Non-blocking.
    private var output: Int32
    /// Readable when the child has ended; −1 if the kernel does not support it (before 5.3).
    private let ending: Int32

    /// Takes ownership of the descriptor.
    init(identifier: pid_t, output: Int32) {
        self.identifier = identifier
        self.output = output
        ending = linux_process_descriptor(identifier)
        _ = fcntl(output, F_SETFL, O_NONBLOCK)
    }

    deinit {
        if output >= 0 { _ = close(output) }
        if ending >= 0 { _ = close(ending) }
    }

    /// Waits up to 100 ms, then reads the output.
    ///
    /// - Returns: true if the child has ended and all its output was read. Does not wait for processes that it left
    ///   behind with the pipe open.
    mutating func collect(
        into buffer: inout OutputBuffer, waitingUntil deadline: ContinuousClock.Instant
    ) throws(CommandError) -> Bool {
        guard ContinuousClock.now < deadline else { throw .timedOut }
        wait(upTo: min(ContinuousClock.now.duration(to: deadline), .milliseconds(ending >= 0 ? 100 : 20)))
        // Checked before reading: after its end, all output of the child is in the pipe.
        let ended = try hasEnded()
        try drain(into: &buffer)
        return ended
    }

    /// Kills the rest of the process group, then reaps the child. Until then, the system does not reuse the number of
    /// the group.
    consuming func end() throws(CommandError) {
        _ = Glibc.kill(-identifier, SIGKILL)
        var status: Int32 = 0
        while unsafe waitpid(identifier, &status, 0) == -1 {
            if errno != EINTR { throw .lost(errorNumber: errno) }
        }
        // Bits 0 to 6 are the signal, 8 to 15 the status (wait(2)).
        let signal = status & 0x7f
        if signal != 0 { throw .killed(signal: signal) }
        let code = status >> 8 & 0xff
        if code != 0 { throw .exited(status: code) }
    }

    /// Kills the group and reaps the child. Gives up after a second if the child may not be killed because it changed
    /// its user. The run continues, and init reaps the child later.
    borrowing func kill() {
        _ = Glibc.kill(-identifier, SIGKILL)
        let patience = ContinuousClock.now + .seconds(1)
        var status: Int32 = 0
        while ContinuousClock.now < patience {
            let result = unsafe waitpid(identifier, &status, WNOHANG)
            if result == identifier || (result == -1 && errno != EINTR) { return }
            var end = pollfd(fd: ending, events: Int16(POLLIN), revents: 0)
            _ = unsafe poll(&end, 1, 10)
        }
    }

    private func wait(upTo time: Duration) {
        var events = [output, ending].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        // Rounded up to avoid a busy wait. poll(2) ignores negative descriptors, and an interruption only shortens
        // the wait.
        let milliseconds = time.components.seconds * 1000 + time.components.attoseconds / 1_000_000_000_000_000 + 1
        _ = unsafe poll(&events, nfds_t(events.count), Int32(clamping: milliseconds))
    }

    private func hasEnded() throws(CommandError) -> Bool {
        var information = unsafe siginfo_t()
        // The child is not reaped yet (WNOWAIT), so the system does not reuse the number of its group.
        while unsafe waitid(P_PID, id_t(identifier), &information, WEXITED | WNOHANG | WNOWAIT) == -1 {
            if errno != EINTR { throw .lost(errorNumber: errno) }
        }
        return unsafe information.si_signo == SIGCHLD
    }

    private mutating func drain(into buffer: inout OutputBuffer) throws(CommandError) {
        // Limited, so that endless output does not keep this thread from checking the time. A pipe holds no more than
        // this (/proc/sys/fs/pipe-max-size), so nothing is lost when the child has ended.
        var left = 1 << 20
        while output >= 0, left > 0 {
            guard let count = buffer.fill(from: output) else {
                switch errno {
                case EINTR: continue
                case EAGAIN: return
                default: throw .lost(errorNumber: errno)
                }
            }
            if buffer.isOverfull { throw .tooMuchOutput }
            left -= count
            if count == 0 {
                _ = close(output)
                output = -1
            }
        }
    }
}
