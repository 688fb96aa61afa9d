// SPDX-License-Identifier: Apache-2.0

internal import Digests
internal import DurableFiles
internal import FoundationEssentials
internal import Model
internal import ProcessState

/// Where runs of one configuration keep what the outputs cannot tell: the journal of hooks, what the endpoint's name came
/// to, and the lock where the configuration itself cannot be locked. Several configurations may share the directory.
struct StateDirectory: Sendable {
    let path: String
    /// What tells this configuration's files from another's: from the path as it was typed, made absolute, since a
    /// configuration that Kubernetes mounts is another file behind its link after each change.
    private let key: String

    /// nil where neither the configuration nor systemd names one.
    init?(of configuration: Configuration) {
        // systemd separates several by colons (systemd.exec(5), StateDirectory=).
        let given = EnvironmentVariable.read("STATE_DIRECTORY")?.split(separator: ":").first.map(String.init)
        guard let path = configuration.stateDirectory ?? given else { return nil }
        self.path = path
        let absolute = LexicalPath.resolve(configuration.file, in: FileManager.default.currentDirectoryPath)
        key = SHA256.digest(of: Array(absolute.utf8)).prefix(8).map { byte in
            String(byte >> 4, radix: 16) + String(byte & 15, radix: 16)
        }.joined()
    }

    private static let attributes = PublishedAttributes(mode: 0o600)

    private var journalName: String { "hooks-\(key).json" }
    private var unknownHostName: String { "unknown-host-\(key)" }

    /// What reading the journal came to.
    enum Reading: Sendable {
        case journal(HookJournal)
        /// There is something, but it cannot be told what it owes.
        case unknown(String)
        /// The directory cannot be used.
        case unusable(FileError)
    }

    /// - Parameters:
    ///   - sweeping: Whether to remove what killed runs left; only under the lock.
    ///   - watch: gives a disk up that hangs, and `stop` any.
    func readJournal(sweeping: Bool, watch: DiskWatch, stop: StopRequest) -> Reading {
        do throws(FileError) {
            return try watch.wait(path, in: path, stop: stop) { [self] () throws(FileError) in
                readJournal(sweeping: sweeping)
            }
        } catch {
            return .unusable(error)
        }
    }

    private func readJournal(sweeping: Bool) -> Reading {
        let directory: Directory
        do throws(FileError) {
            directory = try Directory(path: path, use: sweeping ? .publishing : .reading)
        } catch {
            return .unusable(error)
        }
        if sweeping {
            directory.sweep(names: [journalName, unknownHostName])
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
    /// - Parameter watch: gives a disk up that hangs.
    func write(_ journal: HookJournal, watch: DiskWatch, stop: StopRequest) throws(FileError) {
        try watch.wait(path, in: path, stop: stop, after: StopRequest.timeToConclude) { [self] () throws(FileError) in
            try write(journal)
        }
    }

    private func write(_ journal: HookJournal) throws(FileError) {
        let directory = try Directory(path: path)
        try directory.publish(journal.bytes, name: journalName, attributes: Self.attributes)
        try directory.synchronize()
    }

    /// What the last run left of the endpoint's name; nil where nothing is to be had.
    func unknownHost(watch: DiskWatch, stop: StopRequest) -> [UInt8]? {
        let state = try? watch.wait(path, in: path, stop: stop) { [self] () throws(FileError) in
            try Directory(path: path).inspect(name: unknownHostName, maximumSize: 512)
        }
        guard case .regular(let file) = state, !file.mayBePlanted, case .bytes(let bytes) = file.contents else {
            return nil
        }
        return bytes
    }

    /// Leaves it. A loss of power may take it back: what is lost is told one run later.
    func write(unknownHost bytes: [UInt8], watch: DiskWatch, stop: StopRequest) throws(FileError) {
        try watch.wait(path, in: path, stop: stop) { [self] () throws(FileError) in
            try Directory(path: path).publish(bytes, name: unknownHostName, attributes: Self.attributes)
        }
    }

    /// Does what writing the journal does before it is seen, and takes it back.
    func rehearse(watch: DiskWatch, stop: StopRequest) throws(FileError) {
        try watch.wait(path, in: path, for: .writing, stop: stop) { [self] () throws(FileError) in
            _ = try Directory(path: path).rehearse(name: journalName, attributes: Self.attributes)
        }
    }

    /// The lock of a run, where the configuration's own file cannot be locked.
    func lockFile() throws(FileError) -> LockFile {
        try LockFile(in: Directory(path: path), name: "lock-\(key)")
    }
}
