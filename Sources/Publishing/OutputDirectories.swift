// SPDX-License-Identifier: Apache-2.0

package import DurableFiles
package import Model
package import Processes
internal import Synchronization

/// The output directories of a run. They are probed and opened at the start, and synced at the end.
///
/// A disk that does not respond blocks every thread that uses it. So each directory is first probed on its own thread.
/// A directory that does not respond in time is never used again.
package final class OutputDirectories: Sendable {
    private struct State: Sendable {
        var open: [String: Directory] = [:]
        var seen: Set<String> = []
        /// Directories and followed links on a disk that did not respond.
        var hanging: Set<String> = []
        /// Directories with changes that a power failure may undo, and those that are being synced.
        var unsynced: Set<String> = []
        /// With the number of syncs in progress.
        var syncing: [String: Int] = [:]
        var failed: [String: FileError] = [:]
        /// By path: the directory of a file that was published to the target of a link.
        var followed: [String: String] = [:]
    }

    private let state = Mutex(State())
    package let use: Directory.Use
    let pool: WorkerPool
    package let accounts: Accounts
    package let patience: Duration

    package init(use: Directory.Use = .publishing, pool: WorkerPool, patience: Duration) {
        self.use = use
        self.pool = pool
        self.patience = patience
        accounts = Accounts()
    }

    /// The same disks, only for reading.
    package init(reading other: OutputDirectories) {
        (use, pool, patience, accounts) = (.reading, other.pool, other.patience, other.accounts)
        let hanging = other.state.withLock { $0.hanging }
        state.withLock { $0.hanging = hanging }
    }

    /// The maximum number of open descriptors. A configuration may have a directory for each brand.
    private static let limit = 128

    // MARK: Probing

    /// Finds out which disks respond.
    /// - Parameters:
    ///   - inputs: the directories of files that the run only reads.
    ///   - links: paths of files that may be links and are followed.
    ///   - stop: ends the wait. Directories that were not probed count as not responding.
    func probe(directories: Set<String>, inputs: Set<String>, links: [String], stop: Cancellation?) {
        let onCancel: (@escaping @Sendable () -> Void) -> Void = { handler in stop?.onStop(handler) }
        let everything = directories.union(inputs)
        // A remote mount hangs as a whole, so one thread probes it for all its directories.
        let mounts = Array(MountTable.remotePoints(over: everything.lazy.map(LexicalPath.absolute)))
        let responses = pool.map(mounts.count, within: patience, grouping: 1, onCancel: onCancel) { index in
            _ = try? Directory(path: mounts[index], use: .reading).identity()
        }
        let silent = zip(mounts, responses).filter { $1 == nil }.map(\.0)
        let unreachable = everything.filter { directory in
            guard !silent.isEmpty else { return false }
            let absolute = LexicalPath.absolute(directory)
            return silent.contains { absolute == $0 || absolute.hasPrefix($0 + "/") }
        }
        let reachable = Array(everything.subtracting(unreachable))
        let targets = reachable + links
        let found = pool.map(targets.count, within: patience, grouping: 1, onCancel: onCancel) { [self] index in
            if index < reachable.count {
                if directories.contains(targets[index]) {
                    _ = try? directory(targets[index])
                } else {
                    _ = try? Directory(path: targets[index], use: .reading)
                }
            } else if let location = try? FileLocation(path: targets[index]).followingSymlinks() {
                _ = try? directory(location.directory)
            }
        }
        let hanging = unreachable + zip(targets, found).filter { $1 == nil }.map(\.0)
        if !hanging.isEmpty { state.withLock { $0.hanging.formUnion(hanging) } }
    }

    /// Whether the disk of a directory or of a followed link did not respond.
    package func isHanging(_ path: String) -> Bool { state.withLock { $0.hanging.contains(path) } }

    // MARK: Opening

    func directory(_ path: String) throws(FileError) -> Directory {
        let (open, isHanging) = state.withLock { ($0.open[path], $0.hanging.contains(path)) }
        guard !isHanging else { throw .hanging(path) }
        if let open { return open }
        let directory = try Directory(path: path, use: use)
        let closed = state.withLock { state -> [Directory] in
            defer {
                state.open[path] = directory
                state.seen.insert(path)
            }
            guard state.open.count >= Self.limit else { return [] }
            defer { state.open = [:] }
            return Array(state.open.values)
        }
        // Closing may also wait for a server.
        if !closed.isEmpty { pool.submit { withExtendedLifetime(closed) {} } }
        return directory
    }

    /// The location of a file, after links if they are followed.
    package func location(_ path: String, _ symlinks: SymlinkPolicy) throws(FileError) -> FileLocation {
        let location = try FileLocation(path: path)
        guard symlinks == .follow else { return location }
        guard !isHanging(location.directory), !isHanging(path) else { throw .hanging(path) }
        return try location.followingSymlinks()
    }

    private func enter<Result>(
        _ path: String, _ symlinks: SymlinkPolicy,
        _ body: (Directory, FileLocation) throws(FileError) -> Result
    ) throws(FileError) -> Result {
        let location = try location(path, symlinks)
        let directory: Directory
        do throws(FileError) {
            directory = try self.directory(location.directory)
        } catch {
            throw error.reason == .hanging ? .hanging(path) : error
        }
        return try body(directory, location)
    }

    func inspect(_ path: String, maximumSize: Int, symlinks: SymlinkPolicy) throws(FileError) -> RegularFile? {
        try enter(path, symlinks) { directory, location throws(FileError) in
            try directory.inspect(location, maximumSize: maximumSize)
        }
    }

    /// Checks whether a file can be created in the directory of `path`.
    package func checkWritable(_ path: String, symlinks: SymlinkPolicy) throws(FileError) {
        try enter(path, symlinks) { directory, _ throws(FileError) in try directory.checkWritable() }
    }

    /// Tests publishing to `path` without changing it.
    /// - Returns: the directory, and the owner and group that the file would have.
    package func probeWrite(
        _ path: String, attributes: PublishedAttributes, symlinks: SymlinkPolicy
    ) throws(FileError) -> (directory: String, ownership: FileOwnership) {
        try enter(path, symlinks) { directory, location throws(FileError) in
            (location.directory, try directory.probeWrite(location, attributes: attributes))
        }
    }

    /// Replaces the file at `path`. The file is visible at once and durable after ``synchronize()``.
    /// - Parameter isNew: whether the caller found no file there.
    func publish(
        _ contents: [UInt8], to path: String, attributes: PublishedAttributes, symlinks: SymlinkPolicy, isNew: Bool
    ) throws(FileError) {
        try enter(path, symlinks) { directory, location throws(FileError) in
            try directory.publish(contents, to: location, attributes: attributes, isNew: isNew)
            state.withLock { state in
                state.unsynced.insert(directory.path)
                if symlinks == .follow { state.followed[path] = directory.path }
            }
        }
    }

    // MARK: All directories

    /// Removes leftovers of killed runs next to these files, in the directories opened so far.
    package func sweep(
        stop: Cancellation, beside files: @escaping @Sendable (_ pass: (String, SymlinkPolicy) -> Void) -> Void
    ) {
        // Created only if there is a leftover, which is rare.
        let known = Mutex<[String: Set<String>]?>(nil)
        @Sendable func names(in directory: String) -> Set<String> {
            if let names = known.withLock({ $0 }) { return names[directory] ?? [] }
            var found: [String: Set<String>] = [:]
            files { path, symlinks in
                guard let location = try? location(path, symlinks) else { return }
                found[location.directory, default: []].insert(location.name)
            }
            known.withLock { [found] in $0 = found }
            return found[directory] ?? []
        }
        // On some network mounts even a lock waits for the server. Two paths may lead to one directory, so the locks of
        // both descriptors are released first.
        // A late sweep must stop, because the run has its own temporary files by then.
        let isLate = Once()
        _ = pool.map(1, within: patience, onCancel: { stop.onStop($0) }) { [self] _ in
            for directory in state.withLock({ $0.open }).values { directory.unlock() }
            for path in state.withLock({ $0.seen }) where !isLate.isClaimed {
                _ = (try? directory(path))?.sweep(names: names(in: path), isCancelled: { isLate.isClaimed })
            }
            for directory in state.withLock({ $0.open }).values { directory.shareLock() }
        }
        _ = isLate.claim()
    }

    /// Syncs every directory with files published since the last call.
    package func synchronize() {
        let paths = state.withLock { state in
            defer { state.unsynced = [] }
            for path in state.unsynced { state.syncing[path, default: 0] += 1 }
            return Array(state.unsynced)
        }
        _ = pool.map(paths.count, within: nil, grouping: 1) { [self] index in
            var failure: FileError?
            do throws(FileError) {
                try directory(paths[index]).synchronize()
            } catch {
                failure = error
            }
            state.withLock { [failure] state in
                state.syncing[paths[index], default: 1] -= 1
                if state.syncing[paths[index]] == 0 { state.syncing[paths[index]] = nil }
                if let failure { state.failed[paths[index]] = failure }
            }
        }
    }

    /// By path of a published file: why a power failure may undo it. nil if all files are durable.
    package var unsynced: (@Sendable (_ path: String) -> FileError?)? {
        let (failed, followed) = state.withLock { state in
            var failed = state.failed
            for path in state.unsynced.union(state.syncing.keys) where failed[path] == nil {
                failed[path] = FileError(.synchronize, path, .durabilityUnknown)
            }
            return (failed, state.followed)
        }
        guard !failed.isEmpty else { return nil }
        return { path in (followed[path] ?? (try? FileLocation(path: path))?.directory).flatMap { failed[$0] } }
    }
}
