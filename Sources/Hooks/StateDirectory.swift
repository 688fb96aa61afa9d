// SPDX-License-Identifier: Apache-2.0

internal import Crypto
package import DurableFiles
package import Model
internal import Processes
internal import Synchronization

/// The directory for state that is not in the outputs: the journal of hooks, and the lock if the configuration file
/// cannot be locked. Several configurations may share it.
package final class StateDirectory: Sendable {
    package let path: String
    /// Identifies this configuration's files in the directory. It is derived from the absolute path without following
    /// links: Kubernetes changes the target of the link with each update.
    private let key: String

    /// Returns nil if neither the configuration nor systemd names a directory.
    package init?(of configuration: Configuration) {
        // systemd separates several directories by colons (systemd.exec(5), StateDirectory=).
        let given = EnvironmentVariable.read("STATE_DIRECTORY")?.split(separator: ":").first.map(String.init)
        guard let path = configuration.stateDirectory ?? given else { return nil }
        self.path = path
        patience = configuration.patience
        let absolute = LexicalPath.absolute(configuration.file)
        let digest = SHA256.digest(of: Array(absolute.utf8))
        key = String(decoding: Hexadecimal.encode(digest.prefix(8)), as: UTF8.self)
    }

    private static let attributes = PublishedAttributes(mode: 0o600)

    private var journal: FileLocation {
        get throws(FileError) { try FileLocation(name: "hooks-\(key).json") }
    }
    /// How long its disk may take to respond.
    private let patience: Duration
    /// Whether the disk did not respond. The run does not wait for it again.
    private let isHanging = Atomic(false)

    /// The result of reading the journal.
    enum Reading: Sendable {
        case journal(HookJournal)
        /// The file exists, but its pending hooks are unknown.
        case unknown(String)
        /// The directory cannot be used.
        case unusable(FileError)
    }

    /// - Parameters:
    ///   - sweeping: whether to remove leftovers of killed runs. Needs the lock.
    ///   - stop: ends the wait for a disk that does not respond.
    func readJournal(sweeping: Bool, stop: Cancellation) -> Reading {
        do throws(FileError) {
            return try bounded(stop) { [self] () throws(FileError) in try readJournal(sweeping: sweeping) }
        } catch {
            return .unusable(error)
        }
    }

    private func readJournal(sweeping: Bool) throws(FileError) -> Reading {
        let journal = try journal
        let directory = try Directory(path: path, use: sweeping ? .publishing : .reading)
        if sweeping {
            directory.sweep(names: [journal.name])
            directory.shareLock()
        }
        do {
            guard let file = try directory.inspect(journal, maximumSize: HookJournal.maximumSize) else {
                return .journal(HookJournal())
            }
            guard case .bytes(let bytes) = file.contents else {
                return .unknown("\(path)/\(journal.name) cannot be read")
            }
            return .journal(try HookJournal(bytes))
        } catch {
            return .unknown(error is FileError ? "\(error)" : "\(path)/\(journal.name): \(error)")
        }
    }

    /// Returns when the journal is durable, even after a power failure.
    func write(_ contents: HookJournal, stop: Cancellation) throws(FileError) {
        try bounded(stop, afterSignal: Cancellation.timeToSynchronize) { [self] () throws(FileError) in
            let directory = try Directory(path: path)
            try directory.publish(contents.bytes, to: try journal, attributes: Self.attributes)
            try directory.synchronize()
        }
    }

    /// Tests writing the journal without changing it.
    package func probeWrite(stop: Cancellation) throws(FileError) {
        try bounded(stop) { [self] () throws(FileError) in
            _ = try Directory(path: path).probeWrite(try journal, attributes: Self.attributes)
        }
    }

    /// Runs an operation in the directory within the time limit for disks.
    private func bounded<Value: Sendable>(
        _ stop: Cancellation, afterSignal milliseconds: Int = 0,
        _ body: @escaping @Sendable () throws(FileError) -> Value
    ) throws(FileError) -> Value {
        guard !isHanging.load(ordering: .relaxed) else { throw .hanging(path) }
        let result = stop.result(within: patience, afterSignal: milliseconds) { Result(catching: body) }
        guard let result else {
            isHanging.store(true, ordering: .relaxed)
            throw .hanging(path)
        }
        return try result.get()
    }

    /// The lock of a run, for a configuration file that cannot be locked.
    package func lockFile() throws(FileError) -> InputFile {
        try InputFile(lockFile: "lock-\(key)", in: Directory(path: path))
    }
}
