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
