// SPDX-License-Identifier: Apache-2.0

internal import CLinux
internal import Glibc

extension ChildProcess {
    /// Starts a command with its standard output connected to a pipe. Thread-safe: this program closes its
    /// descriptors on exec, and the child closes all other descriptors.
    ///
    /// - Parameter takingErrors: Whether standard error goes to the same pipe; otherwise it is discarded.
    static func start(_ command: Command, takingErrors: Bool) throws(CommandError) -> ChildProcess {
        guard let program = command.argv.first, !program.isEmpty,
            !(command.argv + command.environment).contains(where: { $0.utf8.contains(0) })
        else { throw .couldNotStart(errorNumber: EINVAL) }

        var ends: (output: Int32, input: Int32) = (-1, -1)
        let piped = unsafe withUnsafeMutableBytes(of: &ends) { bytes in
            unsafe linux_pipe(bytes.assumingMemoryBound(to: Int32.self).baseAddress)
        }
        guard piped == 0 else { throw .couldNotStart(errorNumber: errno) }
        defer { _ = close(ends.input) }
        let input: Int32
        do {
            input = try memoryFile(holding: command.standardInput)
        } catch {
            _ = close(ends.output)
            throw error
        }
        defer { if input >= 0 { _ = close(input) } }

        var identifier: pid_t = 0
        let failure = unsafe withActions(
            standardInput: input, standardOutput: ends.input, takingErrors: takingErrors
        ) { actions in
            unsafe withAttributes { attributes in
                unsafe withCStrings(command.argv) { argv in
                    unsafe withCStrings(command.environment) { environment in
                        unsafe posix_spawnp(&identifier, program, actions, attributes, argv, environment)
                    }
                }
            }
        }
        guard failure == 0 else {
            _ = close(ends.output)
            throw .couldNotStart(errorNumber: failure)
        }
        return ChildProcess(identifier: identifier, output: ends.output)
    }

    /// −1 if `bytes` is empty.
    private static func memoryFile(holding bytes: [UInt8]) throws(CommandError) -> Int32 {
        guard !bytes.isEmpty else { return -1 }
        let file = linux_memory_file()
        guard file >= 0 else { throw .couldNotStart(errorNumber: errno) }
        var written = 0
        while written < bytes.count {
            let count = unsafe bytes.withUnsafeBytes { bytes in
                unsafe write(file, bytes.baseAddress.unsafelyUnwrapped + written, bytes.count - written)
            }
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

    private static func withActions(
        standardInput: Int32, standardOutput: Int32, takingErrors: Bool,
        _ body: (UnsafePointer<posix_spawn_file_actions_t>) -> Int32
    ) -> Int32 {
        var actions = unsafe posix_spawn_file_actions_t()
        var failure = unsafe posix_spawn_file_actions_init(&actions)
        guard failure == 0 else { return failure }
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        // Standard output first: the pipe may have one of the numbers that are set below.
        failure = unsafe posix_spawn_file_actions_adddup2(&actions, standardOutput, STDOUT_FILENO)
        guard failure == 0 else { return failure }
        failure =
            standardInput >= 0
            ? unsafe posix_spawn_file_actions_adddup2(&actions, standardInput, STDIN_FILENO)
            : unsafe posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        guard failure == 0 else { return failure }
        failure =
            takingErrors
            ? unsafe posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO)
            : unsafe posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0)
        guard failure == 0 else { return failure }
        failure = unsafe linux_spawn_close_from(&actions, STDERR_FILENO + 1)
        guard failure == 0 else { return failure }
        return unsafe body(&actions)
    }

    private static func withAttributes(_ body: (UnsafePointer<posix_spawnattr_t>) -> Int32) -> Int32 {
        var attributes = posix_spawnattr_t()
        var failure = unsafe posix_spawnattr_init(&attributes)
        guard failure == 0 else { return failure }
        defer { unsafe posix_spawnattr_destroy(&attributes) }
        // Otherwise the child would inherit ignored and blocked signals (SIGPIPE, and the signals of signal sources).
        var all = sigset_t()
        var none = sigset_t()
        unsafe sigfillset(&all)
        unsafe sigemptyset(&none)
        failure = unsafe posix_spawnattr_setsigdefault(&attributes, &all)
        guard failure == 0 else { return failure }
        failure = unsafe posix_spawnattr_setsigmask(&attributes, &none)
        guard failure == 0 else { return failure }
        // 0: a new group with the number of the child.
        failure = unsafe posix_spawnattr_setpgroup(&attributes, 0)
        guard failure == 0 else { return failure }
        let flags = POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP
        failure = unsafe posix_spawnattr_setflags(&attributes, Int16(flags))
        guard failure == 0 else { return failure }
        return unsafe body(&attributes)
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
