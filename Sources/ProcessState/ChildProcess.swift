// SPDX-License-Identifier: Apache-2.0

internal import CLinux
internal import Glibc

/// A running child and the end of the pipe that it prints into. Not reaped by itself: ``end()`` or ``kill()``.
struct ChildProcess: ~Copyable {
    private let identifier: pid_t
    /// −1 once the other end is closed everywhere. Never blocks.
    private var output: Int32
    /// Becomes readable when the child ends; −1 where the kernel has none (before 5.3).
    private let ending: Int32

    /// Takes over the descriptor.
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

    /// Waits a moment and takes what was printed.
    ///
    /// - Returns: true when the child has ended and everything that it printed is here. A process that it left behind
    ///   with the pipe open is not waited for.
    mutating func collect(
        into buffer: inout OutputBuffer, waitingUntil deadline: ContinuousClock.Instant
    ) throws(CommandError) -> Bool {
        guard ContinuousClock.now < deadline else { throw .timedOut }
        wait(upTo: min(ContinuousClock.now.duration(to: deadline), .milliseconds(ending >= 0 ? 100 : 20)))
        // The end is looked for first: whatever the child printed is in the pipe by then.
        let ended = try hasEnded()
        try drain(into: &buffer)
        return ended
    }

    /// Kills what is left of the process group, then reaps the child. The dead child keeps the group's number from
    /// being given to anybody else until it is reaped.
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

    /// Kills the group and reaps the child. A child that may not be killed (it changed its user) is given up after a
    /// second: the run goes on, and init reaps the child later.
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
        // Rounded up, lest the last millisecond is spent spinning. poll(2) passes over negative descriptors, and an
        // interruption only makes the moment shorter.
        let milliseconds = time.components.seconds * 1000 + time.components.attoseconds / 1_000_000_000_000_000 + 1
        _ = unsafe poll(&events, nfds_t(events.count), Int32(clamping: milliseconds))
    }

    private func hasEnded() throws(CommandError) -> Bool {
        var information = unsafe siginfo_t()
        // Not reaped yet (WNOWAIT), so that the process group's number stays taken.
        while unsafe waitid(P_PID, id_t(identifier), &information, WEXITED | WNOHANG | WNOWAIT) == -1 {
            if errno != EINTR { throw .lost(errorNumber: errno) }
        }
        return unsafe information.si_signo == SIGCHLD
    }

    private mutating func drain(into buffer: inout OutputBuffer) throws(CommandError) {
        // Who prints without end would keep us from looking at the clock: no more at a time than a pipe holds
        // (/proc/sys/fs/pipe-max-size), which is all that a child that has ended can have left in it.
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
