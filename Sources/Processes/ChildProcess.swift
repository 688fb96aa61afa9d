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

extension ChildProcess {
    /// Starts a command with its standard output connected to a pipe. Thread-safe: this program closes its
    /// descriptors on exec, and the child closes all other descriptors.
    ///
    /// - Parameter takingErrors: Whether standard error goes to the same pipe; otherwise it is discarded.
    static func start(_ command: Command, takingErrors: Bool) throws(CommandError) -> ChildProcess {
        guard let program = command.argv.first, !program.isEmpty,
            !(command.argv + command.environment).contains(where: { $0.utf8.contains(0) })
        else { throw .couldNotStart(errorNumber: EINVAL) }

        var ends: [Int32] = [-1, -1]
        guard unsafe linux_pipe(&ends) == 0 else { throw .couldNotStart(errorNumber: errno) }
        let (output, standardOutput) = (ends[0], ends[1])
        defer { _ = close(standardOutput) }
        do throws(CommandError) {
            let input = try memoryFile(holding: command.standardInput)
            defer { if input >= 0 { _ = close(input) } }
            let child = try spawn(command, program, input, standardOutput, takingErrors: takingErrors)
            return ChildProcess(identifier: child, output: output)
        } catch {
            _ = close(output)
            throw error
        }
    }

    /// −1 if `bytes` is empty.
    private static func memoryFile(holding bytes: [UInt8]) throws(CommandError) -> Int32 {
        guard !bytes.isEmpty else { return -1 }
        let file = linux_memory_file()
        guard file >= 0 else { throw .couldNotStart(errorNumber: errno) }
        var written = 0
        while written < bytes.count {
            let count = unsafe bytes[written...].withUnsafeBytes { unsafe write(file, $0.baseAddress, $0.count) }
            if count == -1, errno == EINTR { continue }
            guard count > 0 else {
                let number = errno
                _ = close(file)
                throw .couldNotStart(errorNumber: number)
            }
            written += count
        }
        _ = lseek(file, 0, SEEK_SET)
        return file
    }

    private static func spawn(
        _ command: Command, _ program: String, _ input: Int32, _ output: Int32, takingErrors: Bool
    ) throws(CommandError) -> pid_t {
        var actions = unsafe posix_spawn_file_actions_t()
        var attributes = posix_spawnattr_t()
        unsafe posix_spawn_file_actions_init(&actions)
        unsafe posix_spawnattr_init(&attributes)
        defer {
            unsafe posix_spawn_file_actions_destroy(&actions)
            unsafe posix_spawnattr_destroy(&attributes)
        }
        // Otherwise the child would inherit ignored and blocked signals (SIGPIPE, and the signals of signal sources).
        var (all, none) = (sigset_t(), sigset_t())
        unsafe sigfillset(&all)
        unsafe sigemptyset(&none)
        let flags = POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP
        let failures = unsafe [
            // Standard output first: the pipe may have one of the numbers that are set below.
            posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO),
            input >= 0
                ? posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO)
                : posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0),
            takingErrors
                ? posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO)
                : posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0),
            linux_spawn_close_from(&actions, STDERR_FILENO + 1),
            posix_spawnattr_setsigdefault(&attributes, &all),
            posix_spawnattr_setsigmask(&attributes, &none),
            // 0: a new group with the number of the child.
            posix_spawnattr_setpgroup(&attributes, 0),
            posix_spawnattr_setflags(&attributes, Int16(flags)),
        ]
        if let failure = failures.first(where: { $0 != 0 }) { throw .couldNotStart(errorNumber: failure) }
        var identifier: pid_t = 0
        let failure = unsafe withCStrings(command.argv) { argv in
            unsafe withCStrings(command.environment) { environment in
                unsafe posix_spawnp(&identifier, program, &actions, &attributes, argv, environment)
            }
        }
        guard failure == 0 else { throw .couldNotStart(errorNumber: failure) }
        return identifier
    }

    /// Passes a null-terminated array of C strings.
    private static func withCStrings(
        _ strings: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Int32
    ) -> Int32 {
        var copies = unsafe strings.map { unsafe strdup($0) } + [nil]
        defer { unsafe copies.forEach { unsafe free($0) } }
        return unsafe body(&copies)
    }
}
