// SPDX-License-Identifier: Apache-2.0

internal import Crypto
package import DurableFiles
internal import FoundationEssentials
package import Model
internal import Processes
internal import Synchronization

/// Where runs of one configuration keep what the outputs cannot tell: the journal of hooks, and the
/// lock where the configuration itself cannot be locked. Several configurations may share the directory.
package final class StateDirectory: Sendable {
    package let path: String
    /// What tells this configuration's files from another's: from the path as it was typed, made absolute, since a
    /// configuration that Kubernetes mounts is another file behind its link after each change.
    private let key: String

    /// nil where neither the configuration nor systemd names one.
    package init?(of configuration: Configuration) {
        // systemd separates several by colons (systemd.exec(5), StateDirectory=).
        let given = EnvironmentVariable.read("STATE_DIRECTORY")?.split(separator: ":").first.map(String.init)
        guard let path = configuration.stateDirectory ?? given else { return nil }
        self.path = path
        patience = configuration.patience
        let absolute = LexicalPath.resolve(configuration.file, in: FileManager.default.currentDirectoryPath)
        key = SHA256.digest(of: Array(absolute.utf8)).prefix(8).map { byte in
            String(byte >> 4, radix: 16) + String(byte & 15, radix: 16)
        }.joined()
    }

    private static let attributes = PublishedAttributes(mode: 0o600)

    private var journalName: String { "hooks-\(key).json" }
    /// How long its disk may take to respond.
    private let patience: Duration
    /// Whether it did not: it is not waited for again.
    private let isHanging = Atomic(false)

    /// What reading the journal came to.
    enum Reading: Sendable {
        case journal(HookJournal)
        /// There is something, but it cannot be told what it owes.
        case unknown(String)
        /// The directory cannot be used.
        case unusable(FileError)
    }

    /// - Parameters:
    ///   - sweeping: whether to remove what killed runs left; only under the lock.
    ///   - stop: ends the wait for a disk that does not respond.
    func readJournal(sweeping: Bool, stop: Cancellation) -> Reading {
        stop.result(within: patience, afterSignal: 0) { [self] in readJournal(sweeping: sweeping) }
            ?? .unusable(noteHanging())
    }

    private func readJournal(sweeping: Bool) -> Reading {
        let directory: Directory
        do throws(FileError) {
            directory = try Directory(path: path, use: sweeping ? .publishing : .reading)
        } catch {
            return .unusable(error)
        }
        if sweeping {
            directory.sweep(names: [journalName])
            directory.shareLock()
        }
        do {
            switch try directory.inspect(name: journalName, maximumSize: HookJournal.maximumSize) {
            case .absent: return .journal(HookJournal())
            case .regular(let file):
                guard case .bytes(let bytes) = file.contents else {
                    return .unknown("\(path)/\(journalName) cannot be read")
                }
                return .journal(try HookJournal(bytes))
            }
        } catch {
            return .unknown(error is FileError ? "\(error)" : "\(path)/\(journalName): \(error)")
        }
    }

    /// Returns when the journal will be there after a loss of power.
    func write(_ journal: HookJournal, stop: Cancellation) throws(FileError) {
        try bounded(stop, afterSignal: Cancellation.timeToConclude) { [self] () throws(FileError) in try write(journal)
        }
    }

    /// Does something in the directory, for no longer than a disk may take.
    private func bounded(
        _ stop: Cancellation, afterSignal milliseconds: Int = 0,
        _ body: @escaping @Sendable () throws(FileError) -> Void
    ) throws(FileError) {
        guard !isHanging.load(ordering: .relaxed) else { throw .hanging(path) }
        let result = stop.result(within: patience, afterSignal: milliseconds) { () -> Result<Void, FileError> in
            do throws(FileError) {
                return .success(try body())
            } catch {
                return .failure(error)
            }
        }
        try (result ?? .failure(noteHanging())).get()
    }

    private func noteHanging() -> FileError {
        isHanging.store(true, ordering: .relaxed)
        return .hanging(path)
    }

    private func write(_ journal: HookJournal) throws(FileError) {
        let directory = try Directory(path: path)
        try directory.publish(journal.bytes, name: journalName, attributes: Self.attributes)
        try directory.synchronize()
    }

    /// Does what writing the journal does before it is seen, and takes it back.
    package func rehearse(stop: Cancellation) throws(FileError) {
        try bounded(stop) { [self] () throws(FileError) in
            _ = try Directory(path: path).rehearse(name: journalName, attributes: Self.attributes)
        }
    }

    /// The lock of a run, where the configuration's own file cannot be locked.
    package func lockFile() throws(FileError) -> LockFile {
        try LockFile(in: Directory(path: path), name: "lock-\(key)")
    }
}
